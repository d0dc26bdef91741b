//! What the outcomes in a ledger depend on, as named parts that can be compared.

use serde::{Deserialize, Serialize};

/// The parts of a run that must be the same for its outcomes to belong with those on record: processor, parameters,
/// and their like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    parts: Vec<(String, String)>,
}

impl Fingerprint {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part. `name` is for people ("the processor"), `value` is only compared.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parts.push((name.into(), value.into()));
        self
    }

    /// The names of the parts that `other` has otherwise, or that only one of the two has.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let value_in = |fingerprint: &Self, name: &str| {
            fingerprint.parts.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        let mut names: Vec<&String> = self.parts.iter().map(|(name, _)| name).collect();
        names.extend(other.parts.iter().map(|(name, _)| name).filter(|&name| value_in(self, name).is_none()));
        names.into_iter().filter(|name| value_in(self, name) != value_in(other, name)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_in_order() {
        let old = Fingerprint::new().with("processor", "1").with("parameters", "{}").with("input mode", "stdin");
        let new = Fingerprint::new().with("processor", "2").with("parameters", "{}").with("columns", "a");
        assert_eq!(old.differences(&new), ["processor", "input mode", "columns"]);
        assert!(old.differences(&old).is_empty());
    }
}
