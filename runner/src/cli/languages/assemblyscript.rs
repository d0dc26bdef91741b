//! AssemblyScript, whose compiler and shim for WASI come from npm into the project.

use super::{File, Language, Template, files, sdk_files};

const SET_UP: &str = "node --version    # 20 or later, with npm, from https://nodejs.org or your system's packages";
const BUILD: &str = "npm install && npm run build";

pub const ASSEMBLYSCRIPT: Language = Language {
    name: "assemblyscript",
    aliases: &["as", "asc"],
    title: "AssemblyScript",
    with_sdk: Template {
        files: &[
            &files!(
                "assemblyscript-sdk",
                [
                    "asconfig.json.in",
                    "assembly/index.ts.in",
                    "assembly/tsconfig.json.in",
                    "package-lock.json.in",
                    "package.json.in",
                ]
            ),
            SDK,
        ],
        set_up: SET_UP,
        build: BUILD,
        module: "{{name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!(
            "assemblyscript",
            [
                "asconfig.json.in",
                "assembly/index.ts.in",
                "assembly/tsconfig.json.in",
                "package-lock.json.in",
                "package.json.in",
            ]
        )],
        set_up: SET_UP,
        build: BUILD,
        module: "{{name}}.wasm",
    },
};

const SDK: &[File] = &sdk_files!(
    "assemblyscript/",
    "sandmill",
    [
        "README.md",
        "abi.ts",
        "asconfig.json",
        "file.ts",
        "globals/sandmill_globals.ts",
        "host.ts",
        "index.ts",
        "input.ts",
        "json.ts",
        "package.json",
        "row.ts",
        "shared.ts",
        "task.ts",
        "text.ts",
    ]
);
