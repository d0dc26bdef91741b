//! Which files a run is about: derived from its configuration, in one place.

use std::env;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::{Config, Layout, Links, Output};
use crate::sandbox::page_map;
use crate::source::Inputs;

/// Beyond so many inputs that were named one by one, the folders that they lie in are readable, not they alone: each thing
/// that is granted costs time when the run starts, and kernel memory.
const MOST_NAMED: usize = 1_000;

/// Where SQLite puts what is too large for its memory, where there is no output folder.
const SQLITE_TEMPORARY: &str = "/var/tmp";

/// What a run may do with which files. What is not there is not granted.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Files, and folders with all that is in them.
    pub read: Vec<PathBuf>,
    /// Folders whose names, and those of all folders in them, may be read.
    pub list: Vec<PathBuf>,
    /// Folders in which everything may be made, changed and removed.
    pub write: Vec<PathBuf>,
    /// Folders in which empty folders may be removed.
    pub empty: Vec<PathBuf>,
}

impl Policy {
    pub fn of(config: &Config, inputs: &Inputs, emptied: &[&Path], copy: Option<&Path>) -> Self {
        let mut policy = Self { read: vec![config.processor.clone()], ..Self::default() };
        policy.read.extend(of_itself());
        if config.source.links == Links::All {
            // Links may lead anywhere, and the user wants them followed.
            policy.read.push("/".into());
        }
        let root = inputs.root().path();
        let named = inputs.entries().map(|entry| root.join(entry.to_path()));
        if inputs.entries().len() > MOST_NAMED {
            named.for_each(|path| policy.read.push(folder_of(path)));
            policy.read.sort_unstable();
            policy.read.dedup();
        } else {
            policy.read.extend(named);
        }
        // It is opened, and inputs are opened from it on.
        policy.list.push(root.to_owned());
        policy.write.extend(config.cache.clone());
        match &config.output {
            Output::Folder(folder) => policy.write.push(folder.clone()),
            Output::Discard => policy.write.extend([env::temp_dir(), SQLITE_TEMPORARY.into()]),
        }
        if let Layout::Striped { folder, .. } = &config.views.layout {
            policy.write.push(folder.clone());
        }
        policy.empty.extend(emptied.iter().map(|&path| path.to_owned()));
        if let Some(copy) = copy {
            // It is read, and removed in the end.
            policy.write.push(copy.to_owned());
            policy.empty.push(folder_above(copy.to_owned()));
        }
        policy
    }

    /// What a process that runs tasks may do: read what was compiled and what is shared, and show inputs to guests that open
    /// files. It is handed its inputs, and hands over its output.
    pub fn of_child(cache: Option<&Path>, staging: Option<&Path>, share: Option<&Path>) -> Self {
        let paths = |path: Option<&Path>| path.map(Path::to_owned);
        Self {
            read: paths(cache).into_iter().chain(paths(share)).chain(of_itself()).collect(),
            write: paths(staging).into_iter().collect(),
            ..Self::default()
        }
    }
}

/// What a process reads of itself: the lines of a panic are looked up in the program, and which pages were written to in the
/// page map.
fn of_itself() -> impl Iterator<Item = PathBuf> {
    env::current_exe().into_iter().chain([page_map::PATH.into()])
}

/// The folder that an input is, or lies in when links are followed.
fn folder_of(path: PathBuf) -> PathBuf {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => return path,
        Ok(metadata) if metadata.is_symlink() => {
            let Ok(target) = path.canonicalize() else { return path };
            return if target.is_dir() { target } else { folder_above(target) };
        }
        // What is gone fails as a task.
        Ok(_) | Err(_) => {}
    }
    folder_above(path)
}

fn folder_above(path: PathBuf) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::Source;

    fn policy(folder: &Path, change: impl FnOnce(&mut Config)) -> Policy {
        let source = Source { inputs: vec![folder.join("in")], ..Source::default() };
        let mut config = Config::new("p.wasm", source, Output::Folder(folder.join("out")));
        change(&mut config);
        let inputs = Inputs::resolve(&config.source, None).unwrap();
        Policy::of(&config, &inputs, &[], None)
    }

    #[test]
    fn a_run_reads_its_inputs_and_writes_its_output() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("in")).unwrap();
        let of = |change: fn(&mut Config)| policy(&root, change);
        let (input, output) = (root.join("in"), root.join("out"));
        let usual = of(|_| {});
        let program = env::current_exe().unwrap();
        let page_map = PathBuf::from("/proc/self/pagemap");
        assert_eq!(usual.read, [PathBuf::from("p.wasm"), program.clone(), page_map.clone(), input.clone()]);
        assert_eq!((usual.list, usual.write), (vec![input.clone()], vec![output.clone()]));
        let cached = of(|config| config.cache = Some("/cache".into()));
        assert_eq!(cached.write, ["/cache".into(), output]);
        let linked = of(|config| config.source.links = Links::All);
        assert_eq!(linked.read, ["p.wasm".into(), program, page_map, "/".into(), input]);
        assert!(of(|config| config.output = Output::Discard).write.contains(&env::temp_dir()));
    }

    #[test]
    fn a_process_for_tasks_is_granted_no_input_and_no_output() {
        let policy = Policy::of_child(Some(Path::new("/cache")), Some(Path::new("/out/.staging")), None);
        let itself = of_itself().collect::<Vec<_>>();
        assert_eq!(policy.read, [&[PathBuf::from("/cache")], itself.as_slice()].concat());
        assert_eq!(policy.write, [PathBuf::from("/out/.staging")]);
        assert_eq!((policy.list.len(), policy.empty.len()), (0, 0));
    }

    #[test]
    fn of_many_named_inputs_the_folders_are_granted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("in/sub")).unwrap();
        fs::write(root.join("elsewhere"), "").unwrap();
        std::os::unix::fs::symlink(root.join("elsewhere"), root.join("in/sub/link")).unwrap();
        let mut named = vec![root.join("in/sub"), root.join("in/sub/link")];
        for number in 0..MOST_NAMED {
            let path = root.join("in").join(number.to_string());
            fs::write(&path, "").unwrap();
            named.push(path);
        }
        let policy = policy(&root, |config| config.source.inputs = named);
        let mut expected = vec![PathBuf::from("p.wasm"), root.clone(), root.join("in"), root.join("in/sub")];
        expected.extend(of_itself());
        expected.sort_unstable();
        assert_eq!(policy.read, expected);
    }
}
