//! Python, of which componentize-py makes components.

use super::{File, Language, Template, files, sdk_files};

const SET_UP: &str = "python3 -m pip install componentize-py==0.25.0";

pub const PYTHON: Language = Language {
    name: "python",
    aliases: &["py"],
    title: "Python",
    with_sdk: Template {
        files: &[&files!("python-sdk", ["processor.py.in", "test_processor.py.in"]), SDK, README, WIT],
        set_up: SET_UP,
        build: "componentize-py -d sandmill/wit -w processor-with-init componentize sandmill.component -o {{name}}.wasm",
        module: "{{name}}.wasm",
    },
    without_sdk: Template {
        files: &[&files!("python", ["processor.py.in", "wit/command.wit.in", "wit/deps/cli/run.wit.in"])],
        set_up: SET_UP,
        build: "componentize-py -d wit -w command componentize processor -o {{name}}.wasm",
        module: "{{name}}.wasm",
    },
};

const SDK: &[File] = &sdk_files!(
    "python/sandmill/",
    "sandmill",
    [
        "__init__.py",
        "_boundary.py",
        "_input.py",
        "_outcome.py",
        "_registry.py",
        "_rows.py",
        "_shared.py",
        "_task.py",
        "component.py",
        "testing.py",
    ]
);

const README: &[File] = &sdk_files!("python/", "sandmill", ["README.md"]);

const WIT: &[File] = &sdk_files!("../docs/", "sandmill", ["wit/processor.wit"]);
