//! `sandmill inspect`.

use anyhow::Context as _;
use sandmill::Inspection;
use sandmill::sandbox::{Facts, Memory};

use crate::cli::args::InspectArgs;
use crate::cli::exit::Exit;
use crate::cli::figures::{self, count};
use crate::cli::printable::printable;
use crate::cli::summary::item;
use crate::cli::terminal::Stdout;
use crate::cli::{imports, json};

/// # Errors
/// If the file cannot be read or is no module, or what it says cannot be printed.
pub fn run(args: &InspectArgs) -> anyhow::Result<Exit> {
    let inspection = sandmill::inspect(&args.processor)?;
    let mut stdout = Stdout::open();
    if args.json {
        stdout.line(&serde_json::to_string(&json::Inspected::from(&inspection)).context("write JSON")?)?;
    } else {
        for line in lines(&inspection) {
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

fn lines(inspection: &Inspection) -> Vec<String> {
    let facts = &inspection.facts;
    let mut lines = vec![printable(&inspection.path.to_string_lossy()).into_owned()];
    match &inspection.contract {
        Ok(contract) => lines.push(item("contract", &contract.to_string())),
        Err(_) => lines.push(item("contract", "none")),
    }
    if let Some(reason) = refused(inspection) {
        lines.push(item("refused", &printable(&reason)));
    }
    if let Some(start) = &inspection.start {
        lines.push(item("start", &printable(&start.to_string())));
    }
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
    for elements in &facts.tables {
        lines.push(item("table", &format!("{} elements at the start", count(*elements))));
    }
    made_by(facts, &mut lines);
    lines.push(item("sha256", &inspection.sha256));
    imported(inspection, &mut lines);
    lines
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
            contract: Ok(Contract::Command),
            columns: None,
            start: None,
            problem: None,
        }
    }

    #[test]
    fn imports_are_grouped_by_what_they_mean() {
        let lines = lines(&inspection());
        let position = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
        let together = position("wasi_snapshot_preview1: environ_get, environ_sizes_get");
        assert!(lines[together + 1].contains("SANDMILL_PATH"));
        assert_eq!(lines[position("env: f\\x1b") + 1].trim(), "not granted");
        assert_eq!(lines[position("made by")], "  made by:   Rust  (language)");
    }

    #[test]
    fn a_refusal_is_told_with_its_reason() {
        assert_eq!(refused(&inspection()), None);
        let none = Inspection { contract: Err(Refusal::Memory64), ..inspection() };
        assert!(lines(&none).iter().any(|line| line.starts_with("  refused:   its 64-bit memory")));
        let problem = Inspection { problem: Some("it imports f".to_owned()), ..inspection() };
        assert_eq!(refused(&problem).as_deref(), Some("it imports f"));
        let json = serde_json::to_string(&json::Inspected::from(&problem)).unwrap();
        assert!(json.contains(r#""contract":"command""#) && json.contains(r#""refused":"it imports f""#), "{json}");
    }
}
