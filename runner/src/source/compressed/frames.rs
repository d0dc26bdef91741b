//! Formats whose files may be several frames in a row, by decoders that know one.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// The frames of a zstd file.
pub(super) struct ZstdFrames<R: Read> {
    state: Zstd<R>,
}

/// A frame's magic number has been read to tell what it is, and is put back before it.
type Frame<R> = StreamingDecoder<Chain<Cursor<[u8; 4]>, BufReader<R>>, FrameDecoder>;

enum Zstd<R: Read> {
    Between(BufReader<R>),
    Within(Box<Frame<R>>),
    Over,
}

impl<R: Read> ZstdFrames<R> {
    pub(super) fn new(source: BufReader<R>) -> Self {
        Self { state: Zstd::Between(source) }
    }
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, Zstd::Over) {
                Zstd::Over => return Ok(0),
                Zstd::Between(mut source) => {
                    if source.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    self.state = begin(source)?;
                }
                Zstd::Within(mut frame) => {
                    let read_bytes = frame.read(buffer)?;
                    if read_bytes > 0 || buffer.is_empty() {
                        self.state = Zstd::Within(frame);
                        return Ok(read_bytes);
                    }
                    let told = frame.decoder.get_checksum_from_data();
                    if told.is_some() && told != frame.decoder.get_calculated_checksum() {
                        return Err(invalid("its checksum is not that of its content"));
                    }
                    self.state = Zstd::Between(frame.into_inner().into_inner().1);
                }
            }
        }
    }
}

/// Begins a frame, or passes over one that has no content.
fn begin<R: Read>(mut source: BufReader<R>) -> io::Result<Zstd<R>> {
    let mut magic = [0; 4];
    source.read_exact(&mut magic)?;
    if !matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18]) {
        let frame =
            StreamingDecoder::new(Cursor::new(magic).chain(source)).map_err(|error| invalid(error.to_string()))?;
        return Ok(Zstd::Within(Box::new(frame)));
    }
    let mut length = [0; 4];
    source.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    if io::copy(&mut source.by_ref().take(length), &mut io::sink())? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Zstd::Between(source))
}

/// The LZ4 frames of a file.
pub(super) struct Lz4Frames<R: Read> {
    decoder: lz4_flex::frame::FrameDecoder<Watched<R>>,
}

/// Remembers whether anybody tried to read beyond the end. The decoder takes the end of the file for that of a frame.
struct Watched<R> {
    source: BufReader<R>,
    was_at_end: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read_bytes = self.source.read(buffer)?;
        self.was_at_end |= read_bytes == 0 && !buffer.is_empty();
        Ok(read_bytes)
    }
}

impl<R: Read> Lz4Frames<R> {
    pub(super) fn new(source: BufReader<R>) -> Self {
        Self { decoder: lz4_flex::frame::FrameDecoder::new(Watched { source, was_at_end: false }) }
    }
}

impl<R: Read> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read_bytes = self.decoder.read(buffer)?;
            if read_bytes > 0 || buffer.is_empty() {
                return Ok(read_bytes);
            }
            let watched = self.decoder.get_mut();
            if watched.was_at_end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if watched.source.fill_buf()?.is_empty() {
                return Ok(0);
            }
        }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
