//! One run, from its configuration to its summary: what is checked and opened in which order.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::apart::{self, Apart, Quiet};
use crate::config::{self, Archives, CommandResult, Config, Decompress, InputMode, Isolation, Layout, Output};
use crate::control::Control;
use crate::delivery::Delivery;
use crate::digest::hex;
use crate::event::{Counts, Event, Monitor, Notice, counted};
use crate::in_flight::InFlight;
use crate::ledger::{Cost, Fingerprint, Journal, Ledger, Lock, Reader, RunId};
use crate::lockdown;
use crate::machine;
use crate::meter::Meter;
use crate::outbox::Outbox;
use crate::outcome::{FailureKind, Usage};
use crate::report::{Ended, RunDocument, Summary, Written};
use crate::ring::Ring;
use crate::row::Schema;
use crate::sandbox::{self, Native, Processor, Settings, Shared};
use crate::select::Selection;
use crate::source::Inputs;
use crate::task::{TaskId, TaskPath};
use crate::threads::{Room, Threads, Worked, join, spawn};
use crate::views::{self, Views};

/// What the names of files that are whole results end in.
fn file_suffix(config: &Config) -> &str {
    match &config.command.result {
        CommandResult::File { suffix } => suffix,
        CommandResult::Json | CommandResult::Text { .. } => "",
    }
}

/// How many of the slowest and the most expensive tasks are told.
const COSTLIEST: usize = 3;

/// A run that is ready: everything has been checked that can be checked before the first task.
struct Run<'a> {
    config: &'a Config,
    control: Control<'a>,
    started: Instant,
    processor: Processor,
    inputs: Inputs,
    workers: NonZeroUsize,
    store: Store,
    lockdown: lockdown::State,
    /// Of processes that tasks run in.
    ring: Option<Ring>,
    /// What was in flight when an earlier process died.
    suspects: BTreeSet<TaskId>,
}

/// The ledger of a run, and what belongs to it.
struct Store {
    ledger: Ledger,
    /// `None` where nothing is kept.
    folder: Option<PathBuf>,
    run: RunId,
    document: String,
    /// How views are made: as `sandmill export` will find it in the document.
    views: config::Views,
    /// Held until the run is over. Last, so that it is let go of last.
    _lock: Option<Lock>,
}

/// A run whose inputs are settled, in a process that is locked down.
pub struct Prepared<'a> {
    config: &'a Config,
    started: Instant,
    inputs: Inputs,
    lockdown: lockdown::State,
    available_bytes: Option<u64>,
    staging: StagingFolder,
    shared: Option<Arc<Shared>>,
    ring: Option<Ring>,
    suspects: BTreeSet<TaskId>,
    _made: MadeFolders,
}

impl<'a> Prepared<'a> {
    /// See [`crate::prepare`].
    pub fn new(config: &'a Config) -> anyhow::Result<Self> {
        let started = Instant::now();
        let inputs = Inputs::resolve(&config.source, output_folder(config))?;
        // A run without inputs is a mistake, and leaves no folder behind.
        inputs.check_not_empty()?;
        // From here on to the lockdown: what cannot be opened, made or asked for after it.
        let available_bytes = machine::available_memory_bytes();
        sandbox::watch_memory();
        let staging = StagingFolder::of(config)?;
        let shared = share(config)?;
        let made = MadeFolders::for_run(config)?;
        let suspects = suspects(config);
        let ring = ring(config, !suspects.is_empty(), &staging, shared.as_deref())?;
        let copy = shared.as_ref().map(|shared| shared.folder());
        let lockdown = lockdown::engage(config, &inputs, &made.parents(), copy)?;
        Ok(Self { config, started, inputs, lockdown, available_bytes, staging, shared, ring, suspects, _made: made })
    }

    /// Does it. What a stranger wrote is read only from here on.
    ///
    /// # Errors
    /// If the run could not start, or not go on: what it committed stays.
    pub fn run(self, monitor: &dyn Monitor) -> anyhow::Result<Summary> {
        self.run_with(None, monitor)
    }

    /// Does it, with `native` in place of the guest.
    pub(crate) fn run_with(self, native: Option<Native>, monitor: &dyn Monitor) -> anyhow::Result<Summary> {
        let Self { config, started, inputs, lockdown, available_bytes, staging, shared, ring, suspects, _made } = self;
        let control = Control::new(monitor);
        let workers = affordable_workers(config, available_bytes, &control);
        let mut processor = load(config, workers, staging.path(), shared, false)?;
        if let Some(native) = native {
            processor = processor.replaced_by(native);
        }
        let store = Store::open(config, &processor, &inputs, &lockdown, &control)?;
        Run { config, control, started, processor, inputs, workers, store, lockdown, ring, suspects }.go()
    }
}

/// The folders that a run writes to, so far as they were not there. Those that are still empty when this is dropped go again:
/// a run that is refused leaves none behind.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn for_run(config: &Config) -> anyhow::Result<Self> {
        let mut made = Self(Vec::new());
        let tables = match &config.views.layout {
            Layout::OneTable => None,
            Layout::Striped { folder, .. } => Some(folder.as_path()),
        };
        for folder in output_folder(config).into_iter().chain(tables) {
            // Innermost last, as they are made, and so removed from the end on.
            let mut missing: Vec<_> =
                folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
            missing.reverse();
            fs::create_dir_all(folder).with_context(|| format!("create folder {}", folder.display()))?;
            made.0.extend(missing.into_iter().map(Path::to_owned));
        }
        if let Some(cache) = &config.cache {
            sandbox::make_cache(cache);
        }
        Ok(made)
    }

    /// The folders that the outermost of them lie in.
    fn parents(&self) -> Vec<&Path> {
        let parents = self.0.iter().filter_map(|path| path.parent());
        let outer = parents.filter(|parent| !self.0.iter().any(|made| made == parent));
        outer.map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent }).collect()
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // One that is in use is not empty.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Copies what is to be shared with all tasks.
///
/// # Errors
/// If it cannot be.
pub fn share(config: &Config) -> anyhow::Result<Option<Arc<Shared>>> {
    config.share.as_deref().map(|source| Shared::copy(source).map(Arc::new)).transpose()
}

/// What was in flight when an earlier process died, so far as it can be tried apart.
fn suspects(config: &Config) -> BTreeSet<TaskId> {
    match output_folder(config) {
        Some(folder) if config.resume.max_crashes > 0 && config.program.is_some() => InFlight::of(folder).left(),
        _ => BTreeSet::new(),
    }
}

/// Starts what starts processes for tasks, if some are to run in such.
fn ring(
    config: &Config,
    has_suspects: bool,
    staging: &StagingFolder,
    shared: Option<&Shared>,
) -> anyhow::Result<Option<Ring>> {
    if config.ring == config::Ring::Thread && !has_suspects {
        return Ok(None);
    }
    let program = config.program.as_deref().context("processes for tasks need sandmill's own program")?;
    let staging = staging.path();
    if let Some(staging) = &staging {
        // What is to be granted must be there.
        fs::create_dir_all(staging).with_context(|| format!("create folder {}", staging.display()))?;
    }
    Ring::start(program, config, staging.as_deref(), shared).map(Some)
}

/// Compiles the processor as `config` wants it run. `debug_info` is [`Settings::debug_info`].
///
/// # Errors
/// If it cannot be read, or is refused.
pub fn load(
    config: &Config,
    workers: NonZeroUsize,
    staging: Option<PathBuf>,
    shared: Option<Arc<Shared>>,
    debug_info: bool,
) -> anyhow::Result<Processor> {
    let path = config.processor.display();
    let wasm = sandbox::read_processor(&config.processor)?;
    let settings = Settings {
        budget: config.budget.clone(),
        isolation: config.isolation,
        warm_start: config.warm_start,
        input_mode: config.input_mode,
        command: config.command.clone(),
        params: config.params.clone(),
        shared,
        schema: Schema {
            // R-3PO's tables have no column for the path, so its name is free.
            path_column: (config.views.layout == Layout::OneTable).then(|| config.views.path_column.clone()),
            columns: match &config.command.result {
                CommandResult::Text { column } => Some(vec![column.clone()]),
                CommandResult::Json | CommandResult::File { .. } => config.views.columns.clone(),
            },
            types: config.views.types.clone(),
        },
        workers,
        staging,
        cache: config.cache.clone(),
        debug_info,
        chunk_column: config.chunk_column().map(str::to_owned),
    };
    let processor = Processor::load(&wasm, settings).with_context(|| format!("processor {path}"))?;
    let declared = processor.schema().columns.iter().flatten();
    if let Some(column) =
        declared.chain(&processor.schema().path_column).find(|&name| config.chunk_column() == Some(name))
    {
        bail!("the column {column:?} is where a row's chunk goes: choose another name for that (--chunk-column NAME)");
    }
    Ok(processor)
}

pub fn output_folder(config: &Config) -> Option<&Path> {
    match &config.output {
        Output::Folder(folder) => Some(folder),
        Output::Discard => None,
    }
}

/// Where inputs are shown to guests that open files, and guests write files. It is gone when this is dropped.
pub struct StagingFolder {
    in_output: Option<PathBuf>,
    temporary: Option<TempDir>,
}

impl StagingFolder {
    /// # Errors
    /// If there is no output folder, and no temporary one can be made.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let (mut in_output, mut temporary) = (None, None);
        let is_needed = config.input_mode == InputMode::File || config.command.output_files;
        match output_folder(config) {
            _ if !is_needed => {}
            Some(folder) => in_output = Some(folder.join(".staging")),
            None => temporary = Some(tempfile::tempdir().context("create a temporary folder")?),
        }
        Ok(Self { in_output, temporary })
    }

    pub fn path(&self) -> Option<PathBuf> {
        self.in_output.clone().or_else(|| self.temporary.as_ref().map(|folder| folder.path().to_owned()))
    }
}

impl Drop for StagingFolder {
    fn drop(&mut self) {
        if let Some(folder) = &self.in_output {
            // It is there only once a worker has started. What stays is emptied by the next run.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// As many workers as asked for, or as the memory has room for if all of them use what they may.
fn affordable_workers(config: &Config, available_bytes: Option<u64>, control: &Control<'_>) -> NonZeroUsize {
    let Some(available_bytes) = available_bytes else { return config.workers };
    let memory_bytes = config.budget.memory_bytes as u64;
    let affordable = machine::workers_within(memory_bytes, available_bytes, config.workers.get());
    let affordable = NonZeroUsize::new(affordable).unwrap_or(NonZeroUsize::MIN);
    if affordable < config.workers {
        control.event(Event::Notice(Notice::WorkersLowered {
            from: config.workers.get(),
            to: affordable.get(),
            memory_bytes,
            available_bytes,
        }));
    }
    affordable
}

/// The part of the fingerprint that no run can accept a change of: other chunks would lose records or double them.
const SPLITTING: &str = "--split, or its chunks";

/// What must be the same in every run of one folder.
fn fingerprint(config: &Config, processor: &Processor) -> Fingerprint {
    let list = |values: &mut dyn Iterator<Item = String>| values.collect::<Vec<_>>().join("\n");
    let fingerprint = Fingerprint::new()
        .with("the processor", hex(&processor.sha256()))
        .with("its parameters", list(&mut config.params.iter().map(|(name, value)| format!("{name}={value:?}"))))
        .with("the shared data", processor.shared_sha256().unwrap_or_default())
        .with("--input", format!("{:?}", config.input_mode))
        .with("--args", format!("{:?}", config.command.args))
        .with("--result", format!("{:?}", config.command.result))
        .with("--path-column", config.views.path_column.clone())
        .with("--columns", list(&mut config.views.columns.iter().flatten().cloned()))
        .with(
            "the types of --columns",
            list(&mut config.views.types.iter().map(|(name, column_type)| format!("{name}:{column_type}"))),
        );
    let fingerprint = match config.source.archives {
        Archives::ByName => fingerprint,
        other => fingerprint.with("--archives", format!("{other:?}")),
    };
    let fingerprint = match config.command.output_files {
        false => fingerprint,
        true => fingerprint.with("--output-files", "true"),
    };
    let fingerprint = match config.source.decompress {
        Decompress::Auto => fingerprint,
        Decompress::Never => fingerprint.with("--decompress", "never"),
    };
    match &config.source.splitting {
        Some(splitting) => fingerprint.with(SPLITTING, format!("{splitting:?}")),
        None => fingerprint,
    }
}

/// Whether `config` may go on in the folder of `on_record`; if so, what has changed.
///
/// # Errors
/// If something has changed and the configuration does not accept it.
pub fn check_fingerprint(
    config: &Config,
    processor: &Processor,
    on_record: Option<&Fingerprint>,
) -> anyhow::Result<Vec<String>> {
    let Some(on_record) = on_record else { return Ok(Vec::new()) };
    let what = on_record.differences(&fingerprint(config, processor));
    if what.iter().any(|name| name == SPLITTING) {
        bail!(
            "{} changed since this output folder was begun: the chunks on record would not fit to the new ones. Use \
             another folder (-o), or split as before",
            what.join(" and ")
        );
    }
    if !what.is_empty() && !config.resume.accept_change {
        bail!(
            "{} changed since this output folder was begun. Use another folder (-o) to start afresh, or \
             --accept-change to keep the outcomes on record and run the rest as asked for now",
            what.join(" and ")
        );
    }
    Ok(what)
}

impl Store {
    fn open(
        config: &Config,
        processor: &Processor,
        inputs: &Inputs,
        lockdown: &lockdown::State,
        control: &Control<'_>,
    ) -> anyhow::Result<Self> {
        let document = RunDocument::new(config, processor, lockdown);
        let views = document.views.clone();
        let document =
            serde_json::to_string(&document).context("write the configuration down (paths in it must be UTF-8)")?;
        let Some(folder) = output_folder(config) else {
            let mut ledger = Ledger::temporary()?;
            let run = ledger.begin_run(&document)?;
            return Ok(Self { ledger, folder: None, run, document, views, _lock: None });
        };
        let lock = Lock::acquire(folder)?;
        let mut ledger = Ledger::create_or_open(&lock)?;
        if ledger.journal() == Some(Journal::Rollback) {
            control.event(Event::Notice(Notice::NoWal));
        }
        if inputs.is_standard() && ledger.fingerprint()?.is_some() {
            bail!(
                "{} holds an earlier run, and one over standard input (-) cannot be resumed: use another folder (-o), or give a file",
                folder.display()
            );
        }
        let what = check_fingerprint(config, processor, ledger.fingerprint()?.as_ref())?;
        if !what.is_empty() {
            control.event(Event::Notice(Notice::ChangeAccepted { what }));
        }
        ledger.set_fingerprint(&fingerprint(config, processor))?;
        let run = ledger.begin_run(&document)?;
        Ok(Self { ledger, folder: Some(folder.to_owned()), run, document, views, _lock: Some(lock) })
    }
}

impl Run<'_> {
    fn go(self) -> anyhow::Result<Summary> {
        let Self { config, control, started, processor, inputs, workers, store, lockdown, ring, suspects } = self;
        let ring = match &ring {
            Some(ring) if processor.native().is_none() => {
                Some(ring.load(&processor, sandbox::read_processor(&config.processor)?)?)
            }
            _ => None,
        };
        let Store { mut ledger, folder, run, document, views, _lock } = store;
        let outbox = folder.as_deref().map(|folder| Outbox::new(folder, file_suffix(config)));
        let delivery = outbox.as_ref().map(|outbox| Delivery::recover(outbox, &mut ledger)).transpose()?;
        let mut views = folder.as_deref().map(|folder| Views::open(folder, &views)).transpose()?;
        if let Some(views) = &mut views {
            views.reconcile_markers()?;
        }
        let on_record = ledger.counts()?;
        let meters: Vec<Arc<Meter>> = (0..workers.get()).map(|_| Arc::default()).collect();
        control.event(Event::Started { workers: workers.get(), on_record: &on_record, meters: &meters });
        let reader = || match (&folder, on_record.tasks()) {
            (Some(folder), 1..) => Reader::open(folder).map(Some),
            _ => Ok(None),
        };
        let in_flight = folder.as_deref().map(InFlight::of);
        let apart = match (&ring, &in_flight) {
            (Some(ring), Some(in_flight)) if !suspects.is_empty() => {
                in_flight.suspect(&suspects);
                let quiet = Quiet(&control);
                let mut look = Selection::new(inputs.units(&quiet), reader()?, inputs.root(), &config.resume);
                let jobs = apart::find(suspects, &mut look)?;
                Some(Apart { jobs, ring, max_crashes: config.resume.max_crashes })
            }
            _ => None,
        };
        if let Some(Apart { jobs, .. }) = &apart
            && !jobs.is_empty()
        {
            control.event(Event::Notice(Notice::TriedApart { tasks: jobs.len() as u64 }));
        }
        let selection = Selection::new(inputs.units(&control), reader()?, inputs.root(), &config.resume);
        let room = Room::for_workers(workers);
        let threads = Threads {
            config,
            control: &control,
            processor: &processor,
            inputs: &inputs,
            workers,
            meters: &meters,
            room,
            outbox: outbox.as_ref(),
            in_flight: in_flight.as_ref(),
            ring: ring.as_ref().filter(|_| config.ring == config::Ring::Process),
        };
        let worked = threads.run(selection, ledger, run, views, delivery, apart)?;

        let Worked { mut ledger, mut views, counts, kept } = worked;
        let ended = control.stop().map_or(Ended::Completed, Ended::Stopped);
        ledger.end_run(run, ended.as_str(), &document)?;
        // The views are made while the ledger is asked what the summary needs: each is one pass over all tasks.
        let (made, looked_back) = thread::scope(|scope| {
            let looking = spawn(scope, "summary", move || (Past::of(&ledger), ledger))?;
            let made = views.as_mut().map(|views| make(views, &control)).transpose();
            anyhow::Ok((made, join(looking)))
        })?;
        let written = made?;
        let (past, ledger) = looked_back;
        let past = past?;
        drop(views);
        ledger.finish()?;
        Ok(Summary {
            ended,
            lockdown,
            not_reproducible: not_reproducible(config, &past),
            run: counts,
            total: past.total,
            kept,
            elapsed: started.elapsed(),
            slowest: past.slowest,
            most_fuel: past.most_fuel,
            views: written,
        })
    }
}

fn make(views: &mut Views, control: &Control<'_>) -> anyhow::Result<Written> {
    control.event(Event::ViewsStarted);
    let made = views.make()?;
    if !made.sparse_columns.is_empty() {
        control.event(Event::Notice(Notice::SparseColumns { columns: made.sparse_columns, rows: made.rows }));
    }
    if made.unmarked > 0 {
        control.event(Event::Notice(Notice::Unmarked { tasks: made.unmarked }));
    }
    Ok(made.written)
}

/// What is on record at the end of a run.
struct Past {
    total: Counts,
    slowest: Vec<(TaskPath, u64)>,
    most_fuel: Vec<(TaskPath, u64)>,
    /// How many different processors and parameters there were.
    configurations: usize,
}

impl Past {
    fn of(ledger: &Ledger) -> anyhow::Result<Self> {
        let costliest = |cost, figure: fn(&Usage) -> u64| -> anyhow::Result<Vec<(TaskPath, u64)>> {
            let tasks = ledger.costliest(cost, None, COSTLIEST)?;
            Ok(tasks.into_iter().map(|task| (task.id.path, figure(&task.usage))).collect())
        };
        Ok(Self {
            total: ledger.counts()?,
            slowest: costliest(Cost::ElapsedTime, |usage| usage.elapsed_us)?,
            most_fuel: costliest(Cost::Fuel, |usage| usage.fuel)?,
            configurations: views::configurations(&ledger.runs()?),
        })
    }
}

/// Why equal inputs might not give equal results.
fn not_reproducible(config: &Config, past: &Past) -> Vec<String> {
    let mut reasons = Vec::new();
    if config.isolation == Isolation::Worker {
        reasons.push("tasks shared instances (--isolation worker)".to_owned());
    }
    let by_chance: Vec<&str> =
        FailureKind::ALL.into_iter().filter(|kind| !kind.is_deterministic()).map(FailureKind::as_str).collect();
    let tasks: u64 =
        past.total.failed.iter().filter(|(kind, _)| !kind.is_deterministic()).map(|(_, tasks)| tasks).sum();
    if tasks > 0 {
        reasons.push(format!(
            "{} failed in a way that need not happen again ({})",
            counted(tasks, "task"),
            by_chance.join(", ")
        ));
    }
    if past.configurations > 1 {
        reasons
            .push(format!("{} processors or parameters made what is on record (--accept-change)", past.configurations));
    }
    reasons
}
