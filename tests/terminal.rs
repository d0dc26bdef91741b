//! Progress as a user sees it on a terminal.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::job::guest;
use crate::harness::program::Program;
use crate::harness::terminal::Terminal;

/// So large that guests pull it.
const LARGE_BYTES: usize = 2 << 20;

/// A folder with `in/`, of which inputs that begin with `large` are large and the others empty.
fn site(inputs: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    for name in inputs {
        write(&folder, name);
    }
    folder
}

fn write(site: &TempDir, name: &str) {
    let size_bytes = if name.starts_with("large") { LARGE_BYTES } else { 0 };
    fs::write(site.path().join("in").join(name), vec![b'x'; size_bytes]).unwrap();
}

/// A run of a guest that reads half of a large input and loops until its fuel is used up.
fn run(site: &TempDir, more: &[&str]) -> Program {
    Program::new()
        .in_folder(site.path())
        .args(["run".as_ref(), guest("half_then_loop.wat").as_os_str(), "in".as_ref()])
        .args(["-o", "out", "--memory", "16MiB", "--timeout", "10m"])
        .args(more)
}

fn interrupt_twice(terminal: &mut Terminal) {
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-INT", &terminal.pid()]).status().unwrap().success());
        terminal.wait_for(|screen| screen.contains("stopping"));
    }
}

#[test]
fn a_workers_bar_fills_with_what_it_has_read_also_after_resuming() {
    let site = site(&["a", "b", "c"]);
    run(&site, &[]).run().expect_code(0);
    write(&site, "large-é\u{1b}[31m");
    for attempt in 0..2 {
        let mut terminal = Terminal::start(run(&site, &["-j1", "--fuel", "1e15"]), 24, 80);
        let screen = terminal.wait_for(|screen| screen.contains("] ") && screen.contains(" 50%"));
        // The run's own bar above it, with what is on record already.
        assert!(screen.contains("3 of 4 inputs"), "attempt {attempt}\n{screen}");
        assert!(screen.contains("  [==========>         ]  50%  large-é\\x1b[31m"), "attempt {attempt}\n{screen}");
        interrupt_twice(&mut terminal);
        let (status, _) = terminal.end();
        assert_eq!(status.code(), Some(130));
    }
    let terminal = Terminal::start(run(&site, &["-j1", "--fuel", "20M"]), 24, 80);
    let (status, screen) = terminal.end();
    assert_eq!(status.code(), Some(3), "{screen}");
    // What is said stays, and the bars are gone.
    assert!(screen.contains("out_of_fuel") && screen.contains("1 failed"), "{screen}");
    assert!(!screen.contains("[=") && !screen.contains("%"), "{screen}");
}

#[test]
fn more_workers_than_lines_are_counted_and_lines_follow_the_size_of_the_terminal() {
    let names: Vec<String> = (0..8).map(|number| format!("large{number}")).collect();
    let site = site(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut terminal = Terminal::start(run(&site, &["-j8", "--fuel", "1e15"]), 8, 80);
    let halves = |screen: &str| screen.lines().filter(|line| line.contains(" 50%  large")).count();
    terminal.wait_for(|screen| halves(screen) == 3 && screen.contains("and 5 workers more"));
    terminal.resize(24, 80);
    let screen = terminal.wait_for(|screen| halves(screen) == 8 && !screen.contains("workers more"));
    for name in &names {
        assert_eq!(screen.matches(name.as_str()).count(), 1, "{screen}");
    }
    terminal.resize(10, 50);
    let screen = terminal.wait_for(|screen| halves(screen) == 4 && screen.contains("and 4 workers more"));
    assert!(!screen.contains("[=="), "there is no room for bars\n{screen}");
    interrupt_twice(&mut terminal);
    assert_eq!(terminal.end().0.code(), Some(130));
}
