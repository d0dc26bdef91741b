//! Lists that give inputs parameters of their own: how they reach guests, and what a change of them means.

use std::fs;

use sandmill::config::{Archives, InputList, ListFormat, OnChange, RetryFailed, Ring, Split, Splitting};
use sandmill::outcome::FailureKind;

use crate::harness::components;
use crate::harness::guests;
use crate::harness::job::{Job, Watcher};
use crate::harness::program::Program;

/// A job over what a list names, which lies in the folder of its inputs.
fn job(guest: &str, format: ListFormat, list: &str) -> Job {
    let mut job = Job::new(guest);
    let inputs = job.path("");
    fs::write(job.path("../list"), list).unwrap();
    job.config.source.inputs.clear();
    job.config.source.root = Some(inputs.clone());
    job.config.source.list = Some(InputList { file: Some(inputs.join("../list")), format });
    job
}

/// A table of these lines, each a path in the folder of inputs and the value of the parameter `other`.
fn table(guest: &str, lines: &[(&str, &str)]) -> Job {
    let job = job(guest, ListFormat::Tsv, "");
    list(&job, lines);
    for (path, _) in lines {
        job.input(path, "p");
    }
    job
}

fn list(job: &Job, lines: &[(&str, &str)]) {
    let mut text = "path\tother\n".to_owned();
    for (path, value) in lines {
        text.push_str(&format!("{}\t{value}\n", job.path(path).display()));
    }
    fs::write(job.path("../list"), text).unwrap();
}

#[test]
fn an_inputs_own_parameters_reach_a_guest_under_every_contract() {
    let lines = [("a", "{\"n\":1}"), ("b", "{\"n\":2}"), ("c", "")];
    for component in [false, true] {
        for ring in [Ring::Thread, Ring::Process] {
            let mut job = table("param.wat", &lines);
            if component {
                let processor = job.path("../processor.wasm");
                fs::write(&processor, components::processor(&guests::guest("told_component.wat"), "processor"))
                    .unwrap();
                job.config.processor = processor;
            }
            job.config.ring = ring;
            job.config.program = Some(env!("CARGO_BIN_EXE_sandmill").into());
            job.config.params.insert("other".to_owned(), "{\"n\":9}".to_owned());
            job.run();
            let rows: Vec<String> =
                job.results().lines().filter(|line| line.contains(',')).map(str::to_owned).collect();
            for (path, n) in [("a", 1), ("b", 2), ("c", 9)] {
                // The component gives a row of another column before that.
                let row = if component { format!("{path},,{n}") } else { format!("{path},{n}") };
                assert!(rows.contains(&row), "{row}: {rows:?}");
            }
        }
    }
    for component in [false, true] {
        let mut job = table("environ.wat", &lines);
        if component {
            let processor = job.path("../processor.wasm");
            fs::write(&processor, components::command(guests::guest("environ.wat"))).unwrap();
            job.config.processor = processor;
        }
        job.config.params.insert("other".to_owned(), "run".to_owned());
        job.config.params.insert("more".to_owned(), "x".to_owned());
        job.run();
        let failures = job.failures();
        for ((path, value), (failed, _)) in lines.iter().zip(&failures) {
            assert_eq!(path, failed);
            let error = job.errors().into_iter().find(|error| &error[0] == *path).unwrap();
            let value = if value.is_empty() { "run" } else { value };
            assert!(error[2].contains(&format!("SANDMILL_PARAM_other={value}")), "{error:?}");
            assert_eq!(error[2].matches("SANDMILL_PARAM_other=").count(), 1, "{error:?}");
            assert!(error[2].contains("SANDMILL_PARAM_more=x"), "{error:?}");
        }
    }
}

#[test]
fn a_changed_parameter_is_a_changed_input() {
    let mut job = table("param.wat", &[("a", "{\"n\":1}"), ("b", "{\"n\":2}"), ("c", "{\"n\":3}")]);
    job.run();
    assert_eq!(job.run().kept, 3);
    list(&job, &[("a", "{\"n\":1}"), ("b", "{\"n\":7}"), ("c", "")]);
    job.config.resume.on_change = OnChange::Fail;
    let error = job.try_run().unwrap_err().to_string();
    assert!(error.contains("the parameters of input b changed since"), "{error}");
    job.config.resume.on_change = OnChange::Keep;
    assert_eq!(job.run().kept, 3);
    assert!(job.results().ends_with("a,1\nb,2\nc,3\n"), "{}", job.results());
    job.config.resume.on_change = OnChange::Rerun;
    let watcher = Watcher::default();
    let summary = job.run_watched(&watcher);
    assert_eq!((summary.kept, summary.run.done), (1, 2));
    assert_eq!(job.results(), "path,n\na,1\nb,7\n");
    assert!(watcher.notices().iter().any(|notice| notice.to_string().contains("changed")), "{:?}", watcher.notices());
    // The same inputs without parameters are other inputs, too.
    fs::write(job.path("../list"), ["a", "b", "c"].map(|path| format!("{}\n", job.path(path).display())).concat())
        .unwrap();
    job.config.source.list.as_mut().unwrap().format = ListFormat::Lines;
    let summary = job.run();
    assert_eq!((summary.kept, summary.run.done), (1, 2), "c had none");
}

#[test]
fn own_parameters_are_there_when_a_task_is_tried_again() {
    let mut job = table("environ.wat", &[("a", "x"), ("b", "y")]);
    job.run();
    let first = job.errors();
    job.config.resume.retry_failed = RetryFailed::Kinds(vec![FailureKind::Exit]);
    assert_eq!(job.run().run.tasks_failed(), 2);
    let second = job.errors();
    assert_eq!(
        first.iter().map(|error| &error[2]).collect::<Vec<_>>(),
        second.iter().map(|error| &error[2]).collect::<Vec<_>>()
    );
    assert!(second[0][2].contains("SANDMILL_PARAM_other=x"), "{second:?}");
}

#[test]
fn chunks_members_and_files_in_a_folder_have_the_parameters_of_what_was_listed() {
    let mut job = table("param.wat", &[("d/own", "")]);
    list(&job, &[("d", "{\"n\":1}"), ("d/own", "{\"n\":2}"), ("lines", "{\"n\":3}"), ("a.tar", "{\"n\":4}")]);
    job.input("d/e/x", "x").input("d/y", "y").input("lines", "a\nb\n");
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    tar.append_data(&mut header, "member", &b"m"[..]).unwrap();
    job.input("a.tar", tar.into_inner().unwrap());
    job.config.source.archives = Archives::ByName;
    job.config.source.splitting = Some(Splitting {
        split: Split::Lines,
        size: sandmill::config::ChunkSize::Records(1.try_into().unwrap()),
        column: "at".to_owned(),
    });
    job.run();
    assert_eq!(job.results(), "path,at,n\na.tar/member,0,4\nd/e/x,0,1\nd/own,0,2\nd/y,0,1\nlines,0,3\nlines,2,3\n");
}

#[test]
fn a_path_that_is_listed_twice_has_the_same_parameters_each_time() {
    let job = table("param.wat", &[("a", "{\"n\":1}"), ("b", "{\"n\":2}")]);
    list(&job, &[("a", "{\"n\":1}"), ("b", "{\"n\":2}"), ("./a", "{\"n\":1}")]);
    assert_eq!(job.run().run.done, 2);
    list(&job, &[("a", "{\"n\":1}"), ("b", "{\"n\":2}"), ("../in/a", "{\"n\":3}")]);
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("list: line 4: a is in line 2 already, with other parameters"), "{error}");
}

#[test]
fn the_command_line_takes_both_forms_and_plan_shows_what_each_input_gets() {
    let job = Job::new("param.wat");
    let folder = job.path("");
    job.input("a.json", "").input("b.json", "");
    job.input("list.ndjson", "{\"path\":\"a.json\",\"other\":\"{\\\"n\\\":1}\"}\n{\"path\":\"b.json\",\"level\":2}\n");
    job.input("list.tsv", "path\tother\na.json\t{\"n\":1}\nb.json\n");
    let guest = job.config.processor.clone();
    let sandmill = |command: &str, words: &[&str]| {
        let program = Program::new().in_folder(&folder).args([command]).args([&guest]).args(["-o", "../out"]);
        program.args(words).run()
    };
    let ndjson = ["--files-from", "list.ndjson", "--files-format", "ndjson"];
    sandmill("plan", &ndjson)
        .expect_code(0)
        .expect_stdout("run  new      a.json other=\"{\\\"n\\\":1}\"")
        .expect_stdout("run  new      b.json level=\"2\"");
    sandmill("run", &ndjson).expect_code(0);
    assert_eq!(job.results(), "path,n\na.json,1\n");
    sandmill("plan", &["--files-from", "list.tsv", "--files-format", "tsv"])
        .expect_code(1)
        .expect_stderr("read the list list.tsv: line 3: it has 1 columns, and the header 2");
    sandmill("plan", &["--files-from", "list.tsv", "--files-format", "tsv", "-0"])
        .expect_code(2)
        .expect_stderr("-0 is for");
}
