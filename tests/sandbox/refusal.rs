//! Modules that can be no processor: refused before any task runs, with the name of what is wrong.

use sandmill::sandbox::{Contract, Refusal};

use crate::harness::guests::{failure, guest, load, refusal, run_all, settings, try_load};

/// The exports of a reactor, one a line, as a test may take one away or change it.
const REACTOR: [(&str, &str); 4] = [
    ("memory", "(memory (export \"memory\") 1)"),
    ("sandmill_abi_1", "(func (export \"sandmill_abi_1\"))"),
    ("sandmill_alloc", "(func (export \"sandmill_alloc\") (param i32) (result i32) (i32.const 1024))"),
    ("sandmill_process", "(func (export \"sandmill_process\") (param i32 i32) (result i64) (i64.const 0))"),
];

/// A reactor with imports, and with one export replaced.
fn reactor(imports: &str, replaced: &str, by: &str) -> String {
    let exports = REACTOR.map(|(name, export)| if name == replaced { by } else { export });
    format!("(module {imports} {})", exports.join(" "))
}

fn command(imports: &str) -> String {
    format!("(module {imports} (memory (export \"memory\") 1) (func (export \"_start\")))")
}

#[track_caller]
fn assert_refused(source: impl AsRef<[u8]>, parts: &[&str]) {
    let message = refusal(source.as_ref(), settings());
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn the_contract_is_told_from_the_exports() {
    assert_eq!(load(&command(""), settings()).contract(), Contract::Command);
    assert_eq!(load(&reactor("", "", ""), settings()).contract(), Contract::Reactor);
}

#[test]
fn an_export_that_is_an_import_is_called_without_harm() {
    // The host's own functions, with the types that the contract asks for.
    let closing = "(import \"wasi_snapshot_preview1\" \"fd_close\" (func $host (param i32) (result i32)))";
    let source = reactor(closing, "sandmill_alloc", "(export \"sandmill_alloc\" (func $host))");
    failure(&run_all(&source, settings(), [("a", "x".into())])[0]);
    let asking = "(import \"sandmill_1\" \"input_len\" (func $host (result i64)))";
    for name in ["sandmill_init", "sandmill_columns"] {
        let export = format!("(memory (export \"memory\") 1) (export \"{name}\" (func $host))");
        assert_refused(reactor(asking, "memory", &export), &["input_len belongs to a task"]);
    }
}

#[test]
fn a_module_of_neither_contract_or_of_both_is_refused() {
    assert_refused("(module)", &["`_start`", "`sandmill_abi_1`", "neither"]);
    assert_refused("(module (memory (export \"memory\") 1) (func (export \"main\")))", &["neither"]);
    let both = reactor("", "sandmill_abi_1", "(func (export \"sandmill_abi_1\")) (func (export \"_start\"))");
    assert_refused(both, &["both `_start` and `sandmill_abi_1`"]);
}

#[test]
fn an_unknown_version_of_the_abi_is_refused_by_name() {
    for name in ["sandmill_abi_2", "sandmill_abi_", "sandmill_abi_10"] {
        let source = reactor("", "sandmill_abi_1", &format!("(func (export \"{name}\"))"));
        assert_refused(source, &[&format!("`{name}`"), "it has sandmill_abi_1"]);
    }
}

#[test]
fn an_export_that_lacks_or_is_of_another_type_is_refused_by_name() {
    for (name, by, found) in [
        ("memory", "", "none"),
        ("memory", "(global (export \"memory\") i32 (i32.const 0))", "global"),
        ("sandmill_abi_1", "(func (export \"sandmill_abi_1\") (param i32))", "(i32) -> ()"),
        ("sandmill_abi_1", "(global (export \"sandmill_abi_1\") i32 (i32.const 0))", "global"),
        ("sandmill_alloc", "", "none"),
        (
            "sandmill_alloc",
            "(func (export \"sandmill_alloc\") (param i64) (result i64) (i64.const 0))",
            "(i64) -> (i64)",
        ),
        ("sandmill_process", "", "none"),
        ("sandmill_process", "(func (export \"sandmill_process\") (param i32 i32) (result i32) (i32.const 0))", "i32)"),
        ("sandmill_process", "(func (export \"sandmill_process\") (result i64) (i64.const 0))", "() -> (i64)"),
    ] {
        assert_refused(reactor("", name, by), &[&format!("`{name}`"), found]);
    }
    // Those that may be missing must be right if they are there.
    for (name, function, found) in [
        ("_initialize", "(param i32)", "(i32) -> ()"),
        ("sandmill_init", "", "() -> ()"),
        ("sandmill_columns", "(result i32) (i32.const 0)", "() -> (i32)"),
    ] {
        let by = format!("(memory (export \"memory\") 1) (func (export \"{name}\") {function})");
        assert_refused(reactor("", "memory", &by), &[&format!("`{name}`"), found]);
    }
    assert_refused("(module (func (export \"_start\")))", &["`memory`", "none"]);
    assert_refused(
        "(module (memory (export \"memory\") 1) (func (export \"_start\") (result i32) (i32.const 0)))",
        &["`_start`", "() -> (i32)"],
    );
}

#[test]
fn an_import_that_is_not_granted_is_refused_by_name() {
    for (module, name) in [
        ("env", "js_log"),
        ("sandmill_1", "fetch"),
        ("sandmill_2", "emit"),
        ("wasi_snapshot_preview1", "sock_open"),
        ("wasi_unstable", "fd_write"),
        ("wasi:cli/stdout@0.2.0", "get-stdout"),
        ("", ""),
    ] {
        let import = format!("(import \"{module}\" \"{name}\" (func))");
        for source in [command(&import), reactor(&import, "", "")] {
            assert_refused(source, &[&format!("`{name}`"), &format!("`{module}`"), "does not grant"]);
        }
    }
    for kind in ["(memory 1)", "(table 1 funcref)", "(global i32)"] {
        assert_refused(command(&format!("(import \"env\" \"thing\" {kind})")), &["`thing`", "`env`"]);
    }
}

#[test]
fn an_import_of_another_type_is_refused_by_name() {
    for (module, name, kind) in [
        ("wasi_snapshot_preview1", "fd_write", "(func (param i64))"),
        ("wasi_snapshot_preview1", "fd_write", "(global i32)"),
        ("wasi_snapshot_preview1", "poll_oneoff", "(func)"),
        ("sandmill_1", "emit", "(func (param i32))"),
        ("sandmill_1", "emit", "(memory 1)"),
    ] {
        assert_refused(reactor(&format!("(import \"{module}\" \"{name}\" {kind})"), "", ""), &[name, module]);
    }
}

#[test]
fn a_refused_import_comes_with_a_hint_where_there_is_one() {
    assert_refused(command("(import \"env\" \"f\" (func))"), &["not linked"]);
    assert_refused(command("(import \"wasi_unstable\" \"fd_write\" (func))"), &["preview 0"]);
    assert_refused(command("(import \"wbg\" \"f\" (func))"), &["browser"]);
}

#[test]
fn a_command_has_no_imports_of_the_abi() {
    let source = command("(import \"sandmill_1\" \"emit\" (func (param i32 i32)))");
    assert_refused(source, &["`emit`", "`sandmill_1`", "SDK reactors"]);
}

#[test]
fn a_refusal_is_one_that_a_caller_can_tell() {
    let error = try_load(b"(module)", settings()).err().expect("a refusal");
    assert!(matches!(error.downcast_ref(), Some(Refusal::NoContract)), "{error:#}");
    let error = try_load(command("(import \"env\" \"f\" (func))").as_bytes(), settings()).err().expect("a refusal");
    assert!(matches!(error.downcast_ref(), Some(Refusal::Import { .. })), "{error:#}");
}

#[test]
fn a_component_is_refused_as_one() {
    assert_refused(b"\0asm\x0d\0\x01\0", &["component"]);
    assert_refused("(component)", &["component"]);
    assert_refused("(component (core module))", &["component"]);
}

#[test]
fn memory_of_64_bits_is_refused() {
    for memory in ["(memory (export \"memory\") i64 1)", "(memory (export \"memory\") 1) (memory i64 1)"] {
        assert_refused(reactor("", "memory", memory), &["64-bit memory"]);
        assert_refused(format!("(module {memory} (func (export \"_start\")))"), &["64-bit memory"]);
    }
    assert_refused("(module (memory (export \"memory\") 1) (table i64 1 funcref) (func (export \"_start\")))", &[""]);
}

#[test]
fn what_is_no_module_is_refused() {
    for source in [
        &b""[..],
        b"hello",
        b"\0asm",
        b"\0asm\x02\0\0\0",
        b"\xff\xfe\xfd",
        b"\x7fELF\x02\x01\x01\0",
        b"#!/bin/sh\n",
        b"(module",
        b"(module (func (export \"_start\") i32.add))",
    ] {
        assert!(try_load(source, settings()).is_err(), "{source:?}");
    }
}

#[test]
fn a_module_that_is_cut_off_anywhere_is_refused() {
    let wasm = wat::parse_str(guest("emit.wat")).unwrap();
    assert!(try_load(&wasm, settings()).is_ok());
    for len in 0..wasm.len() {
        // The name section at the end binds nobody: without it, whole as it may be, it is still a processor.
        let result = try_load(&wasm[..len], settings());
        assert!(result.is_err() || len > wasm.len() - 200, "{len} of {} bytes", wasm.len());
    }
}

#[test]
fn a_module_with_a_wrong_byte_anywhere_does_no_harm() {
    let wasm = wat::parse_str(guest("log.wat")).unwrap();
    for at in 0..wasm.len() {
        let mut wrong = wasm.clone();
        wrong[at] ^= 0x41;
        // Refused or not: it must not panic or hang.
        let _ = try_load(&wrong, settings());
    }
}

#[test]
fn features_that_no_toolchain_emits_unasked_are_refused() {
    for source in [
        "(module (memory (export \"memory\") 1 1 shared) (func (export \"_start\")))",
        "(module (memory (export \"memory\") 0 (pagesize 1)) (func (export \"_start\")))",
    ] {
        assert!(try_load(source.as_bytes(), settings()).is_err(), "{source}");
    }
}
