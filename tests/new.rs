//! `sandmill new`: the projects that it makes are built and run with the very commands that it prints.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::harness::program::{Ended, Program};

/// What every template makes of its sample inputs.
const RESULTS: &str = "path,lines,words,bytes\nline.txt,1,8,38\npoem.txt,5,17,93\n";

fn new_project(folder: &Path, args: &[&str]) -> Ended {
    Program::new().in_folder(folder).args(["new"]).args(args).run()
}

/// Makes a project, builds and runs it with the commands that were printed, and compares its results.
///
/// tests/run installs the toolchains. Under CI they must be there; elsewhere they may be missing.
fn builds_and_runs(language: &str, options: &[&str]) {
    if env::var_os("SANDMILL_REBUILT_EXAMPLES").is_none() {
        assert!(env::var_os("CI").is_none(), "the toolchains are not set up: run tests/run");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let args = [&["word-count", "--lang", language], options].concat();
    let told = new_project(folder.path(), &args).expect_code(0).stdout();
    let (_, commands) = told.split_once("build it, and run it over its sample inputs:\n").unwrap();
    let [enter, build, run] = commands.lines().map(str::trim).collect::<Vec<_>>()[..] else {
        panic!("three commands are expected:\n{told}")
    };
    let build = match language {
        "rust" => rust_build(build, &folder.path().join("word-count"), run.split(' ').nth(2).unwrap()),
        _ => build.to_owned(),
    };

    let program = Path::new(env!("CARGO_BIN_EXE_sandmill")).parent().unwrap();
    let componentize_py = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pypi/componentize-py==0.25.0/bin");
    let inherited = env::var_os("PATH").unwrap();
    let folders = [program.to_owned(), go_folder()].into_iter().chain(env::split_paths(&inherited));
    // The last, since that folder has a Python of its own.
    let path = env::join_paths(folders.chain([componentize_py]));
    let output = Command::new("sh")
        .args(["-ec", &format!("{enter}\n{build}\n{run}")])
        .env("PATH", path.unwrap())
        // What the set-up has compiled and fetched need not be so again.
        .env("GOCACHE", Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests/go/cache"))
        .env("npm_config_prefer_offline", "true")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let results = fs::read_to_string(folder.path().join("word-count/out/results.csv")).unwrap();
    assert_eq!(results, RESULTS, "{told}");
}

/// Where PyPI's Go has its programs: not every Python puts those of its packages where a shell looks for them.
fn go_folder() -> PathBuf {
    let output = Command::new("python3").args(["-c", "import go; print(go.__path__[0])"]).output().unwrap();
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("bin")
}

/// The command that builds a Rust project. Where rustup cannot install the target, the recipe of the examples does the
/// same with Debian's Rust.
fn rust_build(printed: &str, project: &Path, module: &str) -> String {
    let has_target = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", "wasm32-wasip1"])
        .output()
        .is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if has_target {
        return printed.to_owned();
    }
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/recipes/rust");
    let module = project.join(module);
    fs::create_dir_all(module.parent().unwrap()).unwrap();
    format!("{} build . {}", recipe.display(), module.display())
}

#[test]
fn a_rust_project_builds_and_runs() {
    builds_and_runs("rust", &[]);
    builds_and_runs("rust", &["--no-sdk"]);
}

#[test]
fn a_c_project_builds_and_runs() {
    builds_and_runs("c", &[]);
    builds_and_runs("c", &["--no-sdk"]);
}

#[test]
fn a_cpp_project_builds_and_runs() {
    builds_and_runs("cpp", &[]);
    builds_and_runs("cpp", &["--no-sdk"]);
}

#[test]
fn a_zig_project_builds_and_runs() {
    builds_and_runs("zig", &[]);
    builds_and_runs("zig", &["--no-sdk"]);
}

#[test]
fn a_go_project_builds_and_runs() {
    builds_and_runs("go", &[]);
    builds_and_runs("go", &["--no-sdk"]);
}

#[test]
fn an_assemblyscript_project_builds_and_runs() {
    builds_and_runs("assemblyscript", &[]);
    builds_and_runs("assemblyscript", &["--no-sdk"]);
}

#[test]
fn a_javascript_project_builds_and_runs() {
    builds_and_runs("javascript", &[]);
    builds_and_runs("javascript", &["--no-sdk"]);
}

#[test]
fn a_python_project_builds_and_runs() {
    builds_and_runs("python", &[]);
    builds_and_runs("python", &["--no-sdk"]);
}

/// Every language that there is a template for: to fail when one is added without a test above.
#[test]
fn every_language_is_tested() {
    let folder = tempfile::tempdir().unwrap();
    let refused = new_project(folder.path(), &["x", "--lang", "?"]).expect_code(2);
    let listed = refused.stderr();
    let (_, names) = listed.split_once("; there are ").unwrap();
    assert_eq!(names.lines().next().unwrap(), "rust, c, cpp, zig, go, assemblyscript, javascript, python");
}

/// The files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { files.extend(self::files(&entry)) } else { files.push(entry) }
    }
    files.sort();
    files
}

#[test]
fn nothing_is_left_to_fill_in() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["rust", "c", "cpp", "zig", "go", "assemblyscript", "javascript", "python"] {
        new_project(folder.path(), &[language, "--lang", language]).expect_code(0);
    }
    for file in files(folder.path()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("{{name}}") && !text.contains("{{module"), "{}", file.display());
        assert_ne!(file.extension().unwrap_or_default(), "in", "{}", file.display());
    }
    let readme = fs::read_to_string(folder.path().join("c/README.md")).unwrap();
    assert!(readme.contains("sandmill run c.wasm inputs -o out"), "{readme}");
}

#[test]
fn what_cannot_be_made_is_refused_and_leaves_nothing() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let refused = |args: &[&str], message: &str| {
        new_project(folder.path(), args).expect_code(2).expect_stderr(message);
    };
    refused(&["Word Count", "--lang", "c"], "\"Word Count\" is no name for a project");
    refused(&["word-count", "--lang", "zag"], "did you mean zig?");
    refused(&["word-count"], "--lang");
    assert!(files(folder.path()).is_empty());

    fs::create_dir(folder.path().join("word-count")).unwrap();
    refused(&["word-count", "--lang", "c"], "create project word-count: it is there already");
    assert!(files(folder.path()).is_empty());

    fs::write(folder.path().join("file"), "").unwrap();
    new_project(folder.path(), &["file/word-count", "--lang", "c"]).expect_code(1).expect_stderr("create folder file");
}

#[test]
fn a_project_may_lie_in_folders_that_are_made_for_it() {
    let folder = tempfile::tempdir().unwrap();
    new_project(folder.path(), &["my processors/word-count", "--lang", "c++"])
        .expect_code(0)
        .expect_stdout("cd 'my processors/word-count'");
    assert!(folder.path().join("my processors/word-count/processor.cpp").is_file());
}
