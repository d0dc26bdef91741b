//! What comes out of compressed files, whole, cut off, damaged and too large.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use super::*;
use crate::outcome::FailureKind;
use crate::source::root::Root;

/// Frames and members follow one another in files that are appended to.
fn compress(format: Format, text: &[u8]) -> Vec<u8> {
    match format {
        Format::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Format::Zstd => {
            let mut compressed = ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest);
            // A frame without content, as pzstd writes them.
            compressed.extend([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
            compressed
        }
        Format::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Format::Bzip2 => {
            let mut compressed = Vec::new();
            bzip2::read::BzEncoder::new(text, bzip2::Compression::fast()).read_to_end(&mut compressed).unwrap();
            compressed
        }
        Format::Xz => {
            let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
            writer.write_all(text).unwrap();
            writer.finish().unwrap()
        }
    }
}

const FORMATS: [Format; 5] = [Format::Gzip, Format::Zstd, Format::Lz4, Format::Bzip2, Format::Xz];

/// Reads a file that holds `compressed`, which may be `most_bytes` large.
fn decompress(format: Format, compressed: &[u8], most_bytes: Option<u64>) -> Result<Vec<u8>, Failure> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), compressed).unwrap();
    let root = Root::open(dir.path()).unwrap();
    let path = TaskPath::from_path(Path::new("f"));
    let file = InputFile::open(&root, &path)?;
    let mut input = Decompressed::open(file, &path, format, most_bytes)?;
    let once = read_all(&mut input)?;
    input.rewind()?;
    assert_eq!(read_all(&mut input)?, once, "{format}, read twice");
    input.verify()?;
    if let Some(size_bytes) = input.size_bytes() {
        assert_eq!(size_bytes, once.len() as u64);
    }
    Ok(once)
}

fn read_all(input: &mut Decompressed) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(content),
            read_bytes => content.extend_from_slice(&buffer[..read_bytes]),
        }
    }
}

fn text(bytes: usize) -> Vec<u8> {
    let mut random: u32 = 1;
    let letters = std::iter::repeat_with(|| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (random >> 24) as u8 % 26
    });
    letters.take(bytes).collect()
}

#[test]
fn every_format_is_recognised_and_comes_out_as_it_went_in() {
    for format in FORMATS {
        for size in [0, 1, 1_000, 200_000] {
            let text = text(size);
            let compressed = compress(format, &text);
            assert_eq!(Format::recognise(&compressed[..compressed.len().min(MAGIC_BYTES)]), Some(format));
            assert_eq!(decompress(format, &compressed, None).unwrap(), text, "{format} {size}");
            let twice = [compressed.as_slice(), &compressed].concat();
            assert_eq!(decompress(format, &twice, None).unwrap(), [text.as_slice(), &text].concat(), "{format} {size}");
        }
    }
    for plain in ["", "{}", "BZh1 is a text", "\x1f", "PK\x03\x04"] {
        assert_eq!(Format::recognise(plain.as_bytes()), None, "{plain:?}");
    }
}

#[test]
fn what_is_larger_than_is_held_is_of_unknown_size_and_comes_out_whole() {
    for format in FORMATS {
        let text = text(HELD_BYTES + 12_345);
        assert_eq!(decompress(format, &compress(format, &text), None).unwrap(), text, "{format}");
    }
}

#[test]
fn a_file_that_was_cut_off_never_comes_out_as_if_it_was_whole() {
    for format in FORMATS {
        let compressed = compress(format, &text(300));
        let whole = compressed.len() - if format == Format::Zstd { 11 } else { 0 };
        for cut in (1..compressed.len()).filter(|&cut| cut != whole) {
            let failure = decompress(format, &compressed[..cut], None).expect_err(&format!("{format}, {cut} bytes"));
            assert_eq!(failure.kind, FailureKind::BadInput, "{format} {cut}: {failure}");
        }
    }
}

#[test]
fn damage_is_noticed() {
    for format in FORMATS {
        let mut compressed = compress(format, &text(3_000));
        let middle = compressed.len() / 2;
        compressed[middle] ^= 0x10;
        assert_eq!(decompress(format, &compressed, None).unwrap_err().kind, FailureKind::BadInput, "{format}");
    }
}

#[test]
fn what_comes_out_is_bounded() {
    for format in FORMATS {
        let compressed = compress(format, &vec![0; 100_000]);
        assert!(decompress(format, &compressed, Some(100_000)).is_ok());
        let failure = decompress(format, &compressed, Some(99_999)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::BadInput);
        assert!(failure.message.contains("--max-input"), "{failure}");
    }
}
