//! The hostile pack: one attack in each file of `tests/guests/hostile`, as a command and as a reactor, between tasks whose
//! rows must be right; and modules that must be refused.
//!
//! A file is the code of an attack, for `command.template` and `reactor.template`. Its first lines say what it does, which
//! limit it meets, and how its task must end under each contract. `docs/security.md` has the table of all that.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sandmill::outcome::Outcome;
use sandmill::sandbox::Attempt;

use crate::harness::guests::{guest, refusal, rows, run_all, settings};

/// The least that the pack is to hold.
const LEAST_ATTACKS: usize = 60;

/// Where the table is, between these two lines.
const TABLE: &str = "../docs/security.md";
const TABLE_START: &str = "<!-- The table of the hostile pack: a test compares it. -->\n";
const TABLE_END: &str = "<!-- End of the table. -->";

/// A file of the pack.
struct Attack {
    name: String,
    does: String,
    meets: String,
    /// How its task ends: a kind of failure, or `done`.
    command: String,
    reactor: String,
    source: String,
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
        .collect();
    files.sort();
    files
}

/// The rest of the comment line that begins with `start`.
fn field(path: &Path, source: &str, start: &str) -> String {
    let found = source.lines().find_map(|line| line.strip_prefix(start));
    found.unwrap_or_else(|| panic!("{} has no line {start:?}", path.display())).to_owned()
}

fn attacks() -> Vec<Attack> {
    let read = |path: &PathBuf| {
        let source = fs::read_to_string(path).unwrap();
        Attack {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            does: field(path, &source, ";; "),
            meets: field(path, &source, ";; meets: "),
            command: field(path, &source, ";; command: "),
            reactor: field(path, &source, ";; reactor: "),
            source,
        }
    };
    files("hostile").iter().map(read).collect()
}

fn ending(attempt: &Attempt) -> String {
    match &attempt.outcome {
        Outcome::Done { .. } => "done".to_owned(),
        Outcome::Skipped { .. } => "skipped".to_owned(),
        Outcome::Failed(failure) => failure.kind.to_string(),
    }
}

/// Runs every attack in one template, and returns what was not as it must be.
fn wrong(template: &str, expected: impl Fn(&Attack) -> &str) -> Vec<String> {
    let template = guest(template);
    let mut wrong = Vec::new();
    for attack in attacks() {
        let source = template.replace(";; ATTACK", &attack.source);
        let tasks = [("before", "{\"n\":1}".into()), ("attack", "!".into()), ("after", "{\"n\":2}".into())];
        let attempts = run_all(&source, settings(), tasks);
        for (neighbour, row) in [(&attempts[0], "{\"n\":1}\n"), (&attempts[2], "{\"n\":2}\n")] {
            assert_eq!(rows(neighbour), row, "beside {}", attack.name);
        }
        let ended = ending(&attempts[1]);
        if ended != expected(&attack) {
            wrong.push(format!("{}: {ended}, not {}: {:?}", attack.name, expected(&attack), attempts[1].outcome));
        }
        let (budget, usage) = (settings().budget, attempts[1].usage);
        assert!(usage.peak_memory_bytes <= budget.memory_bytes as u64, "{}: {usage:?}", attack.name);
        assert!(attempts[1].log.len() <= budget.log_bytes + 200, "{}: {}", attack.name, attempts[1].log.len());
    }
    wrong
}

#[test]
fn an_attack_of_a_command_costs_its_task_and_no_other() {
    let wrong = wrong("hostile/command.template", |attack| &attack.command);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_attack_of_a_reactor_costs_its_task_and_no_other() {
    let wrong = wrong("hostile/reactor.template", |attack| &attack.reactor);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn modules_that_cannot_be_processors_are_refused() {
    for path in files("hostile/refused") {
        let source = fs::read_to_string(&path).unwrap();
        let says = field(&path, &source, ";; refused: ");
        let message = refusal(source.as_bytes(), settings());
        assert!(message.contains(&says), "{}: {message}", path.display());
    }
}

#[test]
fn damaged_modules_never_run_beyond_their_limits() {
    let whole = wat::parse_str(guest("emit.wat")).unwrap();
    let loads = |wasm: &[u8]| sandmill::sandbox::Processor::load(wasm, settings()).is_ok();
    let cuts = (0..whole.len()).filter(|&len| loads(&whole[..len])).count();
    assert_eq!(cuts, 1, "only what is cut where its names begin, at the end, is still a module");
    let mut loaded = 0;
    for at in (0..whole.len()).step_by(5) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        // Many are still modules, of which some do other things: whatever they do has an end, and is no panic.
        if let Ok(processor) = sandmill::sandbox::Processor::load(&damaged, settings()) {
            loaded += 1;
            let mut sandbox = sandmill::sandbox::Sandbox::new(&processor, 0).unwrap();
            let input = crate::harness::guests::TestInput::from("{}");
            sandbox.run(&crate::harness::guests::task("a"), Box::new(input));
        }
    }
    assert!(loaded > 0, "none of them is a module any more");
}

#[test]
fn the_documents_table_is_that_of_the_pack() {
    let attacks = attacks();
    assert!(attacks.len() >= LEAST_ATTACKS, "{} attacks", attacks.len());
    let mut table = "| the attack | what it does | meets | ends as |\n|---|---|---|---|\n".to_owned();
    for attack in &attacks {
        let ends = match (attack.command.as_str(), attack.reactor.as_str()) {
            (command, reactor) if command == reactor => format!("`{command}`"),
            (command, reactor) => format!("`{command}`, in a reactor `{reactor}`"),
        };
        let does = attack.does.replace('|', "\\|");
        writeln!(table, "| `{}` | {does} | {} | {ends} |", attack.name, attack.meets).unwrap();
    }
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)).unwrap();
    let start = document.find(TABLE_START).unwrap() + TABLE_START.len();
    let end = start + document[start..].find(TABLE_END).unwrap();
    assert!(document[start..end] == table, "docs/security.md must have this table:\n{table}");
}
