//! Programs that know nothing of sandmill as processors: `tests/foreign/build` makes them from the sources that Debian
//! distributes, unmodified.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::harness::components;
use crate::harness::program::{Ended, Program};

fn foreign(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/foreign").join(name);
    assert!(path.exists(), "{} is missing: run tests/setup", path.display());
    path
}

/// Inputs in a temporary folder, and runs over them.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new(inputs: &[(&str, &[u8])]) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        for (name, content) in inputs {
            let path = site.path("in").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, program: &str, from: &str, out: &str, more: &[&str]) -> Ended {
        self.run_at(&foreign(program), from, out, more)
    }

    fn run_at(&self, program: &Path, from: &str, out: &str, more: &[&str]) -> Ended {
        Program::new()
            .args(["run".as_ref(), program.as_os_str()])
            .args([self.path(from).as_os_str(), "-o".as_ref(), self.path(out).as_os_str(), "-q".as_ref()])
            .args(more)
            .run()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn results(&self, out: &str) -> String {
        String::from_utf8(self.read(&format!("{out}/results.csv"))).unwrap()
    }
}

/// Bytes that look like nothing in particular.
fn noise(bytes: usize) -> Vec<u8> {
    let mut random: u32 = 1;
    let next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 24) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// What `program` of this machine makes of `input`.
fn native(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // Each side waits for the other when its pipe is full.
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{program}: {}", output.status);
    output.stdout
}

#[test]
fn zlibs_gzip_compresses_every_input_into_a_file_that_gzip_reads() {
    let text = "one line of many\n".repeat(10_000);
    // More than is put into memory at once.
    let large = noise(3 << 20);
    let inputs: [(&str, &[u8]); 4] =
        [("a/text.txt", text.as_bytes()), ("noise", &noise(100_000)), ("large", &large), ("empty", b"")];
    let site = Site::new(&inputs);
    site.run("minigzip.wasm", "in", "out", &["--args", "", "--result", "file", "--file-suffix", ".gz"]).expect_code(0);
    for (name, content) in inputs {
        let packed = site.read(&format!("out/files/{name}.gz"));
        assert!(name != "a/text.txt" || packed.len() * 100 < content.len(), "{} bytes", packed.len());
        assert!(native("gzip", &["-dc"], &packed) == content, "{name}");
    }
    // And back, by the same program: the files of one run are the inputs of the next.
    site.run("minigzip.wasm", "out/files", "back", &["--args", "-d", "--result", "file", "--decompress", "never"])
        .expect_code(0);
    assert!(site.read("back/files/large.gz") == large);
}

#[test]
fn bzip2_says_what_is_wrong_with_an_input_and_the_others_go_on() {
    let site = Site::new(&[("good", b"some text"), ("other", b"some other text")]);
    site.run("bzip2.wasm", "in", "out", &["--args", "-9 -c", "--result", "file"]).expect_code(0);
    fs::write(site.path("out/files/broken"), "BZh9 and then no such thing").unwrap();
    site.run("bzip2.wasm", "out/files", "back", &["--args", "-d -c", "--result", "text", "--decompress", "never"])
        .expect_code(3);
    assert_eq!(site.results("back"), "path,text\ngood,some text\nother,some other text\n");
    let errors = String::from_utf8(site.read("back/errors.csv")).unwrap();
    assert!(errors.contains("broken,exit,") && errors.contains("Data integrity error"), "{errors}");
}

#[test]
fn lua_runs_one_script_over_every_input() {
    let site = Site::new(&[("a.txt", b"one two\nthree\n"), ("b.txt", b""), ("c d.txt", b"four")]);
    let words = r#"-e "local n = 0 for w in io.read('a'):gmatch('%S+') do n = n + 1 end print(string.format('{\"words\":%d}', n))""#;
    site.run("lua.wasm", "in", "rows", &["--args", words]).expect_code(0);
    assert_eq!(site.results("rows"), "path,words\na.txt,3\nb.txt,0\nc d.txt,1\n");

    let lines = r#"-e "local n = 0 for _ in io.lines('{}') do n = n + 1 end print('{}', #{{}}, n)""#;
    let more = ["--args", lines, "--input", "file", "--result", "text", "--text-column", "lines"];
    site.run("lua.wasm", "in", "text", &more).expect_code(0);
    assert_eq!(
        site.results("text"),
        "path,lines\na.txt,/input/a.txt\t0\t2\nb.txt,/input/b.txt\t0\t0\nc d.txt,/input/c d.txt\t0\t1\n"
    );
}

#[test]
fn lua_runs_every_input_as_a_script_each_in_a_sandbox_of_its_own() {
    let site = Site::new(&[
        ("answer.lua", b"print(6 * 7)"),
        ("endless.lua", b"while true do end"),
        ("greedy.lua", b"local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end"),
        ("reads.lua", b"print(io.open('/etc/passwd'), os.getenv('HOME'))"),
        ("state.lua", b"seen = (seen or 0) + 1 print(seen, os.time())"),
        ("wrong.lua", b"error('no')"),
    ]);
    let more = ["--args", "-", "--result", "text", "--fuel", "300M", "--memory", "64MiB"];
    site.run("lua.wasm", "in", "out", &more).expect_code(3);
    let results = site.results("out");
    assert!(results.contains("answer.lua,42\n"), "{results}");
    assert!(results.contains("reads.lua,nil\t"), "{results}");
    assert!(results.contains("state.lua,1\t946684801\n") || results.contains("state.lua,1\t946684800\n"), "{results}");
    let errors = String::from_utf8(site.read("out/errors.csv")).unwrap();
    for (name, kind) in [("endless", "out_of_fuel"), ("greedy", "out_of_"), ("wrong", "trap")] {
        assert!(errors.contains(&format!("{name}.lua,{kind}")), "{errors}");
    }
}

/// Baskets, two of which no filter can take.
const BASKETS: [(&str, &[u8]); 4] = [
    ("a.json", br#"{"fruits":[{"name":"apple","price":2},{"name":"fig","price":0.25}]}"#),
    ("b.json", br#"{"fruits":[]} {"fruits":[{"name":"m\u00fcsli \"x\"","price":1}]}"#),
    ("not-a-basket.json", br#"{"fruits":7}"#),
    ("torn.json", br#"{"fruits":[{"na"#),
];

#[test]
fn jq_asks_every_input_and_what_it_prints_are_rows() {
    let site = Site::new(&BASKETS);
    let filter = "-c '.fruits[] | {fruit: (.name | ascii_upcase), price, root: (.price | sqrt)}'";
    site.run("jq.wasm", "in", "rows", &["--args", filter]).expect_code(3);
    assert_eq!(
        site.results("rows"),
        "path,fruit,price,root\na.json,APPLE,2,1.4142135623730951\na.json,FIG,0.25,0.5\nb.json,\"MüSLI \"\"X\"\"\",1,1\n"
    );
    let errors = String::from_utf8(site.read("rows/errors.csv")).unwrap();
    assert!(
        errors.contains("not-a-basket.json,exit,") && errors.contains("Cannot iterate over number (7)"),
        "{errors}"
    );
    assert!(errors.contains("torn.json,exit,") && errors.contains("Unfinished"), "{errors}");

    let more = ["--args", "-r '.fruits | length'", "--result", "text", "--text-column", "fruits"];
    site.run("jq.wasm", "in", "text", &more).expect_code(3);
    assert_eq!(site.results("text"), "path,fruits\na.json,2\nb.json,\"0\n1\"\nnot-a-basket.json,7\n");
}

#[test]
fn jq_joins_an_input_that_is_a_file_with_shared_data_as_a_module_and_as_a_component() {
    let site = Site::new(&BASKETS);
    fs::write(site.path("rates.json"), r#"{"apple":1.5,"fig":4}"#).unwrap();
    fs::write(site.path("jq.wasm"), components::command(fs::read(foreign("jq.wasm")).unwrap())).unwrap();
    let filter = "-c --slurpfile rates /shared/rates.json '.fruits[] | {name, sum: (.price * $rates[0][.name])}' '{}'";
    let shared = site.path("rates.json");
    let more = ["--args", filter, "--input", "file", "--share", shared.to_str().unwrap()];
    let modules = [(foreign("jq.wasm"), "module"), (site.path("jq.wasm"), "component")];
    let errors = modules.map(|(jq, out)| {
        site.run_at(&jq, "in", out, &more).expect_code(3);
        assert_eq!(site.results(out), "path,name,sum\na.json,apple,3\na.json,fig,1\n", "{out}");
        let mut errors = csv::Reader::from_path(site.path(out).join("errors.csv")).unwrap();
        // A component has exit code 1 for all that is not 0.
        let message = |message: &str| message.split_once(": ").unwrap().1.to_owned();
        errors
            .records()
            .map(|error| error.unwrap())
            .map(|error| [error[0].to_owned(), error[1].to_owned(), message(&error[2])])
            .collect::<Vec<_>>()
    });
    assert_eq!(errors[0], errors[1]);
    assert_eq!(errors[0].len(), 3, "{errors:?}");
}

#[test]
fn programs_as_components_write_files_and_pass_the_fault_of_a_script_on() {
    let site = Site::new(&[("a.txt", b"one two\nthree\n"), ("b.txt", b"")]);
    for name in ["minigzip.wasm", "lua.wasm"] {
        fs::write(site.path(name), components::command(fs::read(foreign(name)).unwrap())).unwrap();
    }
    let more = ["--args", "", "--result", "file", "--file-suffix", ".gz"];
    site.run_at(&site.path("minigzip.wasm"), "in", "packed", &more).expect_code(0);
    assert!(native("gzip", &["-dc"], &site.read("packed/files/a.txt.gz")) == b"one two\nthree\n");
    let lines = r#"-e "local n = 0 for _ in io.lines('{}') do n = n + 1 end print('{}', n, io.open('/input/c', 'w'))""#;
    let more = ["--args", lines, "--input", "file", "--result", "text"];
    site.run_at(&site.path("lua.wasm"), "in", "lines", &more).expect_code(0);
    let results = site.results("lines");
    assert!(results.starts_with("path,text\na.txt,/input/a.txt\t2\tnil\t/input/c: "), "{results}");
    let more = ["--args", r#"-e "error('no')""#, "--result", "text"];
    site.run_at(&site.path("lua.wasm"), "in", "faults", &more).expect_code(3);
    let errors = String::from_utf8(site.read("faults/errors.csv")).unwrap();
    assert!(errors.contains("a.txt,trap") && errors.contains("b.txt,trap"), "{errors}");
}
