//! `--output-files`: what commands write to `/output`, as a module and as a component.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use sandmill::FaultPoint;
use sandmill::config::{Lockdown, Ring};

use crate::harness::components;
use crate::harness::guests::guest;
use crate::harness::job::Job;
use crate::harness::program::Program;

/// Inputs that are called as what they tell the guest.
fn job(component: bool, told: &[&str]) -> Job {
    let mut job = Job::new("output_files.wat");
    if component {
        let processor = job.path("../processor.wasm");
        fs::write(&processor, components::command(guest("output_files.wat"))).unwrap();
        job.config.processor = processor;
    }
    for told in told {
        job.input(told, told);
    }
    job.config.command.output_files = true;
    job.config.budget.output_bytes = 1 << 20;
    job
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries.map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
                files.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn what_a_command_writes_to_output_are_files_of_its_task() {
    for component in [false, true] {
        for ring in [Ring::Thread, Ring::Process] {
            // The failed task comes first, and has left nothing to the one that looks for it.
            let mut job = job(component, &["e", "r", "w"]);
            job.config.workers = 1.try_into().unwrap();
            job.config.ring = ring;
            job.config.program = Some(env!("CARGO_BIN_EXE_sandmill").into());
            let summary = job.run();
            assert_eq!(
                (summary.run.done, summary.run.tasks_failed(), summary.total.files),
                (2, 1, 2),
                "{:?}",
                job.failures()
            );
            assert_eq!(job.results(), "path,errno\nr,44\nw,0\n");
            let expected = [("w/a.txt", &b"helloh"[..]), ("w/d/b", b"\0\0hello")];
            assert_eq!(files(&job.out("files")), expected.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())));
            assert!(!job.out(".staging").exists());
        }
    }
}

#[test]
fn a_guest_that_writes_too_much_fails_and_leaves_nothing() {
    for component in [false, true] {
        let job = job(component, &["c", "f", "m", "u", "w", "z"]);
        job.run();
        let failures = job.failures();
        let failed: Vec<_> = failures.iter().map(|(path, kind)| (path.as_str(), kind.as_str())).collect();
        assert_eq!(failed, ["c", "f", "m", "u", "z"].map(|path| (path, "output_limit")), "component: {component}");
        assert_eq!(files(&job.out("files")).len(), 2);
    }
}

#[test]
fn what_was_removed_again_does_not_count() {
    for component in [false, true] {
        let job = job(component, &["t"]);
        assert_eq!(job.run().run.done, 1, "{:?}", job.failures());
        assert_eq!(job.results(), "path,errno\nt,0\n");
    }
}

#[test]
fn nothing_leads_out_of_the_folder() {
    for component in [false, true] {
        let job = job(component, &["h", "o", "s"]);
        job.run();
        // Not permitted, each.
        assert_eq!(job.results(), "path,errno\nh,63\no,63\ns,63\n", "{:?}", job.failures());
        assert_eq!(files(&job.out("files")), [("h/a.txt".to_owned(), Vec::new())]);
    }
}

/// The real program over the inputs of a job.
fn program(job: &Job, more: &[&str]) -> Program {
    let program = Program::new().args(["run".as_ref(), job.config.processor.as_os_str(), job.path("").as_os_str()]);
    program.args(["--output-files", "-q", "-j1", "-o"]).args([job.out("")]).args(more)
}

#[test]
fn killed_while_a_guest_writes_nothing_of_it_is_seen() {
    for ring in ["thread", "process"] {
        let job = job(false, &["l", "w"]);
        let mut child = program(&job, &["--ring", ring]).into_command().spawn().unwrap();
        while files(&job.out(".staging")).iter().all(|(_, bytes)| bytes.is_empty()) {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
            thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(files(&job.out("files")), [], "{ring}");
        job.input("l", "r");
        program(&job, &["--ring", ring]).run().expect_code(0);
        assert_eq!(job.results(), "path,errno\nl,44\nw,0\n", "a file that is not there");
        assert_eq!(files(&job.out("files")).iter().map(|(name, _)| name).collect::<Vec<_>>(), ["w/a.txt", "w/d/b"]);
        assert!(!job.out(".staging").exists());
    }
}

#[test]
fn killed_at_any_step_the_next_run_has_the_files_of_an_undisturbed_one() {
    let tasks: Vec<String> =
        (0..40).map(|number| format!("{}{number}", if number % 7 == 3 { "e" } else { "w" })).collect();
    let new = || job(false, &tasks.iter().map(String::as_str).collect::<Vec<_>>());
    let undisturbed = new();
    program(&undisturbed, &[]).run().expect_code(3);
    let state = |job: &Job| (job.results(), files(&job.out("files")));
    let expected = state(&undisturbed);
    assert_eq!(expected.1.len(), 2 * 34);
    for point in FaultPoint::ALL.iter().map(|point| point.name()).filter(|name| name.starts_with("files.")) {
        let mut kills = 0;
        for passing in [1, 20] {
            let job = new();
            let fault = format!("{point}:{passing}");
            kills += u32::from(program(&job, &[]).env("SANDMILL_FAULT", &fault).run().was_killed());
            program(&job, &[]).run().expect_code(3);
            assert_eq!(state(&job), expected, "{fault}");
        }
        // Nothing is removed in a first run.
        assert!(kills > 0 || point.ends_with("removal"), "no kill at {point}");
    }
}

#[test]
fn without_the_option_there_is_no_folder_and_a_folder_of_results_remembers_it() {
    let mut job = job(false, &["r"]);
    job.config.command.output_files = false;
    job.run();
    assert_eq!(job.results(), "path,errno\nr,8\n", "a bad descriptor");
    job.config.command.output_files = true;
    assert!(job.try_run().unwrap_err().to_string().contains("--output-files changed"));
}

#[test]
fn the_command_line_has_it_under_lockdown_and_sdk_processors_do_not() {
    let job = job(false, &["w"]);
    assert_eq!(job.config.lockdown, Lockdown::Off);
    let run = |guest: &Path| {
        let program = Program::new().args(["run"]).args([guest, &job.path("")]).args(["--output-files", "-o"]);
        program.args([job.out("")]).args(["--lockdown", "require"]).run()
    };
    run(&crate::harness::job::guest("param.wat")).expect_code(1).expect_stderr("--output-files is for WASI commands");
    run(&job.config.processor).expect_code(0);
    assert_eq!(fs::read(job.out("files/w/a.txt")).unwrap(), b"helloh");
    assert!(!job.out(".staging").exists());
}
