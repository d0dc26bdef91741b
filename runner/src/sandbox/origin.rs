//! The state in which every instance of a module begins, and the way back to it.
//!
//! A pristine instance need not be a new one. Of a module that was [marked](super::marks) all state is known: it is copied
//! once, when the first instance has been made and initialised, and written over what a task left of it: of its memories,
//! over the pages that were written to. That costs a tenth of making an instance, and shares nothing with other workers.

use std::sync::OnceLock;

use wasmtime::{Global, Instance, Memory, Store, Val};

use super::guest::Guest;
use super::marks;
use super::page_map::{PAGE_BYTES, PageMap};

/// More than this is not written back: pages that come anew from the system, as they are touched, cost less.
const MOST_WRITTEN_BYTES: usize = 2 << 20;

/// Of memories beyond this, even to ask which of their pages were written to takes too long.
const MOST_BYTES: usize = 16 << 20;

/// The state in which all instances of a module begin; there is none of modules that may have more than can be seen.
pub struct Origin {
    /// Whether nobody but [`marks::mark`] has exported by its names.
    is_tellable: bool,
    state: OnceLock<Option<State>>,
}

struct State {
    /// Tells which pages to write back; without it, that is all of them.
    page_map: Option<PageMap>,
    memories: Vec<Image>,
    globals: Vec<Val>,
}

/// The contents of a memory.
struct Image {
    bytes: Vec<u8>,
    /// Which of its pages are all zeros.
    zeros: Vec<bool>,
}

/// Where an instance's state is.
pub struct Handles {
    memories: Vec<Memory>,
    globals: Vec<Global>,
    /// Room for what the page map tells.
    entries: Vec<u8>,
}

impl Origin {
    pub fn new(is_tellable: bool) -> Self {
        Self { is_tellable, state: OnceLock::new() }
    }

    /// Where the state of `instance` is, which no task has been in yet; `None` if it cannot be put back.
    pub fn handles(&self, store: &mut Store<Guest>, instance: Instance) -> Option<Handles> {
        // Of a module that is too large there is nothing to look up, for any of its instances.
        if !self.is_tellable || matches!(self.state.get(), Some(None)) {
            return None;
        }
        let handles = Handles::of(store, instance)?;
        let mut is_first = false;
        let state = self.state.get_or_init(|| {
            is_first = true;
            State::of(store, &handles)
        });
        // Of the first, all of its memory was read just now: pages are there which would be taken for written ever after.
        (state.is_some() && !is_first).then_some(handles)
    }

    /// Puts an instance back to how it began. False if it cannot be; it is not to be used again then.
    #[must_use]
    pub fn restore(&self, store: &mut Store<Guest>, handles: &mut Handles) -> bool {
        let Some(Some(state)) = self.state.get() else { return false };
        let memories = handles.memories.iter().zip(&state.memories);
        let globals = handles.globals.iter().zip(&state.globals);
        memories
            .into_iter()
            .all(|(memory, image)| state.write_back(memory.data_mut(&mut *store), image, &mut handles.entries))
            && globals.into_iter().all(|(global, value)| global.set(&mut *store, *value).is_ok())
    }
}

impl Handles {
    fn of(store: &mut Store<Guest>, instance: Instance) -> Option<Self> {
        let memories = (0..).map_while(|index| instance.get_memory(&mut *store, &marks::memory_name(index)));
        let memories: Vec<Memory> = memories.collect();
        let globals = (0..).map_while(|number| instance.get_global(&mut *store, &marks::global_name(number))).collect();
        // A contract asks for a memory: a module without one that can be seen has not been marked.
        (!memories.is_empty()).then_some(Self { memories, globals, entries: Vec::new() })
    }
}

impl State {
    /// `None` if it is too large to be worth it.
    fn of(store: &mut Store<Guest>, handles: &Handles) -> Option<Self> {
        let size_bytes: usize = handles.memories.iter().map(|memory| memory.data_size(&*store)).sum();
        let tells =
            |page_map: &PageMap| handles.memories.iter().all(|memory| page_map.tells_of(memory.data_mut(&mut *store)));
        let page_map = PageMap::open().filter(tells);
        let most_bytes = if page_map.is_some() { MOST_BYTES } else { MOST_WRITTEN_BYTES };
        (size_bytes <= most_bytes).then(|| Self {
            memories: handles.memories.iter().map(|memory| Image::of(memory.data(&*store))).collect(),
            globals: handles.globals.iter().map(|global| global.get(&mut *store)).collect(),
            page_map,
        })
    }

    /// Makes `memory` what it was. False if it has grown, or too much of it was written to.
    fn write_back(&self, memory: &mut [u8], image: &Image, entries: &mut Vec<u8>) -> bool {
        if memory.len() != image.bytes.len() {
            return false;
        }
        let Some(page_map) = &self.page_map else {
            (0..image.zeros.len()).for_each(|page| image.write_back(memory, page));
            return true;
        };
        let Some(entries) = page_map.read(memory, entries) else { return false };
        let mut pages = entries.written();
        for page in pages.by_ref().take(MOST_WRITTEN_BYTES / PAGE_BYTES) {
            image.write_back(memory, page);
        }
        pages.next().is_none()
    }
}

impl Image {
    fn of(memory: &[u8]) -> Self {
        let zeros = memory.chunks(PAGE_BYTES).map(|page| page.iter().all(|byte| *byte == 0)).collect();
        Self { bytes: memory.to_vec(), zeros }
    }

    /// Zeros are written at once. What a module lays out is mostly read by tasks, and compared for less than it is copied.
    fn write_back(&self, memory: &mut [u8], page: usize) {
        let start = page * PAGE_BYTES;
        let end = memory.len().min(start + PAGE_BYTES);
        let (page_now, original) = (&mut memory[start..end], &self.bytes[start..end]);
        if self.zeros[page] {
            page_now.fill(0);
        } else if page_now != original {
            page_now.copy_from_slice(original);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = PAGE_BYTES;

    fn state(memory: &[u8], page_map: Option<PageMap>) -> State {
        State { page_map, memories: vec![Image::of(memory)], globals: Vec::new() }
    }

    #[test]
    fn a_memory_becomes_what_it_was_whether_or_not_the_system_tells_what_was_written() {
        let (zeros, ones) = ([0; PAGE], [1; PAGE]);
        for pages in [vec![], vec![zeros], vec![ones, ones, zeros, zeros, ones], vec![zeros, ones, zeros]] {
            let before = pages.concat();
            // Memories of WebAssembly begin where a page does.
            let mut room = vec![0; before.len() + PAGE];
            let start = room.as_ptr().align_offset(PAGE);
            let memory = &mut room[start..start + before.len()];
            for page_map in [None, PageMap::open()] {
                let state = state(&before, page_map);
                memory.fill(7);
                assert!(state.write_back(memory, &state.memories[0], &mut Vec::new()));
                assert_eq!(memory, before);
                assert!(
                    !state.write_back(&mut vec![7; before.len() + 1], &state.memories[0], &mut Vec::new()),
                    "grown"
                );
            }
        }
    }
}
