//! The real program, killed: at every step of commit, drop and export, and at any moment. Afterwards every input has its
//! outcome once, and the results are those of a run that nothing happened to.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use sandmill::FaultPoint;
use tempfile::TempDir;

use crate::harness::job::guest;
use crate::harness::program::Program;

/// A folder of inputs, one in seven of them broken, and the output folder of runs over it.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new(inputs: usize) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        for number in 0..inputs {
            site.write(number, number);
        }
        site
    }

    /// The same inputs and output folder, elsewhere.
    fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut from = self.folder.path().as_os_str().to_owned();
        from.push("/.");
        let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(folder.path()).status().unwrap();
        assert!(copied.success());
        Self { folder }
    }

    fn write(&self, number: usize, value: usize) {
        let content = if value % 7 == 3 { "broken".to_owned() } else { format!("{{\"n\":{value}}}\n{{\"n\":-1}}") };
        let path = self.input(number);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn input(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("in/{}/f{number}.json", number / 100))
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn run(&self, workers: usize, more: &[&str]) -> Program {
        let mut args: Vec<OsString> =
            vec!["run".into(), guest("echo.wat").into(), self.folder.path().join("in").into()];
        args.extend(["-o".into(), self.out().into(), "-q".into(), "-j".into(), workers.to_string().into()]);
        args.extend(more.iter().map(Into::into));
        Program::new().args(args)
    }

    /// What must be the same whatever happened: the results, how each path ended, and the markers.
    fn state(&self) -> State {
        let results = fs::read_to_string(self.out().join("results.csv")).unwrap();
        let errors = csv::Reader::from_path(self.out().join("errors.csv"))
            .unwrap()
            .records()
            .map(|record| record.unwrap())
            .map(|record| (record[0].to_owned(), record[1].to_owned()))
            .collect();
        let mut markers = Vec::new();
        collect_markers(&self.out().join("tracking"), &mut markers);
        markers.sort();
        let strays: Vec<String> = fs::read_dir(self.out())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains("tmp") || name.ends_with("-journal"))
            .collect();
        assert_eq!(strays, [] as [String; 0], "temporary files are swept");
        State { results, errors, markers }
    }
}

#[derive(Debug, PartialEq)]
struct State {
    results: String,
    errors: BTreeMap<String, String>,
    markers: Vec<(PathBuf, String)>,
}

fn collect_markers(folder: &Path, markers: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_markers(&path, markers);
        } else {
            let content = fs::read_to_string(&path).unwrap();
            markers.push((path, content));
        }
    }
}

/// Markers by their path below the output folder, so that those of two sites compare.
fn relative(mut state: State, site: &Site) -> State {
    for (path, _) in &mut state.markers {
        *path = path.strip_prefix(site.out()).unwrap().to_owned();
    }
    state
}

/// What happens to a site between the first run and the second.
fn edit(site: &Site) {
    site.write(5, 1000);
    site.write(17, 1001);
    fs::remove_file(site.input(20)).unwrap();
    site.write(450, 450);
}

const SECOND_RUN: [&str; 4] = ["--markers", "tree", "--on-missing", "drop"];

#[test]
fn killed_at_any_step_of_commit_and_export_the_next_run_completes_the_same() {
    let undisturbed = Site::new(300);
    undisturbed.run(2, &["--markers", "tree"]).run().expect_code(3);
    let after_first = relative(undisturbed.state(), &undisturbed);
    edit(&undisturbed);
    undisturbed.run(2, &SECOND_RUN).run().expect_code(3);
    let after_second = relative(undisturbed.state(), &undisturbed);
    assert_ne!(after_first, after_second);

    let mut never_reached = Vec::new();
    // Those of files that guests give have a test of their own.
    for &point in FaultPoint::ALL.iter().filter(|point| !point.name().starts_with("files.")) {
        let mut kills = 0;
        for passing in [1, 40] {
            let fault = format!("{}:{passing}", point.name());
            let site = Site::new(300);
            let killed = site.run(2, &["--markers", "tree"]).env("SANDMILL_FAULT", &fault).run();
            kills += u32::from(killed.was_killed());
            site.run(1, &["--markers", "tree"]).run().expect_code(3);
            assert_eq!(relative(site.state(), &site), after_first, "{fault}, first run");

            edit(&site);
            let killed = site.run(2, &SECOND_RUN).env("SANDMILL_FAULT", &fault).run();
            kills += u32::from(killed.was_killed());
            site.run(3, &SECOND_RUN).run().expect_code(3);
            assert_eq!(relative(site.state(), &site), after_second, "{fault}, second run");
        }
        if kills == 0 {
            never_reached.push(point.name());
        }
    }
    // Tables are only removed where R-3PO's layout shrinks, and parts only made where asked for: both have tests of their own.
    never_reached.retain(|name| !name.starts_with("tables.") && !name.starts_with("parts."));
    assert_eq!(never_reached, [] as [&str; 0], "no test kills at these points");
}

/// The results in every format: the content of each file, by its path in the output folder.
fn tables(site: &Site) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(site.out()).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_string_lossy().starts_with("results.") {
            continue;
        }
        let parts = if path.is_dir() {
            fs::read_dir(&path).unwrap().map(|part| part.unwrap().path()).collect()
        } else {
            vec![path]
        };
        files.extend(parts.into_iter().map(|part| {
            let content = fs::read(&part).unwrap();
            (part.strip_prefix(site.out()).unwrap().to_path_buf(), content)
        }));
    }
    files
}

#[test]
fn killed_while_tables_of_any_format_are_written_each_is_the_old_or_the_new_one() {
    const INPUTS: usize = 20;
    let change = |site: &Site| (0..INPUTS).for_each(|number| site.write(number, 2000 + number));
    let one_file = ["--format", "csv,ndjson", "--format=parquet,arrow"].as_slice();
    let in_parts = ["--format", "csv,ndjson,parquet,arrow", "--part-bytes", "200"].as_slice();
    for (first, second) in [(in_parts, in_parts), (one_file, in_parts), (in_parts, one_file)] {
        let undisturbed = Site::new(INPUTS);
        undisturbed.run(1, first).run().expect_code(3);
        let before = tables(&undisturbed);
        change(&undisturbed);
        let changed = undisturbed.copy();
        undisturbed.run(1, second).run().expect_code(3);
        let after = tables(&undisturbed);
        let table_of = |tables: &BTreeMap<PathBuf, Vec<u8>>, name: &str| -> BTreeMap<PathBuf, Vec<u8>> {
            tables
                .iter()
                .filter(|(path, _)| path.starts_with(name))
                .map(|(path, file)| (path.clone(), file.clone()))
                .collect()
        };
        let mut kills = 0;
        for &point in FaultPoint::ALL.iter().filter(|point| ["atomic", "parts."].contains(&&point.name()[..6])) {
            for passing in [1, 3, 9] {
                let fault = format!("{}:{passing}", point.name());
                let site = changed.copy();
                let was_killed = site.run(1, second).env("SANDMILL_FAULT", &fault).run().was_killed();
                let left = tables(&site);
                for format in ["csv", "ndjson", "parquet", "arrow"] {
                    let name = format!("results.{format}");
                    let table = table_of(&left, &name);
                    assert!(
                        table == table_of(&before, &name) || table == table_of(&after, &name),
                        "{fault}: {name} is neither"
                    );
                }
                kills += u32::from(was_killed);
                if !was_killed {
                    break;
                }
                site.run(1, second).run().expect_code(3);
                assert!(tables(&site) == after, "{fault}");
                site.state();
            }
        }
        assert!(kills > 10, "only {kills} kills");
    }
}

#[test]
fn killed_while_tables_are_removed_the_next_run_leaves_those_that_there_should_be() {
    let site = Site::new(30);
    let config = site.folder.path().join("config.yaml");
    let output = site.folder.path().join("output");
    // No fault point is called "none".
    let run = |tables: usize, fault: &str| {
        let text = format!(
            "source_path: in\nsource_file_part: .json\nprocesses: {tables}\nworking_dir: out\noutput_path: output\n"
        );
        fs::write(&config, text).unwrap();
        let args: [OsString; 5] =
            ["run".into(), "-q".into(), "--config".into(), config.clone().into(), guest("echo.wat").into()];
        Program::new().args(args).env("SANDMILL_FAULT", fault).run()
    };
    let names = || {
        let mut names: Vec<String> = fs::read_dir(&output)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".results.csv"))
            .collect();
        names.sort();
        names
    };
    for fault in ["tables.before_removal", "tables.after_removal"] {
        run(5, "none").expect_code(3);
        assert_eq!(names().len(), 5);
        assert!(run(2, fault).was_killed(), "{fault} is not reached");
        run(2, "none").expect_code(3);
        assert_eq!(names(), ["0.results.csv", "1.results.csv"], "{fault}");
        let rows = |name: &str| fs::read_to_string(output.join(name)).unwrap().lines().count() - 1;
        assert_eq!(rows("0.results.csv") + rows("1.results.csv"), 2 * (30 - 4), "{fault}");
    }
}

#[test]
fn killed_again_and_again_at_any_moment_it_still_completes_the_same() {
    const INPUTS: usize = 4000;
    let undisturbed = Site::new(INPUTS);
    let started = Instant::now();
    undisturbed.run(2, &[]).run().expect_code(3);
    let usual_ms = u64::try_from(started.elapsed().as_millis()).unwrap().max(1);
    let expected = undisturbed.state();
    assert_eq!(expected.errors.len(), (0..INPUTS).filter(|number| number % 7 == 3).count());

    // A generator with a fixed start: the moments differ from run to run anyway.
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut kills = 0;
    for round in 0..3 {
        let site = Site::new(INPUTS);
        for attempt in 0.. {
            assert!(attempt < 200, "it never completes");
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Within the time that a run takes, so that most are cut; a little later each time, so that the last is not.
            let (workers, milliseconds) = (1 + (random >> 33) % 4, (random >> 40) % usual_ms + 5 * attempt);
            let mut command = site.run(workers as usize, &[]).into_command();
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            thread::sleep(Duration::from_millis(milliseconds));
            let _ = child.kill();
            let status = child.wait().unwrap();
            if status.code().is_some() {
                assert_eq!(status.code(), Some(3), "round {round}");
                break;
            }
            kills += 1;
        }
        assert_eq!(site.state(), expected, "round {round}");
    }
    assert!(kills >= 3, "only {kills} kills: the rounds end before they can be cut");
}

#[test]
fn killed_on_the_way_through_a_compressed_archive_the_next_run_passes_over_what_is_done() {
    const MEMBERS: usize = 5000;
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for number in (0..MEMBERS).rev() {
        // One in a thousand is too large to be read at once.
        let padding = " ".repeat(if number % 1000 == 7 { 2 << 20 } else { 0 });
        let content = if number % 7 == 3 { "broken".to_owned() } else { format!("{{\"n\":{number}}}{padding}") };
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, format!("d{}/f{number}.json", number % 10), content.as_bytes()).unwrap();
    }
    let archive = builder.into_inner().unwrap().finish().unwrap();
    let with_archive = || {
        let site = Site::new(0);
        fs::create_dir(site.folder.path().join("in")).unwrap();
        fs::write(site.folder.path().join("in/a.tgz"), &archive).unwrap();
        site
    };
    let undisturbed = with_archive();
    undisturbed.run(2, &[]).run().expect_code(3);
    let expected = undisturbed.state();
    assert_eq!(expected.errors.len(), (0..MEMBERS).filter(|number| number % 7 == 3).count());
    let site = with_archive();
    let mut on_record = 0;
    for fault in ["ledger.commit.after_commit:1", "ledger.commit.before_commit:2"] {
        assert!(site.run(2, &[]).env("SANDMILL_FAULT", fault).run().was_killed(), "{fault}");
        let now = sandmill::status(&site.out()).unwrap().counts.tasks();
        assert!(now > on_record && now < MEMBERS as u64, "{now} after {on_record}");
        on_record = now;
    }
    site.run(1, &[]).run().expect_code(3);
    assert_eq!(site.state(), expected);
}

#[test]
fn killed_while_a_compressed_input_is_split_the_next_run_passes_over_what_is_done() {
    const LINES: usize = 60_000;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..LINES).for_each(|number| writeln!(encoder, "{{\"n\":{number}}}").unwrap());
    let site = Site::new(0);
    fs::create_dir(site.folder.path().join("in")).unwrap();
    fs::write(site.folder.path().join("in/a.gz"), encoder.finish().unwrap()).unwrap();
    let split = ["--split", "lines", "--chunk-bytes", "100"];
    let mut on_record = 0;
    for fault in ["ledger.commit.after_commit:1", "ledger.commit.before_commit:2"] {
        assert!(site.run(2, &split).env("SANDMILL_FAULT", fault).run().was_killed(), "{fault}");
        let now = sandmill::status(&site.out()).unwrap().counts.tasks();
        assert!(now > on_record, "{now} after {on_record}");
        on_record = now;
    }
    site.run(1, &split).run().expect_code(0);
    let results = site.state().results;
    let numbers = results.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse::<usize>().unwrap());
    assert!(numbers.eq(0..LINES), "lost, doubled or out of order");
}

#[test]
fn a_full_disk_stops_the_run_and_charges_no_task() {
    let undisturbed = Site::new(3000);
    undisturbed.run(2, &[]).run().expect_code(3);
    let site = Site::new(3000);
    // A limit on the size of files is a full disk without a disk. The shell sets it for the program alone.
    let command = site.run(2, &[]).into_command();
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -f 600; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    let output = limited.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("ledger"), "{stderr}");
    assert!(stderr.contains("run the same command again"), "{stderr}");
    site.run(2, &[]).run().expect_code(3);
    assert_eq!(site.state(), undisturbed.state());
}

#[test]
fn a_second_run_beside_the_first_is_refused_and_looking_is_not() {
    let site = Site::new(1);
    let mut args: Vec<OsString> = vec!["run".into(), guest("loop.wat").into(), site.folder.path().join("in").into()];
    args.extend(["-o".into(), site.out().into(), "--timeout".into(), "3s".into(), "--fuel".into(), "1e15".into()]);
    let mut first = Program::new().args(args).into_command();
    let mut child = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while sandmill::status(&site.out()).is_err() {
        thread::sleep(Duration::from_millis(1));
    }
    let second = site.run(1, &[]).run();
    let running = Program::new().args(["status".into(), site.out()]).run().expect_code(0);
    assert!(running.stdout().contains(&child.id().to_string()), "it says who is at work\n{running}");
    Program::new().args(["export".into(), site.out()]).run().expect_code(0);
    let first_code = child.wait().unwrap().code();
    assert_eq!(first_code, Some(3));
    second.expect_code(1).expect_stderr("another sandmill");
}

#[test]
fn interrupted_it_commits_what_is_in_flight_and_says_how_it_ended() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let site = Site::new(20_000);
        let mut command = site.run(2, &[]).into_command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !site.out().join("ledger.db").exists() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(50));
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let results = fs::read_to_string(site.out().join("results.csv")).unwrap();
        let status = sandmill::status(&site.out()).unwrap();
        assert_eq!(results.lines().count() as u64, status.counts.rows + 1, "the views are those of the ledger");
        assert!(status.counts.tasks() < 20_000, "it ended before it was stopped");
    }
}

#[test]
fn a_million_entries_of_one_object_are_rows_once_each_though_ten_workers_are_killed_at_it() {
    const ENTRIES: u64 = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("baskets.json");
    let out = folder.path().join("out");
    let mut file = std::io::BufWriter::new(fs::File::create(&input).unwrap());
    writeln!(file, "{{").unwrap();
    let fruits = |number: u64| [number.wrapping_mul(2_654_435_761) % 97, number % 13];
    for number in 0..ENTRIES {
        let [apples, pears] = fruits(number);
        let end = if number == ENTRIES - 1 { "" } else { "," };
        writeln!(file, "\"basket-{number}\": {{\"apple\": {apples}, \"pear\": {pears}}}{end}").unwrap();
    }
    writeln!(file, "}}").unwrap();
    drop(file);

    let processor = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/big-object.wasm");
    let run = || {
        let args: [OsString; 5] =
            ["run".into(), processor.clone().into(), input.clone().into(), "-o".into(), out.clone().into()];
        let split = ["-q", "-j10", "--memory", "64MiB", "--split", "json-entries", "--chunk-bytes", "64KiB"];
        Program::new().args(args).args(split)
    };
    let mut on_record = 0;
    for _ in 0..3 {
        let mut command = run().into_command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Killed as soon as something has been committed that was not before.
        let is_further = |on_record| sandmill::status(&out).is_ok_and(|status| status.counts.done > on_record);
        while child.try_wait().unwrap().is_none() && !is_further(on_record) {
            thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        assert_eq!(child.wait().unwrap().code(), None, "it ends before it can be killed");
        on_record = sandmill::status(&out).unwrap().counts.done;
    }
    run().run().expect_code(0);
    let mut reader = csv::Reader::from_path(out.join("results.csv")).unwrap();
    let mut expected = 0;
    for record in reader.records() {
        let record = record.unwrap();
        assert_eq!(&record[2], format!("basket-{expected}"), "lost, doubled or out of order");
        assert_eq!(record[3].parse::<u64>().unwrap(), fruits(expected).iter().sum::<u64>());
        expected += 1;
    }
    assert_eq!(expected, ENTRIES);
}
