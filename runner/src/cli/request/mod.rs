//! From the arguments as typed to the run as meant, with everything checked that can be before anything is opened.

mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Component, Path, PathBuf};
use std::thread;

use sandmill::config::{self, Config, Layout, Output};
use sandmill::formula::CsvFormulas;
use sandmill::hostile::Selftest;

use super::args::{BudgetArgs, ExportArgs, GuestArgs, InputMode, InspectArgs, ResultForm, SelftestArgs, TestArgs};
use super::config_file::ConfigFile;
use super::error::UsageError;
use super::names::Columns;
use super::run_args::{
    Archives, Decompress, FilesFormat, FollowSymlinks, Format, Formulas, Isolation, Lockdown, Markers, OnChange,
    OnMissing, Order, Progress, ResumeArgs, Ring, RowFormat, RunArgs, SourceArgs, ViewArgs, WarmStart,
};
use super::values::Workers;

/// What `run` and `plan` are asked for.
#[derive(Debug)]
pub struct Request {
    pub config: Config,
    pub progress: Progress,
    pub quiet: bool,
    pub stdout: Option<RowFormat>,
    /// R-3PO's name for the job.
    pub job_name: Option<String>,
}

impl Request {
    /// What `args` mean. They hold the options of `file` already; its inputs, processor and layout are taken here.
    ///
    /// # Errors
    /// If something is missing, or does not go together.
    pub fn new(args: RunArgs, file: Option<ConfigFile>) -> Result<Self, UsageError> {
        if args.output.is_none() && args.views.stdout.is_some() {
            check_discard(&args)?;
        }
        let config_path = file.as_ref().map(|file| file.path.clone());
        let file = file.unwrap_or_default();
        let processor = args.processor.or(file.processor).ok_or_else(|| no_processor(config_path.as_deref()))?;
        let inputs = if args.inputs.is_empty() { file.inputs } else { args.inputs };
        if inputs.is_empty() && args.source.files_from.is_none() {
            return Err(UsageError::with_hint(
                "no inputs",
                "name files or folders after the processor, or a list of them with --files-from",
            ));
        }
        let standard_input = inputs.iter().any(|input| input.as_path() == Path::new("-"));
        if standard_input && (inputs.len() > 1 || args.source.files_from.is_some()) {
            return Err(UsageError::with_hint(
                "standard input (-) can only be an input alone",
                "a file of this name is ./-",
            ));
        }
        let params = params(&args.guest, file.params)?;
        let inputs = if standard_input { Vec::new() } else { inputs };
        let source =
            config::Source { splitting: args.split.splitting()?, standard_input, ..source(args.source, inputs)? };
        let output = output(args.output, args.views.stdout)?;
        let layout = file
            .layout
            .map_or(Layout::OneTable, |layout| Layout::Striped { folder: layout.folder, tables: layout.tables });
        let stdout = args.views.stdout;
        let views = views(args.views, layout, &source)?;
        let config = Config {
            processor,
            source,
            output,
            workers: workers(args.workers),
            isolation: match args.isolation.isolation {
                Isolation::Task => config::Isolation::Task,
                Isolation::Worker => config::Isolation::Worker,
            },
            warm_start: match args.isolation.warm_start {
                WarmStart::Auto => config::WarmStart::Auto,
                WarmStart::Off => config::WarmStart::Off,
                WarmStart::Require => config::WarmStart::Require,
            },
            input_mode: input_mode(&args.guest),
            command: command::command(&args.guest, &views)?,
            cache: cache(&args.guest),
            lockdown: lockdown(args.isolation.lockdown),
            ring: match args.isolation.ring {
                Ring::Thread => config::Ring::Thread,
                Ring::Process => config::Ring::Process,
            },
            program: sandmill::ring::own_program().ok(),
            params,
            share: args.guest.share.clone(),
            budget: budget(&args.budget),
            resume: resume(args.resume),
            stop: config::StopPolicy {
                fail_fast: args.stop.fail_fast,
                max_errors: args.stop.max_errors,
                max_rejects: args.stop.max_rejects,
            },
            views,
        };
        Ok(Self {
            config,
            progress: args.messages.progress,
            quiet: args.messages.quiet,
            stdout,
            job_name: file.job_name,
        })
    }
}

/// The configuration of a run over the one file of `test`, which records nothing.
///
/// # Errors
/// If a parameter is there twice.
pub fn test_config(args: &TestArgs) -> Result<Config, UsageError> {
    let views = test_views(args.columns.clone());
    Ok(Config {
        processor: args.processor.clone(),
        source: config::Source { inputs: vec![args.file.clone()], ..config::Source::default() },
        output: Output::Discard,
        workers: NonZeroUsize::MIN,
        isolation: config::Isolation::Task,
        warm_start: config::WarmStart::Auto,
        input_mode: input_mode(&args.guest),
        command: command::command(&args.guest, &views)?,
        cache: cache(&args.guest),
        lockdown: config::Lockdown::Off,
        ring: config::Ring::Thread,
        program: None,
        params: params(&args.guest, BTreeMap::new())?,
        share: args.guest.share.clone(),
        budget: budget(&args.budget),
        resume: config::Resume::default(),
        stop: config::StopPolicy::default(),
        views,
    })
}

/// The configuration of a run over nothing, in which `inspect` loads its module.
///
/// # Errors
/// If a parameter is there twice, or options do not go together.
pub fn inspect_config(args: &InspectArgs) -> Result<Config, UsageError> {
    let usual = Config::new(&args.processor, config::Source::default(), Output::Discard);
    Ok(Config {
        input_mode: input_mode(&args.guest),
        command: command::command(&args.guest, &usual.views)?,
        cache: cache(&args.guest),
        params: params(&args.guest, BTreeMap::new())?,
        share: args.guest.share.clone(),
        budget: budget(&args.budget),
        ..usual
    })
}

/// What `selftest` tries.
pub fn selftest(args: &SelftestArgs) -> Selftest {
    Selftest {
        attacks: args.attacks.clone(),
        budget: budget(&args.budget),
        lockdown: lockdown(args.lockdown),
        workers: workers(args.workers),
    }
}

fn test_views(columns: Option<Columns>) -> config::Views {
    let (columns, types) = columns.map(|columns| (columns.names, columns.types)).unzip();
    config::Views { columns, types: types.unwrap_or_default(), ..config::Views::default() }
}

/// What `export` does otherwise than the last run.
pub fn view_change(args: &ExportArgs) -> config::ViewChange {
    let (columns, types) = args.columns.clone().map(|columns| (columns.names, columns.types)).unzip();
    config::ViewChange {
        formats: formats(&args.format),
        part_bytes: args.part_bytes,
        csv_formulas: args.csv_formulas.map(formulas),
        columns,
        types: types.unwrap_or_default(),
    }
}

/// Where compiled processors are kept, by the rules of the XDG base directory specification.
fn cache(args: &GuestArgs) -> Option<PathBuf> {
    if args.no_cache {
        return None;
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    args.cache_dir.clone().or_else(|| {
        let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
        Some(caches.join("sandmill"))
    })
}

fn no_processor(config_path: Option<&Path>) -> UsageError {
    match config_path {
        Some(path) => UsageError::with_hint(
            format!("no processor: {} names none", path.display()),
            format!("sandmill run --config {} PROCESSOR", path.display()),
        ),
        None => UsageError::with_hint("no processor", "sandmill run PROCESSOR INPUT... -o OUT"),
    }
}

/// The file's parameters, and those of the command line over them.
fn params(args: &GuestArgs, mut params: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, UsageError> {
    for (index, param) in args.params.iter().enumerate() {
        if args.params[..index].iter().any(|other| other.name == param.name) {
            return Err(UsageError::new(format!("--param {} is given twice", param.name)));
        }
        params.insert(param.name.clone(), param.value.clone());
    }
    Ok(params)
}

fn source(args: SourceArgs, inputs: Vec<PathBuf>) -> Result<config::Source, UsageError> {
    for (option, texts) in [("suffix", &args.suffix), ("glob", &args.glob), ("exclude", &args.exclude)] {
        if texts.iter().any(String::is_empty) {
            return Err(UsageError::new(format!("--{option} is empty")));
        }
    }
    let list_format = match (args.files_format, args.null) {
        (FilesFormat::Paths, false) => config::ListFormat::Lines,
        (FilesFormat::Paths, true) => config::ListFormat::Nul,
        (FilesFormat::Tsv, false) => config::ListFormat::Tsv,
        (FilesFormat::Ndjson, false) => config::ListFormat::Ndjson,
        (FilesFormat::Tsv | FilesFormat::Ndjson, true) => {
            return Err(UsageError::new("-0 is for lists of paths alone; with --files-format, each line is an entry"));
        }
    };
    Ok(config::Source {
        inputs,
        list: args
            .files_from
            .map(|file| config::InputList { file: (file != Path::new("-")).then_some(file), format: list_format }),
        root: args.root,
        filter: config::Filter { suffixes: args.suffix, globs: args.glob, excludes: args.exclude, hidden: args.hidden },
        links: match args.follow_symlinks {
            None => config::Links::Ignore,
            Some(FollowSymlinks::Tree) => config::Links::WithinTree,
            Some(FollowSymlinks::All) => config::Links::All,
        },
        choice: config::Choice {
            sample: args.sample.map(|percent| config::Sample { percent, seed: args.seed }),
            limit: args.limit,
            order: match args.order_by {
                Order::Path => config::Order::Path,
                Order::Size => config::Order::Size,
            },
        },
        max_input_bytes: args.max_input.map(NonZeroU64::get),
        decompress: match args.decompress {
            Decompress::Auto => config::Decompress::Auto,
            Decompress::Never => config::Decompress::Never,
        },
        standard_input: false,
        archives: match args.archives {
            Archives::Auto => config::Archives::ByName,
            Archives::All => config::Archives::Always,
            Archives::Never => config::Archives::Never,
        },
        splitting: None,
    })
}

fn output(folder: Option<PathBuf>, stdout: Option<RowFormat>) -> Result<Output, UsageError> {
    match (folder, stdout) {
        (Some(folder), _) => Ok(Output::Folder(folder)),
        (None, Some(_)) => Ok(Output::Discard),
        (None, None) => Err(UsageError::with_hint(
            "no place for the results",
            "-o OUT keeps them in a folder, from which a run can be resumed; --stdout ndjson (or csv) prints them and keeps nothing",
        )),
    }
}

/// What is about a folder cannot be asked for without one.
fn check_discard(args: &RunArgs) -> Result<(), UsageError> {
    let needs_folder = [
        ("--retry-failed", args.resume.retry_failed.is_some()),
        ("--accept-change", args.resume.accept_change),
        ("--markers", args.views.markers == Some(Markers::Tree)),
        ("--result file", args.guest.result == ResultForm::File),
    ];
    match needs_folder.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(UsageError::with_hint(format!("{option} is about an output folder"), "add -o OUT")),
        None => Ok(()),
    }
}

fn views(args: ViewArgs, layout: Layout, source: &config::Source) -> Result<config::Views, UsageError> {
    if args.path_column.is_empty() {
        return Err(UsageError::new("--path-column is empty"));
    }
    if let Some(columns) = &args.columns {
        let has_path_column = layout == Layout::OneTable || args.stdout.is_some();
        if has_path_column && columns.names.contains(&args.path_column) {
            return Err(UsageError::with_hint(
                format!(
                    "--columns names {:?}, the column of the input's path, which is there anyway",
                    args.path_column
                ),
                "leave it out, or call the path's column something else with --path-column NAME",
            ));
        }
        if columns.names.len() >= args.max_columns.get() {
            return Err(UsageError::new(format!(
                "--columns names {} columns, and with the path that is more than --max-columns {}",
                columns.names.len(),
                args.max_columns
            )));
        }
    }
    let markers = match (args.markers, &layout) {
        (Some(Markers::None), _) | (None, Layout::OneTable) => config::Markers::None,
        (Some(Markers::Tree), Layout::OneTable) => config::Markers::Tree { prefix: PathBuf::new() },
        (_, Layout::Striped { .. }) => config::Markers::Tree { prefix: absolute_root(source)? },
    };
    let (columns, types) = args.columns.map(|columns| (columns.names, columns.types)).unzip();
    let defaults = config::Views::default();
    Ok(config::Views {
        layout,
        markers,
        path_column: args.path_column,
        columns,
        types: types.unwrap_or_default(),
        max_columns: args.max_columns.get(),
        formats: if args.format.is_empty() { defaults.formats } else { formats(&args.format) },
        part_bytes: args.part_bytes,
        csv_formulas: formulas(args.csv_formulas),
    })
}

fn formulas(formulas: Formulas) -> CsvFormulas {
    match formulas {
        Formulas::Keep => CsvFormulas::Keep,
        Formulas::Escape => CsvFormulas::Escape,
    }
}

fn formats(formats: &[Format]) -> BTreeSet<config::Format> {
    let meant = |format: &Format| match format {
        Format::Csv => config::Format::Csv,
        Format::Ndjson => config::Format::Ndjson,
        Format::Parquet => config::Format::Parquet,
        Format::Arrow => config::Format::Arrow,
    };
    formats.iter().map(meant).collect()
}

/// The absolute path of the folder that the paths of tasks are relative to: R-3PO's markers lie below it.
fn absolute_root(source: &config::Source) -> Result<PathBuf, UsageError> {
    let root = match (&source.root, source.inputs.as_slice()) {
        (Some(root), _) => root.as_path(),
        (None, [input]) if source.list.is_none() && !input.is_file() => input.as_path(),
        (None, _) => Path::new("."),
    };
    let absolute = std::path::absolute(root)
        .map_err(|error| UsageError::new(format!("find out where {} is: {error}", root.display())))?;
    let mut normal = PathBuf::new();
    for component in absolute.components() {
        match component {
            // Markers must not climb out of their folder.
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    Ok(normal)
}

fn input_mode(args: &GuestArgs) -> config::InputMode {
    match args.input {
        InputMode::Stdin => config::InputMode::Stdin,
        InputMode::File => config::InputMode::File,
    }
}

fn lockdown(lockdown: Lockdown) -> config::Lockdown {
    match lockdown {
        Lockdown::Off => config::Lockdown::Off,
        Lockdown::Auto => config::Lockdown::Auto,
        Lockdown::Require => config::Lockdown::Require,
    }
}

fn workers(asked: Option<Workers>) -> NonZeroUsize {
    let parallelism = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    asked.map_or(parallelism, |workers| workers.of(parallelism))
}

fn budget(args: &BudgetArgs) -> config::Budget {
    config::Budget {
        fuel: args.fuel,
        timeout: args.timeout,
        memory_bytes: args.memory,
        stack_bytes: args.stack,
        output_bytes: args.max_output,
        log_bytes: args.max_log,
    }
}

fn resume(args: ResumeArgs) -> config::Resume {
    config::Resume {
        accept_change: args.accept_change,
        retry_failed: args.retry_failed.unwrap_or(config::RetryFailed::None),
        retries: args.retries,
        max_crashes: args.max_crashes.into(),
        on_change: match args.on_change {
            OnChange::Rerun => config::OnChange::Rerun,
            OnChange::Keep => config::OnChange::Keep,
            OnChange::Fail => config::OnChange::Fail,
        },
        on_missing: match args.on_missing {
            OnMissing::Keep => config::OnMissing::Keep,
            OnMissing::Drop => config::OnMissing::Drop,
        },
    }
}

#[cfg(test)]
mod tests;
