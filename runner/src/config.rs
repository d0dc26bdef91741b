//! What a run is asked to do, as meant and validated. No clap in here, and no file is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use crate::column::ColumnType;
use crate::formula::CsvFormulas;
use crate::outcome::FailureKind;

/// Everything that `sandmill run` needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    pub processor: PathBuf,
    pub source: Source,
    pub output: Output,
    pub workers: NonZeroUsize,
    pub isolation: Isolation,
    pub warm_start: WarmStart,
    pub input_mode: InputMode,
    pub command: Command,
    /// A folder of this user's alone in which compiled processors are kept; `None` compiles every time.
    pub cache: Option<PathBuf>,
    pub lockdown: Lockdown,
    pub ring: Ring,
    /// sandmill's own program, which is started for processes that tasks run in.
    pub program: Option<PathBuf>,
    /// `--param`: handed to the guest, part of the fingerprint.
    pub params: BTreeMap<String, String>,
    /// `--share`: a file, or a folder of files, that all tasks may read; part of the fingerprint by its content.
    pub share: Option<PathBuf>,
    pub budget: Budget,
    pub resume: Resume,
    pub stop: StopPolicy,
    pub views: Views,
}

impl Config {
    /// A run of `processor` with the default for everything that has one, and one worker.
    pub fn new(processor: impl Into<PathBuf>, source: Source, output: Output) -> Self {
        Self {
            processor: processor.into(),
            source,
            output,
            workers: NonZeroUsize::MIN,
            isolation: Isolation::default(),
            warm_start: WarmStart::default(),
            input_mode: InputMode::default(),
            command: Command::default(),
            cache: None,
            lockdown: Lockdown::default(),
            ring: Ring::default(),
            program: None,
            params: BTreeMap::new(),
            share: None,
            budget: Budget::default(),
            resume: Resume::default(),
            stop: StopPolicy::default(),
            views: Views::default(),
        }
    }
}

impl Config {
    /// The column that says in which chunk a row is, where inputs are split. R-3PO's tables have the processor's alone.
    pub fn chunk_column(&self) -> Option<&str> {
        let splitting = self.source.splitting.as_ref().filter(|_| self.views.layout == Layout::OneTable)?;
        Some(&splitting.column)
    }

    /// The columns of a table, but for the path, where `columns` are those of the processor.
    pub fn table_columns(&self, columns: Option<&[String]>) -> Option<Vec<String>> {
        let chunk = self.chunk_column().map(str::to_owned);
        columns.map(|columns| chunk.into_iter().chain(columns.iter().cloned()).collect())
    }
}

/// Which inputs there are.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Files and folders, as named by the user.
    pub inputs: Vec<PathBuf>,
    /// Standard input is the one input there is. It can be read once, so such a run cannot be resumed.
    pub standard_input: bool,
    /// Further inputs, from a list.
    pub list: Option<InputList>,
    /// The folder that paths are relative to; `None` derives it from the inputs.
    pub root: Option<PathBuf>,
    pub filter: Filter,
    pub links: Links,
    /// Every input is many tasks; `None` makes each one task.
    pub splitting: Option<Splitting>,
    /// The most bytes that the input of one task may have; `None` leaves whole files as large as they are and gives
    /// chunks [`Splitting::most_bytes`].
    pub max_input_bytes: Option<u64>,
    pub decompress: Decompress,
    pub archives: Archives,
    pub choice: Choice,
}

/// Which of the inputs that are found a run is about. The others are as if nobody had looked for them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Choice {
    pub sample: Option<Sample>,
    /// The first so many, in input order, of the sample if there is one.
    pub limit: Option<u64>,
    pub order: Order,
}

/// A part of the inputs, by a hash of each path: whichever others there are, an input is in it or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// More than 0, at most 100.
    pub percent: f64,
    /// Another one gives another sample.
    pub seed: u64,
}

/// In which order tasks start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Input order, that of paths. Inputs are found while tasks run.
    #[default]
    Path,
    /// The largest first, so that no worker is left alone with one at the end. All inputs are found first, and held.
    Size,
}

/// Whether compressed inputs are decompressed on the way to the guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decompress {
    /// Those that begin as gzip, zstd, lz4, bzip2 or xz files do.
    #[default]
    Auto,
    Never,
}

/// Which files are archives, tar or zip, whose members are inputs in their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Archives {
    /// Those whose names end as those of archives do, and that are such.
    #[default]
    ByName,
    /// All that are such, whatever their names: each file is looked into for that.
    Always,
    Never,
}

/// `--split`: how inputs are cut into chunks, each of which is a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splitting {
    pub split: Split,
    pub size: ChunkSize,
    /// Name of the column that says where in its input a row's chunk begins.
    pub column: String,
}

impl Splitting {
    /// How much a chunk may exceed what was asked for, for the sake of its last record: more is no record but a file
    /// that is not what it is taken for.
    const SLACK_BYTES: u64 = 64 << 20;

    /// The most bytes of a chunk, where nothing else is said.
    pub fn most_bytes(&self) -> u64 {
        let asked_bytes = match self.size {
            ChunkSize::Bytes(bytes) => bytes.get(),
            ChunkSize::Records(_) => 0,
        };
        asked_bytes.saturating_add(Self::SLACK_BYTES)
    }
}

/// What a record is, and so where chunks may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// A line.
    Lines,
    /// A line within a JSON object or array that has one entry a line.
    JsonEntries,
    /// A CSV record, with quotes as in RFC 4180. The first one is the header, which every chunk gets.
    Csv { separator: u8 },
    /// An element of the array that the input is.
    JsonArray,
    /// So many bytes.
    Bytes(NonZeroU64),
    /// What ends in these bytes, which are not none.
    Delimiter(Vec<u8>),
    /// What begins with a line whose start matches this regular expression.
    Records(String),
}

/// How large chunks are to be. The last record of a chunk is never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkSize {
    /// At least so many bytes.
    Bytes(NonZeroU64),
    /// So many records.
    Records(NonZeroU64),
}

impl Split {
    /// The longest delimiter: many times what anybody needs.
    pub const MOST_DELIMITER_BYTES: usize = 1 << 10;
}

impl ChunkSize {
    /// Large against what a task costs, small enough that workers end together and a kill costs little.
    pub const DEFAULT: Self = Self::Bytes(NonZeroU64::new(4 << 20).unwrap());
}

/// `--files-from`: a list of inputs.
#[derive(Clone, Debug)]
pub struct InputList {
    /// `None` is the standard input.
    pub file: Option<PathBuf>,
    pub format: ListFormat,
}

/// What a list of inputs looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListFormat {
    /// A path a line.
    #[default]
    Lines,
    /// Paths that end in NUL (`-0`).
    Nul,
    /// A table with a header: the column `path`, and one for each parameter, which counts for the input of its line alone.
    Tsv,
    /// A JSON object a line: the member `path`, and one for each parameter.
    Ndjson,
}

/// Which files of a folder are inputs. A file that is named itself is one whatever this says.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A file must end in one of these, if there are any.
    pub suffixes: Vec<String>,
    /// A file must match one of these, if there are any. Without a `/`, a pattern is for the name alone.
    pub globs: Vec<String>,
    /// Files and folders that match one of these are left out.
    pub excludes: Vec<String>,
    /// Names that start with a dot are inputs too.
    pub hidden: bool,
}

/// Which symbolic links inside a folder are followed. A link that is named itself always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    #[default]
    Ignore,
    /// Those whose target lies in the same folder given as input.
    WithinTree,
    All,
}

/// Where the results go.
#[derive(Clone, Debug)]
pub enum Output {
    /// The output folder: ledger, views, markers.
    Folder(PathBuf),
    /// Nothing is kept; rows leave through the monitor as they are committed.
    Discard,
}

/// Whether one guest instance may see what an earlier task left in it.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// A pristine instance for every task.
    #[default]
    Task,
    /// One instance of an SDK processor serves task after task of its worker.
    Worker,
}

/// Whether the instances of a reactor begin where its initialisation ended. Changes nothing but time.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WarmStart {
    /// Where that is possible and gains anything.
    #[default]
    Auto,
    Off,
    /// A processor for which it is not possible is refused.
    Require,
}

/// Whether the kernel keeps the process of a run to what that run needs. It does so for good, which is for the process to
/// decide and not for a library: so this is off by default here.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lockdown {
    #[default]
    Off,
    /// As far as the kernel can.
    Auto,
    /// A kernel that cannot is an error.
    Require,
}

/// Where tasks run. Changes nothing but time, and what a fault of ours can cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ring {
    /// In threads of the run's process.
    #[default]
    Thread,
    /// Those of each worker in a process of its own.
    Process,
}

/// How a WASI command gets its input.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputMode {
    /// On standard input.
    #[default]
    Stdin,
    /// On standard input, and as the one file `/input/<name>`, read-only; argv\[1\] is that path.
    File,
}

/// How a WASI command is called, and what its standard output is taken for. The other contracts have ways of their own.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// argv\[1\] and on. `{}` in one stands for the path of the input, `{{}}` for `{}` itself.
    pub args: Vec<String>,
    pub result: CommandResult,
    /// It may write files to `/output`, which are files of its task.
    pub output_files: bool,
}

impl Default for Command {
    fn default() -> Self {
        Self { args: vec!["{}".to_owned()], result: CommandResult::Json, output_files: false }
    }
}

/// What a WASI command's standard output is taken for.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum CommandResult {
    /// JSON objects, one for each row.
    Json,
    /// Text, which is one row with this one column.
    Text { column: String },
    /// Any bytes, which are one file `files/<path><suffix>`.
    File { suffix: String },
}

/// What one task may consume. Running out ends that task and no other.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub struct Budget {
    pub fuel: Fuel,
    /// Time in the sandbox, counted in ticks of our own ticker: a stopped process costs nothing.
    pub timeout: Duration,
    /// All linear memories and tables together.
    pub memory_bytes: usize,
    pub stack_bytes: usize,
    /// Rows and rejects as the guest writes them.
    pub output_bytes: usize,
    /// How much of the end of the guest's log or stderr is kept.
    pub log_bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            fuel: Fuel::DEFAULT,
            timeout: Duration::from_secs(60),
            memory_bytes: 512 << 20,
            stack_bytes: 512 << 10,
            output_bytes: 64 << 20,
            log_bytes: 64 << 10,
        }
    }
}

/// Fuel of a task: one unit is about one WebAssembly operator.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fuel {
    pub base: u64,
    pub per_input_byte: u64,
}

impl Fuel {
    /// A few seconds of computing, and room for work that grows with the input.
    pub const DEFAULT: Self = Self { base: 10_000_000_000, per_input_byte: 10_000 };

    /// The fuel of a task with an input of `input_bytes`.
    pub fn for_input(self, input_bytes: u64) -> u64 {
        self.base.saturating_add(self.per_input_byte.saturating_mul(input_bytes))
    }
}

/// How a run treats what earlier runs left in its folder.
#[derive(Clone, Debug)]
pub struct Resume {
    /// Go on although the processor or its parameters are not those of the folder.
    pub accept_change: bool,
    pub retry_failed: RetryFailed,
    /// Further attempts within this run at a task whose failure is not deterministic.
    pub retries: u32,
    /// How often the process of a task may die that was in flight when that of an earlier run did; 0 does not try them apart.
    pub max_crashes: usize,
    pub on_change: OnChange,
    pub on_missing: OnMissing,
}

impl Default for Resume {
    fn default() -> Self {
        Self {
            accept_change: false,
            retry_failed: RetryFailed::None,
            retries: 1,
            max_crashes: 2,
            on_change: OnChange::Rerun,
            on_missing: OnMissing::Keep,
        }
    }
}

/// Which tasks that failed in an earlier run are run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryFailed {
    None,
    All,
    Kinds(Vec<FailureKind>),
}

impl RetryFailed {
    pub fn includes(&self, kind: FailureKind) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Kinds(kinds) => kinds.contains(&kind),
        }
    }
}

/// What happens to a task whose input is not the one on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    Rerun,
    Keep,
    Fail,
}

/// What happens to the outcome of a task whose input is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissing {
    Keep,
    Drop,
}

/// When failures end the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StopPolicy {
    /// The first failure of this run ends it.
    pub fail_fast: bool,
    pub max_errors: Option<MaxErrors>,
    /// More rejects than this in a run end it.
    pub max_rejects: Option<u64>,
}

/// How many failures of this run are too many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaxErrors {
    /// More than this many.
    Count(u64),
    /// More than this percentage of the tasks ended, once [`MaxErrors::PERCENT_FROM_TASKS`] have.
    Percent(f64),
}

impl MaxErrors {
    /// A percentage of fewer tasks than this says nothing yet.
    pub const PERCENT_FROM_TASKS: u64 = 100;
}

/// What is made of the ledger for people and programs to read.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub struct Views {
    pub layout: Layout,
    pub markers: Markers,
    /// Name of the column that holds an input's path.
    pub path_column: String,
    /// `--columns`: the columns that every row must have, in this order.
    pub columns: Option<Vec<String>>,
    /// What the values of some of the columns must be; the types of the others are found out from their values.
    pub types: BTreeMap<String, ColumnType>,
    /// The most columns that a table may have.
    pub max_columns: usize,
    /// The forms in which the results are written.
    pub formats: BTreeSet<Format>,
    /// If set, tables but those of CSV are folders of files of about this size.
    pub part_bytes: Option<NonZeroU64>,
    /// What becomes of cells of CSV that a spreadsheet would compute.
    #[serde(default)]
    pub csv_formulas: CsvFormulas,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            layout: Layout::OneTable,
            markers: Markers::None,
            path_column: "path".to_owned(),
            columns: None,
            types: BTreeMap::new(),
            max_columns: 2_000,
            formats: BTreeSet::from([Format::Csv]),
            part_bytes: None,
            csv_formulas: CsvFormulas::default(),
        }
    }
}

impl Views {
    /// These views but for what `change` asks for.
    #[must_use]
    pub fn with(mut self, change: ViewChange) -> Self {
        if !change.formats.is_empty() {
            self.formats = change.formats;
        }
        self.part_bytes = change.part_bytes.or(self.part_bytes);
        self.csv_formulas = change.csv_formulas.unwrap_or(self.csv_formulas);
        if let Some(columns) = change.columns {
            self.columns = Some(columns);
            self.types = change.types;
        }
        self
    }
}

/// What `sandmill export` does otherwise than the last run.
#[derive(Clone, Debug, Default)]
pub struct ViewChange {
    /// Empty: those of the run.
    pub formats: BTreeSet<Format>,
    pub part_bytes: Option<NonZeroU64>,
    pub csv_formulas: Option<CsvFormulas>,
    /// The columns that come first; others that rows have follow.
    pub columns: Option<Vec<String>>,
    /// Types of `columns`, in place of those of the run.
    pub types: BTreeMap<String, ColumnType>,
}

/// A form in which results are written.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    Ndjson,
    Parquet,
    /// Arrow's IPC file format.
    Arrow,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Csv, Self::Ndjson, Self::Parquet, Self::Arrow];

    /// What files of this format end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

/// How the results are laid out in files.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `results.csv` in the output folder, the path first.
    OneTable,
    /// R-3PO's: `0.results.csv` to `N-1.results.csv` in `folder`, the processor's columns only. A task's rows are in
    /// the table numbered by its rank in input order modulo N, so they do not depend on which worker ran it.
    Striped { folder: PathBuf, tables: NonZeroUsize },
}

/// Marker files.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Markers {
    None,
    /// `tracking/<prefix>/<path>/done.job` or `error.job` in the output folder.
    Tree {
        prefix: PathBuf,
    },
}
