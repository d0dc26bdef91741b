//! What is done with each line of a big file: with `--param work=count` as good as nothing, with `work=sum` it is read as
//! JSON and one of its numbers is added up. A row for each chunk.

use sandmill_guest::{Input, Result, Row, param};
use serde::Deserialize;

#[derive(Default, Row)]
struct Lines {
    lines: u64,
    bytes: u64,
    amount: u64,
}

#[derive(Deserialize)]
struct Record {
    amount: u64,
}

fn add_up(input: &mut Input) -> Result<Lines> {
    let is_parsed = param("work").as_deref() == Some("sum");
    let mut sums = Lines::default();
    let mut lines = input.lines();
    while let Some(line) = lines.next_line() {
        sums.lines += 1;
        sums.bytes += line.bytes.len() as u64;
        if is_parsed {
            sums.amount += line.json::<Record>()?.amount;
        }
    }
    Ok(sums)
}

sandmill_guest::processor!(add_up);
