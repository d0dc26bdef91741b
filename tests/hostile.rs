//! The hostile pack: each attack in each of its guises, between tasks whose rows must be right; and damaged modules.
//!
//! The pack is in `runner/src/hostile` and `runner/hostile`, since `sandmill selftest` makes its attacks, too.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sandmill::config::Lockdown;
use sandmill::hostile::{ATTACKS, Attack, End, Guise, Selftest, Trial, selftest};
use sandmill::outcome::FailureKind;
use serde_json::Value;

use crate::harness::components;
use crate::harness::guests::{guest, settings};
use crate::harness::program::Program;

/// The least that the pack is to hold.
const LEAST_ATTACKS: usize = 60;

/// Where the table is, between these two lines.
const TABLE: &str = "../docs/security.md";
const TABLE_START: &str = "<!-- The table of the hostile pack: a test compares it. -->\n";
const TABLE_END: &str = "<!-- End of the table. -->";

/// Makes every attack in one guise, and returns what was not as it must be.
fn wrong(guise: Guise) -> Vec<String> {
    let mut wrong = Vec::new();
    for attack in ATTACKS {
        let Some(&(_, end)) = attack.ends.iter().find(|(other, _)| *other == guise) else { continue };
        let trial = Trial::run(attack, (guise, end), &settings());
        if !trial.is_stopped() || trial.ended != end {
            wrong.push(format!("{}: {}, not {end}: {:?}", attack.name, trial.ended, trial.wrong));
        }
    }
    wrong
}

#[test]
fn an_attack_of_a_command_costs_its_task_and_no_other() {
    let wrong = wrong(Guise::Command);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_attack_of_a_reactor_costs_its_task_and_no_other() {
    let wrong = wrong(Guise::Reactor);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_attack_of_a_component_costs_its_task_and_no_other() {
    let wrong = wrong(Guise::Component);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How attacks by commands end that are components, where that is otherwise. The adapter has the page behind the guest's own,
/// so what is just outside is not outside; it traps at what it does not know; and the host is handed lists, not iovecs.
const AS_COMPONENTS: [(&str, End); 10] = [
    ("pointer_across_the_end", End::Failed(FailureKind::BadOutput)),
    ("pointer_huge", End::Failed(FailureKind::Trap)),
    ("pointer_outside", End::Failed(FailureKind::BadOutput)),
    ("text_columns_million", End::Failed(FailureKind::Trap)),
    ("text_number_million", End::Failed(FailureKind::Trap)),
    ("trap_fill_outside", End::Done),
    ("trap_load_outside", End::Done),
    ("wasi_closed_output", End::Failed(FailureKind::Trap)),
    ("wasi_iovecs_many", End::Failed(FailureKind::BadOutput)),
    ("wasi_random_huge", End::Failed(FailureKind::Trap)),
];

/// The same command, which takes its memory for pristine if it has three pages: the adapter of components adds one for itself.
fn with_a_page_more(mut command: Vec<u8>) -> Vec<u8> {
    // memory.size, i32.const 2, i32.ne
    const CHECK: [u8; 5] = [0x3f, 0, 0x41, 2, 0x47];
    if let Some(at) = command.windows(CHECK.len()).position(|window| window == CHECK) {
        command[at + 3] = 3;
    }
    command
}

#[test]
fn an_attack_of_a_command_that_is_a_component_costs_its_task_and_no_other() {
    let mut wrong = Vec::new();
    // Bombs are for the compiler, which is the same; and what starts by itself cannot call the adapter yet.
    let can_be_one = |attack: &&Attack| !attack.name.starts_with("bomb_") && !attack.name.starts_with("start_");
    for attack in ATTACKS.iter().filter(can_be_one) {
        let Some(&(guise, end)) = attack.ends.iter().find(|(guise, _)| *guise == Guise::Command) else { continue };
        let end = AS_COMPONENTS.iter().find(|(name, _)| *name == attack.name).map_or(end, |(_, end)| *end);
        let component = components::command(with_a_page_more(attack.source(guise)));
        let trial = Trial::of_source(&component, attack, (guise, end), &settings());
        if !trial.is_stopped() || trial.ended != end {
            wrong.push(format!("{}: {}, not {end}: {:?}", attack.name, trial.ended, trial.wrong));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn modules_that_cannot_be_processors_are_refused() {
    let wrong = wrong(Guise::Module);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn attack(name: &str) -> &'static Attack {
    ATTACKS.iter().find(|attack| attack.name == name).unwrap()
}

#[test]
fn what_is_not_stopped_is_seen() {
    // As if the pack said so: these are other ends than theirs.
    let looped = Trial::run(attack("loop"), (Guise::Command, End::Done), &settings());
    assert!(looped.is_stopped(), "whatever it was made for, fuel stopped it: {looped:?}");
    assert_eq!(looped.stopped_by(), "fuel");
    let trapped = Trial::run(attack("trap_unreachable"), (Guise::Reactor, End::Done), &settings());
    assert!(!trapped.is_stopped() && trapped.wrong[0].starts_with("it ended as trap"), "{trapped:?}");
    let accepted = Trial::run(attack("exit_0"), (Guise::Command, End::Refused), &settings());
    assert_eq!(accepted.wrong, ["it was not refused"]);
    let refused = Trial::run(attack("invalid"), (Guise::Module, End::Done), &settings());
    assert!(refused.wrong[0].starts_with("it was refused"), "{refused:?}");
}

#[test]
fn tasks_that_are_not_what_they_would_have_been_are_seen() {
    let mut settings = settings();
    settings.isolation = sandmill::config::Isolation::Worker;
    let trial = Trial::run(attack("leaves_traces"), (Guise::Reactor, End::Done), &settings);
    assert!(
        trial.wrong.iter().any(|wrong| wrong.starts_with("the task after it ended as done, with the rows \"\"")),
        "{trial:?}"
    );
}

#[test]
fn a_selftest_tells_of_its_attacks_in_the_order_of_the_pack() {
    let names = ["wasi_sleep", "loop", "no_memory"];
    let asked = Selftest {
        attacks: names.map(str::to_owned).to_vec(),
        budget: settings().budget,
        lockdown: Lockdown::Off,
        workers: 3.try_into().unwrap(),
    };
    let mut told = Vec::new();
    let mut note = |trial: Trial| {
        told.push(format!("{} {} {} {}", trial.attack.name, trial.guise, trial.ended, trial.stopped_by()));
        Ok(())
    };
    selftest(&asked, &mut note).unwrap();
    let expected = [
        "loop command out_of_fuel fuel",
        "loop reactor out_of_fuel fuel",
        "loop component out_of_fuel fuel",
        "wasi_sleep command done a clock of its own",
        "wasi_sleep reactor done a clock of its own",
        "no_memory module refused a check before any task",
    ];
    assert_eq!(told, expected);
}

#[test]
fn selftest_says_what_stopped_which_attack() {
    let run = |words: &str| Program::new().args(words.split_whitespace()).run();
    let table =
        run("selftest recursion memory64 --lockdown auto").expect_code(0).expect_stderr("all 4 attacks were stopped");
    let lines: Vec<String> = table.stdout().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 5, "{table}");
    let column = lines[0].find("stopped by").unwrap();
    let stopped_by: Vec<String> = lines.iter().map(|line| line.chars().skip(column).collect()).collect();
    assert_eq!(
        stopped_by,
        ["stopped by", "the stack limit", "the stack limit", "the stack limit", "a check before any task"],
        "{table}"
    );

    // A budget that is used up before the attack comes to its point stops it as well.
    let json = run("selftest recursion --fuel 1000 --json -j1").expect_code(0).stdout();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["all_stopped"], true);
    assert_eq!(json["trials"][1]["as"], "reactor");
    assert_eq!(json["trials"][1]["ended"], "out_of_fuel");
    assert_eq!(json["trials"][1]["stopped_by"], "fuel");

    // Its neighbours have the same.
    run("selftest recursion --fuel 1").expect_code(1).expect_stdout("NOT STOPPED").expect_stdout("before it ended as");
    run("selftest recursoin").expect_code(2).expect_stderr("did you mean recursion?");
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
fn every_file_of_the_pack_is_in_its_table() {
    let names: Vec<&str> = ATTACKS.iter().map(|attack| attack.name).collect();
    let unique: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(names.len(), unique.len(), "a name is there twice");
    let mut files = BTreeSet::new();
    for folder in ["hostile/attacks", "hostile/refused"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        files.extend(fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            path.file_stem().unwrap().to_string_lossy().into_owned()
        }));
    }
    let made: BTreeSet<String> = unique.iter().filter(|name| name.starts_with("bomb_")).cloned().collect();
    assert_eq!(&unique - &made, files);
    assert!(files.len() >= LEAST_ATTACKS);
}

#[test]
fn the_documents_table_is_that_of_the_pack() {
    let mut table = "| the attack | what it does | meets | ends as |\n|---|---|---|---|\n".to_owned();
    for attack in ATTACKS {
        let (_, first) = attack.ends[0];
        let others = attack.ends.iter().filter(|(_, end)| *end != first);
        let ends: String =
            others.fold(format!("`{first}`"), |ends, (guise, end)| format!("{ends}, as a {guise} `{end}`"));
        let does = attack.does().replace('|', "\\|");
        writeln!(table, "| `{}` | {does} | {} | {ends} |", attack.name, attack.meets).unwrap();
    }
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)).unwrap();
    let start = document.find(TABLE_START).unwrap() + TABLE_START.len();
    let end = start + document[start..].find(TABLE_END).unwrap();
    assert!(document[start..end] == table, "docs/security.md must have this table:\n{table}");
}
