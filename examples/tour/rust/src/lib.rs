//! What the SDK for Rust can do. Each line of the input says what is to be done; the README beside has the list.

use std::io::Read as _;

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
    if let Some(how) = param("read") {
        return read_at_once(input, how == "whole", note.as_deref());
    }
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

/// One row about all of the input, which is taken whole or read in parts.
fn read_at_once(input: &mut Input, whole: bool, note: Option<&str>) -> Result<()> {
    let size = input.known_len().map_or("unknown".to_owned(), |size| size.to_string());
    let hash_on = |hash: u32, bytes: &[u8]| {
        bytes.iter().fold(hash, |hash, &byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
    };
    let mut hash = 0;
    if whole {
        hash = hash_on(hash, input.bytes()?);
    } else {
        let mut part = [0; 10_000];
        let mut reader = input.reader();
        loop {
            let read = reader.read(&mut part)?;
            if read == 0 {
                break;
            }
            hash = hash_on(hash, &part[..read]);
        }
    }
    let length = input.len() as usize;
    emit(Told {
        line: input.first_record().unwrap_or(0),
        text: &format!("at {}, size {size}, hash {hash}", input.chunk_offset()),
        length,
        above: length as i64 - 10,
        half_more: length as f64 + 0.5,
        is_long: length > 20,
        note,
        source: input.path(),
    });
    Ok(())
}

sandmill_guest::processor!(tour, row = Told<'_>);
