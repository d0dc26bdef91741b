//! The state in which every instance of a module begins, and the way back to it.
//!
//! A pristine instance need not be a new one. Of a module that was [marked](super::marks) all state is known: it is copied
//! once, when the first instance has been made and initialised, and written over what a task left of it. That costs a tenth
//! of making an instance, and shares nothing with other workers.

use std::sync::OnceLock;

use wasmtime::{Global, Instance, Memory, Store, Val};

use super::guest::Guest;
use super::marks;

/// Beyond this, giving memory back to the system costs less than writing over it: most of it was not touched.
pub const MOST_BYTES: usize = 2 << 20;

/// What is looked at as one: memory that begins as zeros is not copied.
const PAGE_BYTES: usize = 4 << 10;

/// The state in which all instances of a module begin; there is none of modules that may have more than can be seen.
pub struct Origin {
    /// Whether nobody but [`marks::mark`] has exported by its names.
    is_tellable: bool,
    state: OnceLock<Option<State>>,
}

struct State {
    memories: Vec<Image>,
    globals: Vec<Val>,
}

/// The contents of a memory.
struct Image {
    size_bytes: usize,
    runs: Vec<Run>,
}

/// Pages that lie one behind the other.
enum Run {
    Zeros(usize),
    Bytes(Box<[u8]>),
}

/// Where an instance's state is.
pub struct Handles {
    memories: Vec<Memory>,
    globals: Vec<Global>,
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
        self.state.get_or_init(|| State::of(store, &handles)).is_some().then_some(handles)
    }

    /// Puts an instance back to how it began. False if it cannot be; it is not to be used again then.
    #[must_use]
    pub fn restore(&self, store: &mut Store<Guest>, handles: &Handles) -> bool {
        let Some(Some(State { memories, globals })) = self.state.get() else { return false };
        let images = handles.memories.iter().zip(memories);
        let values = handles.globals.iter().zip(globals);
        images.into_iter().all(|(memory, image)| image.write(memory.data_mut(&mut *store)))
            && values.into_iter().all(|(global, value)| global.set(&mut *store, *value).is_ok())
    }
}

impl Handles {
    fn of(store: &mut Store<Guest>, instance: Instance) -> Option<Self> {
        let memories = (0..).map_while(|index| instance.get_memory(&mut *store, &marks::memory_name(index)));
        let memories: Vec<Memory> = memories.collect();
        let globals = (0..).map_while(|number| instance.get_global(&mut *store, &marks::global_name(number))).collect();
        // A contract asks for a memory: a module without one that can be seen has not been marked.
        (!memories.is_empty()).then_some(Self { memories, globals })
    }
}

impl State {
    /// `None` if it is too large to be worth it.
    fn of(store: &mut Store<Guest>, handles: &Handles) -> Option<Self> {
        let size_bytes: usize = handles.memories.iter().map(|memory| memory.data_size(&*store)).sum();
        (size_bytes <= MOST_BYTES).then(|| Self {
            memories: handles.memories.iter().map(|memory| Image::of(memory.data(&*store))).collect(),
            globals: handles.globals.iter().map(|global| global.get(&mut *store)).collect(),
        })
    }
}

impl Image {
    fn of(data: &[u8]) -> Self {
        let mut runs = Vec::new();
        for page in data.chunks(PAGE_BYTES) {
            let is_zero = page.iter().all(|byte| *byte == 0);
            match runs.last_mut() {
                Some(Run::Zeros(bytes)) if is_zero => *bytes += page.len(),
                Some(Run::Bytes(bytes)) if !is_zero => *bytes = [bytes, page].concat().into(),
                _ => runs.push(if is_zero { Run::Zeros(page.len()) } else { Run::Bytes(page.into()) }),
            }
        }
        Self { size_bytes: data.len(), runs }
    }

    /// Makes `data` what it was. False if it has grown.
    ///
    /// Zeros are written at once. What a module lays out is mostly read by tasks, and compared for less than it is copied.
    fn write(&self, mut data: &mut [u8]) -> bool {
        if data.len() != self.size_bytes {
            return false;
        }
        for run in &self.runs {
            let pages;
            (pages, data) = data.split_at_mut(run.size_bytes());
            match run {
                Run::Zeros(_) => pages.fill(0),
                Run::Bytes(bytes) => {
                    for (page, original) in pages.chunks_mut(PAGE_BYTES).zip(bytes.chunks(PAGE_BYTES)) {
                        if page != original {
                            page.copy_from_slice(original);
                        }
                    }
                }
            }
        }
        true
    }
}

impl Run {
    fn size_bytes(&self) -> usize {
        match self {
            Self::Zeros(bytes) => *bytes,
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_writes_what_it_was_made_of() {
        let (zeros, ones) = ([0; PAGE_BYTES], [1; PAGE_BYTES]);
        for pages in [vec![], vec![zeros], vec![ones, ones, zeros, zeros, ones], vec![zeros, ones, zeros]] {
            let data = pages.concat();
            let image = Image::of(&data);
            let mut used = vec![7; data.len()];
            assert!(image.write(&mut used));
            assert_eq!(used, data);
            assert!(!image.write(&mut vec![7; data.len() + 1]), "it has grown");
        }
    }
}
