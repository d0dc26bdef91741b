//! The configuration of R-3PO, as sandmill understands it.
//!
//! R-3PO puts its markers below `working_dir`, one table for each process into `output_path`, and takes every file below
//! `source_path` that the pattern `**/*` followed by `source_file_part` finds.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::super::error::UsageError;
use super::keys::normalised;
use super::yaml::Value;

/// The keys without which R-3PO itself does not run.
const REQUIRED: [&str; 5] = ["processes", "source-path", "source-file-part", "working-dir", "output-path"];
/// For messages.
const JOB_NAME: &str = "job-name";
/// What R-3PO itself writes into the file.
const COUNTS: [&str; 2] = ["count-all-files", "count-job-files"];

/// Every key that a configuration of R-3PO may have.
pub fn keys() -> impl Iterator<Item = &'static str> + Clone {
    REQUIRED.into_iter().chain([JOB_NAME]).chain(COUNTS)
}

/// What a configuration of R-3PO says.
#[derive(Debug)]
pub struct R3po {
    pub processes: Entry,
    pub source_path: Entry,
    pub source_file_part: Entry,
    pub working_dir: Entry,
    pub output_path: Entry,
}

/// A key as it stands in the file, and its value.
#[derive(Debug)]
pub struct Entry {
    pub key: String,
    pub text: String,
}

impl R3po {
    /// Takes the keys of R-3PO out of `values`, if there are any.
    ///
    /// # Errors
    /// If there are some and not all.
    pub fn take(values: &mut BTreeMap<String, Value>) -> Result<Option<Self>, UsageError> {
        for name in COUNTS {
            take(values, name);
        }
        let Some(present) = values.keys().find(|key| REQUIRED.contains(&normalised(key).as_str())).cloned() else {
            return Ok(None);
        };
        let mut entry = |name: &str| {
            let (key, value) = take(values, name).ok_or_else(|| {
                let lacking = name.replace('-', "_");
                UsageError::new(format!("it has {present}, as configurations of R-3PO do, and lacks {lacking}"))
            })?;
            let text = value.into_text(&key)?;
            Ok(Entry { key, text })
        };
        let [processes, source_path, source_file_part, working_dir, output_path] = REQUIRED;
        Ok(Some(Self {
            processes: entry(processes)?,
            source_path: entry(source_path)?,
            source_file_part: entry(source_file_part)?,
            working_dir: entry(working_dir)?,
            output_path: entry(output_path)?,
        }))
    }
}

/// The name of the job. It does not make a file one of R-3PO's.
pub fn take_job_name(values: &mut BTreeMap<String, Value>) -> Result<Option<String>, UsageError> {
    take(values, JOB_NAME).map(|(key, value)| value.into_text(&key)).transpose()
}

fn take(values: &mut BTreeMap<String, Value>, name: &str) -> Option<(String, Value)> {
    let key = values.keys().find(|key| normalised(key) == name).cloned()?;
    values.remove_entry(&key)
}

/// The part of an R-3PO configuration that no option says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `output_path`: where the tables go.
    pub folder: PathBuf,
    /// `processes`: how many there are.
    pub tables: NonZeroUsize,
}

/// How files are chosen: option and value.
pub fn filter(source_file_part: &str) -> Option<(&'static str, String)> {
    if source_file_part.is_empty() {
        return None;
    }
    if !source_file_part.contains(['*', '?', '[', '/']) {
        return Some(("suffix", source_file_part.to_owned()));
    }
    // A pattern with a `/` is for the path from the source on, here as there.
    let start = if source_file_part.contains('/') { "**/*" } else { "*" };
    let mut pattern = start.to_owned();
    for character in source_file_part.chars() {
        match character {
            // These are themselves in Python's patterns, and not in ours.
            '{' | '}' | '\\' => {
                pattern.push('[');
                pattern.push(character);
                pattern.push(']');
            }
            _ => pattern.push(character),
        }
    }
    Some(("glob", pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(part: &str) -> Option<String> {
        filter(part).map(|(option, value)| format!("--{option}={value}"))
    }

    #[test]
    fn a_part_is_a_suffix_unless_it_is_a_pattern() {
        assert_eq!(shown(".json").as_deref(), Some("--suffix=.json"));
        assert_eq!(shown("_v?.json").as_deref(), Some("--glob=*_v?.json"));
        assert_eq!(shown("/a*.json").as_deref(), Some("--glob=**/*/a*.json"));
        assert_eq!(shown("[0-9]{x}").as_deref(), Some("--glob=*[0-9][{]x[}]"));
        assert_eq!(shown(""), None);
    }
}
