//! `--share`: what guests of either contract can read, and that they can do nothing else to it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use sandmill::outcome::FailureKind;
use sandmill::sandbox::{Attempt, Settings, Shared};
use tempfile::TempDir;

use crate::harness::components;
use crate::harness::guests::{assert_failed, failure, guest, rows, run_all, run_with, settings_with};

/// A folder with `table.json`, `d/other.json` and, beside it, what no guest may see.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("shared/d")).unwrap();
    fs::write(folder.path().join("shared/table.json"), "  {\"n\":1}{\"n\":2}").unwrap();
    fs::write(folder.path().join("shared/d/other.json"), "  {\"other\":true}").unwrap();
    fs::write(folder.path().join("secret"), "{\"secret\":1}").unwrap();
    folder
}

fn sharing(shared: &Arc<Shared>) -> Settings {
    settings_with(|settings| settings.shared = Some(Arc::clone(shared)))
}

fn shared() -> Arc<Shared> {
    Arc::new(Shared::copy(&folder().path().join("shared")).unwrap())
}

#[test]
fn a_reactor_reads_shared_files_by_name_from_any_offset() {
    let shared = shared();
    let run = |name: &str| run_with("shared.wat", sharing(&shared), name);
    assert_eq!(rows(&run("table.json")), "{\"n\":1}\n{\"n\":2}\n");
    assert_eq!(rows(&run("d/other.json")), "{\"other\":true}\n");
    for name in ["", "none", "d", "/table.json", "../secret", "d/../table.json", "\0", &"x".repeat(5000)] {
        assert_eq!(rows(&run(name)), "", "{name:?}");
    }
    let unshared = run_with("shared.wat", settings_with(|_| ()), "table.json");
    assert_eq!(rows(&unshared), "");
}

/// Calls `shared_read` with these arguments.
fn call(shared: &Arc<Shared>, arguments: [i64; 5]) -> Attempt {
    let input: Vec<u8> = arguments.iter().flat_map(|argument| argument.to_le_bytes()).collect();
    run_with("shared_raw.wat", sharing(shared), input)
}

#[test]
fn what_a_reactor_asks_for_is_checked_before_anything_is_read() {
    let shared = shared();
    for offset in [16, 1 << 40, i64::MAX, -1, i64::MIN] {
        assert_eq!(rows(&call(&shared, [64, 10, offset, 2048, 100])), "{\"read\":0}\n", "{offset}");
    }
    assert_eq!(rows(&call(&shared, [64, 10, 0, 65536, 0])), "{\"read\":0}\n");
    for arguments in
        [[64, 10, 0, 65536, 1], [64, 10, 0, 1, 65536], [64, 10, 0, -1, 2], [65536, 1, 0, 0, 0], [0, -1, 0, 0, 0]]
    {
        assert_failed(&call(&shared, arguments), FailureKind::Trap, "not within the memory");
    }
    assert_failed(&call(&shared, [64, 5, 0, 0, 10]), FailureKind::Trap, "no shared file \"table\"");
}

#[test]
fn reading_shared_data_costs_fuel_for_every_byte() {
    let shared = shared();
    let fuel = |bytes: i64| call(&shared, [64, 10, 0, 2048, bytes]).usage.fuel;
    assert_eq!(fuel(10) - fuel(1), 9);
}

#[test]
fn a_command_reads_shared_and_can_neither_write_nor_leave() {
    let source = guest("shared_command.wat");
    // The guest's code is the reason for which it was refused: no rights, or nothing there.
    neither_writes_nor_leaves(source.as_bytes(), &["63", "69", "76", "2", "44"], "8");
    // A component has one code for all.
    neither_writes_nor_leaves(&components::command(&source), &["1"], "1");
}

/// `refused` are the exit codes for what it may not do, `absent` that for there being no folder.
fn neither_writes_nor_leaves(command: &[u8], refused: &[&str], absent: &str) {
    let shared = shared();
    let run_with = |settings, told: &str| run_all(command, settings, [("input", told.into())]).remove(0);
    let run = |told: &str| run_with(sharing(&shared), told);
    assert_eq!(rows(&run("rtable.json")), "{\"n\":1}\n{\"n\":2}\n");
    assert_eq!(rows(&run("rd/other.json")), "{\"other\":true}\n");
    for told in
        ["r../secret", "r/etc/passwd", "rd/../../secret", "wtable.json", "cnew", "dnew", "utable.json", "ttable.json"]
    {
        let attempt = run(told);
        assert_failed(&attempt, FailureKind::Exit, "exit code");
        let message = &failure(&attempt).message;
        assert!(refused.iter().any(|code| message.contains(&format!("exit code {code}"))), "{told}: {message}");
    }
    let left: Vec<_> = fs::read_dir(shared.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(fs::read(shared.folder().join("table.json")).unwrap(), b"  {\"n\":1}{\"n\":2}");
    let mode = fs::metadata(shared.folder()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else may enter the copy");
    // Without a share there is no folder.
    let unshared = run_with(settings_with(|_| ()), "rtable.json");
    assert_failed(&unshared, FailureKind::Exit, &format!("exit code {absent}"));
}
