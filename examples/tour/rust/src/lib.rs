//! What the SDK for Rust can do. Each line of the input says what is to be done; the README beside has the list.

use std::io::{Read as _, Write as _};

use sandmill_guest::{Input, OutputFile, Result, Row, bail, emit, emit_file, log, param, shared, skip};

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
                if let Some(file) = text.strip_prefix("file ") {
                    write_line(file);
                } else if let Some(name) = text.strip_prefix("shared ") {
                    match describe_shared(name) {
                        Some(text) => tell(line.number, &text, note.as_deref(), &source),
                        None => line.reject("not shared"),
                    }
                } else {
                    tell(line.number, text, note.as_deref(), &source);
                }
            }
        }
    }
    Ok(())
}

fn tell(line: u64, text: &str, note: Option<&str>, source: &str) {
    let length = text.len();
    emit(Told {
        line,
        text,
        length,
        above: length as i64 - 10,
        half_more: length as f64 + 0.5,
        is_long: length > 20,
        note,
        source,
    });
}

/// `NAME TEXT`: the text and a newline are appended to the file.
fn write_line(line: &str) {
    let (name, text) = line.split_once(' ').unwrap_or((line, ""));
    emit_file(name, format!("{text}\n").as_bytes());
}

fn hash_on(hash: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(hash, |hash, &byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

/// What is in a file of the shared data, taken whole and read in parts.
fn describe_shared(name: &str) -> Option<String> {
    let file = shared(name)?;
    let whole = hash_on(0, &file.to_vec());
    let (mut parts, mut offset, mut part) = (0, 0, [0; 1000]);
    loop {
        let read = file.read_at(offset, &mut part);
        if read == 0 {
            break;
        }
        parts = hash_on(parts, &part[..read]);
        offset += read as u64;
    }
    let beyond = file.read_at(offset + 1, &mut part);
    Some(format!("size {}, hash {whole}, in parts {offset}, hash {parts}, beyond {beyond}", file.len()))
}

/// One row about all of the input, which is taken whole or read in parts, and written to the file `copy` if there is one.
fn read_at_once(input: &mut Input, whole: bool, note: Option<&str>) -> Result<()> {
    let size = input.known_len().map_or("unknown".to_owned(), |size| size.to_string());
    let copy = param("copy");
    let mut hash = 0;
    if whole {
        let bytes = input.bytes()?;
        hash = hash_on(hash, bytes);
        if let Some(name) = copy {
            emit_file(&name, bytes);
        }
    } else {
        let mut file = copy.map(OutputFile::create);
        let mut part = [0; 10_000];
        let mut reader = input.reader();
        loop {
            let read = reader.read(&mut part)?;
            if read == 0 {
                break;
            }
            hash = hash_on(hash, &part[..read]);
            if let Some(file) = &mut file {
                file.write_all(&part[..read])?;
            }
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
