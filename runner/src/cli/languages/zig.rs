//! Zig, with its own build system.

use super::{File, Language, Template, files, sdk_files};

pub const ZIG: Language = Language {
    name: "zig",
    aliases: &[],
    title: "Zig",
    with_sdk: Template {
        files: &[&files!("zig-sdk", ["build.zig.in", "processor.zig.in"]), SDK],
        set_up: "python3 -m pip install ziglang==0.17.1",
        build: "python3 -m ziglang build",
        module: "zig-out/bin/{{name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!("zig", ["build.zig.in", "processor.zig.in"])],
        set_up: "python3 -m pip install ziglang==0.17.1",
        build: "python3 -m ziglang build",
        module: "zig-out/bin/{{name}}.wasm",
    },
};

const SDK: &[File] = &sdk_files!("zig/", "sandmill", ["README.md", "sandmill.zig"]);
