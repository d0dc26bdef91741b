//! C++, with the compiler that is in Zig. WebAssembly's exceptions are turned off in sandmill, so C++ has none.

use super::{File, Language, Template, files, sdk_files};

pub const CPP: Language = Language {
    name: "cpp",
    aliases: &["c++", "cxx"],
    title: "C++",
    with_sdk: Template {
        files: &[&files!("cpp-sdk", ["processor.cpp.in"]), SDK],
        set_up: "python3 -m pip install ziglang==0.17.1",
        build: "python3 -m ziglang c++ --target=wasm32-wasi -mexec-model=reactor -fno-exceptions -O2 -Wall -s \
                -Wl,-z,stack-size=65536 -I sandmill -o {{name}}.wasm processor.cpp sandmill/sandmill.c",
        module: "{{name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!("cpp", ["processor.cpp.in"])],
        set_up: "python3 -m pip install ziglang==0.17.1",
        build: "python3 -m ziglang c++ --target=wasm32-wasi -fno-exceptions -O2 -Wall -s -Wl,-z,stack-size=65536 \
                -o {{name}}.wasm processor.cpp",
        module: "{{name}}.wasm",
    },
};

const SDK: &[File] = &sdk_files!("c/", "sandmill", ["README.md", "sandmill.c", "sandmill.h", "sandmill.hpp"]);
