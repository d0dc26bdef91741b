//! Runs in a folder that costs no disk.

use std::path::{Path, PathBuf};

use sandmill::input::Input;
use sandmill::outcome::Outcome;
use sandmill::row::{Rows, Schema};
use tempfile::TempDir;

/// A folder in memory, where the system has one.
pub fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The guest `name` of `tests/guests`.
pub fn guest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests").join(name)
}

/// In the place of a processor: the content as a row.
pub fn as_row(schema: &Schema, input: &mut dyn Input) -> Outcome {
    let (mut content, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read_bytes) => content.extend_from_slice(&buffer[..read_bytes]),
            Err(failure) => return Outcome::Failed(failure),
        }
    }
    let mut rows = Rows::default();
    match rows.push_json(format!("{{\"hex\":\"{}\"}}", hex(&content)).as_bytes(), schema) {
        Ok(()) => Outcome::Done { rows, rejects: Vec::new() },
        Err(failure) => Outcome::Failed(failure),
    }
}

pub fn hex(content: &[u8]) -> String {
    content.iter().map(|byte| format!("{byte:02x}")).collect()
}
