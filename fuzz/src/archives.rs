//! Archives, whatever is in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sandmill::config::{Archives, Config, Markers, Output, Source, Views};
use sandmill::event::{Event, Monitor, Notice};

use crate::Target;
use crate::packed::{gzip, tar, zip};
use crate::site::{as_row, folder, guest};

const BLOCK_BYTES: usize = 512;

/// An archive, packed and with the right checksums of a tar as its first byte says: no member is there twice, lies outside of it, or is taken from half of it.
pub fn target() -> Target {
    let members: [(&str, &[u8]); 3] =
        [("a/b.json", b"{\"n\":1}"), ("../c", b"some text, some text"), ("a/b.json", b"")];
    let archives = [tar(&members[..1]), tar(&members), zip(&members[..1]), zip(&members)];
    let seeds =
        archives.iter().flat_map(|archive| [0, 1, 2, 3].map(|first| [&[first], archive.as_slice()].concat())).collect();
    let site = folder();
    let path = site.path().join("input");
    let check = move |bytes: &[u8]| {
        let Some((first, archive)) = bytes.split_first() else { return };
        let archive = if first & 2 == 0 { archive.to_vec() } else { with_checksums(archive.to_vec()) };
        fs::write(&path, if first & 1 == 0 { archive } else { gzip(&archive) }).unwrap();
        let out = folder();
        let source = Source {
            inputs: vec![path.clone()],
            root: Some(site.path().to_owned()),
            max_input_bytes: Some(1 << 20),
            archives: Archives::Always,
            ..Source::default()
        };
        let config = Config {
            cache: Some(site.path().join("cache")),
            views: Views { markers: Markers::Tree { prefix: PathBuf::new() }, ..Views::default() },
            ..Config::new(guest("echo.wat"), source, Output::Folder(out.path().join("out")))
        };
        let unmarked = Unmarked::default();
        let Ok(summary) = sandmill::run_natively(&config, as_row, &unmarked) else { return };
        let records = |name: &str| -> Vec<csv::StringRecord> {
            let mut reader = csv::Reader::from_path(out.path().join("out").join(name)).unwrap();
            reader.records().map(Result::unwrap).collect()
        };
        let (results, errors) = (records("results.csv"), records("errors.csv"));
        assert!(!errors.iter().any(|record| &record[1] == "host"), "{errors:?}");
        let done: Vec<&str> = results.iter().map(|record| &record[0]).collect();
        let leads_out = |path: &str| path.split('/').any(|part| matches!(part, "" | "." | ".."));
        assert!(done.iter().all(|path| path.starts_with("input") && !leads_out(path)), "{done:?}");
        let all: Vec<&str> = done.into_iter().chain(errors.iter().map(|record| &record[0])).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
        assert_eq!(all.len() as u64, summary.total.tasks(), "{all:?}");
        let marked = markers(&out.path().join("out/tracking")) as u64 + unmarked.0.into_inner();
        assert_eq!(marked, summary.total.tasks(), "{all:?}");
    };
    Target { name: "archives", seeds, check: Box::new(check) }
}

/// How many tasks the run says have no marker.
#[derive(Default)]
struct Unmarked(AtomicU64);

impl Monitor for Unmarked {
    fn event(&self, event: Event<'_>) {
        if let Event::Notice(Notice::Unmarked { tasks }) = event {
            self.0.fetch_add(tasks, Ordering::Relaxed);
        }
    }
}

/// How many there are in `folder` and below.
fn markers(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { markers(&entry.path()) } else { 1 }).sum()
}

/// What no change of a header goes past.
fn with_checksums(mut archive: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while let Some(block) = archive.get_mut(at..at + BLOCK_BYTES) {
        let mut header = tar::Header::new_old();
        header.as_mut_bytes().copy_from_slice(block);
        if block.iter().any(|byte| *byte != 0) {
            header.set_cksum();
        }
        block.copy_from_slice(header.as_bytes());
        let size_bytes = header.entry_size().map_or(0, |bytes| bytes.min(1 << 20) as usize);
        at += BLOCK_BYTES + size_bytes.next_multiple_of(BLOCK_BYTES);
    }
    archive
}
