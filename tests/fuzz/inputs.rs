//! Files that are split and decompressed, whatever is in them.

use std::fs;
use std::num::NonZeroU64;

use sandmill::config::{ChunkSize, Config, Output, Source, Split, Splitting};
use sandmill::event::Silent;
use sandmill::input::Input;
use sandmill::outcome::Outcome;
use sandmill::row::{Rows, Schema};

use super::damage::folder;
use crate::harness::fuzz::Target;
use crate::harness::job::guest;

/// The content as a row.
fn as_row(schema: &Schema, input: &mut dyn Input) -> Outcome {
    let (mut content, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read_bytes) => content.extend_from_slice(&buffer[..read_bytes]),
            Err(failure) => return Outcome::Failed(failure),
        }
    }
    let hex: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut rows = Rows::default();
    match rows.push_json(format!("{{\"hex\":\"{hex}\"}}").as_bytes(), schema) {
        Ok(()) => Outcome::Done { rows, rejects: Vec::new() },
        Err(failure) => Outcome::Failed(failure),
    }
}

/// How the first two bytes say that the others are split, and whether its chunks are the very file.
fn splitting(kind: u8, size: u8) -> Option<(Splitting, bool)> {
    let number = NonZeroU64::new(u64::from(size)).unwrap_or(NonZeroU64::MIN);
    let (split, is_whole) = match kind % 9 {
        0 => (Split::Lines, true),
        1 => (Split::JsonEntries, false),
        2 => (Split::Csv { separator: b',' }, false),
        3 => (Split::JsonArray, false),
        4 => (Split::Bytes(number), true),
        5 => (Split::Delimiter(b"ab".to_vec()), true),
        6 => (Split::Delimiter(b"aa".to_vec()), true),
        7 => (Split::Records("^[a-c]+:".to_owned()), true),
        _ => return None,
    };
    let size = if kind & 0x80 == 0 { ChunkSize::Bytes(number) } else { ChunkSize::Records(number) };
    Some((Splitting { split, size, column: "chunk".to_owned() }, is_whole))
}

#[test]
fn fuzz_inputs() {
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
    let target = Target {
        name: "inputs",
        seeds,
        words: &[b"\n", b"\r\n", b"\"", b"ab", b"a:", b"[", b"}", b"\\\"", b","],
        rounds: 60,
    };
    let site = folder();
    let path = site.path().join("input");
    target.run(|bytes| {
        let (head, content) = bytes.split_at(bytes.len().min(2));
        let [kind, size] = [head.first(), head.get(1)].map(|byte| byte.copied().unwrap_or_default());
        fs::write(&path, content).unwrap();
        let out = folder();
        let splitting = splitting(kind, size);
        let source = Source {
            inputs: vec![path.clone()],
            splitting: splitting.as_ref().map(|(splitting, _)| splitting.clone()),
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
        if splitting.is_some_and(|(_, is_whole)| is_whole) && summary.total.tasks_failed() == 0 && !is_compressed {
            let hex: String = read("results.csv")
                .lines()
                .skip(1)
                .filter_map(|line| line.rsplit(',').next().map(str::to_owned))
                .collect();
            let expected: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expected, "the chunks are not the file");
        }
    });
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
