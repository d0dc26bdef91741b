//! Numbers as people read them: counts, durations, rates, fuel, bytes.

use std::time::Duration;

use bytesize::ByteSize;

/// `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 input`, `2,000 inputs`: for nouns that only take an s.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// `0.1 s`, `59 s`, `2 min 5 s`, `3 h 20 min`: two figures are enough.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 if duration < Duration::from_millis(1) => format!("{} µs", duration.as_micros()),
        0 if duration < Duration::from_millis(100) => format!("{} ms", duration.as_millis()),
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// `50/s`, `0.3/s`.
pub fn rate(per_second: f64) -> String {
    if per_second < 10.0 { format!("{per_second:.1}/s") } else { format!("{}/s", count(per_second as u64)) }
}

/// How many a second that is; nothing if there was no time to tell.
pub fn per_second(number: u64, elapsed: Duration) -> Option<f64> {
    let seconds = elapsed.as_secs_f64();
    (number > 0 && seconds > 0.0).then(|| number as f64 / seconds)
}

/// `950`, `12.3k`, `1G`: units of fuel.
pub fn fuel(units: u64) -> String {
    const STEPS: [(u64, &str); 4] = [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    match STEPS.into_iter().find(|(step, _)| units >= *step) {
        Some((step, suffix)) => format!("{}{suffix}", one_decimal(units as f64 / step as f64)),
        None => units.to_string(),
    }
}

/// `512 MiB`, `1.5 GiB`.
pub fn bytes(number: u64) -> String {
    ByteSize::b(number).display().iec().to_string().replacen(".0 ", " ", 1)
}

/// `12.3`, but `12` for `12.0`.
fn one_decimal(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_nouns_agree() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(count), ["0", "999", "1,000", "12,345,678"]);
        assert_eq!([0, 1, 2].map(|number| counted(number, "row")), ["0 rows", "1 row", "2 rows"]);
    }

    #[test]
    fn durations_have_two_figures_at_most() {
        let shown = |milliseconds| duration(Duration::from_millis(milliseconds));
        assert_eq!(
            [0, 12, 100, 9_900, 59_999, 125_000, 12_000_000, 180_000_000].map(shown),
            ["0 µs", "12 ms", "0.1 s", "9.9 s", "59 s", "2 min 5 s", "3 h 20 min", "2 d 2 h"]
        );
    }

    #[test]
    fn rates_fuel_and_bytes_are_short() {
        assert_eq!([0.25, 50.0, 62_000.4].map(rate), ["0.2/s", "50/s", "62,000/s"]);
        assert_eq!([950, 12_345, 1_000_000_000].map(fuel), ["950", "12.3k", "1G"]);
        assert_eq!([512, 512 << 20].map(bytes), ["512 B", "512 MiB"]);
        assert_eq!(per_second(0, Duration::from_secs(1)), None);
    }
}
