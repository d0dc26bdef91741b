//! Whatever the size of chunks and of blocks: the records of the chunks are those of the file.

use std::fs;
use std::io::Write as _;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::config::{ChunkSize, Split, Splitting};
use crate::input::{Input as _, read_exact};
use crate::outcome::{Failure, FailureKind};
use crate::source::chunk::ChunkInput;
use crate::source::content::{Chunk, Handling};
use crate::source::open::InputFile;
use crate::source::origin::Origin;
use crate::source::root::Root;
use crate::task::TaskPath;

use super::{Splitter, Unsplit};

struct Site {
    _dir: tempfile::TempDir,
    root: Root,
    /// Where the file is a compressed one.
    packed: Root,
    path: TaskPath,
    text: Vec<u8>,
}

impl Site {
    fn new(text: impl AsRef<[u8]>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("f"), text.as_ref()).unwrap();
        let packed = dir.path().join("packed");
        fs::create_dir(&packed).unwrap();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_ref()).unwrap();
        fs::write(packed.join("f"), encoder.finish().unwrap()).unwrap();
        let (root, packed) = (Root::open(dir.path()).unwrap(), Root::open(&packed).unwrap());
        Self { _dir: dir, root, packed, path: TaskPath::from_path(Path::new("f")), text: text.as_ref().to_owned() }
    }

    fn open(&self) -> InputFile {
        InputFile::open(&self.root, &self.path).unwrap()
    }

    fn chunks(&self, split: &Split, size: ChunkSize, block_bytes: usize) -> Vec<(u64, Chunk)> {
        self.chunks_of(self.open(), split, size, block_bytes)
    }

    fn open_packed(&self) -> InputFile {
        InputFile::open(&self.packed, &self.path).unwrap()
    }

    /// Checks that the compressed file gives what the other one does.
    fn check_packed(&self, split: &Split, size: ChunkSize, block_bytes: usize) {
        let contents = |open: &dyn Fn() -> InputFile| -> Vec<_> {
            let chunks = self.chunks_of(open(), split, size, block_bytes);
            let read = |chunk: &Chunk| read(open(), chunk).map_err(|failure| failure.message);
            chunks.into_iter().map(|(offset, chunk)| (offset, chunk.first_record, read(&chunk))).collect()
        };
        let about = format!("{split:?} {size:?} {block_bytes} {:?}", self.text.escape_ascii().to_string());
        assert_eq!(contents(&|| self.open_packed()), contents(&|| self.open()), "{about}");
    }

    fn chunks_of(&self, file: InputFile, split: &Split, size: ChunkSize, block_bytes: usize) -> Vec<(u64, Chunk)> {
        let mut splitter =
            Splitter::new(&Splitting { split: split.clone(), size, column: "chunk".to_owned() }).unwrap();
        splitter.block_bytes = block_bytes;
        let input = Unsplit { origin: Origin::File(Arc::new(file)), member: None, packed: None };
        splitter.chunks(input, &self.path, &Handling::default()).collect()
    }

    fn read(&self, chunk: &Chunk) -> Result<Vec<u8>, Failure> {
        read(self.open(), chunk)
    }
}

/// Reads a chunk as a guest would, in small pieces.
fn read(file: InputFile, chunk: &Chunk) -> Result<Vec<u8>, Failure> {
    let mut input = ChunkInput::open(Some(file), chunk)?;
    let mut whole = vec![0; input.size_bytes().unwrap() as usize];
    read_exact(&mut input, &mut whole)?;
    assert_eq!(input.read(&mut [0; 3])?, 0);
    input.rewind()?;
    let mut pieces = Vec::new();
    loop {
        let mut piece = [0; 3];
        match input.read(&mut piece)? {
            0 => break,
            read_bytes => pieces.extend_from_slice(&piece[..read_bytes]),
        }
    }
    assert_eq!(pieces, whole, "small reads give what a large one gives");
    input.verify()?;
    Ok(whole)
}

fn bytes(size: u64) -> ChunkSize {
    ChunkSize::Bytes(NonZeroU64::new(size).unwrap())
}

fn records(number: u64) -> ChunkSize {
    ChunkSize::Records(NonZeroU64::new(number).unwrap())
}

/// Every size of chunks and of blocks that could matter for `text`.
fn each_size(text: &[u8], least_block: usize, mut check: impl FnMut(ChunkSize, usize)) {
    let most = text.len() as u64 + 2;
    for block in [least_block, least_block + 1, least_block + 2, least_block + 5, 1 << 16] {
        for size in 1..=most {
            check(bytes(size), block);
            if size <= 12 {
                check(records(size), block);
            }
        }
    }
}

/// Splits `text` in every way, and compares what `records_of` finds in the chunks with what it finds in the whole.
fn check(split: &Split, text: &[u8], least_block: usize, records_of: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
    let site = Site::new(text);
    let expected = records_of(text);
    each_size(text, least_block, |size, block| {
        let about = format!("{split:?}, {size:?}, blocks of {block}: {:?}", text.escape_ascii().to_string());
        let chunks = site.chunks(split, size, block);
        site.check_packed(split, size, block);
        let mut found = Vec::new();
        assert_eq!(chunks[0].0, 0, "{about}");
        for (index, (offset, chunk)) in chunks.iter().enumerate() {
            assert!(index == 0 || chunks[index - 1].0 < *offset, "{about}");
            if let (Some(first_record), ChunkSize::Records(_)) = (chunk.first_record, size) {
                assert_eq!(first_record, found.len() as u64 + 1, "{about}");
            }
            let content = site.read(chunk).unwrap_or_else(|failure| panic!("{about}: {failure}"));
            let of_chunk = records_of(&content);
            if let ChunkSize::Records(records) = size {
                assert!(of_chunk.len() as u64 <= records.get(), "{about}: {of_chunk:?}");
            }
            // A chunk is as small as it can be: without its last record it would not be large enough.
            assert!(size != bytes(1) || of_chunk.len() <= 1, "{about}: {of_chunk:?}");
            if let (ChunkSize::Bytes(bytes), Some(last)) = (size, of_chunk.last())
                && matches!(split, Split::Lines | Split::Delimiter(_) | Split::Records(_))
            {
                assert!(chunk.end - chunk.start < bytes.get() + last.len() as u64, "{about}: {of_chunk:?}");
            }
            found.extend(of_chunk);
        }
        assert_eq!(found, expected, "{about}");
    });
}

fn pieces(text: &[u8], delimiter: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.windows(delimiter.len()).position(|window| window == delimiter);
        let (piece, after) = rest.split_at(end.map_or(rest.len(), |end| end + delimiter.len()));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}

#[test]
fn lines_are_whole_and_each_is_in_one_chunk() {
    for text in ["", "\n", "a", "a\n", "\n\na", "ab\ncde\n\nf\r\nlong long long line\nx", "a\nb\nc\nd\n"] {
        check(&Split::Lines, text.as_bytes(), 4, |text| pieces(text, b"\n"));
    }
}

#[test]
fn delimiters_may_be_long_and_overlap_themselves() {
    for (delimiter, text) in [
        ("\0", "a\0bc\0\0d"),
        ("--", "a--b---c----d-"),
        ("\n\n", "a\nb\n\n\nc\n\n\n\n\nd\n"),
        ("aba", "xababay-aba-ab"),
        ("<end>", "<a<end>b<e<end><end>c<en"),
    ] {
        check(&Split::Delimiter(delimiter.as_bytes().to_vec()), text.as_bytes(), 8, |text| {
            pieces(text, delimiter.as_bytes())
        });
    }
}

#[test]
fn records_begin_with_a_line_that_matches() {
    let starts = |text: &[u8]| {
        let mut records: Vec<Vec<u8>> = Vec::new();
        for line in pieces(text, b"\n") {
            match records.last_mut() {
                Some(record) if !line.starts_with(b">") => record.extend(line),
                _ => records.push(line),
            }
        }
        records
    };
    for text in [">a\nAC\nGT\n>b\n>c\nT>T\n", "; preamble\n>a\nA", "no start at all\nnone", ">", "\n\n>a\n\n>b"] {
        check(&Split::Records(">".to_owned()), text.as_bytes(), 32, starts);
    }
}

#[test]
fn bytes_are_pieces_of_one_size() {
    let site = Site::new("0123456789");
    let size = NonZeroU64::new(4).unwrap();
    let chunks = site.chunks(&Split::Bytes(size), ChunkSize::DEFAULT, 1 << 16);
    let found: Vec<Vec<u8>> = chunks.iter().map(|(_, chunk)| site.read(chunk).unwrap()).collect();
    assert_eq!(found, [b"0123".to_vec(), b"4567".to_vec(), b"89".to_vec()]);
    assert_eq!(chunks.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [0, 4, 8]);
    for text in ["", "0123", "0123456789"] {
        Site::new(text).check_packed(&Split::Bytes(size), ChunkSize::DEFAULT, 1 << 16);
    }
}

#[test]
fn every_chunk_of_csv_has_the_header_and_whole_records() {
    // Record by record, without the header, as a reader of CSV has them.
    let rows = |text: &[u8]| {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
        assert_eq!(reader.byte_headers().unwrap().get(0), Some(&b"h1"[..]));
        reader.byte_records().map(|record| record.unwrap().iter().collect::<Vec<_>>().join(&b'|')).collect()
    };
    for text in [
        "h1,h2\n",
        "h1,h2",
        "h1,h2\na,b\nc,d",
        "h1,h2\r\na,\"b\r\n\"\r\n\"\"\"c\"\"\",\"\n\n\"\r\n",
        "\"h1\",\"h\n2\"\n\"a\nb\nc\",d\n5\" pipe,6\" pipe\ne,\"f,\"\"\ng\"\"\"\n\"\",\"\"\nlast,\"one\"",
        "\u{feff}\"h1\",\"h\n2\"\na,b\n",
    ] {
        check(&Split::Csv { separator: b',' }, text.as_bytes(), 2, rows);
    }
}

#[test]
fn the_elements_of_an_array_become_lines() {
    let elements = |text: &[u8]| -> Vec<Vec<u8>> {
        // The whole file is one array, a chunk is lines.
        if let Ok(array) = serde_json::from_slice::<Vec<serde_json::Value>>(text.trim_ascii())
            && text.trim_ascii().starts_with(b"[")
            && !text.contains(&b'#')
        {
            return array.iter().map(|value| value.to_string().into_bytes()).collect();
        }
        let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        lines.map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap().to_string().into_bytes()).collect()
    };
    for text in [
        "[]",
        " [ ] \n",
        "[{\"a\":1}]",
        "[1,2,3]",
        "[\n  {\"a\": [1, 2, {\"b\": \"]}\"}],\n \"c\": \"x,\\\"\\\\\"},\n  \"s,\\\\\", null,\n\t-1.5e3 ,{ }\n]\n",
        "[{\"k\":\"a\\nb\\u005d\"},\"\\\\\\\"\",{\"n\":{\"n\":{\"n\":[{},{}]}}}]",
    ] {
        check(&Split::JsonArray, text.as_bytes(), 2, elements);
    }
}

#[test]
fn the_entries_of_an_object_become_objects_and_those_of_an_array_values() {
    let of_object = "{\n\"a\": {\"x\": 1},\n  \"b\": [2],\r\n\n\"c\": \"},\"\n}\n";
    let entries = |text: &[u8]| -> Vec<Vec<u8>> {
        if text.starts_with(b"{\n") {
            let object: serde_json::Map<_, _> = serde_json::from_slice(text).unwrap();
            let entries = object.into_iter().map(|(key, value)| serde_json::json!({ key: value }));
            return entries.map(|entry| entry.to_string().into_bytes()).collect();
        }
        let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap().to_string().into_bytes()).collect()
    };
    let site = Site::new(of_object);
    let expected = entries(of_object.as_bytes());
    let contents = |site: &Site, size| -> Vec<u8> {
        let chunks = site.chunks(&Split::JsonEntries, size, 1 << 16);
        chunks.iter().flat_map(|(_, chunk)| site.read(chunk).unwrap()).collect()
    };
    for size in 1..50 {
        assert_eq!(entries(&contents(&site, bytes(size))), expected, "{size}");
        assert_eq!(entries(&contents(&site, records(size))), expected, "{size}");
    }
    let array = Site::new("[\n{\"id\":1},\n{\"id\":2}\n]");
    assert_eq!(contents(&array, bytes(1)), b"{\"id\":1}\n{\"id\":2}\n");
    assert_eq!(contents(&Site::new("{\n}\n"), bytes(9)), b"");
}

#[test]
fn a_place_in_a_chunk_is_one_in_the_file() {
    let check = |split: &Split, text: &str, marks: &[&str]| {
        let site = Site::new(text);
        for size in 1..text.len() as u64 {
            let mut found = 0;
            for (_, chunk) in site.chunks(split, bytes(size), 1 << 16) {
                let content = String::from_utf8(site.read(&chunk).unwrap()).unwrap();
                let input = ChunkInput::open(Some(site.open()), &chunk).unwrap();
                for mark in marks {
                    if let Some(at) = content.rfind(mark) {
                        assert_eq!(input.place(at as u64), text.rfind(mark).unwrap() as u64, "{split:?} {size} {mark}");
                        found += 1;
                    }
                }
            }
            assert!(found >= marks.len(), "{split:?} {size}");
        }
    };
    check(&Split::Lines, "a\nbb\nccc\n", &["a", "bb", "ccc"]);
    check(&Split::Csv { separator: b',' }, "h\na\nbb\n\"c\nc\"\n", &["h", "a", "bb", "\"c"]);
    check(&Split::JsonArray, "[\n \"a\",\n \"b\", \"c\"]", &["\"a", "\"b", "\"c"]);
    check(&Split::JsonEntries, "{\n\"a\": 1,\n\n  \"b\": 2,\n\"c\": 3\n}", &["\"a", "\"b", "\"c"]);
}

/// The failures of the chunks of `text`, one for each chunk that has one.
fn faults(split: &Split, text: &str, size: ChunkSize) -> Vec<String> {
    let site = Site::new(text);
    let chunks = site.chunks(split, size, 1 << 16);
    if *split != Split::JsonEntries {
        site.check_packed(split, size, 1 << 16);
    }
    let failures = chunks.iter().filter_map(|(_, chunk)| site.read(chunk).err());
    failures
        .map(|failure| {
            assert_eq!(failure.kind, FailureKind::BadInput, "{failure}");
            failure.message
        })
        .collect()
}

#[test]
fn what_is_cut_off_or_something_else_is_a_fault_of_the_chunk_it_is_in() {
    let csv = Split::Csv { separator: b',' };
    assert_eq!(
        faults(&csv, "h\na\nb\n\"c\nd\ne\n", bytes(1)),
        ["split f: the quote that opens at byte 6 is never closed"]
    );
    assert_eq!(faults(&csv, "\"h\na\nb", bytes(1)), ["split f: the quote that opens at byte 0 is never closed"]);
    let cut_off = "split f: the array is not closed: the file was cut off";
    for text in ["[", "[1", "[1,", "[1,2", "[1,[2]"] {
        assert_eq!(faults(&Split::JsonArray, text, bytes(1)), [cut_off], "{text}");
    }
    assert_eq!(faults(&Split::JsonArray, "[1,\"2", bytes(1)), ["split f: the file ends within a string"]);
    assert_eq!(
        faults(&Split::JsonArray, "[1,2] \n[3]", bytes(1)),
        ["split f: something follows the end of the array, at byte 7"]
    );
    assert_eq!(
        faults(&Split::JsonArray, " {}", bytes(1)),
        ["split f: it is no JSON array: a [ was expected at byte 1"]
    );
    let entries = |text| faults(&Split::JsonEntries, text, bytes(1));
    let not_alone = "split f: its first line is not { or [ alone: its entries are not one a line";
    assert_eq!(entries("{\"a\":1}"), [not_alone]);
    for text in ["{\n\"a\": 1,\n\"b\": 2", "{\n\"a\": 1,\n", "{\n", "{\n\"a\": 1\n]"] {
        assert_eq!(entries(text), ["split f: its last line is not } alone: the file was cut off"], "{text:?}");
    }
}

#[test]
fn a_file_that_is_not_the_one_that_was_split_is_refused() {
    let site = Site::new("a\nb\n");
    let chunks = site.chunks(&Split::Lines, bytes(1), 1 << 16);
    fs::write(site.root.path().join("f"), "longer\n").unwrap();
    let failure = site.read(&chunks[1].1).unwrap_err();
    assert_eq!((failure.kind, failure.message.contains("changed")), (FailureKind::Input, true), "{failure}");
    assert_eq!(site.text.len(), 4);
}
