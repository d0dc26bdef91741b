//! Equal tasks see equal worlds: clocks that start fixed, and randomness that comes from the processor and the path.

use sandmill::config::Isolation;
use sandmill::sandbox::{Attempt, Settings};

use super::script::{Script, Shown};
use crate::harness::guests::{load, run_all, settings, settings_with};

const EPOCH_NS: u64 = 946_684_800_000_000_000;

fn with_isolation(isolation: Isolation) -> Settings {
    settings_with(|settings| settings.isolation = isolation)
}

/// A script for each contract whose guests may import WASI.
fn scripts() -> impl Iterator<Item = Script> {
    Script::commands().into_iter().chain([Script::reactor(), Script::processor_component()])
}

/// A guest that draws 1,000 random bytes, in two pieces, and where they are.
fn drawing(script: Script) -> (Script, i64) {
    let mut script = script;
    let random = script.room(1_000);
    script.call("random_get", &[random, 300]);
    script.call("random_get", &[random + 300, 700]);
    (script, random)
}

fn drawn(attempt: &Attempt, random: i64) -> Vec<u8> {
    Shown::by(attempt).bytes(random, 1_000).to_vec()
}

#[test]
fn clocks_start_at_the_same_time_for_every_task() {
    for script in scripts() {
        for isolation in [Isolation::Task, Isolation::Worker] {
            let mut script = script.clone();
            let (monotonic, realtime) = (script.room(8), script.room(8));
            script.call("clock_time_get", &[1, 0, monotonic]);
            script.call("clock_time_get", &[0, 0, realtime]);
            // Then the guest sleeps for a second: no later task may notice.
            let mut second = [0_u8; 48];
            second[16] = 1;
            second[24..32].copy_from_slice(&1_000_000_000_u64.to_le_bytes());
            let (subscription, event) = (script.bytes(&second), script.room(64));
            script.call("poll_oneoff", &[subscription, event, 1, event + 32]);
            let attempts =
                run_all(&script.processor(), with_isolation(isolation), [("a", "x".into()), ("b", "x".into())]);
            for attempt in &attempts {
                let shown = Shown::by(attempt);
                assert_eq!((shown.u64(monotonic), shown.u64(realtime)), (1_000_000_000, EPOCH_NS));
            }
        }
    }
}

#[test]
fn randomness_is_the_same_for_the_same_task() {
    for script in scripts() {
        for isolation in [Isolation::Task, Isolation::Worker] {
            let (script, random) = drawing(script.clone());
            let source = script.processor();
            let tasks = [("a", "x".into()), ("b", "x".into()), ("a", "other content".into())];
            let attempts = run_all(&source, with_isolation(isolation), tasks);
            let [first, other, again] = [0, 1, 2].map(|index| drawn(&attempts[index], random));
            assert_eq!(first, again);
            assert_ne!(first, other, "another path");
            assert_ne!(first[..300], first[300..600], "it goes on, and does not start again");
            let elsewhere = run_all(&source, with_isolation(isolation), [("a", "x".into())]);
            assert_eq!(first, drawn(&elsewhere[0], random), "in another run");
        }
    }
}

#[test]
fn randomness_differs_between_processors() {
    let (script, random) = drawing(Script::command());
    let of = |source: &str| drawn(&run_all(source, settings(), [("a", "x".into())])[0], random);
    let source = script.source();
    assert_ne!(of(&source), of(&format!("{source} ;; another file")));
}

#[test]
fn the_offset_of_a_chunk_is_part_of_its_task() {
    use crate::harness::guests::{TestInput, watched};
    use sandmill::sandbox::Sandbox;
    use sandmill::task::{TaskId, TaskPath};

    let (script, random) = drawing(Script::command());
    let processor = load(&script.source(), settings());
    let attempts = watched(move || {
        let mut sandbox = Sandbox::new(&processor, 0).unwrap();
        [0, 1_000].map(|offset| {
            let task = TaskId { path: TaskPath::from_path("a".as_ref()), offset };
            sandbox.run(&task, Box::new(TestInput::from("x")))
        })
    });
    assert_ne!(drawn(&attempts[0], random), drawn(&attempts[1], random));
}

#[test]
fn much_randomness_at_once_is_the_same_as_in_pieces() {
    let (script, random) = drawing(Script::command());
    let mut whole = Script::command();
    let at = whole.room(1_000);
    whole.call("random_get", &[at, 1_000]);
    // The processor is part of the seed, so compare pieces with pieces: a prefix does not depend on what follows.
    let pieces = script.run(settings(), "a", "");
    let again = script.run(settings(), "a", "");
    assert_eq!(pieces.bytes(random, 1_000), again.bytes(random, 1_000));
    assert!(whole.run(settings(), "a", "").bytes(at, 1_000).iter().any(|&byte| byte != 0));
}

#[test]
fn not_a_number_is_the_same_bits_everywhere() {
    // Which bits 0/0 has is for the machine to say, unless they are made canonical.
    let source = "(module
        (import \"sandmill_1\" \"emit\" (func $emit (param i32 i32)))
        (memory (export \"memory\") 1)
        (data (i32.const 0) \"{\\\"a\\\":1}\")
        (func (export \"sandmill_abi_1\"))
        (func (export \"sandmill_alloc\") (param i32) (result i32) (i32.const 1024))
        (func (export \"sandmill_process\") (param $ptr i32) (param i32) (result i64)
            (local $number f64)
            (local.set $number (f64.convert_i32_u (i32.sub (i32.load8_u (local.get $ptr)) (i32.const 48))))
            (if (i64.ne
                    (i64.reinterpret_f64 (f64.div (local.get $number) (local.get $number)))
                    (i64.const 0x7ff8000000000000))
                (then unreachable))
            (call $emit (i32.const 0) (i32.const 7))
            (i64.const 0)))";
    let attempt = run_all(source, settings(), [("a", "0".into())]).remove(0);
    assert_eq!(crate::harness::guests::rows(&attempt), "{\"a\":1}\n");
}
