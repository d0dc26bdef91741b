//! Which pages of memory have been written to, as the system's page tables tell.
//!
//! A memory of WebAssembly is a private mapping. A page of it that was never written to is not there, or is the file's own;
//! the first write makes a copy of it, which is anonymous: there, swapped out, or on its way from one place to another. The
//! entries of `/proc/self/pagemap` tell these apart under the lock of the page table, in each of these states
//! (Linux, `Documentation/admin-guide/mm/pagemap.rst`, and `pte_to_pagemap_entry` in `fs/proc/task_mmu.c`).
//!
//! `PAGEMAP_SCAN`, which wasmtime has an option for, is quicker and no substitute: it passes over written pages that are
//! swapped out or being moved.

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt as _;

/// Bits of an entry: the page is there; it is swapped out, or being moved; it is a file's, not a copy of ours.
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
const FILE: u64 = 1 << 61;

const ENTRY_BYTES: usize = size_of::<u64>();

/// The size of a page, which on x86-64 is the same everywhere. Other machines differ among themselves, and are not asked.
pub const PAGE_BYTES: usize = 4 << 10;

/// Where the system keeps it.
pub const PATH: &str = "/proc/self/pagemap";

/// This process's page tables.
pub struct PageMap {
    file: File,
}

impl PageMap {
    /// `None` where the system does not tell.
    pub fn open() -> Option<Self> {
        if cfg!(target_arch = "x86_64") { Some(Self { file: File::open(PATH).ok()? }) } else { None }
    }

    /// Whether it tells of `memory` what is written to it: of a mapping that is not private it does not. Its first page and its
    /// last are written to for that, with what is there.
    pub fn tells_of(&self, memory: &mut [u8]) -> bool {
        for end in [0, memory.len().saturating_sub(1)] {
            if let Some(byte) = memory.get_mut(end) {
                *byte = black_box(*byte);
            }
        }
        let last = (memory.len() / PAGE_BYTES).saturating_sub(1);
        let told =
            |entries: Entries<'_>| [0, last].iter().all(|page| entries.written().any(|written| written == *page));
        memory.is_empty() || self.read(memory, &mut Vec::new()).is_some_and(told)
    }

    /// The entries of the pages of `memory`; `None` if it is not made of whole pages.
    pub fn read<'a>(&self, memory: &[u8], buffer: &'a mut Vec<u8>) -> Option<Entries<'a>> {
        let start = memory.as_ptr().addr();
        if !start.is_multiple_of(PAGE_BYTES) || !memory.len().is_multiple_of(PAGE_BYTES) {
            return None;
        }
        let entry = |address: usize| address / PAGE_BYTES * ENTRY_BYTES;
        buffer.resize(entry(memory.len()), 0);
        self.file.read_exact_at(buffer, u64::try_from(entry(start)).ok()?).ok()?;
        Some(Entries(buffer))
    }
}

/// One for each page.
pub struct Entries<'a>(&'a [u8]);

impl Entries<'_> {
    /// Which pages may have been written to, counted from the first.
    pub fn written(&self) -> impl Iterator<Item = usize> {
        let (entries, _) = self.0.as_chunks::<ENTRY_BYTES>();
        let entries = entries.iter().map(|entry| u64::from_ne_bytes(*entry));
        entries.enumerate().filter(|(_, entry)| may_be_written(*entry)).map(|(page, _)| page)
    }
}

fn may_be_written(entry: u64) -> bool {
    entry & (PRESENT | SWAPPED) != 0 && entry & FILE == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_from_what_is_untouched_in_every_state() {
        for (entry, expected) in [
            (0, false),
            // Of a file, being moved or not.
            (PRESENT | FILE, false),
            (SWAPPED | FILE, false),
            // A copy: there, swapped out or being moved.
            (PRESENT, true),
            (SWAPPED, true),
            // With more that is told of it: exclusively mapped, soft-dirty, a frame.
            (PRESENT | 1 << 56 | 1 << 55 | 7, true),
        ] {
            assert_eq!(may_be_written(entry), expected, "{entry:#x}");
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn pages_are_told_one_by_one() {
        let page_map = PageMap::open().expect("a page map");
        // So large that it is always a mapping of its own, which nobody has written to.
        let mut memory = vec![0_u8; 64 << 20];
        let start = memory.as_ptr().align_offset(PAGE_BYTES);
        let pages = &mut memory[start..start + 1000 * PAGE_BYTES];
        let mut buffer = Vec::new();
        let mut told = |pages: &[u8]| page_map.read(pages, &mut buffer).unwrap().written().collect::<Vec<usize>>();
        assert!(told(pages).is_empty());
        for page in [0, 1, 500, 511, 999] {
            pages[page * PAGE_BYTES + 7] = 1;
            // With huge pages, its neighbours were made with it.
            assert!(told(pages).contains(&page), "{page}");
        }
        assert!(page_map.tells_of(pages) && page_map.tells_of(&mut []));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn what_does_not_tell_what_was_written_is_not_believed() {
        let page_map = PageMap { file: File::open("/dev/zero").unwrap() };
        let mut memory = vec![0_u8; 8 * PAGE_BYTES];
        let start = memory.as_ptr().align_offset(PAGE_BYTES);
        assert!(!page_map.tells_of(&mut memory[start..start + 4 * PAGE_BYTES]));
        assert!(!PageMap::open().unwrap().tells_of(&mut memory[start + 1..]), "no whole pages");
    }
}
