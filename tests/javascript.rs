//! The SDK for JavaScript in WebAssembly, where the globals are its own: text, randomness, the console, and how tasks end.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::program::{Ended, Program};

/// The processor, built once; nothing where the toolchain may be missing. Under CI it must be there.
static PROCESSOR: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| {
    if env::var_os("SANDMILL_REBUILT_EXAMPLES").is_none() {
        assert!(env::var_os("CI").is_none(), "the toolchains are not set up: run tests/run");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("sdk.wasm");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(root.join("examples/recipes/javascript"))
        .args(["build".as_ref(), root.join("guest-sdk/javascript/tests/component").as_os_str(), component.as_os_str()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(fs::read(component).unwrap())
});

/// A folder with the processor and an input.
struct Sdk {
    folder: TempDir,
}

impl Sdk {
    fn new(input: &[u8]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sdk.wasm"), PROCESSOR.as_ref()?).unwrap();
        fs::write(folder.path().join("one"), input).unwrap();
        Some(Self { folder })
    }

    fn program(&self, args: &str, what: &str) -> Ended {
        Program::new()
            .in_folder(self.folder.path())
            .args(args.split(' '))
            .args(["--param", &format!("do={what}")])
            .run()
    }

    /// One task, with the parameter `do`.
    fn test(&self, what: &str) -> Ended {
        self.program("test sdk.wasm one", what)
    }
}

/// Lines of bytes, many of which are nearly UTF-8: numbers that look random and are the same in every run.
fn lines() -> Vec<Vec<u8>> {
    const BYTES: [u8; 22] = [
        0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1,
        0xf4, 0xf5, 0xff,
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % bound
    };
    let mut lines: Vec<Vec<u8>> =
        (0..5_000).map(|_| (0..=below(5)).map(|_| BYTES[below(BYTES.len())]).collect()).collect();
    lines.extend(["\u{feff}a", "é🍌\u{10ffff}\u{d7ff}\u{e000}"].map(|text| text.as_bytes().to_vec()));
    lines.push("ä🍌".repeat(20_000).into_bytes());
    lines
}

#[test]
fn text_is_decoded_as_rust_decodes_it() {
    let lines = lines();
    let Some(sdk) = Sdk::new(&lines.join(&b'\n')) else { return };
    let ended = sdk.test("lines").expect_code(0);
    let rows: Vec<Value> = ended.stdout().lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len(), lines.len());
    for (line, row) in lines.iter().zip(rows) {
        let is_text = str::from_utf8(line).is_ok();
        let expected =
            serde_json::json!({ "lossy": String::from_utf8_lossy(line), "is_text": is_text, "encoded": true });
        assert_eq!(row, expected, "{line:x?}");
    }
}

#[test]
fn randomness_is_the_tasks_own_also_in_an_instance_that_is_kept() {
    let Some(sdk) = Sdk::new(b"") else { return };
    fs::create_dir(sdk.folder.path().join("inputs")).unwrap();
    for name in ["a", "b"] {
        fs::write(sdk.folder.path().join("inputs").join(name), "").unwrap();
    }
    let results = |out: &str, isolation: &str| {
        sdk.program(&format!("run sdk.wasm inputs -j 1 -o {out} --isolation {isolation}"), "random").expect_code(0);
        fs::read_to_string(sdk.folder.path().join(out).join("results.csv")).unwrap()
    };
    let fresh = results("fresh", "task");
    assert_eq!(fresh, results("kept", "worker"));
    let rows: Vec<Vec<&str>> = fresh.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let [a, b] = &rows[..] else { panic!("{fresh}") };
    assert!(a[1] != a[2] && a[1] != b[1], "{fresh}");
    assert!(rows.iter().all(|row| row[3..] == ["946684800000", "true"]), "{fresh}");
}

#[test]
fn tasks_end_as_they_were_meant_to() {
    let Some(sdk) = Sdk::new(b"") else { return };
    sdk.test("throw").expect_code(3).expect_stderr("guest_error: RangeError: thrown").expect_stderr("processor.js:");
    sdk.test("skip").expect_code(0).expect_stderr("skipped: not for us \u{fffd}");
    sdk.test("console")
        .expect_code(0)
        .expect_stderr("a 1 {\"b\":[null]} undefined")
        .expect_stderr("Error: shown")
        .expect_stderr("half \u{fffd}");
    sdk.test("half").expect_code(3).expect_stderr("bad_output");
    sdk.test("async").expect_code(3).expect_stderr("a processor waits for nothing, so it cannot be async");
    sdk.test("recursion").expect_code(3).expect_stderr("stack_overflow");
    for what in ["memory", "memory_of_objects"] {
        sdk.program("test sdk.wasm one --memory 16MiB", what).expect_code(3).expect_stderr("out_of_memory");
    }
    fs::write(sdk.folder.path().join("words"), "one\ntwo\n").unwrap();
    sdk.program("run sdk.wasm one -o files --share words", "files").expect_code(0);
    let read = |name: &str| fs::read_to_string(sdk.folder.path().join("files").join(name)).unwrap();
    assert_eq!(read("results.csv"), "path,words\none,\"two\n\"\n");
    assert_eq!(read("files/one/notes/a.txt"), "noted ä\n");
    sdk.program("run sdk.wasm one -o unshared", "files").expect_code(3).expect_stderr("there is no \"words\"");
    sdk.program("run sdk.wasm one -o out", "nothing").expect_code(1).expect_stderr("Error: `do` is none of those");
}
