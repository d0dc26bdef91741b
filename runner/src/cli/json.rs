//! What the commands say with `--json`, and runs with `--progress json`: the shapes, not the words.
//!
//! Paths of inputs are as in the views; paths of files that are not UTF-8 lose what is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sandmill::report::{self, RunDocument, Verdict};
use sandmill::{Inspection, LockdownState, counts_json, hostile, sandbox};
use serde::Serialize;
use serde_json::Value;

use super::exit::Exit;
use super::{imports, portrait};

#[derive(Serialize)]
pub struct Summary {
    ended: &'static str,
    exit_code: u8,
    job_name: Option<String>,
    run: Value,
    on_record: Value,
    kept: u64,
    elapsed_s: f64,
    slowest: Vec<Slow>,
    most_fuel: Vec<Expensive>,
    results: Vec<String>,
    errors: Option<String>,
    ledger: Option<String>,
    lockdown: String,
    not_reproducible: Vec<String>,
}

#[derive(Serialize)]
struct Slow {
    path: String,
    elapsed_us: u64,
}

#[derive(Serialize)]
struct Expensive {
    path: String,
    fuel: u64,
}

impl Summary {
    pub fn new(summary: &report::Summary, job_name: Option<&str>, exit: Exit) -> Self {
        let views = summary.views.as_ref();
        Self {
            ended: summary.ended.as_str(),
            exit_code: exit.code(),
            job_name: job_name.map(str::to_owned),
            run: counts_json(&summary.run),
            on_record: counts_json(&summary.total),
            kept: summary.kept,
            elapsed_s: seconds(summary.elapsed),
            slowest: summary
                .slowest
                .iter()
                .map(|(path, elapsed_us)| Slow { path: path.to_string(), elapsed_us: *elapsed_us })
                .collect(),
            most_fuel: summary
                .most_fuel
                .iter()
                .map(|(path, fuel)| Expensive { path: path.to_string(), fuel: *fuel })
                .collect(),
            results: views.map(|views| views.results.iter().map(|path| shown(path)).collect()).unwrap_or_default(),
            errors: views.map(|views| shown(&views.errors)),
            ledger: views.map(|views| shown(&views.ledger)),
            lockdown: summary.lockdown.to_string(),
            not_reproducible: summary.not_reproducible.clone(),
        }
    }
}

#[derive(Serialize)]
pub struct Planned {
    path: String,
    /// Where in the input the chunk begins, unless that is its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    /// Those that the input has of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<BTreeMap<String, String>>,
    action: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

impl From<&report::Planned> for Planned {
    fn from(planned: &report::Planned) -> Self {
        let (action, reason) = super::commands::plan::words(&planned.verdict);
        let kind = match planned.verdict {
            Verdict::KeepFailed(kind) => Some(kind.as_str()),
            _ => None,
        };
        let offset = Some(planned.offset).filter(|&offset| offset > 0);
        let params = planned
            .params
            .as_ref()
            .map(|params| params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
        Self { path: planned.path.to_string(), offset, params, action, reason, kind }
    }
}

#[derive(Serialize)]
pub struct Status<'a> {
    ledger: String,
    counts: Value,
    running: bool,
    /// The process that is at work, if it can be told.
    pid: Option<u32>,
    last_run: Option<LastRun<'a>>,
}

#[derive(Serialize)]
struct LastRun<'a> {
    id: i64,
    started_ms: i64,
    ended_ms: Option<i64>,
    ended: Option<&'a str>,
    document: Option<&'a RunDocument>,
}

impl<'a> From<&'a report::Status> for Status<'a> {
    fn from(status: &'a report::Status) -> Self {
        Self {
            ledger: shown(&status.ledger),
            counts: counts_json(&status.counts),
            running: status.running.is_some(),
            pid: status.running.and_then(|running| running.pid),
            last_run: status.last_run.as_ref().map(|run| LastRun {
                id: run.id,
                started_ms: run.started_ms,
                ended_ms: run.ended_ms,
                ended: run.ended.as_deref(),
                document: run.document.as_ref(),
            }),
        }
    }
}

#[derive(Serialize)]
pub struct Selftest<'a> {
    pub all_stopped: bool,
    lockdown: String,
    trials: Vec<Trial<'a>>,
}

#[derive(Serialize)]
struct Trial<'a> {
    attack: &'static str,
    does: &'static str,
    #[serde(rename = "as")]
    guise: String,
    ended: String,
    stopped: bool,
    stopped_by: &'static str,
    elapsed_us: u64,
    memory_bytes: u64,
    wrong: &'a [String],
}

impl<'a> Selftest<'a> {
    pub fn new(trials: &'a [hostile::Trial], lockdown: &LockdownState) -> Self {
        let trials = trials.iter().map(|trial| Trial {
            attack: trial.attack.name,
            does: trial.attack.does(),
            guise: trial.guise.to_string(),
            ended: trial.ended.to_string(),
            stopped: trial.is_stopped(),
            stopped_by: trial.stopped_by(),
            elapsed_us: u64::try_from(trial.elapsed.as_micros()).unwrap_or(u64::MAX),
            memory_bytes: trial.memory_bytes,
            wrong: &trial.wrong,
        });
        let trials: Vec<_> = trials.collect();
        Self { all_stopped: trials.iter().all(|trial| trial.stopped), lockdown: lockdown.to_string(), trials }
    }
}

#[derive(Serialize)]
pub struct Inspected<'a> {
    path: String,
    sha256: &'a str,
    size_bytes: usize,
    contract: Option<&'static str>,
    contract_name: Option<String>,
    abi: Option<u32>,
    refused: Option<String>,
    start: Option<String>,
    /// Options with which it is not refused.
    runs_with: Option<&'a str>,
    language: Option<String>,
    asks_for: Vec<&'static str>,
    repeats: &'static str,
    columns: Option<&'a [String]>,
    functions: usize,
    memories: Vec<Memory>,
    table_elements: &'a [u64],
    has_names: bool,
    initial_bytes: u64,
    laid_out: Layout,
    producers: Vec<Producer<'a>>,
    imports: Vec<Import<'a>>,
    exports: Vec<Export<'a>>,
}

/// What every task pays for its own instance.
#[derive(Serialize)]
struct Layout {
    data_bytes: u64,
    data_pages: u64,
    table_entries: u64,
    own_stack_bytes: Option<u64>,
    has_start_function: bool,
    globals: usize,
    code_bytes: u64,
}

#[derive(Serialize)]
struct Memory {
    initial_bytes: u64,
    maximum_bytes: Option<u64>,
    is_64_bit: bool,
}

#[derive(Serialize)]
struct Producer<'a> {
    field: &'a str,
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Import<'a> {
    module: &'a str,
    name: &'a str,
    kind: &'a str,
    meaning: &'static str,
}

#[derive(Serialize)]
struct Export<'a> {
    name: &'a str,
    kind: &'a str,
}

impl<'a> From<&'a Inspection> for Inspected<'a> {
    fn from(inspection: &'a Inspection) -> Self {
        let facts = &inspection.facts;
        let contract = inspection.contract.as_ref().ok().copied();
        Self {
            path: shown(&inspection.path),
            sha256: &inspection.sha256,
            size_bytes: facts.size_bytes,
            contract: contract.map(|contract| match contract {
                sandbox::Contract::Command => "command",
                sandbox::Contract::Reactor => "reactor",
                sandbox::Contract::CommandComponent => "command-component",
                sandbox::Contract::ProcessorComponent => "processor-component",
            }),
            contract_name: contract.map(|contract| contract.to_string()),
            abi: (contract == Some(sandbox::Contract::Reactor)).then_some(1),
            refused: super::commands::inspect::refused(inspection),
            start: inspection.start.as_ref().map(ToString::to_string),
            runs_with: inspection.runs_with.as_deref(),
            language: portrait::language(facts),
            asks_for: portrait::capabilities(facts),
            repeats: portrait::determinism(contract, facts),
            columns: inspection.columns.as_deref(),
            functions: facts.functions,
            memories: facts
                .memories
                .iter()
                .map(|memory| Memory {
                    initial_bytes: memory.initial_bytes,
                    maximum_bytes: memory.maximum_bytes,
                    is_64_bit: memory.is_64_bit,
                })
                .collect(),
            table_elements: &facts.tables,
            has_names: facts.has_names,
            initial_bytes: facts.initial_bytes(),
            laid_out: Layout {
                data_bytes: inspection.layout.data_bytes,
                data_pages: inspection.layout.data_pages,
                table_entries: inspection.layout.table_entries,
                own_stack_bytes: inspection.layout.own_stack_bytes,
                has_start_function: inspection.layout.has_start_function,
                globals: inspection.layout.globals,
                code_bytes: inspection.layout.code_bytes,
            },
            producers: facts.producers.iter().map(|(field, name, version)| Producer { field, name, version }).collect(),
            imports: facts
                .imports
                .iter()
                .map(|import| Import {
                    module: &import.module,
                    name: &import.name,
                    kind: &import.kind,
                    meaning: imports::meaning(contract, &import.module, &import.name),
                })
                .collect(),
            exports: facts.exports.iter().map(|export| Export { name: &export.name, kind: &export.kind }).collect(),
        }
    }
}

/// Seconds to the millisecond.
pub fn seconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1_000.0
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
