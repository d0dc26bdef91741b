//! Rust: with the SDK, whose sources come along with the project, and as a plain program.

use super::{File, Language, Template, files, sdk_files};

const SET_UP: &str = "rustup target add wasm32-wasip1";
const BUILD: &str = "cargo build --release --target wasm32-wasip1";

pub const RUST: Language = Language {
    name: "rust",
    aliases: &["rs"],
    title: "Rust",
    with_sdk: Template {
        files: &[
            &files!("rust-sdk", ["Cargo.toml.in", ".cargo/config.toml.in", "src/lib.rs.in"]),
            SDK_MANIFESTS,
            SDK_SOURCES,
        ],
        set_up: SET_UP,
        build: BUILD,
        module: "target/wasm32-wasip1/release/{{module_name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!("rust", ["Cargo.toml.in", ".cargo/config.toml.in", "src/main.rs.in"])],
        set_up: SET_UP,
        build: BUILD,
        module: "target/wasm32-wasip1/release/{{name}}.wasm",
    },
};

/// The manifests of the SDK belong to our workspace; a project has its own.
const SDK_MANIFESTS: &[File] =
    &files!("rust-sdk", ["sandmill-guest/Cargo.toml.in", "sandmill-guest/derive/Cargo.toml.in"]);

const SDK_SOURCES: &[File] = &sdk_files!(
    "",
    "sandmill-guest",
    [
        "README.md",
        "derive/src/lib.rs",
        "derive/src/row.rs",
        "src/boundary/exports.rs",
        "src/boundary/imports.rs",
        "src/boundary/mod.rs",
        "src/boundary/stand_in.rs",
        "src/error.rs",
        "src/input.rs",
        "src/lib.rs",
        "src/lines.rs",
        "src/output.rs",
        "src/output_file.rs",
        "src/processor.rs",
        "src/reader.rs",
        "src/row.rs",
        "src/shared.rs",
        "src/task.rs",
        "src/testing.rs",
        "src/value.rs",
    ]
);
