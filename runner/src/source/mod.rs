//! What inputs there are, in input order, and how one is opened and read.
//!
//! [`Inputs::resolve`] turns what the user named into a sorted list of entries; [`Iter`] walks the folders among them
//! and merges all of it into one strictly increasing stream of [`TaskPath`]s; [`Units`] makes tasks of them, one of each or
//! as many as it has members or chunks; [`open`] reads what a task is. What is on record about a task, and whether it needs to run, is
//! not decided here.
//!
//! A further kind of source goes in here: object stores as a further kind of entry that [`Iter`] expands like a folder.

mod archive;
mod choice;
mod chunk;
mod compressed;
mod content;
mod describe;
mod filter;
mod iter;
mod list;
mod naming;
mod open;
mod origin;
mod root;
mod split;
mod units;
mod walk;
mod watch;
mod with_params;

#[cfg(test)]
mod tests;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::config::{self, Choice, Links};
use crate::event::{Event, Monitor, Silent, Stop};
use crate::task::TaskPath;

use self::choice::Chooser;
use self::filter::Filter;
use self::list::OwnParams;
use self::naming::{Namer, is_within};
use self::open::reason;
use self::origin::StandardInput;
use self::split::Splitter;
use self::watch::PassedOver;

pub use self::archive::Passage;
pub use self::content::{Content, Handling, Opened, Unit, open};
pub use self::iter::Iter;
pub use self::root::Root;
pub use self::units::Units;

/// What standard input is called as an input.
const STANDARD: &str = "-";

/// The inputs of a run, checked and named, not yet walked.
#[derive(Debug)]
pub struct Inputs {
    root: Root,
    /// Every file and folder that was named or listed, sorted, each once. Which is which is looked up when its turn
    /// comes: a folder sorts before all that lies in it.
    entries: Vec<TaskPath>,
    filter: Filter,
    links: Links,
    splitter: Option<Splitter>,
    handling: Handling,
    choice: Choice,
    /// The one input there is, if it is standard input.
    standard: Option<Arc<StandardInput>>,
    /// The output folder, whose files are never inputs.
    output: Option<PathBuf>,
    /// What is looked for and where, in words.
    sought: String,
}

impl Inputs {
    /// Checks that the named inputs exist, reads the list, and settles the root. Nothing in `skip`, the output folder,
    /// will be an input; it need not exist yet.
    ///
    /// # Errors
    /// If a named input, the root or the list cannot be read, if an input is neither a file nor a folder or lies in
    /// the output folder, or if a pattern is not one.
    pub fn resolve(source: &config::Source, skip: Option<&Path>) -> Result<Self> {
        let cwd = env::current_dir().context("find the current folder")?;
        Self::resolve_in(&cwd, source, skip)
    }

    fn resolve_in(cwd: &Path, source: &config::Source, skip: Option<&Path>) -> Result<Self> {
        if source.standard_input && (!source.inputs.is_empty() || source.list.is_some()) {
            bail!("standard input can only be an input alone");
        }
        if source.inputs.is_empty() && source.list.is_none() && !source.standard_input {
            bail!("no input is named: name files or folders, or give a list of them (--files-from)");
        }
        let filter = Filter::compile(&source.filter)?;
        let output = skip.map(|path| naming::canonical_although_missing(&cwd.join(path)));
        let mut folders = 0;
        for input in &source.inputs {
            folders += usize::from(is_folder(cwd, input, output.as_deref())?);
        }
        let root = match (&source.root, &source.inputs[..], &source.list) {
            (Some(root), _, _) => Root::open(&cwd.join(root))?,
            (None, [folder], None) if folders == 1 => Root::open(&cwd.join(folder))?,
            _ => Root::open(cwd).context("paths are relative to the current folder: name another with --root")?,
        };

        let mut handling = Handling::of(source);
        let mut namer = Namer::new(cwd, &root);
        let mut entries: Vec<TaskPath> = source.inputs.iter().map(|input| namer.task_path(input)).collect();
        if let Some(list) = &source.list {
            let output = output.as_deref().map(|path| namer.task_path(path));
            let mut own = Vec::new();
            list::for_each_entry(cwd, list, |list::Entry { path, params, line }| {
                let entry = namer.task_path(&path);
                if !output.as_ref().is_some_and(|output| is_within(&entry, output)) {
                    own.extend(params.map(|params| (entry.clone(), line, params)));
                    entries.push(entry);
                }
            })?;
            let own = OwnParams::new(own, &root).with_context(|| format!("read {}", list::name(list)))?;
            handling.own_params = Arc::new(own);
        }
        if source.standard_input {
            entries.push(TaskPath::from_path(Path::new(STANDARD)));
        }
        entries.sort_unstable();
        entries.dedup();
        Ok(Self {
            root,
            entries,
            filter,
            links: source.links,
            splitter: source.splitting.as_ref().map(Splitter::new).transpose()?,
            handling,
            choice: source.choice,
            standard: source.standard_input.then(Arc::default),
            output,
            sought: describe::sought(source),
        })
    }

    /// Whether the one input is standard input, which can be read once and tells nothing of itself.
    pub fn is_standard(&self) -> bool {
        self.standard.is_some()
    }

    /// What relative paths of inputs are relative to.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// What was named or listed, files and folders, as it is called relative to the root.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &TaskPath> {
        self.entries.iter()
    }

    /// Every input once, in input order. The output folder must exist by now, or links could lead into it.
    ///
    /// What cannot be read is told to `monitor`, and the rest goes on. A file that was named is an input even if it is
    /// gone by now, so that its task says so.
    pub fn iter<'a>(&'a self, monitor: &'a dyn Monitor) -> Iter<'a> {
        Iter::new(self, monitor)
    }

    /// Every task once, in input order, like [`Inputs::iter`].
    pub fn units<'a>(&'a self, monitor: &'a dyn Monitor) -> Units<'a> {
        Units::new(self, monitor)
    }

    /// How every input is opened.
    pub fn handling(&self) -> &Handling {
        &self.handling
    }

    /// Whether [`Inputs::count`] costs little against making the tasks.
    pub fn can_be_counted(&self) -> bool {
        self.splitter.as_ref().is_none_or(Splitter::jumps)
    }

    /// How many tasks there are; `None` if `cancelled` said so first, or it costs too much to find out. Walks like [`Inputs::units`] and says nothing.
    pub fn count(&self, cancelled: &(dyn Fn() -> bool + Sync)) -> Option<u64> {
        let counting = Counting { cancelled };
        let mut units = Units::for_counting(self, &counting);
        let mut tasks = 0;
        for _ in &mut units {
            tasks += 1;
        }
        (units.paths().stopped().is_none() && !units.has_left_out()).then_some(tasks)
    }

    /// Checks that there is something to do, or may be: archives are not looked into.
    ///
    /// # Errors
    /// If there is no input; it says what was looked for, where, and what was left out there.
    pub fn check_not_empty(&self) -> Result<()> {
        let mut iter = self.iter(&Silent);
        let mut chooser = Chooser::new(&self.choice);
        let archives = self.handling.archives;
        let is_found =
            !chooser.has_enough() && iter.any(|path| archive::is_candidate(archives, &path) || chooser.takes(&path));
        if !is_found {
            bail!("{}", self.describe(iter.passed_over()));
        }
        Ok(())
    }

    fn describe(&self, passed_over: &PassedOver) -> String {
        describe::nothing_found(&self.sought, passed_over)
    }
}

/// Whether `input`, as named by the user, is a folder rather than a file.
fn is_folder(cwd: &Path, input: &Path, output: Option<&Path>) -> Result<bool> {
    let named = cwd.join(input);
    let metadata = match fs::metadata(&named) {
        Ok(metadata) => metadata,
        Err(error) => bail!("input {}: {}", input.display(), reason(&error)),
    };
    if !metadata.is_dir() && !metadata.is_file() {
        bail!("input {} is neither a file nor a folder", input.display());
    }
    if let Some(output) = output
        && fs::canonicalize(&named).is_ok_and(|path| path.starts_with(output))
    {
        bail!("input {} lies in the output folder: give the results a folder of their own", input.display());
    }
    Ok(metadata.is_dir())
}

/// A walk that nobody hears of.
struct Counting<'a> {
    cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Monitor for Counting<'_> {
    fn event(&self, _event: Event<'_>) {}

    fn stop(&self) -> Option<Stop> {
        (self.cancelled)().then_some(Stop::Interrupted)
    }
}
