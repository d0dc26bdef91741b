//! Stock quotes as JSON lines: a columnar file for each input, and a row that sums it up.

mod npz;
mod time;

use sandmill_guest::{Input, Result, Row, emit_file, skip};
use serde::Deserialize;

use self::npz::{Column, Npz};

/// The name of the file in the folder of its input.
const FILE: &str = "quotes.npz";

/// One line of an input.
#[derive(Deserialize)]
struct Quote<'a> {
    /// In UTC, as in `2024-01-02T09:30:00Z`.
    time: &'a str,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: i64,
}

#[derive(Row)]
struct Summary {
    quotes: u64,
    first: f64,
    last: f64,
    high: f64,
    low: f64,
    volume: i64,
    file_bytes: u64,
}

#[derive(Default)]
struct Quotes {
    time: Vec<i64>,
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<i64>,
}

fn convert(input: &mut Input) -> Result<Summary> {
    let mut quotes = Quotes::default();
    let mut lines = input.lines();
    while let Some(line) = lines.next_line() {
        if line.bytes.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Quote<'_>>(line.bytes) {
            Ok(quote) => match time::seconds(quote.time) {
                Some(time) => quotes.push(time, &quote),
                None => line.reject(format_args!("{:?} is not a time", quote.time)),
            },
            Err(error) => line.reject(error),
        }
    }
    if quotes.time.is_empty() {
        skip!("no quotes");
    }
    let file = quotes.to_file();
    emit_file(FILE, &file);
    Ok(quotes.summary(file.len() as u64))
}

sandmill_guest::processor!(convert);

impl Quotes {
    fn push(&mut self, time: i64, quote: &Quote<'_>) {
        self.time.push(time);
        self.open.push(quote.open);
        self.high.push(quote.high);
        self.low.push(quote.low);
        self.close.push(quote.close);
        self.volume.push(quote.volume);
    }

    fn to_file(&self) -> Vec<u8> {
        let mut npz = Npz::default();
        npz.add("time", &Column::Seconds(&self.time));
        for (name, values) in [("open", &self.open), ("high", &self.high), ("low", &self.low), ("close", &self.close)] {
            npz.add(name, &Column::Floats(values));
        }
        npz.add("volume", &Column::Integers(&self.volume));
        npz.finish()
    }

    fn summary(&self, file_bytes: u64) -> Summary {
        Summary {
            quotes: self.time.len() as u64,
            first: self.close.first().copied().unwrap_or_default(),
            last: self.close.last().copied().unwrap_or_default(),
            high: self.high.iter().copied().fold(f64::MIN, f64::max),
            low: self.low.iter().copied().fold(f64::MAX, f64::min),
            volume: self.volume.iter().fold(0, |sum, volume| sum.saturating_add(*volume)),
            file_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use sandmill_guest::testing::run;

    use super::convert;

    #[test]
    fn quotes_become_columns_and_what_is_no_quote_is_rejected() {
        let quote = r#"{"time":"2024-01-02T09:30:00Z","open":1.5,"high":3,"low":1,"close":2,"volume":7}"#;
        let outcome = run(convert, format!("{quote}\nno\n\n{}\n", quote.replace("09:30", "25:30")));
        assert_eq!(outcome.rejects.iter().map(|reject| reject.record).collect::<Vec<_>>(), [2, 4]);
        let row = outcome.rows.unwrap().remove(0);
        assert!(row.starts_with(r#"{"quotes":1,"first":2.0,"last":2.0,"high":3.0,"low":1.0,"volume":7,"#), "{row}");
        let file = &outcome.files[0];
        assert_eq!(file.name, "quotes.npz");
        for part in ["PK\x03\x04", "open.npy", "'descr': '<M8[s]'", "'shape': (1,)"] {
            assert!(file.bytes.windows(part.len()).any(|window| window == part.as_bytes()), "no {part}");
        }
    }

    #[test]
    fn a_file_without_quotes_is_skipped() {
        assert!(run(convert, "\n").rows.unwrap_err().is_skip());
    }
}
