//! From the keys and values of a configuration file to arguments.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::super::error::UsageError;
use super::super::names;
use super::keys::{self, Key, Kind, normalised};
use super::r3po::{self, Entry, Layout, R3po};
use super::yaml::Value;
use super::{ConfigFile, Flag};

/// What the file at `path` says with `values`.
///
/// # Errors
/// If a key is unknown or there twice, or its value is of the wrong kind.
pub(super) fn read(mut values: BTreeMap<String, Value>, path: &Path) -> Result<ConfigFile, UsageError> {
    let known = keys::known();
    check_keys(&values, &known)?;
    let file = ConfigFile { path: path.to_owned(), ..ConfigFile::default() };
    let mut reader = Reader { folder: path.parent().unwrap_or(Path::new("")), known: &known, file };
    reader.r3po(&mut values)?;
    for (key, value) in values {
        reader.key(&key, value)?;
    }
    Ok(reader.file)
}

/// Every key is known, and none is there twice under two spellings.
fn check_keys(values: &BTreeMap<String, Value>, known: &[Key]) -> Result<(), UsageError> {
    let mut names: Vec<&str> = known.iter().map(|key| key.name.as_str()).collect();
    names.extend(["processor", "inputs"]);
    for name in r3po::keys() {
        names.push(name);
    }
    let mut seen = BTreeMap::new();
    for key in values.keys() {
        let name = normalised(key);
        if !names.contains(&name.as_str()) {
            let hint = match names::nearest(&name, names.iter().copied()) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "keys are the long names of options, see `sandmill run --help`".to_owned(),
            };
            return Err(UsageError::with_hint(format!("no option is called {key:?}"), hint));
        }
        if let Some(other) = seen.insert(name, key) {
            return Err(UsageError::new(format!("{other} and {key} are the same option")));
        }
    }
    Ok(())
}

/// A file while it is read.
struct Reader<'a> {
    /// The folder of the file, which paths in it are relative to.
    folder: &'a Path,
    known: &'a [Key],
    file: ConfigFile,
}

impl Reader<'_> {
    fn r3po(&mut self, values: &mut BTreeMap<String, Value>) -> Result<(), UsageError> {
        self.file.job_name = r3po::take_job_name(values)?;
        let Some(r3po) = R3po::take(values)? else { return Ok(()) };
        for (name, entry) in [("output", &r3po.working_dir), ("inputs", &r3po.source_path)] {
            if let Some(other) = values.keys().find(|key| normalised(key) == name) {
                return Err(UsageError::new(format!("{} and {other} are the same option", entry.key)));
            }
        }
        let Entry { key, text } = &r3po.processes;
        let tables = text
            .parse::<NonZeroUsize>()
            .map_err(|_| UsageError::new(format!("{key}: {text:?} is not a number of processes")))?;
        // There may be more or fewer workers than tables.
        if !values.keys().any(|key| normalised(key) == "workers") {
            self.flag("workers", Some(text.into()));
        }
        let path = |entry: &Entry| self.path(&entry.key, &entry.text);
        let (source, working, output) = (path(&r3po.source_path)?, path(&r3po.working_dir)?, path(&r3po.output_path)?);
        self.file.inputs = vec![source];
        self.file.layout = Some(Layout { folder: output, tables });
        self.flag("output", Some(working.into()));
        if let Some((option, value)) = r3po::filter(&r3po.source_file_part.text) {
            self.flag(option, Some(value.into()));
        }
        Ok(())
    }

    fn key(&mut self, key: &str, value: Value) -> Result<(), UsageError> {
        let name = normalised(key);
        match name.as_str() {
            "processor" => {
                self.file.processor = Some(self.path(key, &value.into_text(key)?)?);
                return Ok(());
            }
            "inputs" => {
                let texts = value.into_list(key)?;
                self.file.inputs = texts.iter().map(|text| self.path(key, text)).collect::<Result<_, _>>()?;
                return Ok(());
            }
            _ => {}
        }
        let Some(kind) = self.known.iter().find(|known| known.name == name).map(|known| known.kind) else {
            return Ok(());
        };
        match kind {
            Kind::Switch => {
                let text = value.into_text(key)?;
                match truth(&text) {
                    Some(true) => self.flag(&name, None),
                    Some(false) => {}
                    None => return Err(UsageError::new(format!("{key}: true or false is expected, not {text:?}"))),
                }
            }
            Kind::Text => {
                let text = value.into_text(key)?;
                self.flag(&name, Some(text.into()));
            }
            Kind::Path => {
                let text = value.into_text(key)?;
                let is_stdin = name == "files-from" && text == "-";
                let path = if is_stdin { PathBuf::from(text) } else { self.path(key, &text)? };
                self.flag(&name, Some(path.into()));
            }
            Kind::Choice => match value {
                Value::Text(text) if truth(&text) == Some(false) => {}
                Value::Text(text) if truth(&text) == Some(true) => self.flag(&name, None),
                value => {
                    let joined = value.into_list(key)?.join(",");
                    self.flag(&name, Some(joined.into()));
                }
            },
            Kind::CommaList => {
                let joined = value.into_list(key)?.join(",");
                self.flag(&name, Some(joined.into()));
            }
            Kind::List => {
                for text in value.into_list(key)? {
                    self.flag(&name, Some(text.into()));
                }
            }
            Kind::Params => self.params(key, value)?,
        }
        Ok(())
    }

    fn params(&mut self, key: &str, value: Value) -> Result<(), UsageError> {
        let texts = match value {
            Value::Map(params) => params.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
            value => value.into_list(key)?,
        };
        for text in texts {
            let param = names::param(&text).map_err(|error| UsageError::new(format!("{key}: {error}")))?;
            if self.file.params.insert(param.name.clone(), param.value).is_some() {
                return Err(UsageError::new(format!("{key}: {} is given twice", param.name)));
            }
        }
        Ok(())
    }

    fn path(&self, key: &str, text: &str) -> Result<PathBuf, UsageError> {
        if text.is_empty() {
            return Err(UsageError::new(format!("{key} is empty; the folder of this file is '.'")));
        }
        Ok(self.folder.join(text))
    }

    fn flag(&mut self, name: &str, value: Option<OsString>) {
        let Some(known) = self.known.iter().find(|known| known.name == name) else { return };
        let mut argument = OsString::from(format!("--{name}"));
        if let Some(value) = value {
            argument.push("=");
            argument.push(value);
        }
        self.file.flags.push(Flag { id: known.id.clone(), argument });
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
