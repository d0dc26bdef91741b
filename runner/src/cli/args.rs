//! The command line as typed. What it means is for [`super::request`] to say, and whether it makes sense.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sandmill::config::Fuel;

use super::help;
use super::languages::{self, Language};
use super::names::Param;
use super::run_args::{Format, Formulas, Lockdown, RunArgs};
use super::values::Workers;
use super::{names, values};

/// Map a WebAssembly processor over every file of a tree, exactly once.
#[derive(Parser, Debug)]
#[command(name = "sandmill", version, about, long_about = help::ABOUT, after_help = help::MAIN_EXAMPLES)]
#[command(args_override_self = true, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run PROCESSOR on every INPUT; run it again to resume
    #[command(long_about = help::RUN, after_help = help::RUN_SEE, after_long_help = help::RUN_EXAMPLES)]
    #[command(override_usage = help::RUN_USAGE)]
    Run(Box<RunArgs>),

    /// Show what `run` would do with each input, and run nothing
    #[command(long_about = help::PLAN, override_usage = help::PLAN_USAGE)]
    Plan(Box<PlanArgs>),

    /// Show what is on record in an output folder, also while a run is at work on it
    Status(StatusArgs),

    /// Make the results of an output folder anew from its ledger, also while a run is at work on it
    Export(ExportArgs),

    /// Run PROCESSOR on one file in the foreground, and show everything
    #[command(long_about = help::TEST, after_help = help::TEST_EXAMPLES)]
    Test(Box<TestArgs>),

    /// Show what a module is, what it asks for and takes, and whether it can be a processor
    ///
    /// It is loaded as a run with the same options would load it, its initialisation included, and run on nothing.
    Inspect(InspectArgs),

    /// Make every attack that we know of on this machine, and show what stops each
    #[command(long_about = help::SELFTEST, after_help = help::SELFTEST_EXAMPLES)]
    Selftest(SelftestArgs),

    /// Make a folder with a processor of your own, ready to be built and run
    #[command(long_about = help::NEW, after_help = help::NEW_EXAMPLES)]
    New(NewArgs),

    /// What a run starts to start processes for its tasks
    #[command(hide = true)]
    Spawner(RingArgs),

    /// What the spawner starts: a process for tasks
    #[command(hide = true)]
    Child(RingArgs),
}

/// Not for users: a run says this to itself.
#[derive(Args, Debug)]
pub struct RingArgs {
    /// What children may reach, as JSON
    pub confines: String,
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    /// Print one JSON object for each input: path, action, reason
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct StatusArgs {
    /// The output folder of a run
    #[arg(value_name = "OUT")]
    pub folder: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The output folder of a run
    #[arg(value_name = "OUT")]
    pub folder: PathBuf,

    /// The formats of the results: csv, ndjson, parquet, arrow; repeatable, or several separated by commas
    ///
    /// By default those of the last run. Tables that the folder has already are made anew with them.
    #[arg(long, value_name = "FORMAT,...", value_enum, value_delimiter = ',', hide_possible_values = true)]
    pub format: Vec<Format>,

    /// Write results in parts of about this size, as in 256MiB: a folder of files, in place of one file
    ///
    /// For ndjson, parquet and arrow; csv is always one file. By default as the last run did.
    #[arg(long, value_name = "SIZE", value_parser = values::chunk)]
    pub part_bytes: Option<NonZeroU64>,

    /// The columns that come first, in this order, separated by commas; with types, as in a:int64,b
    ///
    /// Others that rows have follow. Types: bool, int64, uint64, float64, string, json (any value, as text). A value that is
    /// not of the type is an error. By default as the last run did.
    #[arg(long, value_name = "NAME[:TYPE],...", value_parser = names::columns)]
    pub columns: Option<names::Columns>,

    /// What a spreadsheet would compute in csv: keep it as it is, or escape it by an apostrophe before it
    ///
    /// These are cells that begin with =, +, -, @, a tab or a carriage return, and are no plain number such as -5. By default
    /// as the last run did.
    #[arg(long, value_name = "HOW", value_enum)]
    pub csv_formulas: Option<Formulas>,
}

#[derive(Args, Debug)]
pub struct TestArgs {
    /// The processor: a WebAssembly module (.wasm, or .wat text)
    #[arg(value_name = "PROCESSOR")]
    pub processor: PathBuf,

    /// The input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub guest: GuestArgs,

    /// The columns that every row must have, separated by commas
    #[arg(long, value_name = "NAME[:TYPE],...", value_parser = names::columns)]
    pub columns: Option<names::Columns>,

    #[command(flatten)]
    pub budget: BudgetArgs,
}

#[derive(Args, Debug)]
pub struct InspectArgs {
    /// A WebAssembly module (.wasm, or .wat text)
    #[arg(value_name = "PROCESSOR")]
    pub processor: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub guest: GuestArgs,

    #[command(flatten)]
    pub budget: BudgetArgs,
}

#[derive(Args, Debug)]
#[command(mut_arg("fuel", |fuel| fuel.default_value("100M")))]
pub struct SelftestArgs {
    /// Make only these attacks
    #[arg(value_name = "ATTACK", value_parser = names::attack)]
    pub attacks: Vec<String>,

    /// How many attacks are made at once: a number, or a share of the processors as in 50%
    ///
    /// By default as many as can run at once.
    #[arg(short = 'j', long, value_name = "N|N%", value_parser = values::workers)]
    pub workers: Option<Workers>,

    /// Whether the kernel keeps sandmill itself from all files, and to a few system calls (Linux)
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Lockdown::Auto)]
    pub lockdown: Lockdown,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub budget: BudgetArgs,
}

#[derive(Args, Debug)]
pub struct NewArgs {
    /// The folder to make, whose last part is the name of the project
    #[arg(value_name = "NAME")]
    pub path: PathBuf,

    /// The language
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::parse, help = format!("The language: {}", languages::list()))]
    pub lang: &'static Language,

    /// Make a plain program instead, which reads standard input and prints JSON, and knows nothing of sandmill
    #[arg(long)]
    pub no_sdk: bool,
}

/// What a guest is given.
#[derive(Args, Debug)]
#[command(next_help_heading = help::GUESTS)]
pub struct GuestArgs {
    /// How a WASI command gets its input
    #[arg(long, value_name = "HOW", value_enum, default_value_t = InputMode::Stdin)]
    pub input: InputMode,

    /// The arguments of a WASI command, with `{}` for the path of the input [default: {}]
    ///
    /// Words are split as a shell would, quotes and backslashes included, and nothing else of a shell happens. `{}` is what
    /// the `path` column shows, or /input/<name> with --input file; `{{}}` is a literal `{}`. Example:
    /// `--args '-r .title {}' --input file`. An output folder remembers it, and refuses another.
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    pub args: Option<String>,

    /// What a WASI command writes to standard output
    ///
    /// An output folder remembers it, and refuses another.
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ResultForm::Json)]
    pub result: ResultForm,

    /// With --result text, the name of the column [default: text]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,

    /// With --result file, what the names of the files end in, as in .csv [default: nothing]
    #[arg(long, value_name = "SUFFIX")]
    pub file_suffix: Option<String>,

    /// Give a WASI command a folder /output, whose files are files of its task
    ///
    /// They lie in OUT/files/<path>/ when the task is done. The folder is empty when a task begins; there can be no links in
    /// it, and what is in it counts towards --max-output, with 4 KiB for each file and folder.
    #[arg(long)]
    pub output_files: bool,

    /// A parameter for the processor, as in `--param threshold=5`; repeatable
    ///
    /// A WASI command finds it in the environment as SANDMILL_PARAM_<NAME>, an SDK processor asks for it by name. Names are
    /// made of letters, digits, '_', '.' and '-'. An output folder remembers its parameters, and refuses others.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = names::param)]
    pub params: Vec<Param>,

    /// A file, or a folder of files, that all tasks may read
    ///
    /// A WASI command finds it in /shared, read-only (a file by its name, a folder's content as it is), an SDK processor asks
    /// for files by name. It is copied once for the run, below TMPDIR; there may be no links in it. An output folder
    /// remembers a hash of the names and contents, and refuses others.
    #[arg(long, value_name = "FILE|DIR")]
    pub share: Option<PathBuf>,

    /// Where compiled processors are kept from run to run [default: sandmill in the user's cache folder]
    ///
    /// It must be a folder that belongs to you and that nobody else may enter, since what is in it is run; one that is not
    /// is not used. Entries that were not used for 30 days are removed.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache_dir: Option<PathBuf>,

    /// Compile the processor anew, and keep nothing
    #[arg(long)]
    pub no_cache: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputMode {
    /// On standard input
    Stdin,
    /// On standard input, and as the file /input/<name>, whose path is argv[1]
    File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResultForm {
    /// JSON objects, one for each row
    Json,
    /// Text in UTF-8: one row with one column, less the line end that it ends in
    Text,
    /// Any bytes: one file for each input, OUT/files/<path>, and no row
    File,
}

/// What one task may consume.
#[derive(Args, Debug)]
#[command(next_help_heading = help::BUDGETS)]
pub struct BudgetArgs {
    /// Fuel: N, N+M/byte (it grows with the input), or 10x (ten times the default)
    ///
    /// One unit is about one WebAssembly operator; a second of computing takes about a billion. N and M may be written 500M,
    /// 10G, 1e10. N alone is the same for every input. Fuel is counted exactly, so a task that runs out of it does so on
    /// every machine. Example: `--retry-failed=out_of_fuel --fuel 10x` gives what ran out of it ten times as much.
    #[arg(long, value_name = "FUEL", value_parser = values::fuel, default_value = "10G+10k/byte")]
    pub fuel: Fuel,

    /// Time in the sandbox, as in 500ms, 90s, 10m
    ///
    /// A net under the fuel, for a machine that is slow: prefer fuel, which is the same everywhere. Only while sandmill itself
    /// runs does time pass: a suspended machine costs no task its time.
    #[arg(long, value_name = "TIME", value_parser = values::timeout, default_value = "60s")]
    pub timeout: std::time::Duration,

    /// Memory, as in 512MiB or 2GiB: all linear memories and tables of the guest together
    ///
    /// If the workers could together use more than this machine or its control group has, there will be fewer of them.
    #[arg(long, value_name = "SIZE", value_parser = values::memory, default_value = "512MiB")]
    pub memory: usize,

    /// Stack, as in 512KiB, at most 1GiB
    #[arg(long, value_name = "SIZE", value_parser = values::stack, default_value = "512KiB")]
    pub stack: usize,

    /// Rows, rejects and files as the guest writes them, as in 64MiB, at most 512MiB
    #[arg(long, value_name = "SIZE", value_parser = values::output, default_value = "64MiB")]
    pub max_output: usize,

    /// How much of the end of the guest's log (a command's stderr) is kept, as in 64KiB
    #[arg(long, value_name = "SIZE", value_parser = values::log, default_value = "64KiB")]
    pub max_log: usize,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use sandmill::config::Budget;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let Command::Test(args) = Cli::parse_from(["sandmill", "test", "p.wasm", "f"]).command else {
            panic!("test was typed")
        };
        let defaults = Budget::default();
        assert_eq!(args.budget.fuel, defaults.fuel);
        assert_eq!(args.budget.timeout, defaults.timeout);
        assert_eq!(
            [args.budget.memory, args.budget.stack, args.budget.max_output, args.budget.max_log],
            [defaults.memory_bytes, defaults.stack_bytes, defaults.output_bytes, defaults.log_bytes]
        );
    }
}
