//! JavaScript, of which componentize-qjs from npm makes components.

use super::{File, Language, Template, files, sdk_files};

const SET_UP: &str = "node --version    # 20 or later, with npm, from https://nodejs.org or your system's packages";
const BUILD: &str = "npm install && npm run build";

pub const JAVASCRIPT: Language = Language {
    name: "javascript",
    aliases: &["js", "typescript", "ts"],
    title: "JavaScript",
    with_sdk: Template {
        files: &[
            &files!(
                "javascript-sdk",
                [
                    "jsconfig.json.in",
                    "package-lock.json.in",
                    "package.json.in",
                    "processor.js.in",
                    "processor.test.js.in",
                ]
            ),
            SDK,
            WIT,
        ],
        set_up: SET_UP,
        build: BUILD,
        module: "{{name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!(
            "javascript",
            [
                "package-lock.json.in",
                "package.json.in",
                "processor.js.in",
                "wit/command.wit.in",
                "wit/deps/cli/cli.wit.in",
                "wit/deps/io/streams.wit.in",
            ]
        )],
        set_up: SET_UP,
        build: BUILD,
        module: "{{name}}.wasm",
    },
};

const SDK: &[File] = &sdk_files!(
    "javascript/",
    "sandmill",
    [
        "README.md",
        "boundary.js",
        "build.js",
        "component.js",
        "globals.js",
        "index.d.ts",
        "index.js",
        "input.js",
        "outcome.js",
        "package.json",
        "registry.js",
        "rows.js",
        "testing.d.ts",
        "testing.js",
        "utf8.js",
    ]
);

const WIT: &[File] = &sdk_files!("../docs/", "sandmill", ["wit/processor.wit"]);
