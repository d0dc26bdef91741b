//! Where cells of the matrix happen: what a run is to make, what it finds when it starts, and its command line.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::harness::job::guest;
use crate::harness::program::{Ended, Program};

const INPUTS: usize = 24;

/// Rows of one input in six are longer than this, and of the others shorter.
const MOST_OUTPUT_BYTES: usize = 300;

/// What each file that a guest gives costs of its output.
const FILE_BYTES: usize = 4096;

/// What a run makes beside the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Csv,
    /// R-3PO's tables, one for each of its workers, and its markers.
    Tables,
    Ndjson,
    Parquet,
    Arrow,
    /// Folders of parts, in the three formats that have them.
    Parts,
    Files,
    Markers,
}

impl View {
    pub const ALL: [Self; 8] =
        [Self::Csv, Self::Tables, Self::Ndjson, Self::Parquet, Self::Arrow, Self::Parts, Self::Files, Self::Markers];

    pub fn guest(self) -> PathBuf {
        guest(if self == Self::Files { "rows_and_file.wat" } else { "rows_or_skip.wat" })
    }

    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Csv | Self::Tables | Self::Files => &[],
            Self::Ndjson => &["--format=ndjson"],
            Self::Parquet => &["--format=parquet"],
            Self::Arrow => &["--format=arrow"],
            Self::Parts => &["--format=ndjson,parquet,arrow", "--part-bytes=200"],
            Self::Markers => &["--markers=tree"],
        }
    }

    pub fn has_markers(self) -> bool {
        matches!(self, Self::Tables | Self::Markers)
    }
}

/// What the run that meets a crash finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Nothing.
    FirstRun,
    /// Half of the inputs on record, by a run that was killed before it put its log into the database.
    Resume,
    /// All inputs on record, some failed for want of a larger limit, and they are tried again.
    Retry,
    /// All inputs on record, and some of them changed, gone, broken, mended and new.
    Changed,
}

impl Situation {
    pub const ALL: [Self; 4] = [Self::FirstRun, Self::Resume, Self::Retry, Self::Changed];

    fn args(self) -> &'static [&'static str] {
        match self {
            Self::FirstRun | Self::Resume => &[],
            Self::Retry => &["--retry-failed=output_limit"],
            Self::Changed => &["--on-missing=drop"],
        }
    }

    /// How many tables R-3PO's layout has: fewer where some are to be removed.
    fn tables(self) -> usize {
        if self == Self::Changed { 2 } else { 3 }
    }
}

/// One view in one situation: the inputs, and the output folder that every crash begins with.
pub struct Site {
    folder: TempDir,
    pub view: View,
    pub situation: Situation,
}

impl Site {
    pub fn new(view: View, situation: Situation) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap(), view, situation };
        (0..INPUTS).for_each(|number| site.write_usual(number));
        let found = site.found();
        match situation {
            Situation::FirstRun => fs::create_dir(&found).unwrap(),
            Situation::Resume => {
                let killed =
                    site.command(&found, 3, &["--limit=12"]).env("SANDMILL_FAULT", "ledger.finish.before_fold");
                assert!(killed.run().was_killed());
            }
            Situation::Retry => {
                let given_bytes = if view == View::Files { FILE_BYTES } else { 0 };
                let limit = format!("--max-output={}", MOST_OUTPUT_BYTES + given_bytes);
                site.command(&found, 3, &[&limit]).run().expect_code(3);
            }
            Situation::Changed => {
                site.command(&found, 3, &[]).run().expect_code(3);
                site.edit();
            }
        }
        site
    }

    fn write_usual(&self, number: usize) {
        let content = match number % 6 {
            3 => format!("{{\"n\":{number},\"s\":\"{}\"}}", "long ".repeat(MOST_OUTPUT_BYTES / 5)),
            4 => "?".to_owned(),
            5 => "broken".to_owned(),
            _ => format!("{{\"n\":{number},\"s\":\"short\"}}\n{{\"n\":-{number}}}"),
        };
        self.write(number, &content);
    }

    fn write(&self, number: usize, content: &str) {
        let path = self.input(number);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn input(&self, number: usize) -> PathBuf {
        self.inputs().join(format!("{}/f{number}.json", number / 10))
    }

    pub fn inputs(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    fn edit(&self) {
        self.write(0, "{\"n\":0,\"s\":\"another\"}\n{\"n\":1000}\n{\"n\":1001}");
        self.write(1, "now it is broken");
        self.write(4, "{\"n\":4,\"s\":\"skipped no more\"}");
        self.write(5, "{\"n\":5,\"s\":\"mended\"}");
        self.write(6, "?now it is skipped");
        for number in [7, 9, 11] {
            fs::remove_file(self.input(number)).unwrap();
        }
        self.write(80, "{\"n\":80,\"s\":\"new\"}");
    }

    /// An input whose path is long and whose rows are short and many, so that tables are larger than the ledger.
    pub fn add_long_path(&self) {
        let path = self.inputs().join(format!("9/{}", "long".repeat(50)));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Each part is synced: thousands would take minutes.
        let rows = if self.view == View::Parts { 30 } else { 3000 };
        fs::write(path, "{\"n\":1}\n".repeat(rows)).unwrap();
    }

    /// The folder of the output folder that every crash begins with.
    fn found(&self) -> PathBuf {
        self.folder.path().join("found")
    }

    /// A copy of what a crash begins with.
    pub fn begin(&self) -> Place<'_> {
        let folder = tempfile::tempdir().unwrap();
        let mut from = self.found().into_os_string();
        from.push("/.");
        assert!(Command::new("cp").arg("-a").arg(from).arg(folder.path()).status().unwrap().success());
        Place { site: self, folder }
    }

    /// A run whose output folder, `out`, and tables, `tables`, lie in `folder`.
    fn command(&self, folder: &Path, tables: usize, more: &[&str]) -> Program {
        fs::create_dir_all(folder).unwrap();
        let mut args: Vec<OsString> = vec!["run".into(), "-q".into()];
        if self.view == View::Tables {
            let config = folder.join("config.yaml");
            let source = self.inputs().display().to_string();
            let text = format!(
                "source_path: {source}\nsource_file_part: ''\nprocesses: {tables}\nworking_dir: out\noutput_path: tables\n"
            );
            fs::write(&config, text).unwrap();
            args.extend(["--config".into(), config.into(), self.view.guest().into()]);
        } else {
            args.extend([self.view.guest().into(), self.inputs().into(), "-o".into(), folder.join("out").into()]);
        }
        args.push("-j1".into());
        args.extend(self.view.args().iter().chain(more).map(Into::into));
        Program::new().args(args)
    }
}

/// The output folder of one crash.
pub struct Place<'a> {
    pub site: &'a Site,
    folder: TempDir,
}

impl Place<'_> {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The run that meets the crash, and the one after it: they are the same command.
    pub fn command(&self) -> Program {
        let situation = self.site.situation;
        self.site.command(self.folder(), situation.tables(), situation.args())
    }

    pub fn run(&self) -> Ended {
        self.command().run()
    }

    pub fn run_with_fault(&self, fault: &str) -> Ended {
        self.command().env("SANDMILL_FAULT", fault).run()
    }
}
