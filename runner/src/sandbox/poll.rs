//! `poll_oneoff` on a guest's own clock: sleeping takes no time, and nothing blocks.
//!
//! The layouts are those of `wasi_snapshot_preview1.witx`.

use wasmtime::{AsContextMut as _, Caller};

use super::abi::{memory, range};
use super::guest::{Guest, consume_fuel};
use super::io::WALL_CLOCK_LEAD;

const SUBSCRIPTION_BYTES: usize = 48;
const EVENT_BYTES: usize = 32;
/// Fuel for each subscription, tabled in `docs/guest-abi.md`.
const SUBSCRIPTION_FUEL: u64 = 10;

const SUCCESS: u16 = 0;
const EBADF: u16 = 8;
const EFAULT: i32 = 21;
const EINVAL: i32 = 28;
const ENOTSUP: u16 = 58;

const EVENT_CLOCK: u8 = 0;
const CLOCK_REALTIME: u32 = 0;
const CLOCK_MONOTONIC: u32 = 1;
const ABSOLUTE_TIME: u16 = 1;

/// A wish of the guest to be woken.
enum Wish {
    /// At this time of the monotonic clock.
    Clock { deadline_ns: u64 },
    /// A clock that guests do not have.
    OtherClock,
    /// When this descriptor can be read or written: at once.
    Descriptor { fd: u32 },
}

struct Subscription {
    userdata: u64,
    event_type: u8,
    wish: Wish,
}

impl Subscription {
    fn read(bytes: &[u8; SUBSCRIPTION_BYTES], now_ns: u64) -> Self {
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default());
        let event_type = bytes[8];
        let wish = if event_type == EVENT_CLOCK {
            let (timeout_ns, absolute) = (u64_at(24), u16::from_le_bytes([bytes[40], bytes[41]]) & ABSOLUTE_TIME != 0);
            match (u32_at(16), absolute) {
                (CLOCK_REALTIME | CLOCK_MONOTONIC, false) => {
                    Wish::Clock { deadline_ns: now_ns.saturating_add(timeout_ns) }
                }
                (CLOCK_MONOTONIC, true) => Wish::Clock { deadline_ns: timeout_ns },
                (CLOCK_REALTIME, true) => {
                    Wish::Clock { deadline_ns: timeout_ns.saturating_sub(WALL_CLOCK_LEAD.as_nanos() as u64) }
                }
                _ => Wish::OtherClock,
            }
        } else {
            Wish::Descriptor { fd: u32_at(16) }
        };
        Self { userdata: u64_at(0), event_type, wish }
    }

    /// The event for this subscription at `now_ns`, if there is one.
    fn event(&self, now_ns: u64) -> Option<[u8; EVENT_BYTES]> {
        let (error, ready_bytes) = match self.wish {
            Wish::Clock { deadline_ns } if deadline_ns > now_ns => return None,
            Wish::Clock { .. } => (SUCCESS, 0_u64),
            Wish::OtherClock => (ENOTSUP, 0),
            // Whatever the descriptor: asking it is the way to find out what it has.
            Wish::Descriptor { fd } if fd <= i32::MAX.cast_unsigned() => (SUCCESS, 1),
            Wish::Descriptor { .. } => (EBADF, 0),
        };
        let mut event = [0; EVENT_BYTES];
        event[0..8].copy_from_slice(&self.userdata.to_le_bytes());
        event[8..10].copy_from_slice(&error.to_le_bytes());
        event[10] = self.event_type;
        event[16..24].copy_from_slice(&ready_bytes.to_le_bytes());
        Some(event)
    }
}

/// Answers every subscription that is due. If none is, the guest's clock jumps to the first that will be.
pub fn poll_oneoff(
    mut caller: Caller<'_, Guest>,
    subscriptions: i32,
    events: i32,
    count: i32,
    written: i32,
) -> wasmtime::Result<i32> {
    let count = count.cast_unsigned() as usize;
    if count == 0 {
        return Ok(EINVAL);
    }
    let memory = memory(&mut caller)?;
    let memory_bytes = memory.data_size(&caller);
    let array = |at: i32, each: usize| {
        let bytes = i32::try_from(count.checked_mul(each)?).ok()?;
        range(memory_bytes, at, bytes)
    };
    let (Some(subscriptions), Some(events), Some(written)) =
        (array(subscriptions, SUBSCRIPTION_BYTES), array(events, EVENT_BYTES), range(memory_bytes, written, 4))
    else {
        return Ok(EFAULT);
    };
    consume_fuel(caller.as_context_mut(), SUBSCRIPTION_FUEL.saturating_mul(count as u64))?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    // The arrays may overlap: read everything before writing anything.
    let read = |now_ns: u64| {
        let (chunks, _) = data[subscriptions.clone()].as_chunks::<SUBSCRIPTION_BYTES>();
        chunks.iter().map(move |chunk| Subscription::read(chunk, now_ns))
    };
    let now_ns = guest.io.now_ns();
    let due_ns = read(now_ns)
        .map(|subscription| match subscription.wish {
            Wish::Clock { deadline_ns } => deadline_ns,
            Wish::OtherClock | Wish::Descriptor { .. } => now_ns,
        })
        .min()
        .unwrap_or(now_ns)
        .max(now_ns);
    let answers: Vec<u8> = read(now_ns).filter_map(|subscription| subscription.event(due_ns)).flatten().collect();
    guest.io.sleep_until_ns(due_ns);
    data[events.start..events.start + answers.len()].copy_from_slice(&answers);
    let answered = u32::try_from(answers.len() / EVENT_BYTES).unwrap_or(u32::MAX);
    data[written].copy_from_slice(&answered.to_le_bytes());
    Ok(SUCCESS.into())
}
