//! `sandmill inspect`.

use anyhow::Context as _;
use sandmill::Inspection;
use sandmill::sandbox::{Facts, Layout, Memory};

use crate::cli::args::InspectArgs;
use crate::cli::exit::Exit;
use crate::cli::figures::{self, count, counted};
use crate::cli::printable::printable;
use crate::cli::request::inspect_config;
use crate::cli::summary::item;
use crate::cli::terminal::Stdout;
use crate::cli::{imports, json, portrait};

/// # Errors
/// If the file cannot be read or is no module, or what it says cannot be printed.
pub fn run(args: &InspectArgs) -> anyhow::Result<Exit> {
    let inspection = sandmill::inspect(&inspect_config(args)?)?;
    let mut stdout = Stdout::open();
    if args.json {
        stdout.line(&serde_json::to_string(&json::Inspected::from(&inspection)).context("write JSON")?)?;
    } else {
        for line in lines(&inspection, args.budget.memory as u64) {
            stdout.line(&line)?;
        }
    }
    stdout.finish()?;
    Ok(if refused(&inspection).is_some() { Exit::Failed } else { Exit::Success })
}

/// Why it cannot be a processor.
pub fn refused(inspection: &Inspection) -> Option<String> {
    match &inspection.contract {
        Err(refusal) => Some(refusal.to_string()),
        Ok(_) => inspection.problem.clone(),
    }
}

fn lines(inspection: &Inspection, limit_bytes: u64) -> Vec<String> {
    let facts = &inspection.facts;
    let mut lines = vec![printable(&inspection.path.to_string_lossy()).into_owned()];
    match &inspection.contract {
        Ok(contract) => lines.push(item("contract", &contract.to_string())),
        Err(_) => lines.push(item("contract", "none")),
    }
    if let Some(reason) = refused(inspection) {
        lines.push(item("refused", &printable(&reason)));
        lines.push(item("", inspection.runs_with.as_deref().map_or("no option makes it run", |_| "it runs with:")));
        lines.extend(inspection.runs_with.as_deref().map(|option| item("", option)));
    }
    if let Some(start) = &inspection.start {
        lines.push(item("start", &printable(&start.to_string())));
    }
    lines.push(item(
        "language",
        &portrait::language(facts).map_or_else(|| unsaid(facts).to_owned(), |text| printable(&text).into_owned()),
    ));
    let asked = portrait::capabilities(facts);
    lines.push(item("asks for", &if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") }));
    lines.push(item("repeats", portrait::determinism(inspection.contract.as_ref().ok().copied(), facts)));
    lines.push(item(
        "columns",
        &match &inspection.columns {
            Some(columns) => printable(&columns.join(", ")).into_owned(),
            None => "not declared: all that occur".to_owned(),
        },
    ));
    let size = figures::bytes(facts.size_bytes as u64);
    let names = if facts.has_names { "" } else { ", without names for backtraces" };
    lines.push(item("size", &format!("{size}, {} functions{names}", count(facts.functions as u64))));
    for memory in &facts.memories {
        lines.push(item("memory", &memory_line(memory)));
    }
    let most = figures::bytes(limit_bytes);
    lines.push(item(
        "",
        &format!("{} of {most} (--memory) before it does anything", figures::bytes(facts.initial_bytes())),
    ));
    for elements in &facts.tables {
        lines.push(item("table", &format!("{} elements at the start", count(*elements))));
    }
    laid_out(&inspection.layout, &mut lines);
    made_by(facts, &mut lines);
    lines.push(item("sha256", &inspection.sha256));
    imported(inspection, &mut lines);
    lines
}

/// Why its language is not known.
fn unsaid(facts: &Facts) -> &'static str {
    if facts.producers.is_empty() { "not said: what tells it was stripped, or never written" } else { "not said" }
}

/// What every task pays for its own instance.
fn laid_out(layout: &Layout, lines: &mut Vec<String>) {
    let data = figures::bytes(layout.data_bytes);
    let pages = counted(layout.data_pages, "page");
    let elements = counted(layout.table_entries, "table element");
    let function = if layout.has_start_function { ", and a start function" } else { "" };
    lines.push(item("laid out", &format!("{data} of data in {pages} of 4 KiB, {elements}{function}, for every task")));
    if let Some(bytes) = layout.own_stack_bytes {
        lines.push(item("stack", &format!("{} of its own, within its memory, beside --stack", figures::bytes(bytes))));
    }
}

fn memory_line(memory: &Memory) -> String {
    let most = match memory.maximum_bytes {
        Some(most) => format!("at most {}", figures::bytes(most)),
        None => "no maximum but --memory".to_owned(),
    };
    let wide = if memory.is_64_bit { ", 64-bit" } else { "" };
    format!("{} at the start, {most}{wide}", figures::bytes(memory.initial_bytes))
}

fn made_by(facts: &Facts, lines: &mut Vec<String>) {
    for (index, (field, name, version)) in facts.producers.iter().enumerate() {
        let label = if index == 0 { "made by" } else { "" };
        lines.push(item(label, printable(&format!("{name} {version} ({field})")).trim()));
    }
}

/// The imports, those of one meaning together, in the order in which the module has them.
fn imported(inspection: &Inspection, lines: &mut Vec<String>) {
    let facts = &inspection.facts;
    let contract = inspection.contract.as_ref().ok().copied();
    let mut groups: Vec<(&str, &'static str, Vec<&str>)> = Vec::new();
    for import in &facts.imports {
        let meaning = imports::meaning(contract, &import.module, &import.name);
        match groups.iter_mut().find(|(module, other, _)| *module == import.module && *other == meaning) {
            Some((_, _, names)) => names.push(&import.name),
            None => groups.push((&import.module, meaning, vec![&import.name])),
        }
    }
    if groups.is_empty() {
        lines.push(item("imports", "none"));
        return;
    }
    lines.push(item("imports", &format!("{}, of which", count(facts.imports.len() as u64))));
    for (module, meaning, names) in groups {
        let names = printable(&format!("{module}: {}", names.join(", "))).into_owned();
        lines.push(format!("    {names}"));
        lines.push(format!("        {meaning}"));
    }
}

#[cfg(test)]
mod tests {
    use sandmill::sandbox::{Contract, Import, Refusal};

    use super::*;

    fn inspection() -> Inspection {
        let import = |module: &str, name: &str| Import {
            module: module.to_owned(),
            name: name.to_owned(),
            kind: "() -> ()".to_owned(),
        };
        let facts = Facts {
            size_bytes: 2_048,
            functions: 7,
            imports: vec![
                import("wasi_snapshot_preview1", "fd_write"),
                import("wasi_snapshot_preview1", "environ_get"),
                import("wasi_snapshot_preview1", "environ_sizes_get"),
                import("env", "f\x1b"),
            ],
            memories: vec![Memory { initial_bytes: 65_536, maximum_bytes: None, is_64_bit: false }],
            producers: vec![("language".to_owned(), "Rust".to_owned(), String::new())],
            ..Facts::default()
        };
        Inspection {
            path: "p.wasm".into(),
            sha256: "ab".repeat(32),
            facts,
            layout: Layout { data_bytes: 5_000, data_pages: 3, own_stack_bytes: Some(65_536), ..Layout::default() },
            contract: Ok(Contract::Command),
            columns: None,
            start: None,
            problem: None,
            runs_with: None,
        }
    }

    #[test]
    fn imports_are_grouped_by_what_they_mean() {
        let lines = lines(&inspection(), 1 << 20);
        let position = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
        let together = position("wasi_snapshot_preview1: environ_get, environ_sizes_get");
        assert!(lines[together + 1].contains("SANDMILL_PATH"));
        assert_eq!(lines[position("env: f\\x1b") + 1].trim(), "not granted");
        assert_eq!(lines[position("made by")], "  made by:   Rust  (language)");
    }

    #[test]
    fn what_it_takes_is_told() {
        let lines = lines(&inspection(), 1 << 20).join("\n");
        for part in [
            "language:  Rust",
            "asks for:  rows, environment, other",
            "64 KiB of 1 MiB (--memory)",
            "laid out:  4.9 KiB of data in 3 pages of 4 KiB, 0 table elements, for every task",
            "stack:     64 KiB of its own",
        ] {
            assert!(lines.contains(part), "no {part:?} in\n{lines}");
        }
    }

    #[test]
    fn options_that_make_it_run_are_told() {
        let refused = Inspection {
            problem: Some("too large".to_owned()),
            runs_with: Some("--memory 1024MiB".to_owned()),
            ..inspection()
        };
        assert!(lines(&refused, 1 << 20).iter().any(|line| line.trim() == "--memory 1024MiB"));
        let refused = Inspection { problem: Some("no".to_owned()), ..inspection() };
        assert!(lines(&refused, 1 << 20).iter().any(|line| line.contains("no option makes it run")));
    }

    #[test]
    fn a_refusal_is_told_with_its_reason() {
        assert_eq!(refused(&inspection()), None);
        let none = Inspection { contract: Err(Refusal::Memory64), ..inspection() };
        assert!(lines(&none, 1 << 20).iter().any(|line| line.starts_with("  refused:   its 64-bit memory")));
        let problem = Inspection { problem: Some("it imports f".to_owned()), ..inspection() };
        assert_eq!(refused(&problem).as_deref(), Some("it imports f"));
        let json = serde_json::to_string(&json::Inspected::from(&problem)).unwrap();
        assert!(json.contains(r#""contract":"command""#) && json.contains(r#""refused":"it imports f""#), "{json}");
    }
}
