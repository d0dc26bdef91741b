//! What numbers on the command line mean: fuel, sizes, durations, workers, tolerated errors.
//!
//! Each function takes a value as typed, and gives a reason if it is none; clap says for which flag.

use std::num::{NonZeroU64, NonZeroUsize};
use std::str::FromStr as _;
use std::time::Duration;

use bytesize::ByteSize;
use sandmill::config::{Fuel, MaxErrors};

use super::figures;

/// The resolution of deadlines: less cannot be told apart.
const LEAST_TIMEOUT: Duration = Duration::from_millis(10);
/// Long enough for anything, and far from where clocks overflow.
const MOST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3_600);
/// One WebAssembly page.
const LEAST_MEMORY_BYTES: u64 = 64 << 10;
/// A 32-bit memory ends at 4 GiB, and a module may have several.
const MOST_MEMORY_BYTES: u64 = 64 << 30;
/// Less, and nothing can be called.
const LEAST_STACK_BYTES: u64 = 16 << 10;
/// Every worker's thread gets so much address space.
const MOST_STACK_BYTES: u64 = 1 << 30;
/// The ledger holds less than 1 GB of rows for a task, and they can take half as much again as the guest wrote.
const MOST_OUTPUT_BYTES: u64 = 512 << 20;
const MOST_LOG_BYTES: u64 = 1 << 30;
/// More threads than any machine is made for.
const MOST_WORKERS: usize = 4_096;
const MOST_WORKERS_PERCENT: u32 = 1_000;

/// `--fuel`: `N`, `N+M/byte`, or `Kx`, a multiple of the default.
pub fn fuel(text: &str) -> Result<Fuel, String> {
    if let Some(factor) = text.strip_suffix(['x', 'X']) {
        return multiple_of_default(factor);
    }
    let (base, per_input_byte) = match text.split_once('+') {
        Some((base, slope)) => {
            let slope = slope.strip_suffix("/byte").ok_or_else(|| {
                format!("what comes after the + ends in /byte, as in 10G+10k/byte; {slope:?} does not")
            })?;
            (units(base)?, units(slope)?)
        }
        None => (units(text)?, 0),
    };
    if base == 0 {
        return Err("a task without fuel cannot start".to_owned());
    }
    Ok(Fuel { base, per_input_byte })
}

fn multiple_of_default(factor: &str) -> Result<Fuel, String> {
    let factor: f64 = factor.parse().map_err(|_| format!("{factor:?} is not a number"))?;
    // Written so that NaN is out too.
    if !(factor > 0.0 && factor <= 1e9) {
        return Err("the factor must be more than 0 and at most 1e9".to_owned());
    }
    let times = |units: u64| (units as f64 * factor).round() as u64;
    Ok(Fuel { base: times(Fuel::DEFAULT.base).max(1), per_input_byte: times(Fuel::DEFAULT.per_input_byte) })
}

/// A number with an optional suffix k, M, G or T: `10000000000`, `1e10`, `10G`, `1.5M`.
fn units(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().next_back() {
        Some((end, 'k' | 'K')) => (&text[..end], 1_000_u64),
        Some((end, 'M' | 'm')) => (&text[..end], 1_000_000),
        Some((end, 'G' | 'g')) => (&text[..end], 1_000_000_000),
        Some((end, 'T' | 't')) => (&text[..end], 1_000_000_000_000),
        _ => (text, 1),
    };
    let number = number.trim().replace('_', "");
    let too_much = || format!("{text} is more than {}", u64::MAX);
    if let Ok(number) = number.parse::<u64>() {
        return number.checked_mul(factor).ok_or_else(too_much);
    }
    // `inf` and `nan` are numbers to the standard library, but not to us.
    let starts_as_number = number.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    match number.parse::<f64>() {
        Ok(number) if starts_as_number => {
            let units = (number * factor as f64).round();
            if units < u64::MAX as f64 { Ok(units as u64) } else { Err(too_much()) }
        }
        _ => Err(format!("{text:?} is not a number, as in 10G, 1e10 or 500M")),
    }
}

/// `--timeout`.
pub fn timeout(text: &str) -> Result<Duration, String> {
    let timeout =
        humantime::parse_duration(text).map_err(|error| format!("{error}; write it as in 90s, 10m or 1h30m"))?;
    if timeout < LEAST_TIMEOUT {
        return Err(format!("the least is {}", figures::duration(LEAST_TIMEOUT)));
    }
    if timeout > MOST_TIMEOUT {
        return Err("the most is 365 days".to_owned());
    }
    Ok(timeout)
}

/// `--memory`.
pub fn memory(text: &str) -> Result<usize, String> {
    size(text, LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES)
}

/// `--stack`.
pub fn stack(text: &str) -> Result<usize, String> {
    size(text, LEAST_STACK_BYTES, MOST_STACK_BYTES)
}

/// `--max-output`.
pub fn output(text: &str) -> Result<usize, String> {
    size(text, 1, MOST_OUTPUT_BYTES)
}

/// `--chunk-bytes`, `--max-input`, `--split bytes:` and `--part-bytes`: any size but none.
pub fn chunk(text: &str) -> Result<NonZeroU64, String> {
    let ByteSize(bytes) = ByteSize::from_str(text).map_err(|error| format!("{error}; write it as in 4MiB or 500kB"))?;
    NonZeroU64::new(bytes).ok_or_else(|| "the least is one byte".to_owned())
}

/// `--sample`: a share of the inputs.
pub fn sample(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').ok_or("a share is written as in 1% or 0.5%")?;
    match percent.parse::<f64>() {
        Ok(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent),
        _ => Err(format!("{percent:?} is not a number above 0 and up to 100")),
    }
}

/// `--max-log`: none at all is a choice too.
pub fn log(text: &str) -> Result<usize, String> {
    size(text, 0, MOST_LOG_BYTES)
}

fn size(text: &str, least_bytes: u64, most_bytes: u64) -> Result<usize, String> {
    let ByteSize(bytes) = ByteSize::from_str(text.trim())
        .map_err(|_| format!("{text:?} is not a size, as in 512MiB, 64k or 1048576 (bytes)"))?;
    if bytes < least_bytes {
        let has_unit = text.ends_with(|last: char| last.is_ascii_alphabetic());
        let forgotten = if has_unit || bytes == 0 { "" } else { "; a number without a unit is bytes" };
        return Err(format!("the least is {}{forgotten}", figures::bytes(least_bytes)));
    }
    if bytes > most_bytes {
        return Err(format!("the most is {}", figures::bytes(most_bytes)));
    }
    usize::try_from(bytes).map_err(|_| "more than this machine can address".to_owned())
}

/// `-j`: as typed, since a percentage is one of a number that is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    Count(NonZeroUsize),
    Percent(u32),
}

impl Workers {
    /// The number of workers where `parallelism` threads can run at once.
    pub fn of(self, parallelism: NonZeroUsize) -> NonZeroUsize {
        match self {
            Self::Count(workers) => workers,
            Self::Percent(percent) => {
                let workers = parallelism.get().saturating_mul(percent as usize) / 100;
                NonZeroUsize::new(workers).unwrap_or(NonZeroUsize::MIN)
            }
        }
    }
}

/// `-j`.
pub fn workers(text: &str) -> Result<Workers, String> {
    let not_a_number = || format!("{text:?} is neither a number, as in 8, nor a percentage, as in 50%");
    if let Some(percent) = text.strip_suffix('%') {
        let percent = percent.parse().map_err(|_| not_a_number())?;
        return match percent {
            1..=MOST_WORKERS_PERCENT => Ok(Workers::Percent(percent)),
            _ => Err(format!("a percentage of 1 to {MOST_WORKERS_PERCENT} is expected")),
        };
    }
    let workers: usize = text.parse().map_err(|_| not_a_number())?;
    match NonZeroUsize::new(workers) {
        Some(workers) if workers.get() <= MOST_WORKERS => Ok(Workers::Count(workers)),
        _ => Err(format!("1 to {MOST_WORKERS} are expected")),
    }
}

/// `--max-errors`.
pub fn max_errors(text: &str) -> Result<MaxErrors, String> {
    let Some(percent) = text.strip_suffix('%') else {
        let count =
            text.parse().map_err(|_| format!("{text:?} is neither a number, as in 100, nor a percentage, as in 5%"))?;
        return Ok(MaxErrors::Count(count));
    };
    match percent.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(MaxErrors::Percent(percent)),
        _ => Err("a percentage of 0 to 100 is expected".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuel_is_flat_or_grows_or_is_a_multiple() {
        let flat = |base| Ok(Fuel { base, per_input_byte: 0 });
        for text in ["10000000000", "10G", "1e10", "10_000M", "10g", "0.01T"] {
            assert_eq!(fuel(text), flat(10_000_000_000), "{text}");
        }
        assert_eq!(fuel("18446744073709551615"), flat(u64::MAX));
        assert_eq!(fuel("1.5k"), flat(1_500));
        assert_eq!(fuel("10G+10k/byte"), Ok(Fuel::DEFAULT));
        assert_eq!(fuel("1x"), Ok(Fuel::DEFAULT));
        assert_eq!(fuel("10x"), Ok(Fuel { base: 100_000_000_000, per_input_byte: 100_000 }));
        assert_eq!(fuel("0.5x"), Ok(Fuel { base: 5_000_000_000, per_input_byte: 5_000 }));
    }

    #[test]
    fn fuel_that_is_none_is_refused() {
        for text in
            ["", "0", "k", "x", "-1", "1e40", "nan", "inf", "10G+10k", "10G+10k/bytes", "0x", "-2x", "nanx", "1ё"]
        {
            assert!(fuel(text).is_err(), "{text}");
        }
        assert!(fuel("10G+5").unwrap_err().contains("/byte"));
    }

    #[test]
    fn sizes_have_units_and_bounds() {
        assert_eq!(memory("512MiB"), Ok(512 << 20));
        assert_eq!(memory("1.5 GiB"), Ok(3 << 29));
        assert_eq!(memory("1000000"), Ok(1_000_000));
        assert_eq!(output("64k"), Ok(64_000));
        assert_eq!(log("0"), Ok(0));
        assert_eq!(memory("0").unwrap_err(), "the least is 64 KiB");
        assert!(memory("512").unwrap_err().contains("without a unit is bytes"));
        assert_eq!(stack("2GiB").unwrap_err(), "the most is 1 GiB");
        assert!(memory("99999999999 EiB").unwrap_err().contains("the most"));
        for text in ["", "MiB", "-1", "12 parsecs"] {
            assert!(memory(text).unwrap_err().contains("not a size"), "{text}");
        }
    }

    #[test]
    fn timeouts_need_a_unit_and_are_not_nothing() {
        assert_eq!(timeout("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(timeout("1h30m"), Ok(Duration::from_secs(5_400)));
        for text in ["0s", "1ms", "60", "", "2years", "99999999999999999999s"] {
            assert!(timeout(text).is_err(), "{text}");
        }
    }

    #[test]
    fn workers_are_a_number_or_a_share() {
        let of =
            |text, parallelism| workers(text).map(|workers| workers.of(NonZeroUsize::new(parallelism).unwrap()).get());
        assert_eq!(of("3", 8), Ok(3));
        assert_eq!(of("50%", 8), Ok(4));
        assert_eq!(of("1%", 8), Ok(1));
        assert_eq!(of("200%", 8), Ok(16));
        for text in ["0", "0%", "-1", "many", "%", "5000", "10000%"] {
            assert!(workers(text).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_are_counted_or_a_share() {
        assert_eq!(max_errors("0"), Ok(MaxErrors::Count(0)));
        assert_eq!(max_errors("2.5%"), Ok(MaxErrors::Percent(2.5)));
        for text in ["", "%", "101%", "-1%", "nan%", "-1", "many"] {
            assert!(max_errors(text).is_err(), "{text}");
        }
    }
}
