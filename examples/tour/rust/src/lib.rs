//! What the SDK for Rust can do. Each line of the input says what is to be done; the README beside has the list.

use sandmill_guest::{Input, Result, Row, bail, emit, log, param, skip};

#[derive(Row)]
struct Told<'a> {
    line: u64,
    text: &'a str,
    length: usize,
    above: i64,
    half_more: f64,
    is_long: bool,
    note: Option<&'a str>,
    source: &'a str,
}

fn tour(input: &mut Input) -> Result<()> {
    let note = param("note");
    let source = input.path().to_owned();
    let mut lines = input.lines();
    while let Some(line) = lines.next_line() {
        let Ok(text) = line.text() else {
            line.reject("not text");
            continue;
        };
        match text {
            "" => line.reject("empty"),
            "skip" => skip!("line {} asks for it", line.number),
            "fail" => bail!("line {} asks for it", line.number),
            _ if text.starts_with("log ") => log!("{text}"),
            _ => {
                let length = text.len();
                emit(Told {
                    line: line.number,
                    text,
                    length,
                    above: length as i64 - 10,
                    half_more: length as f64 + 0.5,
                    is_long: length > 20,
                    note: note.as_deref(),
                    source: &source,
                });
            }
        }
    }
    Ok(())
}

sandmill_guest::processor!(tour, row = Told<'_>);
