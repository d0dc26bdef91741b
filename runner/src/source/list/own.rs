//! Which parameters an input has of its own.

use std::sync::Arc;

use anyhow::{Result, bail};

use crate::param::Params;
use crate::source::root::Root;
use crate::task::TaskPath;

/// The parameters that a list gave. Those of a folder or an archive are those of all that is in it and not listed itself.
#[derive(Clone, Debug, Default)]
pub struct OwnParams {
    /// Sorted by path, each once.
    listed: Vec<(TaskPath, Arc<Params>)>,
    /// Of what lies in the root, if that was listed, or a folder in which it lies.
    of_root: Option<Arc<Params>>,
}

impl OwnParams {
    /// # Errors
    /// If a path was listed twice and with different parameters. The numbers are lines of the list.
    pub fn new(mut entries: Vec<(TaskPath, u64, Params)>, root: &Root) -> Result<Self> {
        entries.sort_unstable_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
        for pair in entries.windows(2) {
            let [(path, line, params), (other_path, other_line, other_params)] = pair else { continue };
            if path == other_path && params != other_params {
                bail!(
                    "line {other_line}: {path} is in line {line} already, with other parameters, and one input is one task"
                );
            }
        }
        entries.dedup_by(|left, right| left.0 == right.0);
        let listed = entries.into_iter().map(|(path, _, params)| (path, Arc::new(params))).collect();
        let mut this = Self { listed, of_root: None };
        this.of_root = this.nearest(&TaskPath::from_path(root.path())).cloned();
        Ok(this)
    }

    /// Those of the input at `path`; none if there are none.
    pub fn of(&self, path: &TaskPath) -> Option<&Arc<Params>> {
        let is_in_root = path.key().first() != Some(&0);
        let params = self.nearest(path).or_else(|| self.of_root.as_ref().filter(|_| is_in_root));
        params.filter(|params| !params.is_empty())
    }

    /// Those of what was listed and is `path`, or the innermost folder around it.
    fn nearest(&self, path: &TaskPath) -> Option<&Arc<Params>> {
        let mut key = path.key();
        while !self.listed.is_empty() && !key.is_empty() {
            if let Ok(place) = self.listed.binary_search_by(|(listed, _)| listed.key().cmp(key)) {
                return Some(&self.listed[place].1);
            }
            key = match key.iter().rposition(|&byte| byte == 0)? {
                // The folder above all.
                0 if key.len() > 1 => &key[..1],
                end => &key[..end],
            };
        }
        None
    }
}
