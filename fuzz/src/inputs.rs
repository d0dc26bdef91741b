//! Files that are split and decompressed, whatever is in them.

use std::fs;
use std::num::NonZeroU64;

use sandmill::config::{ChunkSize, Config, Output, Source, Split, Splitting};
use sandmill::event::Silent;

use crate::Target;
use crate::site::{as_row, folder, guest, hex};

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

/// Files that are split as their first two bytes say, or unpacked: chunks that are done make up the file.
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
            let results = read("results.csv");
            let chunks: String = results.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
            assert_eq!(chunks, hex(content), "the chunks are not the file");
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
