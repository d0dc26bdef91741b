//! The arguments of `run` and `plan` as typed.
//!
//! PROCESSOR and INPUT are optional here since `--config` may bring them; [`super::request`] asks for them.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sandmill::config::{MaxErrors, RetryFailed};

use super::args::{BudgetArgs, GuestArgs};
use super::names::Columns;
use super::split_args::SplitArgs;
use super::values::Workers;
use super::{help, names, values};

#[derive(Args, Debug)]
pub struct RunArgs {
    /// The processor: a WebAssembly module (.wasm, or .wat text)
    #[arg(value_name = "PROCESSOR")]
    pub processor: Option<PathBuf>,

    /// Files, and folders whose files are inputs at any depth
    ///
    /// Given one folder, the paths in the results are relative to it; else to the current folder or --root. `-`, alone, is
    /// standard input: one input called `-`, or many chunks with --split. Such a run cannot be resumed, and needs an output
    /// folder of its own.
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,

    /// The output folder: ledger.db, results.csv, errors.csv, run.json
    ///
    /// It is made if it does not exist. Give the same one again to resume: inputs with an outcome on record are kept, the
    /// rest runs.
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,

    /// Take options from a YAML file; the command line wins
    ///
    /// Keys are the names of these options (`max-errors: 5%`), and `processor` and `inputs`; flags are true or false, options
    /// that can be repeated take lists, `param` takes a mapping. Paths are relative to the file. A config.yaml of R-3PO runs as
    /// it is: its `processes` are the workers and the number of result tables, `working_dir` is the output folder. The file
    /// is never written.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Workers, each with a thread and a sandbox: a number, or a share of the processors as in 50%
    ///
    /// By default as many as can run at once, which respects control groups and CPU affinity.
    #[arg(short = 'j', long, value_name = "N|N%", value_parser = values::workers)]
    pub workers: Option<Workers>,

    #[command(flatten)]
    pub source: SourceArgs,

    #[command(flatten)]
    pub split: SplitArgs,

    #[command(flatten)]
    pub isolation: IsolationArgs,

    #[command(flatten)]
    pub guest: GuestArgs,

    #[command(flatten)]
    pub budget: BudgetArgs,

    #[command(flatten)]
    pub resume: ResumeArgs,

    #[command(flatten)]
    pub stop: StopArgs,

    #[command(flatten)]
    pub views: ViewArgs,

    #[command(flatten)]
    pub messages: MessageArgs,
}

/// Which files of the folders are inputs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Inputs")]
pub struct SourceArgs {
    /// Take files whose names end in this, as in `--suffix .json`; repeatable
    ///
    /// A file that is named itself is an input whatever its name; suffixes, patterns and hidden files concern folders.
    #[arg(long, value_name = "SUFFIX")]
    pub suffix: Vec<String>,

    /// Take files that match this pattern, as in `--glob '*.json'`; repeatable
    ///
    /// Without a `/`, a pattern is for names at any depth, and with one for paths from the folder on: 'logs/**/*.txt'. With
    /// several --glob and --suffix, one of them must match.
    #[arg(long, value_name = "PATTERN")]
    pub glob: Vec<String>,

    /// Leave out files and folders that match this pattern, as in `--exclude node_modules`; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,

    /// Take files and folders whose names start with a dot, too
    #[arg(long)]
    pub hidden: bool,

    /// Follow symbolic links inside folders: those that stay in the folder (`tree`, if nothing is said), or `all`
    ///
    /// By default no link in a folder is followed. A link that is named itself always is.
    #[arg(long, value_name = "WHICH", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "tree")]
    pub follow_symlinks: Option<FollowSymlinks>,

    /// The folder that paths in the results are relative to
    ///
    /// By default the input if it is one folder, else the current folder. An input outside it keeps its absolute path.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,

    /// Take inputs from a list, one a line, beside those on the command line; `-` is standard input
    ///
    /// Example: `git ls-files -z | sandmill run p.wasm --files-from - -0 -o out`
    #[arg(long, value_name = "FILE|-")]
    pub files_from: Option<PathBuf>,

    /// The entries of the list end in NUL, not in a newline
    #[arg(short = '0', long, requires = "files_from")]
    pub null: bool,

    /// What the list looks like: paths alone, or a path and parameters for that input on each line
    ///
    /// A folder's parameters are those of all files in it that are not listed themselves, and an archive's those of its members.
    /// They go before --param, and an input whose parameters are not those on record has changed (--on-change).
    #[arg(long, value_name = "FORMAT", value_enum, requires = "files_from", default_value_t = FilesFormat::Paths)]
    pub files_format: FilesFormat,

    /// Take the first N inputs, in input order
    ///
    /// With --sample, of the sample. Run it again with more to go on; outcomes of other inputs stay on record.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,

    /// Take a part of the inputs, as in 1%: which they are depends on the path of each and on --seed alone
    #[arg(long, value_name = "P%", value_parser = values::sample)]
    pub sample: Option<f64>,

    /// Take another part of the inputs
    #[arg(long, value_name = "S", requires = "sample", default_value_t = 0)]
    pub seed: u64,

    /// In which order tasks start; the results are in input order anyway
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Order::Path)]
    pub order_by: Order,

    /// What to do with compressed inputs
    ///
    /// They are told by their first bytes, whatever their names, and decompressed while they are read.
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = Decompress::Auto)]
    pub decompress: Decompress,

    /// Whether the members of tar and zip archives are inputs, each called `a.tar/b.json`, or the archives themselves
    ///
    /// Nothing is unpacked to disk. Of an archive that is named, members are chosen as the files of a folder are (--suffix,
    /// --glob, --exclude, --hidden); of one in a folder, all but those that --exclude or a dot leaves out. A member that cannot
    /// be an input (a link, a name with `..`, one that is there twice, an encrypted one) is a failure (`bad_input`). A compressed
    /// tar file is decompressed twice, to list it and to read it. Archives in archives are inputs as they are.
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = Archives::Auto)]
    pub archives: Archives,

    /// The most bytes that the input of one task may have, decompressed; a larger one is a failure (`bad_input`)
    ///
    /// By default there is no limit for files, one of 1000 times its size for a compressed file of which more than 1 GiB
    /// come out, and one of 64 MiB more than was asked for with --split.
    #[arg(long, value_name = "SIZE", value_parser = values::chunk)]
    pub max_input: Option<NonZeroU64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FilesFormat {
    /// A path a line
    Paths,
    /// A table: its header has the column `path`, and every other column is a parameter; an empty cell gives none
    Tsv,
    /// A JSON object a line: `path` is the path, and every other member a parameter; null gives none
    Ndjson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// Input order, while inputs are still being found
    Path,
    /// The largest first; for that, all inputs are found first and held in memory
    Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Decompress {
    /// Decompress inputs that begin as gzip, zstd, lz4, bzip2 or xz files do
    Auto,
    /// Give every input as it is
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Archives {
    /// Members of archives that are called so (.tar, .tar.gz, .tgz and their like, .zip)
    Auto,
    /// Members of archives whatever they are called; every input is looked into for that
    All,
    /// Archives as they are
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FollowSymlinks {
    /// Links whose target lies in the same folder given as input
    Tree,
    /// All links
    All,
}

#[derive(Args, Debug)]
#[command(next_help_heading = help::GUESTS)]
pub struct IsolationArgs {
    /// Who may share an instance of the guest
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Isolation::Task)]
    pub isolation: Isolation,

    /// Whether an SDK processor that takes long to initialise does so once, and each task starts from what that left
    ///
    /// It changes nothing but time. `sandmill inspect` says how a processor starts.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = WarmStart::Auto)]
    pub warm_start: WarmStart,

    /// Whether the kernel keeps sandmill itself to the files of the run, and to a few system calls (Linux)
    ///
    /// It may then read the processor and the inputs, write to the output folder and the cache, and use no network: should a
    /// guest ever get out of its sandbox, it is in another one. docs/security.md says more.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Lockdown::Auto)]
    pub lockdown: Lockdown,

    /// Where tasks run: in threads of this process, or those of each worker in a process of its own
    ///
    /// Should a process die or hang, by a bug of the compiler, the runtime or sandmill, that costs the task at hand (`host`) and
    /// no other, and a new one takes its place. It cannot open the inputs, but is handed the one of its task. The results are
    /// the same, and every task takes somewhat longer (docs/security.md).
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = Ring::Thread)]
    pub ring: Ring,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Isolation {
    /// No tasks: each gets a pristine instance
    Task,
    /// The tasks of one worker: faster, for SDK processors that you trust to leave nothing behind
    Worker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WarmStart {
    /// Where it is possible and gains anything
    Auto,
    /// Never
    Off,
    /// Always: a processor for which it is not possible is refused
    Require,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lockdown {
    Off,
    /// As far as this kernel can
    Auto,
    /// An error where it cannot
    Require,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ring {
    Thread,
    Process,
}

/// How a run treats what earlier runs left in its folder.
#[derive(Args, Debug)]
#[command(next_help_heading = "Resuming")]
pub struct ResumeArgs {
    /// Run failed tasks again: all, or those of some kinds, as in --retry-failed=timeout,out_of_fuel
    ///
    /// Kinds: guest_error, exit, trap, out_of_fuel, timeout, out_of_memory, stack_overflow, output_limit, bad_output, schema,
    /// input, bad_input, host. By default failed tasks stay as they are.
    #[arg(long, value_name = "KIND,...", num_args = 0..=1, require_equals = true)]
    #[arg(value_parser = names::retry_failed, default_missing_value = names::ALL_KINDS)]
    pub retry_failed: Option<RetryFailed>,

    /// Further attempts within this run at tasks that failed by chance: timeout, input, host
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000), default_value_t = 1)]
    pub retries: u32,

    /// How often the process of a task may die before the task fails (`host`); 0 counts nothing
    ///
    /// This is about tasks that were in flight when the process of an earlier run died. They run first, each in a process of
    /// its own, and only deaths seen there count: a run that is killed does a task no harm. With 0 they run as all others.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(..=100), default_value_t = 2)]
    pub max_crashes: u8,

    /// Go on although the processor or its parameters are not those of the folder
    ///
    /// What is on record stays, the rest runs as asked for now: the results are then of two makings.
    #[arg(long)]
    pub accept_change: bool,

    /// What to do with an input that changed since it was processed
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnChange::Rerun)]
    pub on_change: OnChange,

    /// What to do with the outcome of an input that is no longer there
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnMissing::Keep)]
    pub on_missing: OnMissing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnChange {
    /// Run it again, in place of the old outcome
    Rerun,
    /// Keep the old outcome
    Keep,
    /// End the run at the first one
    Fail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnMissing {
    /// Keep it
    Keep,
    /// Remove it from the results
    Drop,
}

/// When failures end the run. What is in flight is finished and kept.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stopping")]
pub struct StopArgs {
    /// Stop at the first task that fails
    #[arg(long)]
    pub fail_fast: bool,

    /// Stop when more tasks than this have failed in this run: a number, or a share as in 5%
    ///
    /// A share is one of the tasks ended, and counts once 100 have.
    #[arg(long, value_name = "N|N%", value_parser = values::max_errors)]
    pub max_errors: Option<MaxErrors>,

    /// Stop when more records than this were rejected in this run
    #[arg(long, value_name = "N")]
    pub max_rejects: Option<u64>,
}

/// What is made of the ledger for people and programs to read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Results")]
pub struct ViewArgs {
    /// The formats of the results: csv, ndjson, parquet, arrow; repeatable, or several separated by commas
    ///
    /// Each makes OUT/results.FORMAT. By default csv. A table that the folder has already is always made anew with the others:
    /// delete it if you do not want it any more.
    #[arg(long, value_name = "FORMAT,...", value_enum, value_delimiter = ',', hide_possible_values = true)]
    pub format: Vec<Format>,

    /// Write results in parts of about this size, as in 256MiB: a folder of files, in place of one file
    ///
    /// For ndjson, parquet and arrow; csv is always one file.
    #[arg(long, value_name = "SIZE", value_parser = values::chunk)]
    pub part_bytes: Option<NonZeroU64>,

    /// The columns that every row must have, in this order, separated by commas; with types, as in a:int64,b
    ///
    /// A row with others, without one, or with a value that is not of the type fails its task (`schema`). Without it, and if
    /// the processor declares none, the columns are all that occur. Types: bool, int64, uint64, float64, string, json (any
    /// value, as text). Parquet and Arrow find out those that are not given.
    #[arg(long, value_name = "NAME[:TYPE],...", value_parser = names::columns)]
    pub columns: Option<Columns>,

    /// Name of the first column, which holds the input's path
    #[arg(long, value_name = "NAME", default_value = "path")]
    pub path_column: String,

    /// The most columns that a table may have
    #[arg(long, value_name = "N", default_value = "2000")]
    pub max_columns: NonZeroUsize,

    /// What a spreadsheet would compute in csv: keep it as it is, or escape it by an apostrophe before it
    ///
    /// These are cells that begin with =, +, -, @, a tab or a carriage return, and are no plain number such as -5.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Formulas::Keep)]
    pub csv_formulas: Formulas,

    /// Marker files: none, or OUT/tracking/<path>/done.job and error.job
    ///
    /// By default none; an R-3PO config asks for them.
    #[arg(long, value_name = "WHICH", value_enum, hide_possible_values = true)]
    pub markers: Option<Markers>,

    /// Write rows to standard output as they are committed
    ///
    /// In the order in which tasks end, and only the rows of this run. Without -o nothing else is kept, and there is no
    /// resuming. With csv, the header is --columns or the first row's keys; rows that lack a column have an empty cell.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub stdout: Option<RowFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    Ndjson,
    Parquet,
    Arrow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Formulas {
    Keep,
    Escape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Markers {
    None,
    Tree,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// One JSON object a line, the path first
    Ndjson,
    /// A header and one line for each row
    Csv,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Messages (on standard error)")]
pub struct MessageArgs {
    /// How to show progress
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Progress::Auto)]
    pub progress: Progress,

    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// bar on a terminal, else plain
    Auto,
    /// A bar for the run, and one for each worker: how much of its input it has read
    Bar,
    /// A line every few seconds
    Plain,
    /// One JSON object a line: started, total, notice, progress (each second), views, stopping, summary, error
    Json,
    /// No progress, only notices and the summary
    None,
}
