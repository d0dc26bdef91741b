//! The command line: that every sub-command and option reaches the library, and what the user is told.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::job::guest;
use crate::harness::program::{Ended, Program};

/// A folder with inputs in `in`, and command lines that are run in it.
struct Shell {
    folder: TempDir,
}

impl Shell {
    fn new(inputs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        for (name, content) in inputs {
            fs::write(folder.path().join("in").join(name), content).unwrap();
        }
        fs::copy(guest("echo.wat"), folder.path().join("echo.wat")).unwrap();
        Self { folder }
    }

    /// The program with the words of `line` as its arguments.
    fn sandmill(&self, line: &str) -> Program {
        Program::new().in_folder(self.folder.path()).args(line.split_whitespace())
    }

    fn run(&self, line: &str) -> Ended {
        self.sandmill(line).run()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

const GOOD: [(&str, &str); 2] = [("a.json", "{\"n\":1}"), ("b.json", "{\"n\":2}")];
const MIXED: [(&str, &str); 2] = [("a.json", "{\"n\":1}"), ("b.json", "broken")];

#[test]
fn the_exit_code_says_how_it_went() {
    Shell::new(&GOOD).run("run echo.wat in -o out").expect_code(0);
    Shell::new(&MIXED).run("run echo.wat in -o out").expect_code(3);
    Shell::new(&MIXED).run("run echo.wat in -o out --fail-fast").expect_code(4);
    Shell::new(&MIXED).run("run echo.wat in -o out --max-errors 0").expect_code(4);
    Shell::new(&[]).run("run echo.wat in -o out").expect_code(1).expect_stderr("no input");
    Shell::new(&GOOD).run("run echo.wat in").expect_code(2).expect_stderr("-o");
    Shell::new(&GOOD).run("run echo.wat in -o out --no-such").expect_code(2);
    Shell::new(&GOOD).run("run nothing.wasm in -o out").expect_code(1).expect_stderr("nothing.wasm");
    Shell::new(&GOOD).run("--version").expect_code(0).expect_stdout("sandmill 0.1.0");
}

#[test]
fn what_went_wrong_is_said_once_with_a_way_out() {
    let shell = Shell::new(&GOOD);
    shell.run("run echo.wat in -o out").expect_code(0);
    let refused = shell.run("run echo.wat in -o out --param k=v").expect_code(1).expect_stderr("--accept-change");
    assert_eq!(refused.stderr().matches("its parameters").count(), 1, "{refused}");
    fs::write(shell.folder.path().join("out2"), "a file").unwrap();
    shell.run("run echo.wat in -o out2").expect_code(1).expect_stderr("out2");
    let module =
        "(module (import \"env\" \"launch\" (func)) (memory (export \"memory\") 1) (func (export \"_start\")))";
    fs::write(shell.folder.path().join("bad.wat"), module).unwrap();
    shell.run("run bad.wat in -o out3").expect_code(1).expect_stderr("`launch` from `env`");
    assert!(!shell.folder.path().join("out3").exists(), "a refused processor leaves no folder");
}

#[test]
fn retrying_with_more_fuel_is_one_command() {
    let shell = Shell::new(&GOOD);
    shell.run("run echo.wat in -o out --fuel 10").expect_code(3).expect_stderr("out_of_fuel");
    shell.run("run echo.wat in -o out --fuel 10x").expect_code(3);
    shell.run("run echo.wat in -o out --fuel 10x --retry-failed=out_of_fuel").expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,n\na.json,1\nb.json,2\n");
}

#[test]
fn rows_go_to_a_pipe_without_a_folder() {
    let shell = Shell::new(&GOOD);
    let ended = shell.run("run echo.wat in --stdout ndjson -j 1").expect_code(0);
    assert_eq!(ended.stdout(), "{\"path\":\"a.json\",\"n\":1}\n{\"path\":\"b.json\",\"n\":2}\n");
    let ended = shell.run("run echo.wat in --stdout csv -j 1").expect_code(0);
    assert_eq!(ended.stdout(), "path,n\na.json,1\nb.json,2\n");
    assert_eq!(fs::read_dir(shell.folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_list_of_inputs_comes_through_a_pipe() {
    let shell = Shell::new(&GOOD);
    let list = b"in/b.json\0in/a.json\0in/b.json\0";
    shell.sandmill("run echo.wat --files-from - -0 -o out").run_with_input(list).expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,n\nin/a.json,1\nin/b.json,2\n");
}

#[test]
fn filters_choose_among_the_files_of_a_folder() {
    let shell = Shell::new(&[("a.json", "{}"), ("b.txt", "{}"), (".c.json", "{}"), ("d.json", "{}")]);
    let paths = |line: &str, out: &str| {
        shell.run(&format!("run echo.wat in -o {out} {line}")).expect_code(0);
        shell.read(&format!("{out}/results.csv")).lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(paths("--suffix .json", "1"), "a.json d.json");
    assert_eq!(paths("--suffix .json --suffix .txt --exclude a*", "2"), "b.txt d.json");
    assert_eq!(paths("--glob ?.json --hidden", "3"), "a.json d.json");
    assert_eq!(paths("--hidden --suffix json", "4"), ".c.json a.json d.json");
}

#[test]
fn status_plan_and_export_speak_of_the_folder() {
    let shell = Shell::new(&MIXED);
    shell.run("run echo.wat in -o out").expect_code(3);
    shell.run("status out").expect_code(0).expect_stdout("1 failed");
    let status: Value = serde_json::from_str(&shell.run("status out --json").expect_code(0).stdout()).unwrap();
    assert_eq!(status["counts"]["done"], 1, "{status}");
    shell.run("plan echo.wat in -o out").expect_code(0).expect_stdout("keep failed");
    shell.run("plan echo.wat in -o out --retry-failed").expect_code(0).expect_stdout("run");
    fs::remove_file(shell.folder.path().join("out/results.csv")).unwrap();
    shell.run("export out").expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,n\na.json,1\n");
    shell.run("status nowhere").expect_code(1).expect_stderr("nowhere");
}

#[test]
fn one_task_is_shown_whole_in_the_foreground() {
    let shell = Shell::new(&MIXED);
    shell.run("test echo.wat in/a.json").expect_code(0).expect_stdout("{\"n\":1}");
    shell.run("test echo.wat in/b.json").expect_code(3).expect_stderr("bad_output");
    shell.run("test echo.wat in/c.json").expect_code(1).expect_stderr("c.json");
}

#[test]
fn a_module_is_explained_or_refused_by_name() {
    let shell = Shell::new(&[]);
    shell.run("inspect echo.wat").expect_code(0).expect_stdout("WASI command").expect_stdout("fd_read");
    let inspected = shell.run("inspect echo.wat --json").expect_code(0).stdout();
    assert!(serde_json::from_str::<Value>(&inspected).is_ok(), "{inspected}");
    fs::write(shell.folder.path().join("none.wat"), "(module)").unwrap();
    let facts: Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(facts["asks_for"], serde_json::json!(["input", "rows"]));
    let refused = shell.run("inspect none.wat").expect_code(1);
    shell
        .run("inspect echo.wat --memory 64KiB")
        .expect_code(1)
        .expect_stdout("it runs with:")
        .expect_stdout("--memory 64MiB");
    shell.run("inspect echo.wat --memory 64MiB").expect_code(0);
    assert!(format!("{refused}").contains("_start"), "{refused}");
}

#[test]
fn progress_for_machines_is_json_and_quiet_is_quiet() {
    let shell = Shell::new(&MIXED);
    let ended = shell.run("run echo.wat in -o out --progress json").expect_code(3);
    let lines: Vec<Value> = ended.stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 2, "{ended}");
    let quiet = shell.run("run echo.wat in -o out -q").expect_code(3);
    assert_eq!(quiet.stderr(), "", "{quiet}");
}

#[test]
fn what_guests_write_cannot_drive_a_terminal() {
    let shell = Shell::new(&[("a\u{1b}[31m.json", "\u{1b}]0;title\u{7}")]);
    for line in ["run echo.wat in -o out", "status out", "plan echo.wat in -o out"] {
        let ended = shell.run(line);
        assert!(!format!("{}{}", ended.stdout(), ended.stderr()).contains('\u{1b}'), "{ended:#}");
    }
}

#[test]
fn compiled_processors_are_kept_where_asked_or_not_at_all() {
    let shell = Shell::new(&GOOD);
    let kept = || fs::read_dir(shell.folder.path().join("cache")).map_or(0, Iterator::count);
    shell.run("run echo.wat in -o 1 --cache-dir cache").expect_code(0);
    assert_eq!(kept(), 1);
    shell.run("run echo.wat in -o 2 --cache-dir cache").expect_code(0);
    shell.run("run echo.wat in -o 3 --no-cache").expect_code(0);
    assert_eq!(kept(), 1);
    assert_eq!(shell.read("1/results.csv"), shell.read("2/results.csv"));
}

#[test]
fn an_input_given_as_a_file_leaves_nothing_behind() {
    let shell = Shell::new(&GOOD);
    shell.run("run echo.wat in -o out --input file").expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,n\na.json,1\nb.json,2\n");
    assert!(!shell.folder.path().join("out/.staging").exists());
    let ended = shell.run("run echo.wat in --stdout ndjson --input file").expect_code(0);
    assert_eq!(ended.stdout().lines().count(), 2);
}

#[test]
fn a_folder_of_two_processors_is_said_to_be_one() {
    let shell = Shell::new(&MIXED);
    let note = "another run may give other bytes";
    let first = shell.run("run echo.wat in -o out --accept-change").expect_code(3);
    assert!(!first.stderr().contains(note), "nothing has changed yet\n{first}");
    shell.run("run echo.wat in -o out --param k=v --accept-change --retry-failed").expect_code(3).expect_stderr(note);
    shell.run("run echo.wat in -o out --param k=v").expect_code(3).expect_stderr(note);
}

#[test]
fn an_output_folder_inside_the_inputs_is_not_an_input() {
    let shell = Shell::new(&GOOD);
    shell.run("run echo.wat in -o in/out").expect_code(0);
    shell.run("run echo.wat in -o in/out").expect_code(0);
    assert_eq!(shell.read("in/out/results.csv"), "path,n\na.json,1\nb.json,2\n");
    assert!(Path::new(&shell.folder.path().join("in/out/run.json")).exists());
}

#[test]
fn shared_data_reaches_guests_and_its_copy_goes_with_the_run() {
    let shell = Shell::new(&[("a", "table.json"), ("b", "d/none")]);
    fs::copy(guest("shared.wat"), shell.folder.path().join("shared.wat")).unwrap();
    for folder in ["share", "tmp"] {
        fs::create_dir(shell.folder.path().join(folder)).unwrap();
    }
    fs::write(shell.folder.path().join("share/table.json"), "  {\"n\":1}").unwrap();
    let run = |line: &str| shell.sandmill(line).env("TMPDIR", shell.folder.path().join("tmp")).run();
    run("run shared.wat in -o out --share share").expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,n\na,1\n");
    run("run shared.wat in -o out --share share/table.json").expect_code(0);
    run("test shared.wat in/a --share share").expect_code(0).expect_stdout("{\"n\":1}");
    run("plan shared.wat in -o out --share share").expect_code(0).expect_stdout("keep");
    run("run shared.wat in -o out").expect_code(1).expect_stderr("the shared data changed");
    run("run shared.wat in -o out --share none").expect_code(1).expect_stderr("share none");
    let left: Vec<_> =
        fs::read_dir(shell.folder.path().join("tmp")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [] as [std::ffi::OsString; 0]);
}

#[test]
fn formulas_are_escaped_at_the_run_or_afterwards() {
    let shell = Shell::new(&[("=a.json", "{\"x\":\"@b\"}")]);
    shell.run("run echo.wat in -o out --csv-formulas escape").expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,x\n'=a.json,'@b\n");
    shell.run("export out").expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,x\n'=a.json,'@b\n");
    shell.run("export out --csv-formulas keep").expect_code(0);
    assert_eq!(shell.read("out/results.csv"), "path,x\n=a.json,@b\n");
    let printed = shell.run("run echo.wat in --stdout csv --csv-formulas escape").expect_code(0).stdout();
    assert_eq!(printed, "path,x\n'=a.json,'@b\n");
}

#[test]
fn formats_are_asked_for_at_the_run_or_afterwards() {
    let shell = Shell::new(&GOOD);
    shell.run("run echo.wat in -o out --format ndjson --columns n:int64").expect_code(0);
    assert_eq!(shell.read("out/results.ndjson").lines().count(), 2);
    assert!(!shell.folder.path().join("out/results.csv").exists());
    shell.run("export out --format parquet,arrow --part-bytes 1MiB").expect_code(0).expect_stdout("results.parquet");
    assert!(shell.folder.path().join("out/results.arrow/results-00000.arrow").is_file());
    shell
        .run("export out --columns n:bool")
        .expect_code(1)
        .expect_stderr("a row of a.json: the column \"n\" is declared bool");
    shell.run("export out --columns n:number").expect_code(2).expect_stderr("no type is called");
    shell.run("run echo.wat in -o other --columns n:string").expect_code(3);
    assert!(shell.read("other/errors.csv").contains("a.json,schema,\"the column \"\"n\"\" is declared string"));
}
