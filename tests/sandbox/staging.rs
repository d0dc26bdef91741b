//! `--input file`: a guest sees its input as the one file of a folder, and can do nothing to it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use sandmill::config::InputMode;
use sandmill::outcome::FailureKind;
use sandmill::sandbox::{Sandbox, Settings};
use tempfile::TempDir;

use super::script::{SUCCESS, Script, Shown};
use crate::harness::components;
use crate::harness::guests::{
    TestInput, assert_failed, guest, load, rows, run_all, run_with, settings_with, task, watched,
};

/// The folder of the input is the guest's first descriptor after the streams.
const FOLDER: i64 = 3;
const READ: i64 = 1 << 1;
const WRITE: i64 = 1 << 6;
const CREATE: i64 = 1;
const TRUNCATE: i64 = 8;

fn with_staging(folder: &Path) -> Settings {
    settings_with(|settings| {
        settings.input_mode = InputMode::File;
        settings.staging = Some(folder.join("staging"));
    })
}

/// Everything below a folder, files and folders.
fn entries(folder: &Path) -> Vec<String> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            entries.extend(self::entries(&path));
        }
        entries.push(path.display().to_string());
    }
    entries
}

/// A script that reads the folder of its input, and what it finds there.
fn listing(shown: &Shown, at: i64, len: usize) -> Vec<String> {
    let (mut names, mut entry) = (Vec::new(), at);
    while entry < at + len as i64 {
        let name_bytes = shown.u32(entry + 16) as usize;
        names.push(String::from_utf8(shown.bytes(entry + 24, name_bytes).to_vec()).unwrap());
        entry += 24 + name_bytes as i64;
    }
    names
}

#[test]
fn the_input_is_the_one_file_of_its_folder() {
    let folder = TempDir::new().unwrap();
    for mut script in Script::commands() {
        let (prestat, name, list, used) = (script.room(8), script.room(16), script.room(1024), script.room(4));
        let (counts, pointers, arguments) = (script.room(8), script.room(16), script.room(64));
        let calls = [
            script.call("fd_prestat_get", &[FOLDER, prestat]),
            script.call("fd_prestat_dir_name", &[FOLDER, name, 6]),
            script.call("fd_readdir", &[FOLDER, list, 1024, 0, used]),
            script.call("args_sizes_get", &[counts, counts + 4]),
            script.call("args_get", &[pointers, arguments]),
        ];
        let no_other = script.call("fd_prestat_get", &[FOLDER + 1, prestat]);
        let shown = script.run(with_staging(folder.path()), "some/where/data.json", "content");
        assert_eq!(calls.map(|call| shown.result(call)), [SUCCESS; 5]);
        assert_ne!(shown.result(no_other), SUCCESS);
        assert_eq!(shown.strings(name, 1), ["/input"]);
        assert_eq!(listing(&shown, list, shown.u32(used) as usize), [".", "..", "data.json"]);
        assert_eq!(shown.strings(arguments, 2), ["processor", "/input/data.json"]);
    }
}

#[test]
fn the_input_can_be_read_as_a_file_and_still_as_standard_input() {
    let folder = TempDir::new().unwrap();
    for mut script in Script::commands() {
        let path = script.bytes(b"data.json");
        let (fd, read_bytes, stdin_bytes, buffer, stdin) =
            (script.room(4), script.room(4), script.room(4), script.room(32), script.room(32));
        let (from_file, from_stdin) = (script.iovec(buffer, 32), script.iovec(stdin, 32));
        let calls = [
            script.call("path_open", &[FOLDER, 0, path, 9, 0, READ, 0, 0, fd]),
            script.call("fd_read", &[4, from_file, 1, read_bytes]),
            script.call("fd_read", &[0, from_stdin, 1, stdin_bytes]),
        ];
        let shown = script.run(with_staging(folder.path()), "data.json", "the content");
        assert_eq!(calls.map(|call| shown.result(call)), [SUCCESS; 3]);
        assert_eq!(shown.u32(fd), 4);
        for (buffer, count) in [(buffer, read_bytes), (stdin, stdin_bytes)] {
            assert_eq!(shown.u32(count), 11);
            assert_eq!(shown.strings(buffer, 1), ["the content"]);
        }
    }
}

#[test]
fn a_large_input_is_staged_whole() {
    let folder = TempDir::new().unwrap();
    for mut script in Script::commands() {
        let path = script.bytes(b"data");
        let stat = script.room(64);
        script.call("path_filestat_get", &[FOLDER, 0, path, 4, stat]);
        let shown = script.run(with_staging(folder.path()), "data", TestInput::generated(5 << 20));
        assert_eq!(shown.u64(stat + 32), 5 << 20);
        let count = run_with("count.wat", with_staging(folder.path()), TestInput::generated(5 << 20));
        assert_eq!(rows(&count), format!("{{\"bytes\":{}}}\n", 5 << 20));
    }
}

#[test]
fn nothing_but_the_input_can_be_opened() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    fs::create_dir_all(folder.path().join("staging/1")).unwrap();
    fs::write(folder.path().join("staging/1/other"), "the input of another worker").unwrap();
    for mut script in Script::commands() {
        let fd = script.room(4);
        let absolute = folder.path().join("secret").display().to_string();
        let opened: Vec<_> = [
            "sibling",
            "..",
            "../1/other",
            "../../secret",
            "./../../secret",
            "data.json/../../../secret",
            "/etc/passwd",
            "/",
            "/input/data.json",
            &absolute,
            "",
            "data.json/",
            "data.json\0",
        ]
        .iter()
        .map(|path| {
            let at = script.bytes(path.as_bytes());
            let call = script.call("path_open", &[FOLDER, 1, at, path.len() as i64, 0, READ, 0, 0, fd]);
            (path.to_string(), call)
        })
        .collect();
        let shown = script.run(with_staging(folder.path()), "data.json", "content");
        for (path, call) in opened {
            assert_ne!(shown.result(call), SUCCESS, "{path:?}");
        }
    }
}

#[test]
fn nothing_can_be_written_made_removed_or_renamed() {
    let folder = TempDir::new().unwrap();
    for mut script in Script::commands() {
        let (data, new) = (script.bytes(b"data"), script.bytes(b"new"));
        let (room, text) = (script.room(64), script.bytes(b"overwritten"));
        let iovec = script.iovec(text, 11);
        let open = script.call("path_open", &[FOLDER, 0, data, 4, 0, READ, 0, 0, room]);
        let calls = [
            script.call("path_open", &[FOLDER, 0, data, 4, 0, READ | WRITE, 0, 0, room]),
            script.call("path_open", &[FOLDER, 0, data, 4, 0, WRITE, 0, 1, room]),
            script.call("path_open", &[FOLDER, 0, data, 4, TRUNCATE, WRITE, 0, 0, room]),
            script.call("path_open", &[FOLDER, 0, data, 4, TRUNCATE, READ, 0, 0, room]),
            script.call("path_open", &[FOLDER, 0, new, 3, CREATE, WRITE, 0, 0, room]),
            script.call("path_open", &[FOLDER, 0, new, 3, CREATE, READ, 0, 0, room]),
            script.call("fd_write", &[4, iovec, 1, room]),
            script.call("fd_filestat_set_size", &[4, 0]),
            script.call("path_filestat_set_times", &[FOLDER, 0, data, 4, 1, 1, 1 | 4]),
            script.call("fd_filestat_set_times", &[4, 1, 1, 1 | 4]),
            script.call("fd_allocate", &[4, 0, 100]),
            script.call("path_remove_directory", &[FOLDER, data, 4]),
            script.call("path_create_directory", &[FOLDER, new, 3]),
            script.call("path_unlink_file", &[FOLDER, data, 4]),
            script.call("path_rename", &[FOLDER, data, 4, FOLDER, new, 3]),
            script.call("path_symlink", &[data, 4, FOLDER, new, 3]),
            script.call("path_link", &[FOLDER, 0, data, 4, FOLDER, new, 3]),
        ];
        let (list, used) = (script.room(1024), script.room(4));
        script.call("fd_readdir", &[FOLDER, list, 1024, 0, used]);
        let stat = script.room(64);
        script.call("path_filestat_get", &[FOLDER, 0, data, 4, stat]);
        let shown = script.run(with_staging(folder.path()), "data", "content");
        assert_eq!(shown.result(open), SUCCESS);
        for call in calls {
            assert_ne!(shown.result(call), SUCCESS, "{call:?}");
        }
        assert_eq!(listing(&shown, list, shown.u32(used) as usize), [".", "..", "data"]);
        assert_eq!(shown.u64(stat + 32), 7, "bytes");
    }
}

#[test]
fn names_that_guests_cannot_have_are_replaced() {
    let folder = TempDir::new().unwrap();
    let (longest, too_long) = ("n".repeat(255), "n".repeat(256));
    for (path, name) in [
        (&b"d/plain.txt"[..], "plain.txt"),
        (b"d/\xff.txt", "\\xFF.txt"),
        (b"d/a\\b", "a\\\\b"),
        (b"d/new\nline", "new\nline"),
        ("d/ünïcode".as_bytes(), "ünïcode"),
        (longest.as_bytes(), &longest),
        (too_long.as_bytes(), "input"),
        (b"/absolute/path", "path"),
    ] {
        let mut script = Script::command();
        let (pointers, arguments) = (script.room(16), script.room(512));
        let (list, used) = (script.room(1024), script.room(4));
        script.call("args_get", &[pointers, arguments]);
        script.call("fd_readdir", &[FOLDER, list, 1024, 0, used]);
        let processor = load(&script.processor(), with_staging(folder.path()));
        let task = task(Path::new(OsStr::from_bytes(path)));
        let attempt =
            watched(move || Sandbox::new(&processor, 0).unwrap().run(&task, Box::new(TestInput::from("content"))));
        let shown = Shown::by(&attempt);
        assert_eq!(shown.strings(arguments, 2)[1], format!("/input/{name}"));
        assert_eq!(listing(&shown, list, shown.u32(used) as usize)[2..], [name]);
    }
}

#[test]
fn nothing_stays_behind_whatever_becomes_of_the_task() {
    let folder = TempDir::new().unwrap();
    for told in [guest("told_command.wat").into_bytes(), components::command(guest("told_command.wat"))] {
        let processor = load(&told, with_staging(folder.path()));
        let path = folder.path().to_owned();
        watched(move || {
            let mut sandbox = Sandbox::new(&processor, 3).unwrap();
            assert_eq!(entries(&path.join("staging")), [path.join("staging/3").display().to_string()]);
            for input in [
                TestInput::from("k"),
                TestInput::from("t"),
                TestInput::from("l"),
                TestInput::from("k").that_changes(),
                TestInput::from("k").that_fails_at(0),
                TestInput::from("x"),
            ] {
                sandbox.run(&task("some/data"), Box::new(input));
                assert_eq!(entries(&path.join("staging/3")), [""; 0]);
            }
            drop(sandbox);
            assert_eq!(entries(&path.join("staging")), [""; 0]);
        });
    }
}

#[test]
fn a_task_sees_nothing_of_the_one_before_it() {
    let folder = TempDir::new().unwrap();
    for mut script in Script::commands() {
        let (list, used) = (script.room(1024), script.room(4));
        script.call("fd_readdir", &[FOLDER, list, 1024, 0, used]);
        let processor = load(&script.processor(), with_staging(folder.path()));
        // What an earlier run left, too.
        fs::create_dir_all(folder.path().join("staging/0")).unwrap();
        fs::write(folder.path().join("staging/0/left"), "").unwrap();
        watched(move || {
            let mut sandbox = Sandbox::new(&processor, 0).unwrap();
            for name in ["first", "second", "first"] {
                let attempt = sandbox.run(&task(name), Box::new(TestInput::from("x")));
                let shown = Shown::by(&attempt);
                assert_eq!(listing(&shown, list, shown.u32(used) as usize)[2..], [name]);
            }
        });
    }
}

#[test]
fn an_input_that_changes_or_fails_as_it_is_copied_fails_as_that() {
    let folder = TempDir::new().unwrap();
    let run = |input| run_with("told_command.wat", with_staging(folder.path()), input);
    assert_failed(&run(TestInput::from("k").that_changes()), FailureKind::Input, "changed");
    assert_failed(&run(TestInput::from("kkk").that_fails_at(1)), FailureKind::Input, "the disk is gone");
    assert_failed(&run(TestInput::from("kkk").that_ends_at(1)), FailureKind::Input, "");
}

#[test]
fn a_staging_folder_that_is_gone_is_a_fault_of_the_host() {
    let folder = TempDir::new().unwrap();
    let processor = load(&guest("told_command.wat"), with_staging(folder.path()));
    let path = folder.path().to_owned();
    let attempt = watched(move || {
        let mut sandbox = Sandbox::new(&processor, 0).unwrap();
        fs::remove_dir_all(path.join("staging")).unwrap();
        sandbox.run(&task("data"), Box::new(TestInput::from("k")))
    });
    assert_failed(&attempt, FailureKind::Host, "copy the input");
}

#[test]
fn a_file_was_modified_when_the_guests_clock_starts() {
    let folder = TempDir::new().unwrap();
    for mut script in Script::commands() {
        let (path, dot) = (script.bytes(b"data"), script.bytes(b"."));
        let [file, directory, opened, fd] = [script.room(64), script.room(64), script.room(64), script.room(4)];
        script.call("path_filestat_get", &[FOLDER, 0, path, 4, file]);
        script.call("path_filestat_get", &[FOLDER, 0, dot, 1, directory]);
        script.call("path_open", &[FOLDER, 0, path, 4, 0, READ, 0, 0, fd]);
        script.call("fd_filestat_get", &[4, opened]);
        let shown = script.run(with_staging(folder.path()), "data", "content");
        for stat in [file, directory, opened] {
            assert_eq!(shown.u64(stat + 48), 946_684_800_000_000_000);
        }
    }
}

#[test]
fn a_guest_cannot_hold_the_hosts_descriptors() {
    let folder = TempDir::new().unwrap();
    let opens = guest("opens_without_end.wat");
    for processor in [opens.clone().into_bytes(), components::command(opens)] {
        let attempt = run_all(&processor, with_staging(folder.path()), [("data", "x".into())]).remove(0);
        assert_failed(&attempt, FailureKind::Trap, "resource table");
    }
}
