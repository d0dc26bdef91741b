//! `--sample` and `--limit`: which of the inputs found are taken.

use sha2::{Digest as _, Sha256};

use crate::config::{Choice, Sample};
use crate::task::TaskPath;

impl Choice {
    /// Whether there are inputs that are none to this run, and on record may be outcomes of them.
    pub fn is_partial(&self) -> bool {
        self.sample.is_some() || self.limit.is_some()
    }
}

/// Takes inputs in input order.
#[derive(Debug)]
pub(super) struct Chooser<'a> {
    choice: &'a Choice,
    taken: u64,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(choice: &'a Choice) -> Self {
        Self { choice, taken: 0 }
    }

    /// Whether no further input will be taken.
    pub(super) fn has_enough(&self) -> bool {
        self.choice.limit.is_some_and(|limit| self.taken >= limit)
    }

    /// Whether to take the input at `path`.
    pub(super) fn takes(&mut self, path: &TaskPath) -> bool {
        let takes = self.choice.sample.is_none_or(|sample| is_in(sample, path));
        self.taken += u64::from(takes);
        takes
    }
}

/// Whether a path is in a sample. A cryptographic hash, since names are often alike but for a number.
fn is_in(sample: Sample, path: &TaskPath) -> bool {
    let digest = Sha256::new_with_prefix(sample.seed.to_le_bytes()).chain_update(path.key()).finalize();
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    // A number from 0 up to, and without, 1, of which 53 bits count on every machine.
    let place = (u64::from_le_bytes(start) >> 11) as f64 / (1_u64 << 53) as f64;
    place * 100.0 < sample.percent
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn chosen(percent: f64, seed: u64) -> Vec<u32> {
        let path = |number: u32| TaskPath::from_path(Path::new(&format!("d/f{number:05}")));
        (0..10_000).filter(|&number| is_in(Sample { percent, seed }, &path(number))).collect()
    }

    #[test]
    fn a_sample_has_about_its_share_and_a_larger_one_holds_it() {
        assert_eq!(chosen(100.0, 0).len(), 10_000);
        let (tenth, fifth, other) = (chosen(10.0, 0), chosen(20.0, 0), chosen(10.0, 1));
        assert!((800..1_200).contains(&tenth.len()), "{}", tenth.len());
        assert!(tenth.iter().all(|number| fifth.contains(number)));
        let both = tenth.iter().filter(|number| other.contains(number)).count();
        assert!((50..200).contains(&both), "{both} of two samples of a tenth each");
        assert_eq!(tenth[..3], chosen(10.0, 0)[..3]);
    }
}
