//! `poll_oneoff` on a guest's own clock: nothing blocks, and the clocks move by exactly what was slept.

use sandmill::config::Fuel;
use sandmill::outcome::FailureKind;

use super::script::{Call, EBADF, EFAULT, EINVAL, SUCCESS, Script, Shown};
use crate::harness::components;
use crate::harness::guests::{assert_failed, run_all, settings, settings_with};

/// 2000-01-01T00:00:00Z.
const EPOCH_NS: u64 = 946_684_800_000_000_000;
/// Where the monotonic clock starts.
const START_NS: u64 = 1_000_000_000;
const CENTURY_NS: u64 = 3_155_760_000_000_000_000;
const ENOTSUP: u16 = 58;

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const ABSOLUTE: u16 = 1;

fn clock(userdata: u64, clock: u32, timeout_ns: u64, flags: u16) -> [u8; 48] {
    let mut subscription = [0; 48];
    subscription[0..8].copy_from_slice(&userdata.to_le_bytes());
    subscription[16..20].copy_from_slice(&clock.to_le_bytes());
    subscription[24..32].copy_from_slice(&timeout_ns.to_le_bytes());
    subscription[40..42].copy_from_slice(&flags.to_le_bytes());
    subscription
}

/// `event_type` 1 is reading, 2 is writing.
fn descriptor(userdata: u64, event_type: u8, fd: u32) -> [u8; 48] {
    let mut subscription = [0; 48];
    subscription[0..8].copy_from_slice(&userdata.to_le_bytes());
    subscription[8] = event_type;
    subscription[16..20].copy_from_slice(&fd.to_le_bytes());
    subscription
}

/// A poll and the clocks after it.
struct Poll {
    script: Script,
    call: Call,
    events_at: i64,
    count_at: i64,
    monotonic_at: i64,
    realtime_at: i64,
}

/// What a guest saw of a poll.
#[derive(Debug, PartialEq, Eq)]
struct Polled {
    /// User data, error and event type of each event.
    events: Vec<(u64, u16, u8)>,
    /// What the monotonic clock moved.
    slept_ns: u64,
    realtime_ns: u64,
}

impl Poll {
    fn of(subscriptions: &[[u8; 48]]) -> Self {
        let mut script = Script::command();
        let subscriptions_at = script.bytes(subscriptions.as_flattened());
        let (events_at, count_at) = (script.room(32 * subscriptions.len()), script.room(4));
        let (monotonic_at, realtime_at) = (script.room(8), script.room(8));
        let count = subscriptions.len() as i64;
        let call = script.call("poll_oneoff", &[subscriptions_at, events_at, count, count_at]);
        let mut poll = Self { script, call, events_at, count_at, monotonic_at, realtime_at };
        poll.read_clocks();
        poll
    }

    fn read_clocks(&mut self) {
        self.script.call("clock_time_get", &[MONOTONIC.into(), 0, self.monotonic_at]);
        self.script.call("clock_time_get", &[REALTIME.into(), 0, self.realtime_at]);
    }

    fn run(&self) -> Polled {
        let shown = self.script.run(settings(), "input", "");
        assert_eq!(shown.result(self.call), SUCCESS);
        self.seen(&shown)
    }

    fn seen(&self, shown: &Shown) -> Polled {
        let event = |at: i64| {
            let bytes = shown.bytes(at, 32);
            (shown.u64(at), u16::from_le_bytes([bytes[8], bytes[9]]), bytes[10])
        };
        Polled {
            events: (0..shown.u32(self.count_at).into()).map(|index: i64| event(self.events_at + 32 * index)).collect(),
            slept_ns: shown.u64(self.monotonic_at) - START_NS,
            realtime_ns: shown.u64(self.realtime_at),
        }
    }
}

#[test]
fn clocks_move_by_what_was_slept_and_it_takes_no_time() {
    for slept_ns in [1, 1_000_000_000, CENTURY_NS, 5 * CENTURY_NS] {
        for subscription in [
            clock(7, MONOTONIC, slept_ns, 0),
            clock(7, REALTIME, slept_ns, 0),
            clock(7, MONOTONIC, START_NS + slept_ns, ABSOLUTE),
            clock(7, REALTIME, EPOCH_NS + slept_ns, ABSOLUTE),
        ] {
            let seen = Poll::of(&[subscription]).run();
            let expected = Polled { events: vec![(7, 0, 0)], slept_ns, realtime_ns: EPOCH_NS + slept_ns };
            assert_eq!(seen, expected);
        }
    }
}

#[test]
fn a_component_sleeps_as_a_module_does() {
    let wishes: [&[[u8; 48]]; 6] = [
        &[clock(1, MONOTONIC, CENTURY_NS, 0)],
        &[clock(1, MONOTONIC, START_NS + 5, ABSOLUTE)],
        &[clock(1, MONOTONIC, 0, 0)],
        // The first to be due is neither the first nor the last to be asked.
        &[clock(1, MONOTONIC, 30, 0), clock(2, MONOTONIC, 10, 0), clock(3, MONOTONIC, 20, 0)],
        &[clock(1, MONOTONIC, 20, 0), clock(2, MONOTONIC, 20, 0)],
        &[clock(1, MONOTONIC, 1_000, 0), descriptor(2, 2, 1)],
    ];
    for subscriptions in wishes {
        let poll = Poll::of(subscriptions);
        let component = components::command(poll.script.source());
        let attempt = run_all(&component, settings(), [("input", "".into())]).remove(0);
        let (seen, expected) = (poll.seen(&Shown::by(&attempt)), poll.run());
        let events = |polled: &Polled| polled.events.iter().map(|event| event.0).collect::<Vec<_>>();
        assert_eq!(events(&seen), events(&expected));
        assert_eq!((seen.slept_ns, seen.realtime_ns), (expected.slept_ns, expected.realtime_ns));
    }
}

#[test]
fn sleeping_until_the_past_is_no_sleep() {
    for subscription in [
        clock(7, MONOTONIC, 0, 0),
        clock(7, MONOTONIC, 0, ABSOLUTE),
        clock(7, MONOTONIC, START_NS, ABSOLUTE),
        clock(7, REALTIME, 0, 0),
        clock(7, REALTIME, 1_000, ABSOLUTE),
    ] {
        let expected = Polled { events: vec![(7, 0, 0)], slept_ns: 0, realtime_ns: EPOCH_NS };
        assert_eq!(Poll::of(&[subscription]).run(), expected);
    }
}

#[test]
fn sleep_adds_up_and_ends_with_time_itself() {
    let mut script = Script::command();
    let subscription = script.bytes(&clock(0, MONOTONIC, 2 * CENTURY_NS, 0));
    let forever = script.bytes(&clock(0, MONOTONIC, u64::MAX, 0));
    let (events, count) = (script.room(32), script.room(4));
    let times: Vec<i64> = [subscription, subscription, forever, forever]
        .into_iter()
        .map(|subscription| {
            script.call("poll_oneoff", &[subscription, events, 1, count]);
            let at = script.room(8);
            script.call("clock_time_get", &[MONOTONIC.into(), 0, at]);
            at
        })
        .collect();
    let shown = script.run(settings(), "input", "");
    let times: Vec<u64> = times.into_iter().map(|at| shown.u64(at)).collect();
    assert_eq!(times, [START_NS + 2 * CENTURY_NS, START_NS + 4 * CENTURY_NS, u64::MAX, u64::MAX]);
}

#[test]
fn the_first_of_several_clocks_wakes() {
    let seen = Poll::of(&[clock(1, MONOTONIC, 500, 0), clock(2, REALTIME, 300, 0), clock(3, MONOTONIC, 400, 0)]).run();
    assert_eq!((seen.events, seen.slept_ns), (vec![(2, 0, 0)], 300));
    let seen = Poll::of(&[clock(1, MONOTONIC, 300, 0), clock(2, MONOTONIC, 900, 0), clock(3, REALTIME, 300, 0)]).run();
    assert_eq!((seen.events, seen.slept_ns), (vec![(1, 0, 0), (3, 0, 0)], 300));
}

#[test]
fn a_descriptor_is_ready_before_any_clock() {
    let seen = Poll::of(&[clock(1, MONOTONIC, CENTURY_NS, 0), descriptor(2, 1, 0), descriptor(3, 2, 1)]).run();
    assert_eq!((seen.events, seen.slept_ns), (vec![(2, 0, 1), (3, 0, 2)], 0));
}

#[test]
fn a_clock_that_guests_do_not_have_is_an_error_at_once() {
    for unknown in [2, 3, 4, u32::MAX] {
        let seen = Poll::of(&[clock(1, unknown, 5, 0), clock(2, MONOTONIC, CENTURY_NS, 0)]).run();
        assert_eq!((seen.events, seen.slept_ns), (vec![(1, ENOTSUP, 0)], 0), "clock {unknown}");
    }
}

#[test]
fn a_descriptor_that_there_cannot_be_is_an_error_at_once() {
    let seen = Poll::of(&[descriptor(1, 1, u32::MAX), clock(2, MONOTONIC, 5, 0)]).run();
    assert_eq!((seen.events, seen.slept_ns), (vec![(1, EBADF as u16, 1)], 0));
}

#[test]
fn any_bytes_are_a_subscription() {
    // No pattern of bits may do more than give events.
    for byte in [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff] {
        let seen = Poll::of(&[[byte; 48]; 3]).run();
        assert_eq!(seen.events.len(), 3, "{byte:#x}");
    }
}

#[test]
fn polling_nothing_is_invalid() {
    let mut script = Script::command();
    let room = script.room(64);
    let call = script.call("poll_oneoff", &[room, room, 0, room]);
    assert_eq!(script.run(settings(), "input", "").result(call), EINVAL);
}

#[test]
fn pointers_outside_memory_are_faults_and_move_no_clock() {
    // The guest's memory has 8 pages.
    const END: i64 = 8 << 16;
    let mut script = Script::command();
    let good = script.bytes(&clock(1, MONOTONIC, 100, 0));
    let room = script.room(64);
    let faults: Vec<Call> = [
        [END, room, 1, room],
        [END - 47, room, 1, room],
        [-1, room, 1, room],
        [good, END - 31, 1, room],
        [good, -16, 1, room],
        [good, room, 1, END - 3],
        [good, room, 1, -1],
        [good, room, 100_000, room],
        // Sizes that overflow 32 bits, signed and unsigned.
        [good, room, 1 << 26, room],
        [good, room, 1 << 27, room],
        [good, room, 89_478_486, room],
        [good, room, i64::from(u32::MAX / 48) + 1, room],
        [good, room, 1 << 31, room],
        [good, room, -1, room],
    ]
    .iter()
    .map(|arguments| script.call("poll_oneoff", arguments))
    .collect();
    let edge = script.call("poll_oneoff", &[good, END - 32, 1, END - 4]);
    let now = script.room(8);
    script.call("clock_time_get", &[MONOTONIC.into(), 0, now]);
    let shown = script.run(settings(), "input", "");
    for (index, fault) in faults.into_iter().enumerate() {
        assert_eq!(shown.result(fault), EFAULT, "case {index}");
    }
    assert_eq!(shown.result(edge), SUCCESS, "the last bytes of memory are memory");
    assert_eq!(shown.u64(now), START_NS + 100);
}

#[test]
fn subscriptions_may_lie_where_the_events_go() {
    let mut script = Script::command();
    let subscriptions = [clock(1, MONOTONIC, 500, 0), clock(2, MONOTONIC, 500, 0), clock(3, MONOTONIC, 500, 0)];
    let at = script.bytes(subscriptions.as_flattened());
    let count = script.room(4);
    let call = script.call("poll_oneoff", &[at, at, 3, count]);
    let shown = script.run(settings(), "input", "");
    assert_eq!((shown.result(call), shown.u32(count)), (SUCCESS, 3));
    assert_eq!([shown.u64(at), shown.u64(at + 32), shown.u64(at + 64)], [1, 2, 3]);
}

#[test]
fn each_subscription_costs_fuel() {
    let fuel = |count: i64| {
        let mut script = Script::command();
        let (subscriptions, events) = (script.room(48 * 100), script.room(32 * 100));
        let written = script.room(4);
        script.call("poll_oneoff", &[subscriptions, events, count, written]);
        run_all(&script.source(), settings(), [("input", "".into())]).remove(0).usage.fuel
    };
    assert_eq!(fuel(100) - fuel(10), 900);
}

#[test]
fn polling_without_end_runs_out_of_fuel() {
    let source = "(module
        (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export \"memory\") 1)
        (func (export \"_start\")
            (loop $again
                (drop (call $poll (i32.const 0) (i32.const 4096) (i32.const 1) (i32.const 8192)))
                (br $again))))";
    let settings = settings_with(|settings| settings.budget.fuel = Fuel { base: 1_000_000, per_input_byte: 0 });
    assert_failed(&run_all(source, settings, [("input", "".into())])[0], FailureKind::OutOfFuel, "");
}
