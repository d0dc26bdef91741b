//! Members of compressed tar files, on their one way and off it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::thread;

use tar::{Builder, Header};

use super::{Index, Passage};
use crate::config::{Decompress, Source};
use crate::input::Input;
use crate::outcome::{Failure, FailureKind};
use crate::source::content::{Content, Handling, open};
use crate::source::open::InputFile;
use crate::source::root::Root;
use crate::task::{TaskId, TaskPath};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

struct Site {
    dir: tempfile::TempDir,
    root: Root,
    path: TaskPath,
}

impl Site {
    fn new(archive: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.tgz"), archive).unwrap();
        let root = Root::open(dir.path()).unwrap();
        Self { dir, root, path: TaskPath::from_path("a.tgz".as_ref()) }
    }

    fn index(&self) -> Index {
        let file = InputFile::open(&self.root, &self.path).unwrap();
        Index::of(file, &self.path, Decompress::Auto, |_| Ok(true)).unwrap().unwrap()
    }

    fn read(&self, path: &TaskPath, content: &Content) -> Result<Vec<u8>, Failure> {
        let id = TaskId::whole_file(path.clone());
        let mut input = open(&self.root, &id, content, &Handling::of(&Source::default())).input?;
        let once = read_all(input.as_mut())?;
        if let Some(size_bytes) = input.size_bytes() {
            assert_eq!(size_bytes, once.len() as u64, "{path}");
        }
        input.rewind()?;
        assert_eq!(read_all(input.as_mut())?, once, "{path}, read twice");
        input.verify()?;
        Ok(once)
    }
}

fn read_all(input: &mut dyn Input) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    let mut buffer = vec![0; 10_000];
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(content),
            read_bytes => content.extend_from_slice(&buffer[..read_bytes]),
        }
    }
}

/// Names and contents, not in the order of the names: empty, small, large, compressed, and larger than is held.
fn members() -> Vec<(&'static str, Vec<u8>)> {
    let text = |bytes: usize| (0..bytes).map(|index| (index * 7 / 3) as u8).collect::<Vec<u8>>();
    vec![
        ("z", b"small".to_vec()),
        ("large", text(3 << 20)),
        ("b", Vec::new()),
        ("huge", text(9 << 20)),
        ("a", b"other".to_vec()),
        ("c.gz", gzip(b"inner")),
        ("large.gz", gzip(&text(20 << 20))),
    ]
}

fn content_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    if !name.ends_with(".gz") {
        return bytes.to_vec();
    }
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut content).unwrap();
    content
}

fn archive() -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in members() {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn members_come_by_one_way_and_can_be_had_again_without_it() {
    let site = Site::new(&gzip(&archive()));
    let members = members();
    let listed: Vec<_> = site.index().collect();
    assert!(listed.is_sorted_by(|left, right| left.0 < right.0) && listed.len() == members.len());
    let of_name = |name: &str| {
        let path = TaskPath::from_path(format!("a.tgz/{name}").as_ref());
        listed.iter().find(|(listed, _)| *listed == path).unwrap()
    };
    let Content::Member(first) = &of_name("z").1 else { panic!() };
    let mut passage = Passage::open(&site.root, first).unwrap().unwrap();
    for (name, bytes) in &members {
        let (path, content) = of_name(name);
        let expected = content_of(name, bytes);
        let member = content.streamed().unwrap();
        // One that nobody wants is passed over.
        if *name == "b" {
            continue;
        }
        let (poured, pour) = passage.take(member).unwrap();
        thread::scope(|scope| {
            let reading = scope.spawn(|| site.read(path, &poured).unwrap());
            if let Some(pour) = pour {
                passage.pour(pour, member).unwrap();
            }
            assert!(reading.join().unwrap() == expected, "{name}, poured");
        });
        assert!(site.read(path, &poured).unwrap() == expected, "{name}, again");
        assert!(site.read(path, content).unwrap() == expected, "{name}, from the start");
    }
}

#[test]
fn who_reads_half_of_a_member_holds_nobody_up() {
    let site = Site::new(&gzip(&archive()));
    let listed: Vec<_> = site.index().collect();
    let mut members: Vec<_> = listed.iter().map(|(_, content)| Arc::clone(content.streamed().unwrap())).collect();
    members.sort_by_key(|member| member.stream_offset());
    let mut passage = Passage::open(&site.root, &members[0]).unwrap().unwrap();
    for member in &members {
        let (poured, pour) = passage.take(member).unwrap();
        drop(poured);
        if let Some(pour) = pour {
            passage.pour(pour, member).unwrap();
        }
    }
}

#[test]
fn of_a_compressed_archive_that_is_damaged_nothing_is_taken() {
    let whole = gzip(&archive());
    let mut damaged = whole.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    for bytes in [&whole[..whole.len() - 5], &whole[..whole.len() / 2], &damaged] {
        let site = Site::new(bytes);
        let mut index = site.index();
        assert!(!index.is_complete());
        let (path, content) = index.next().unwrap();
        let failure = site.read(&path, &content).unwrap_err();
        assert_eq!((path, failure.kind), (site.path.clone(), FailureKind::BadInput));
        assert!(failure.message.starts_with("list the archive a.tgz: "), "{failure}");
        assert!(index.next().is_none());
    }
}

#[test]
fn an_archive_that_changed_is_not_read() {
    let site = Site::new(&gzip(&archive()));
    let (path, content) = site.index().next().unwrap();
    fs::write(site.dir.path().join("a.tgz"), gzip(b"")).unwrap();
    assert_eq!(site.read(&path, &content).unwrap_err().kind, FailureKind::Input);
    assert!(Passage::open(&site.root, content.streamed().unwrap()).is_err());
}
