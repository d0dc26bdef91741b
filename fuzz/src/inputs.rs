//! Files that are split and decompressed, whatever is in them.

use std::fs;
use std::num::NonZeroU64;

use sandmill::config::{ChunkSize, Config, Output, Source, Split, Splitting};
use sandmill::event::Silent;

use crate::Target;
use crate::site::{as_row, folder, guest, hex};

/// How the first two bytes say that the others are split.
fn splitting(kind: u8, size: u8) -> Option<Splitting> {
    let number = NonZeroU64::new(u64::from(size)).unwrap_or(NonZeroU64::MIN);
    let split = match kind % 9 {
        0 => Split::Lines,
        1 => Split::JsonEntries,
        2 => Split::Csv { separator: b',' },
        3 => Split::JsonArray,
        4 => Split::Bytes(number),
        5 => Split::Delimiter(b"ab".to_vec()),
        6 => Split::Delimiter(b"aa".to_vec()),
        7 => Split::Records("^[a-c]+:".to_owned()),
        _ => return None,
    };
    let size = if kind & 0x80 == 0 { ChunkSize::Bytes(number) } else { ChunkSize::Records(number) };
    Some(Splitting { split, size, column: "chunk".to_owned() })
}

/// Where records end in `content`, told in the simplest way; of those whose chunks are written anew it is not told.
fn record_ends(content: &[u8], split: &Split) -> Option<Vec<usize>> {
    let after = |delimiter: &[u8]| {
        let mut ends = vec![0];
        let next = |at: usize| content[at..].windows(delimiter.len()).position(|window| window == delimiter);
        while let Some(found) = next(ends[ends.len() - 1]) {
            ends.push(ends[ends.len() - 1] + found + delimiter.len());
        }
        ends.split_off(1)
    };
    let begins_record = |line: &[u8]| {
        let letters = line.iter().take_while(|byte| (b'a'..=b'c').contains(byte)).count();
        letters > 0 && line.get(letters) == Some(&b':')
    };
    let mut ends: Vec<usize> = match split {
        Split::Lines => after(b"\n"),
        Split::Delimiter(delimiter) => after(delimiter),
        Split::Bytes(bytes) => (1..=content.len() / bytes.get() as usize).map(|n| n * bytes.get() as usize).collect(),
        Split::Records(_) => after(b"\n").into_iter().filter(|&line| begins_record(&content[line..])).collect(),
        Split::JsonEntries | Split::Csv { .. } | Split::JsonArray => return None,
    };
    if ends.last() != Some(&content.len()) {
        ends.push(content.len());
    }
    Some(ends)
}

/// The chunks that `content` must be split into.
fn expected_chunks(content: &[u8], splitting: &Splitting) -> Option<Vec<String>> {
    let (mut chunks, mut start, mut records) = (Vec::new(), 0, 0);
    for end in record_ends(content, &splitting.split)? {
        records += 1;
        let is_enough = match splitting.size {
            _ if matches!(splitting.split, Split::Bytes(_)) => true,
            ChunkSize::Bytes(bytes) => (end - start) as u64 >= bytes.get(),
            ChunkSize::Records(most) => records >= most.get(),
        };
        if is_enough || end == content.len() {
            chunks.push(hex(&content[start..end]));
            (start, records) = (end, 0);
        }
    }
    Some(chunks)
}

/// Files that are split as their first two bytes say, or unpacked: chunks are where they must be.
pub fn target() -> Target {
    let texts = [
        "a: 1\nb: 2\n\nc: \"3\nd\"\n",
        "name,n\r\n\"a \"\"b\n\",1\r\nc,2\n",
        "{\n\"a\": 1,\n\"b\": [2, 3],\n\"c\": {\"d\": \"]\\\"\"}\n}\n",
        "[1, {\"a\": [\"]\"]},\n \"x\\\"\", []]",
        "aaabaab ab aaaa",
    ];
    let mut seeds = Vec::new();
    for kind in (0..9).chain(0x80..0x89) {
        seeds.extend(texts.iter().map(|text| [&[kind, 8], text.as_bytes()].concat()));
    }
    seeds.extend(compressed().into_iter().map(|file| [vec![8, 0], file].concat()));
    let site = folder();
    let path = site.path().join("input");
    let check = move |bytes: &[u8]| {
        let (head, content) = bytes.split_at(bytes.len().min(2));
        let [kind, size] = [head.first(), head.get(1)].map(|byte| byte.copied().unwrap_or_default());
        fs::write(&path, content).unwrap();
        let out = folder();
        let splitting = splitting(kind, size);
        let source = Source {
            inputs: vec![path.clone()],
            splitting: splitting.clone(),
            max_input_bytes: Some(1 << 20),
            ..Source::default()
        };
        let config = Config {
            cache: Some(site.path().join("cache")),
            ..Config::new(guest("echo.wat"), source, Output::Folder(out.path().join("out")))
        };
        let Ok(summary) = sandmill::run_natively(&config, as_row, &Silent) else { return };
        let read = |name: &str| fs::read_to_string(out.path().join("out").join(name)).unwrap();
        assert!(!read("errors.csv").lines().any(|line| line.contains(",host,")), "{}", read("errors.csv"));
        let is_compressed = [&b"\x1f\x8b"[..], b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"BZh", b"\xfd7zXZ"]
            .iter()
            .any(|magic| content.starts_with(magic));
        let expected = splitting.and_then(|splitting| expected_chunks(content, &splitting));
        if let Some(expected) = expected.filter(|_| summary.total.tasks_failed() == 0 && !is_compressed) {
            let results = read("results.csv");
            let chunks: Vec<&str> = results.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
            assert_eq!(chunks, expected);
        }
    };
    Target { name: "inputs", seeds, check: Box::new(check) }
}

/// The same text in formats that are unpacked on the way.
fn compressed() -> Vec<Vec<u8>> {
    use std::io::Write as _;
    let text = "some text, some text\n".repeat(20);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    bzip2.write_all(text.as_bytes()).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(text.as_bytes()).unwrap();
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
    xz.write_all(text.as_bytes()).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    vec![gzip.finish().unwrap(), bzip2.finish().unwrap(), lz4.finish().unwrap(), xz.finish().unwrap(), zstd]
}
