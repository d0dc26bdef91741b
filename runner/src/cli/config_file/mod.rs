//! `--config FILE`: a YAML mapping of option names to values, and R-3PO's configuration.
//!
//! What it says becomes arguments, which are read by the same code as those on the command line. The file is never
//! written.

mod keys;
mod r3po;
mod reader;
mod yaml;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args as _;

use super::error::UsageError;
use super::run_args::RunArgs;

pub use r3po::Layout;

/// What stands in a configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    pub path: PathBuf,
    pub processor: Option<PathBuf>,
    pub inputs: Vec<PathBuf>,
    pub params: BTreeMap<String, String>,
    /// R-3PO's name for the job.
    pub job_name: Option<String>,
    /// Where the tables go, if it is a configuration of R-3PO.
    pub layout: Option<Layout>,
    flags: Vec<Flag>,
}

/// An option of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flag {
    /// clap's name for it.
    id: String,
    argument: OsString,
}

impl ConfigFile {
    /// # Errors
    /// A [`UsageError`] if it cannot be read, or says something that no option can mean.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("read {}", path.display());
        let text =
            fs::read_to_string(path).map_err(|error| UsageError::new(error.to_string())).with_context(context)?;
        Self::parse(&text, path).with_context(context)
    }

    pub fn parse(text: &str, path: &Path) -> Result<Self, UsageError> {
        let values = yaml::parse(text).map_err(UsageError::new)?;
        let file = reader::read(values, path)?;
        file.check()?;
        Ok(file)
    }

    /// The arguments of the file, but for those of options that are `set_elsewhere`.
    pub fn arguments(&self, set_elsewhere: impl Fn(&str) -> bool) -> Vec<OsString> {
        let flags = self.flags.iter().filter(|flag| !set_elsewhere(&flag.id));
        flags.map(|flag| flag.argument.clone()).collect()
    }

    /// Reads the arguments alone, so that an error is known to be this file's.
    fn check(&self) -> Result<(), UsageError> {
        let command = RunArgs::augment_args(clap::Command::new("run").no_binary_name(true));
        match command.try_get_matches_from(self.arguments(|_| false)) {
            Ok(_) => Ok(()),
            Err(error) => Err(UsageError::new(first_paragraph(&error))),
        }
    }
}

/// What clap has to say, without its advice, which is for command lines.
fn first_paragraph(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let paragraph = rendered.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
    let joined = lines.join(" ");
    joined.strip_prefix("error: ").unwrap_or(&joined).to_owned()
}

#[cfg(test)]
mod tests;
