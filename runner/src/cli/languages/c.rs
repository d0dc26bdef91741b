//! C, with the compiler that is in Zig: it brings its own C library for WASI.

use super::{File, Language, Template, files, sdk_files};

pub const C: Language = Language {
    name: "c",
    aliases: &[],
    title: "C",
    with_sdk: Template {
        files: &[&files!("c-sdk", ["processor.c.in"]), SDK],
        set_up: "python3 -m pip install ziglang==0.17.1",
        build: "python3 -m ziglang cc --target=wasm32-wasi -mexec-model=reactor -O2 -Wall -s -Wl,-z,stack-size=65536 \
                -I sandmill -o {{name}}.wasm processor.c sandmill/sandmill.c",
        module: "{{name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!("c", ["processor.c.in"])],
        set_up: "python3 -m pip install ziglang==0.17.1",
        build: "python3 -m ziglang cc --target=wasm32-wasi -O2 -Wall -s -Wl,-z,stack-size=65536 -o {{name}}.wasm \
                processor.c",
        module: "{{name}}.wasm",
    },
};

const SDK: &[File] = &sdk_files!("c/", "sandmill", ["README.md", "sandmill.c", "sandmill.h"]);
