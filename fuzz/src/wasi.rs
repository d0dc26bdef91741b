//! Any calls of WASI in any order, by a guest that may write files.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sandmill::file::GivenFile;
use sandmill::outcome::{FailureKind, Outcome};
use sandmill::sandbox::{Processor, Sandbox, Settings};

use crate::guests::{TestInput, load, settings_with, task};
use crate::site::folder;
use crate::{Target, components};

/// The calls, with `i` for a parameter of 32 bits and `I` for one of 64. All give a number.
const CALLS: [(&str, &str); 44] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "iIi"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// A call is so many bytes of the input: which, and up to nine arguments of two bytes, whose sign is kept.
const CALL_BYTES: usize = 19;

/// Names that the guest has in its memory, each in a place of its own.
const NAMES: [&str; 10] = [
    "a",
    "d",
    "d/b",
    "d/../d/c",
    "../canary",
    "/etc/passwd",
    "..",
    ".",
    "l",
    "a name with a \\00 and a line\\0a in it",
];
const NAMES_AT: usize = 1024;
const NAME_BYTES: usize = 64;

/// The first descriptor, which is that of `/output`, and the one that is opened first.
const OUTPUT: i16 = 3;
const OPENED: i16 = 4;
/// An iovec of the first names, and room for what calls tell.
const IOVEC: i16 = 16;
const TOLD: i16 = 32;

/// Whatever is called, with which arguments: nothing beside the folder that was granted is there, gone or changed.
pub fn target() -> Target {
    let site = folder();
    let staging = site.path().join("staging");
    let settings = settings_with(|settings| {
        settings.budget.fuel.base = 5_000_000;
        settings.budget.output_bytes = 64 << 10;
        settings.command.output_files = true;
    });
    let guest = guest();
    // A module and a component, each with a folder of its own.
    let sandboxes: [&'static Processor; 2] = [
        leaked(guest.as_bytes(), &settings, &staging.join("module")),
        leaked(&components::command(&guest), &settings, &staging.join("component")),
    ];
    let mut sandboxes = sandboxes.map(|processor| Sandbox::new(processor, 0).unwrap());
    fs::write(site.path().join("canary"), "alive").unwrap();
    let before = listing(site.path());
    let check = move |script: &[u8]| {
        for sandbox in &mut sandboxes {
            let attempt = sandbox.run(&task(Path::new("a")), Box::new(TestInput::from(script)));
            match &attempt.outcome {
                Outcome::Failed(failure) => {
                    assert!(!matches!(failure.kind, FailureKind::Host | FailureKind::Input), "{failure:?}");
                    assert!(attempt.files.is_empty());
                }
                _ => check_files(&attempt.files, settings.budget.output_bytes),
            }
            assert!(attempt.usage.peak_memory_bytes <= settings.budget.memory_bytes as u64);
            assert!(attempt.log.len() <= settings.budget.log_bytes + 200);
            assert_eq!(listing(site.path()), before);
            assert_eq!(fs::read(site.path().join("canary")).unwrap(), b"alive");
        }
    };
    Target { name: "wasi", seeds: seeds(), check: Box::new(check) }
}

fn leaked(source: &[u8], settings: &Settings, staging: &Path) -> &'static Processor {
    let settings = Settings { staging: Some(staging.to_owned()), ..settings.clone() };
    fs::create_dir_all(staging).unwrap();
    Box::leak(Box::new(load(source, settings)))
}

/// The script of some calls.
fn script(calls: &[(&str, &[i16])]) -> Vec<u8> {
    let mut script = Vec::new();
    for (name, arguments) in calls {
        let call = CALLS.iter().position(|(other, _)| other == name).unwrap();
        script.push(call as u8);
        let mut arguments = arguments.iter().copied();
        (0..9).for_each(|_| script.extend(arguments.next().unwrap_or_default().to_le_bytes()));
    }
    script
}

fn seeds() -> Vec<Vec<u8>> {
    let name = |index: usize| ((NAMES_AT + index * NAME_BYTES) as i16, NAMES[index].len() as i16);
    let open = |index: usize, flags: i16| {
        let (at, len) = name(index);
        vec![OUTPUT, 1, at, len, flags, i16::MAX, i16::MAX, 0, TOLD]
    };
    let named = |index: usize| {
        let (at, len) = name(index);
        [OUTPUT, at, len]
    };
    let ((a, a_len), (outside, outside_len), (link, link_len)) = (name(0), name(4), name(8));
    let mut seeds = vec![
        script(&[
            ("path_create_directory", &named(1)),
            ("path_open", &open(2, 1)),
            ("fd_write", &[OPENED, IOVEC, 1, TOLD]),
            ("fd_filestat_set_size", &[OPENED, 1000]),
            ("fd_pwrite", &[OPENED, IOVEC, 1, 500, TOLD]),
            ("path_rename", &[OUTPUT, a, a_len, OUTPUT, link, link_len]),
            ("fd_readdir", &[OUTPUT, 8192, 1000, 0, TOLD]),
            ("fd_close", &[OPENED]),
        ]),
        script(&[
            ("path_symlink", &[outside, outside_len, OUTPUT, link, link_len]),
            ("path_open", &open(8, 1)),
            ("path_link", &[OUTPUT, 0, outside, outside_len, OUTPUT, a, a_len]),
            ("path_rename", &[OUTPUT, outside, outside_len, OUTPUT, a, a_len]),
            ("path_unlink_file", &named(4)),
            ("path_remove_directory", &named(6)),
            ("path_readlink", &[OUTPUT, link, link_len, 8192, 100, TOLD]),
        ]),
        script(&[
            ("path_open", &open(0, 1)),
            ("path_unlink_file", &named(0)),
            ("fd_write", &[OPENED, IOVEC, 1, TOLD]),
            ("fd_allocate", &[OPENED, 0, 32767]),
            ("fd_renumber", &[OPENED, OUTPUT]),
            ("path_open", &open(1, 2)),
        ]),
        script(&[("path_create_directory", &named(1)), ("path_open", &open(1, 2)), ("fd_renumber", &[OPENED, 1])]),
    ];
    // Every call at least once, and every name opened.
    seeds.extend(CALLS.map(|(call, _)| script(&[("path_open", &open(0, 1)), (call, &[OPENED, IOVEC, 1, TOLD])])));
    seeds.extend((0..NAMES.len()).map(|index| script(&[("path_open", &open(index, 1))])));
    seeds
}

/// A command that makes the calls that its input says.
fn guest() -> String {
    let (mut imports, mut dispatch) = (String::new(), String::new());
    for (number, (name, parameters)) in CALLS.iter().enumerate() {
        let wide = |parameter| if parameter == 'I' { "i64" } else { "i32" };
        let types: String = parameters.chars().map(|parameter| format!(" {}", wide(parameter))).collect();
        let parameters: String = parameters.chars().enumerate().fold(String::new(), |mut text, (index, parameter)| {
            write!(text, " ({}.load16_s offset={} (local.get $at))", wide(parameter), 1 + 2 * index).unwrap();
            text
        });
        writeln!(imports, "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param{types}) (result i32)))")
            .unwrap();
        writeln!(
            dispatch,
            "(if (i32.eq (local.get $call) (i32.const {number})) (then (drop (call ${name}{parameters}))))"
        )
        .unwrap();
    }
    let names: String = (NAMES.iter().enumerate())
        .map(|(index, name)| format!("(data (i32.const {}) \"{name}\")", NAMES_AT + index * NAME_BYTES))
        .collect();
    format!(
        "(module {imports} (memory (export \"memory\") 2) {names}
           (data (i32.const {IOVEC}) \"\\00\\04\\00\\00\\40\\00\\00\\00\")
           (func (export \"_start\") (local $at i32) (local $end i32) (local $call i32)
             (i32.store (i32.const 0) (i32.const 65536))
             (i32.store (i32.const 4) (i32.const 4096))
             (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
             (local.set $at (i32.const 65536))
             (local.set $end (i32.add (local.get $at) (i32.load (i32.const 8))))
             (loop $next
               (if (i32.le_u (i32.add (local.get $at) (i32.const {CALL_BYTES})) (local.get $end))
                 (then
                   (local.set $call (i32.load8_u (local.get $at)))
                   {dispatch}
                   (local.set $at (i32.add (local.get $at) (i32.const {CALL_BYTES})))
                   (br $next))))))"
    )
}

/// What lies below `folder`. Links are not followed.
fn listing(folder: &Path) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            all.append(&mut listing(&entry.path()));
        }
        all.insert(entry.path());
    }
    all
}

/// No name leads out, none is there twice, and all of them are within the limit.
fn check_files(files: &[GivenFile], limit_bytes: usize) {
    let names: Vec<&str> = files.iter().map(|file| file.name.as_deref().unwrap()).collect();
    assert!(!names.iter().any(|name| name.split('/').any(|part| matches!(part, "" | "." | ".."))), "{names:?}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    assert!(files.iter().map(|file| file.bytes.len()).sum::<usize>() <= limit_bytes, "{files:?}");
}
