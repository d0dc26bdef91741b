//! The members of a tar file, by its headers: those of POSIX (ustar and pax), of GNU and of old.
//!
//! The `tar` crate knows the headers. The way from one to the next is our own, since what lies between them may be
//! made to do harm: a long name or an extended header is read into memory only if it is a short one, and an archive that
//! ends without saying so has been cut off.

use std::io::{self, BufReader, Read, Seek};

use tar::{EntryType, Header};

use super::Fault;

/// What all of a tar file consists of.
pub(super) const BLOCK_BYTES: usize = 512;

/// The most bytes of a header that says more of the next member: many times what any name needs.
const MOST_EXTENSION_BYTES: u64 = 1 << 20;

/// What headers are read from, in order, with jumps over what lies between.
pub(super) trait Tape: Read {
    /// Goes on to `bytes` further on, if there are so many.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

impl<R: Read + Seek> Tape for BufReader<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.seek_relative(i64::try_from(bytes).map_err(|_| io::ErrorKind::UnexpectedEof)?)
    }
}

/// A member.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    /// Where its content begins in the tar file.
    pub(super) start: u64,
    pub(super) size_bytes: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// A member that is no file, though one might be missed; and what it is.
    Other(&'static str),
}

/// Whether `block`, the first of a file, is a header. Its checksum says so: the oldest ones have no magic number.
pub(super) fn is_header(block: &[u8]) -> bool {
    block.len() >= BLOCK_BYTES
        && block.iter().any(|&byte| byte != 0)
        && has_right_checksum(Header::from_byte_slice(&block[..BLOCK_BYTES]))
}

fn has_right_checksum(header: &Header) -> bool {
    let bytes = header.as_bytes();
    // The field of the checksum itself counts as spaces.
    let sum: u32 = bytes[..148].iter().chain(&bytes[156..]).map(|&byte| u32::from(byte)).sum();
    header.cksum().is_ok_and(|checksum| checksum == sum + 8 * u32::from(b' '))
}

/// What is said of a member by headers of its own before it.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size_bytes: Option<u64>,
    is_sparse: bool,
}

/// The members, one after another.
pub(super) struct Members<T> {
    tape: T,
    /// Where the next header is.
    position: u64,
}

impl<T: Tape> Members<T> {
    pub(super) fn new(tape: T) -> Self {
        Self { tape, position: 0 }
    }

    /// # Errors
    /// What is wrong with the archive; nothing follows then.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Fault> {
        let mut extension = Extension::default();
        loop {
            let at = self.position;
            let Some(header) = self.header()? else {
                return self.end().map(|()| None);
            };
            if !has_right_checksum(&header) {
                return Err(Fault::Bad(format!("the header at byte {at} is damaged")));
            }
            let kind = header.entry_type();
            let bad_size = |_| Fault::Bad(format!("the header at byte {at} has no size that could be"));
            match kind {
                EntryType::GNULongName => {
                    let mut name = self.extension(header.entry_size().map_err(bad_size)?)?;
                    name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
                    extension.name = Some(name);
                    continue;
                }
                EntryType::XHeader => {
                    let records = self.extension(header.entry_size().map_err(bad_size)?)?;
                    if !extension.read(&records) {
                        return Err(Fault::Bad(format!("the extended header at byte {at} is damaged")));
                    }
                    continue;
                }
                // What a link leads to, and what holds for all members: nothing of it matters here.
                EntryType::GNULongLink | EntryType::XGlobalHeader => {
                    self.skip_content(header.entry_size().map_err(bad_size)?)?;
                    continue;
                }
                _ => {}
            }
            if kind == EntryType::GNUSparse {
                self.skip_sparse_map(&header)?;
            }
            let size_bytes = match kind {
                // Whatever the header says.
                EntryType::Link
                | EntryType::Symlink
                | EntryType::Char
                | EntryType::Block
                | EntryType::Directory
                | EntryType::Fifo => 0,
                _ => extension.size_bytes.map_or_else(|| header.entry_size(), Ok).map_err(bad_size)?,
            };
            let name = extension.name.take().unwrap_or_else(|| header.path_bytes().into_owned());
            let kind = kind_of(kind, &name, extension.is_sparse);
            let entry = Entry { name, start: self.position, size_bytes, kind };
            self.skip_content(size_bytes)?;
            return Ok(Some(entry));
        }
    }

    /// The next block; `None` if it has nothing in it, which is the end.
    fn header(&mut self) -> Result<Option<Header>, Fault> {
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while filled < BLOCK_BYTES {
            match self.tape.read(&mut block[filled..]) {
                Ok(0) => return Err(Fault::Bad(format!("it was cut off at byte {}", self.position + filled as u64))),
                Ok(read_bytes) => filled += read_bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.position += BLOCK_BYTES as u64;
        Ok(block.iter().any(|&byte| byte != 0).then_some(header))
    }

    /// Checks that nothing but padding follows. What follows would be lost: a second archive, most often.
    fn end(&mut self) -> Result<(), Fault> {
        let mut buffer = vec![0; 16 * BLOCK_BYTES];
        loop {
            match self.tape.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read_bytes) => {
                    if let Some(at) = buffer[..read_bytes].iter().position(|&byte| byte != 0) {
                        let at = self.position + at as u64;
                        return Err(Fault::Bad(format!("something follows its end, at byte {at}")));
                    }
                    self.position += read_bytes as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn skip_content(&mut self, size_bytes: u64) -> Result<(), Fault> {
        let too_large = || Fault::Bad(format!("the member before byte {} is larger than can be", self.position));
        let blocks = size_bytes.div_ceil(BLOCK_BYTES as u64);
        let bytes = blocks.checked_mul(BLOCK_BYTES as u64).ok_or_else(too_large)?;
        let position = self.position.checked_add(bytes).ok_or_else(too_large)?;
        self.tape.skip(bytes)?;
        self.position = position;
        Ok(())
    }

    fn extension(&mut self, size_bytes: u64) -> Result<Vec<u8>, Fault> {
        if size_bytes > MOST_EXTENSION_BYTES {
            return Err(Fault::Bad(format!("the header before byte {} is longer than any name", self.position)));
        }
        let padded = size_bytes.next_multiple_of(BLOCK_BYTES as u64);
        let mut bytes = vec![0; padded as usize];
        self.tape.read_exact(&mut bytes)?;
        self.position += padded;
        bytes.truncate(size_bytes as usize);
        Ok(bytes)
    }

    /// The map of a sparse file can go on in further blocks, which its size does not count.
    fn skip_sparse_map(&mut self, header: &Header) -> Result<(), Fault> {
        let mut goes_on = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while goes_on {
            let mut map = tar::GnuExtSparseHeader::new();
            self.tape.read_exact(map.as_mut_bytes())?;
            self.position += BLOCK_BYTES as u64;
            goes_on = map.is_extended();
        }
        Ok(())
    }
}

fn kind_of(kind: EntryType, name: &[u8], is_sparse: bool) -> Kind {
    match kind {
        _ if is_sparse => Kind::Other("is stored as a sparse file, which sandmill does not read"),
        // Old archives have folders as files whose names end so.
        EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => Kind::Folder,
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => Kind::Other("is a symbolic link"),
        EntryType::Link => Kind::Other("is a hard link to another member"),
        EntryType::Char | EntryType::Block => Kind::Other("is a device"),
        EntryType::Fifo => Kind::Other("is a pipe"),
        EntryType::GNUSparse => Kind::Other("is stored as a sparse file, which sandmill does not read"),
        // GNU tar: the names in a folder, and the name of the archive.
        other if matches!(other.as_byte(), b'D' | b'V') => Kind::Folder,
        other if other.as_byte() == b'M' => Kind::Other("goes on from another volume of the archive"),
        _ => Kind::Other("is of a kind that sandmill does not know"),
    }
}

impl Extension {
    /// Reads the records of a pax header, `LENGTH KEY=VALUE\n`; false if they are none.
    fn read(&mut self, mut records: &[u8]) -> bool {
        while !records.is_empty() {
            let Some((key, value, rest)) = record(records) else { return false };
            match key {
                b"path" => self.name = Some(value.to_owned()),
                b"size" => match std::str::from_utf8(value).ok().and_then(|size| size.parse().ok()) {
                    Some(size_bytes) => self.size_bytes = Some(size_bytes),
                    None => return false,
                },
                _ => self.is_sparse |= key.starts_with(b"GNU.sparse."),
            }
            records = rest;
        }
        true
    }
}

/// The first record: its key, its value, and what follows it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let text = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = text.iter().position(|&byte| byte == b'=')?;
    Some((&text[..equals], &text[equals + 1..], &records[length..]))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tar::Builder;

    use super::*;

    fn members(archive: &[u8]) -> Result<Vec<Entry>, String> {
        let mut members = Members::new(BufReader::with_capacity(1000, Cursor::new(archive)));
        let mut found = Vec::new();
        loop {
            match members.next() {
                Ok(Some(entry)) => found.push(entry),
                Ok(None) => return Ok(found),
                Err(Fault::Bad(message)) => return Err(message),
                Err(Fault::Unreadable(failure)) => panic!("{failure}"),
            }
        }
    }

    fn archive(name: &str, pax: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, content) in [("before", "1"), (name, "content"), ("after", &"x".repeat(5000))] {
            let mut header = Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            if !pax.is_empty() && content == "content" {
                builder.append_pax_extensions(pax.iter().copied()).unwrap();
            }
            builder.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn long_names_and_those_of_extended_headers_are_whole() {
        let long = "folder/".repeat(40) + "name";
        for (archive, name) in [
            (archive("short", &[]), "short"),
            (archive(&long, &[]), &long),
            (archive("short", &[("comment", b"x\ny"), ("path", b"other\nname")]), "other\nname"),
        ] {
            assert!(is_header(&archive));
            let found = members(&archive).unwrap();
            let names: Vec<_> = found.iter().map(|entry| String::from_utf8_lossy(&entry.name)).collect();
            assert_eq!(names, ["before", name, "after"]);
            let entry = &found[1];
            let start = entry.start as usize;
            assert_eq!(&archive[start..start + entry.size_bytes as usize], b"content");
        }
    }

    #[test]
    fn wherever_it_is_cut_off_it_says_so() {
        let archive = archive("short", &[]);
        let end = archive.len() - 2 * BLOCK_BYTES;
        assert_eq!(members(&archive).unwrap().len(), 3);
        for cut in (0..=end).step_by(37).chain([end]) {
            assert!(members(&archive[..cut]).unwrap_err().contains("cut off"), "{cut}");
        }
    }

    #[test]
    fn damage_and_what_follows_the_end_are_told() {
        let whole = archive("short", &[]);
        let mut damaged = whole.clone();
        damaged[2 * BLOCK_BYTES] ^= 1;
        assert_eq!(members(&damaged).unwrap_err(), "the header at byte 1024 is damaged");
        let twice = [whole.as_slice(), &whole].concat();
        assert!(members(&twice).unwrap_err().contains("something follows its end, at byte"));
        assert!(!is_header(&[0; BLOCK_BYTES]) && !is_header(b"text") && !is_header(&[b'x'; BLOCK_BYTES]));
    }

    #[test]
    fn a_name_without_end_is_refused_before_it_is_read() {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::GNULongName);
        header.set_size(1 << 40);
        header.set_cksum();
        assert!(members(header.as_bytes()).unwrap_err().contains("longer than any name"));
        for (size, length) in [("size", "12 size=none\n"), ("length", "99 path=a\n"), ("equals", "7 path\n")] {
            let mut builder = Builder::new(Vec::new());
            let mut header = Header::new_ustar();
            header.set_entry_type(EntryType::XHeader);
            header.set_size(length.len() as u64);
            header.set_cksum();
            builder.append(&header, length.as_bytes()).unwrap();
            let archive = builder.into_inner().unwrap();
            assert!(members(&archive).unwrap_err().contains("extended header at byte 0"), "{size}");
        }
    }
}
