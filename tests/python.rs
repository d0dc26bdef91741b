//! The SDK for Python in WebAssembly: what its own tests, which run natively, cannot see.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::program::{Ended, Program};

/// A folder with the processor, an input and a file to share; nothing where the toolchain may be missing. Under CI it must
/// be there.
fn sdk() -> Option<TempDir> {
    if env::var_os("SANDMILL_REBUILT_EXAMPLES").is_none() {
        assert!(env::var_os("CI").is_none(), "the toolchains are not set up: run tests/run");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(root.join("examples/recipes/python"))
        .args(["build".as_ref(), root.join("guest-sdk/python/tests/component").as_os_str()])
        .arg(folder.path().join("sdk.wasm"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.path().join("one"), "").unwrap();
    fs::write(folder.path().join("words"), "one\ntwo\n").unwrap();
    Some(folder)
}

#[test]
fn the_world_is_there_and_tasks_end_as_they_were_meant_to() {
    let Some(folder) = sdk() else { return };
    let program = |args: &str, what: &str| -> Ended {
        Program::new().in_folder(folder.path()).args(args.split(' ')).args(["--param", &format!("do={what}")]).run()
    };
    let test = |what: &str| program("test sdk.wasm one", what);
    test("raises").expect_code(3).expect_stderr("guest_error: KeyError: 'raised'").expect_stderr("in raises");
    test("skips").expect_code(0).expect_stderr("skipped: not for us ?");
    test("prints").expect_code(0).expect_stderr("printed 1").expect_stderr("half ?");
    test("recurses").expect_code(3).expect_stderr("guest_error: RecursionError");
    program("test sdk.wasm one --memory 32MiB", "fills").expect_code(3).expect_stderr("out_of_memory");
    let asked = test("asks").expect_code(0).expect_stdout("\"now\":946684800.0,\"sum\":3").stdout();
    assert_eq!(asked, test("asks").stdout(), "equal tasks, equal randomness");

    program("run sdk.wasm one -o out --share words", "writes").expect_code(0);
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    assert_eq!(read("results.csv"), "path,words\none,\"two\n\"\n");
    assert_eq!(read("files/one/notes/a.txt"), "noted ä\n");
    program("run sdk.wasm one -o unshared", "writes").expect_code(3).expect_stderr("FileNotFoundError");
    program("run sdk.wasm one -o none", "nothing").expect_code(1).expect_stderr("ValueError: `do` is none of those");
}
