//! What a guest answers, and what it calls with which pointers and lengths.

use std::path::Path;

use sandmill::outcome::{FailureKind, Outcome};
use sandmill::sandbox::Sandbox;

use crate::harness::fuzz::Target;
use crate::harness::guests::{TestInput, guest, load, settings_with, task};

/// A call of `puppet.wat`.
fn call(number: u8, arguments: [u32; 5]) -> Vec<u8> {
    let mut bytes = vec![number, 0, 0, 0];
    arguments.iter().for_each(|argument| bytes.extend(argument.to_le_bytes()));
    bytes
}

fn script(calls: &[Vec<u8>], reply: u64) -> Vec<u8> {
    [calls.concat(), reply.to_le_bytes().to_vec()].concat()
}

#[test]
fn fuzz_abi() {
    let all: Vec<Vec<u8>> = (1..=14).map(|number| call(number, [16, 7, 4096, 64, 0])).collect();
    let files = [call(7, [24, 1, 16, 7, 0]), call(7, [24, 1, 16, 7, 0]), call(7, [39, 6, 0, 131_072, 0])];
    let emits = [call(1, [16, 7, 0, 0, 0]), call(1, [23, 9, 0, 0, 0]), call(6, [1, 0, 0, 39, 6])];
    let target = Target {
        name: "abi",
        seeds: vec![
            script(&all, 0),
            script(&files, 0),
            script(&emits, 32 << 32 | 7),
            script(&emits, 39 << 32 | 8),
            script(&[], u64::MAX),
            script(&[], 1 << 63),
        ],
        words: &[&[0xff; 4], &[0xff; 8], &[0, 0, 2, 0], &[0, 0, 0, 0x80], &[0xff, 0xff, 1, 0], &[1], &[7], &[12]],
        rounds: 3_000,
    };
    let settings = settings_with(|settings| {
        settings.budget.fuel.base = 5_000_000;
        settings.params.insert("a".to_owned(), "value".to_owned());
    });
    let (memory_bytes, log_bytes) = (settings.budget.memory_bytes as u64, settings.budget.log_bytes);
    let processor = load(&guest("puppet.wat"), settings);
    let mut sandbox = Sandbox::new(&processor, 0).unwrap();
    target.run(|script| {
        let attempt = sandbox.run(&task(Path::new("a")), Box::new(TestInput::from(script)));
        if let Outcome::Failed(failure) = &attempt.outcome {
            assert!(!matches!(failure.kind, FailureKind::Host | FailureKind::Input), "{failure:?}");
            assert!(attempt.files.is_empty());
        }
        assert!(attempt.usage.peak_memory_bytes <= memory_bytes);
        assert!(attempt.log.len() <= log_bytes + 200);
    });
}
