//! The SDK for AssemblyScript: a processor that does all that it can, compiled here. Its reader for JSON is compared with
//! serde_json.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::program::{Ended, Program};

/// The processor, compiled once; nothing where the toolchain may be missing. Under CI it must be there.
static PROCESSOR: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| {
    if env::var_os("SANDMILL_REBUILT_EXAMPLES").is_none() {
        assert!(env::var_os("CI").is_none(), "the toolchains are not set up: run tests/run");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("sdk.wasm");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(root.join("examples/recipes/assemblyscript"))
        .args(["build".as_ref(), root.join("guest-sdk/assemblyscript/tests").as_os_str(), module.as_os_str()])
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(fs::read(module).unwrap())
});

/// A folder with the processor and inputs.
struct Sdk {
    folder: TempDir,
}

impl Sdk {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sdk.wasm"), PROCESSOR.as_ref()?).unwrap();
        Some(Self { folder })
    }

    fn input(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("inputs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// One task, with the parameter `do`.
    fn test(&self, what: &str, content: impl AsRef<[u8]>) -> Ended {
        self.input("one", content);
        Program::new()
            .in_folder(self.folder.path())
            .args(["test", "sdk.wasm", "inputs/one", "--param", &format!("do={what}")])
            .run()
    }
}

/// Texts that are JSON, and arrays among them with items of all kinds.
const TEXTS: [&str; 12] = [
    "0",
    " \t\r\n{ } ",
    "\"\"",
    r#"{"a":{"b":[{},[],[[]],{"c":null}]},"":0,"":[1,-0,0.5e-10,1E+5]}"#,
    "[]",
    "[1,-2,0,-0,9223372036854775807,-9223372036854775808]",
    "[1.0,1e2,9223372036854775808,-9223372036854775809,18446744073709551615,123456789012345678901234567890]",
    r#"["a","","é🍌","\ud83c\udf4c\u0000\u00e9","\"\\\/\b\f\n\r\t"]"#,
    "[true , false\n,null,\t[1,[2]],[]]",
    r#"[{"a":1,"b":0.5,"c":-2.25,"d":1e3},{}]"#,
    "[\"\u{7f}\u{2028}\u{ffff}\"]",
    "123456789012345678901234567890.5e-300",
];

/// Texts that are not.
const BROKEN: [&str; 30] = [
    "",
    " ",
    "[",
    "]",
    "[,]",
    "[1,]",
    "[1 2]",
    "{",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "tru",
    "truex",
    "nul",
    "\"",
    "\"\\x\"",
    "\"\\ud83c\"",
    "\"\\u12\"",
    "\"\n\"",
    "[1]]",
    "{}{}",
    "\u{feff}1",
];

/// What the processor makes of a text.
fn rows(text: &str) -> String {
    let Value::Array(items) = serde_json::from_str(text).unwrap() else { return String::new() };
    let row = |item: Value| match item {
        Value::String(string) => serde_json::json!({ "string": string }),
        Value::Number(number) if number.is_i64() => serde_json::json!({ "i64": number.as_i64() }),
        // Of -0, too, which is a whole number here.
        Value::Number(number) if number.to_string() == "-0.0" => serde_json::json!({ "i64": 0 }),
        Value::Number(_) => serde_json::json!({ "problem": true }),
        Value::Bool(bool) => serde_json::json!({ "bool": bool }),
        Value::Null => serde_json::json!({ "null": null }),
        Value::Object(members) => {
            members.into_iter().map(|(name, number)| (name, Value::from(number.as_f64()))).collect::<Value>()
        }
        Value::Array(_) => serde_json::json!({ "array": true }),
    };
    items.into_iter().map(|item| format!("{}\n", row(item))).collect()
}

#[test]
fn json_is_read_as_serde_json_reads_it() {
    let Some(sdk) = Sdk::new() else { return };
    for (number, text) in TEXTS.iter().enumerate() {
        let input = sdk.input(&format!("{number}.json"), text);
        let ended = Program::new().in_folder(sdk.folder.path()).args(["test", "sdk.wasm"]).args([&input]).run();
        let ended = ended.expect_code(0);
        let read: String =
            ended.stdout().lines().map(|line| format!("{}\n", serde_json::from_str::<Value>(line).unwrap())).collect();
        assert_eq!(read, rows(text), "{text}\n{ended}");
    }
    for (number, text) in BROKEN.iter().enumerate() {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text:?} is JSON");
        sdk.input(&format!("broken/{number:02}.json"), text);
    }
    sdk.input("broken/deep.json", "[".repeat(1_000_000));
    let ended = Program::new().in_folder(sdk.folder.path()).args("run sdk.wasm inputs/broken -o out".split(' ')).run();
    ended.expect_code(3);
    let mut errors = csv::Reader::from_path(sdk.folder.path().join("out/errors.csv")).unwrap();
    let errors: Vec<csv::StringRecord> = errors.records().map(Result::unwrap).collect();
    assert!(errors.iter().all(|error| &error[1] == "guest_error"), "{errors:?}");
    assert_eq!(errors.len(), BROKEN.len() + 1, "{errors:?}");
    assert!(errors.last().unwrap()[2].contains("more than 512 levels are nested"), "{errors:?}");
}

#[test]
fn values_texts_and_outcomes_arrive_as_they_were_meant() {
    let Some(sdk) = Sdk::new() else { return };
    sdk.test("values", "")
        .expect_code(0)
        .expect_stdout("{}\n")
        .expect_stdout(
            r#""u8":255,"i8":-128,"u64":18446744073709551615,"i64":-9223372036854775808,"f64":1.5,"tiny":5e-324"#,
        )
        .expect_stdout("\"nan\":null,\"bool\":true,\"text\":\"\\\"\\\\\\u000a🍌\u{fffd}!\",\"nothing\":null")
        .expect_stderr("record 7: rejected")
        .expect_stderr("logged")
        .expect_stderr("printed")
        .expect_stderr("trace: traced 1.0, 2.5");
    sdk.test("text", "a\u{e9}bc")
        .expect_code(0)
        .expect_stdout("\"name\":\"inputs/one\",\"size\":5,\"start\":\"aé\",\"isText\":true,\"rest\":\"bc\"");
    sdk.test("text", b"abc\xed\xa0\x80x\xf0\x9f\x8d")
        .expect_code(0)
        .expect_stdout("\"isText\":false,\"rest\":\"\u{fffd}\u{fffd}\u{fffd}x\u{fffd}\"");
    // Larger than what a processor is given at once.
    let large = format!("abc{}", "x".repeat(2 << 20));
    sdk.test("text", &large).expect_code(0).expect_stdout(&format!("\"isText\":true,\"rest\":\"{}\"", &large[3..]));
    sdk.test("throw", "").expect_code(3).expect_stderr("trap").expect_stderr("thrown (assembly/index.ts:");
    let skipped = sdk.test("skip", "").expect_code(0).expect_stderr("skipped: not for us");
    assert_eq!(skipped.stdout(), "");
    sdk.test("else", "").expect_code(3).expect_stderr("guest_error: unknown: else");
}
