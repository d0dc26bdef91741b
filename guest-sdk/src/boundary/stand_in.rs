//! A host for unit tests: one task per thread, whose facts `testing` sets and whose results it collects.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::testing::{File, Reject};

thread_local! {
    static TASK: RefCell<Task> = RefCell::new(Task::default());
}

#[derive(Debug, Default)]
pub(crate) struct Task {
    pub(crate) input: Vec<u8>,
    /// How much of `input` has been pulled.
    pub(crate) pulled: usize,
    pub(crate) path: String,
    pub(crate) hides_its_size: bool,
    /// Where it begins, and the number of its first record or 0, if it is a chunk.
    pub(crate) chunk: Option<(u64, u64)>,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) shared: BTreeMap<String, Vec<u8>>,
    pub(crate) emitted: String,
    pub(crate) rejects: Vec<Reject>,
    /// By name, in the order in which they were begun.
    pub(crate) files: Vec<File>,
    pub(crate) log: Vec<String>,
}

/// Makes `task` the task of this thread; the one that was it until now.
pub(crate) fn replace(task: Task) -> Task {
    TASK.replace(task)
}

pub(crate) fn input_len() -> Option<u64> {
    TASK.with_borrow(|task| (!task.hides_its_size).then_some(task.input.len() as u64))
}

pub(crate) fn chunk_offset() -> u64 {
    TASK.with_borrow(|task| task.chunk.map_or(0, |(offset, _)| offset))
}

pub(crate) fn first_record() -> u64 {
    TASK.with_borrow(|task| task.chunk.map_or(1, |(_, first_record)| first_record))
}

pub(crate) fn input_read(buffer: &mut Vec<u8>) -> usize {
    TASK.with_borrow_mut(|task| {
        let unread = &task.input[task.pulled..];
        let amount = unread.len().min(buffer.capacity() - buffer.len());
        buffer.extend_from_slice(&unread[..amount]);
        task.pulled += amount;
        amount
    })
}

pub(crate) fn input_path() -> String {
    TASK.with_borrow(|task| task.path.clone())
}

pub(crate) fn param(name: &str) -> Option<String> {
    TASK.with_borrow(|task| task.params.get(name).cloned())
}

pub(crate) fn shared_len(name: &str) -> Option<u64> {
    TASK.with_borrow(|task| task.shared.get(name).map(|content| content.len() as u64))
}

pub(crate) fn shared_read(name: &str, offset: u64, buffer: &mut [u8]) -> usize {
    TASK.with_borrow(|task| {
        let content = task.shared.get(name).map_or(&[][..], Vec::as_slice);
        let rest = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        let amount = rest.len().min(buffer.len());
        buffer[..amount].copy_from_slice(&rest[..amount]);
        amount
    })
}

pub(crate) fn emit(rows: &str) {
    TASK.with_borrow_mut(|task| task.emitted.push_str(rows));
}

pub(crate) fn reject(record: u64, offset: Option<u64>, reason: &str) {
    TASK.with_borrow_mut(|task| task.rejects.push(Reject { record, offset, reason: reason.to_owned() }));
}

pub(crate) fn file_write(name: &str, bytes: &[u8]) {
    TASK.with_borrow_mut(|task| match task.files.iter_mut().find(|file| file.name == name) {
        Some(file) => file.bytes.extend_from_slice(bytes),
        None => task.files.push(File { name: name.to_owned(), bytes: bytes.to_vec() }),
    });
}

pub(crate) fn log(line: &str) {
    TASK.with_borrow_mut(|task| task.log.push(line.to_owned()));
}
