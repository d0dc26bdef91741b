//! What a guest answers, and what it calls with which pointers and lengths.

use std::path::Path;

use sandmill::outcome::{FailureKind, Outcome};
use sandmill::sandbox::Sandbox;

use crate::Target;
use crate::guests::{TestInput, guest, load, settings_with, task};

/// A call of `puppet.wat`.
fn call(number: u8, arguments: [u32; 5]) -> Vec<u8> {
    let mut bytes = vec![number, 0, 0, 0];
    arguments.iter().for_each(|argument| bytes.extend(argument.to_le_bytes()));
    bytes
}

fn script(calls: &[Vec<u8>], reply: u64) -> Vec<u8> {
    [calls.concat(), reply.to_le_bytes().to_vec()].concat()
}

/// A guest that calls and replies as it is told to: no pointer is taken at its word, no limit is exceeded.
pub fn target() -> Target {
    let all: Vec<Vec<u8>> = (1..=14).map(|number| call(number, [16, 7, 4096, 64, 0])).collect();
    let files = [call(7, [24, 1, 16, 7, 0]), call(7, [24, 1, 16, 7, 0]), call(7, [39, 6, 0, 131_072, 0])];
    let emits = [call(1, [16, 7, 0, 0, 0]), call(1, [23, 9, 0, 0, 0]), call(6, [1, 0, 0, 39, 6])];
    let settings = settings_with(|settings| {
        settings.budget.fuel.base = 5_000_000;
        settings.params.insert("a".to_owned(), "value".to_owned());
    });
    let (memory_bytes, log_bytes) = (settings.budget.memory_bytes as u64, settings.budget.log_bytes);
    let processor = Box::leak(Box::new(load(&guest("puppet.wat"), settings)));
    let mut sandbox = Sandbox::new(processor, 0).unwrap();
    Target {
        name: "abi",
        seeds: vec![
            script(&all, 0),
            script(&files, 0),
            script(&emits, 32 << 32 | 7),
            script(&emits, 39 << 32 | 8),
            script(&[], u64::MAX),
            script(&[], 1 << 63),
        ],
        check: Box::new(move |script| {
            let attempt = sandbox.run(&task(Path::new("a")), Box::new(TestInput::from(script)));
            if let Outcome::Failed(failure) = &attempt.outcome {
                assert!(!matches!(failure.kind, FailureKind::Host | FailureKind::Input), "{failure:?}");
                assert!(attempt.files.is_empty());
            }
            assert!(attempt.usage.peak_memory_bytes <= memory_bytes);
            assert!(attempt.log.len() <= log_bytes + 200);
        }),
    }
}
