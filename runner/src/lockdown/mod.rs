//! Lockdown: the kernel keeps this process to the files that its run is about, and to what a run needs of the system.
//!
//! It is the second wall. The first is WebAssembly's: this one stands where a bug of the compiler, of the runtime or of ours
//! lets a guest or an input out of its sandbox. It binds the thread that calls [`engage`] and all that this one starts, for
//! good; so it is called before there are others.

#[cfg(target_os = "linux")]
mod files;
mod policy;
#[cfg(target_os = "linux")]
mod system_calls;

use std::fmt;
use std::path::Path;

use crate::config::{Config, Lockdown};
use crate::source::Inputs;

pub use self::policy::Policy;

/// What of it holds for this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was not asked for.
    Off,
    On(Parts),
}

/// Which walls there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub files: Part,
    pub system_calls: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// This kernel knows only some of it.
    Partial,
    /// There is none, for this reason.
    Missing(String),
}

impl State {
    /// What is missing of what was asked for.
    pub fn shortfall(&self) -> Option<&Parts> {
        match self {
            Self::On(parts) if *parts != Parts::WHOLE => Some(parts),
            Self::On(_) | Self::Off => None,
        }
    }
}

impl Parts {
    const WHOLE: Self = Self { files: Part::Whole, system_calls: Part::Whole };
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::On(parts) => parts.fmt(f),
        }
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "files {}, system calls {}", self.files, self.system_calls)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("restricted"),
            Self::Partial => f.write_str("restricted as far as this kernel can"),
            Self::Missing(reason) => write!(f, "not restricted ({reason})"),
        }
    }
}

/// Restricts this process to what the run of `config` over `inputs` needs, as far as `config.lockdown` wants it. The folders
/// that the run writes to must be there. `emptied` are folders from which it may remove empty ones, `copy` is where its shared
/// data lies until it ends.
///
/// # Errors
/// If it is required, and this system cannot do it.
pub fn engage(config: &Config, inputs: &Inputs, emptied: &[&Path], copy: Option<&Path>) -> anyhow::Result<State> {
    engage_with(config.lockdown, || Policy::of(config, inputs, emptied, copy))
}

/// Restricts this process, as far as `lockdown` wants it, to work that opens no file.
///
/// # Errors
/// As [`engage`].
pub fn engage_without_files(lockdown: Lockdown) -> anyhow::Result<State> {
    engage_with(lockdown, Policy::default)
}

/// Restricts this process, as far as `lockdown` wants it, to the files of `policy`.
///
/// # Errors
/// As [`engage`].
pub fn confine(lockdown: Lockdown, policy: &Policy) -> anyhow::Result<State> {
    engage_with(lockdown, || policy.clone())
}

fn engage_with(lockdown: Lockdown, policy: impl FnOnce() -> Policy) -> anyhow::Result<State> {
    if lockdown == Lockdown::Off {
        return Ok(State::Off);
    }
    accept(lockdown, restrict(&policy()))
}

#[cfg(target_os = "linux")]
fn restrict(policy: &Policy) -> Parts {
    // What a crash of ours would leave behind could hold anybody's data. A limit can always be lowered.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    let missing = |error: anyhow::Error| Part::Missing(format!("{error:#}"));
    Parts {
        files: files::restrict(policy).unwrap_or_else(missing),
        system_calls: system_calls::restrict().map_or_else(missing, |()| Part::Whole),
    }
}

/// Other systems have other ways, which this program does not know.
#[cfg(not(target_os = "linux"))]
fn restrict(_policy: &Policy) -> Parts {
    let missing = || Part::Missing("only Linux can".to_owned());
    Parts { files: missing(), system_calls: missing() }
}

/// A kernel that knows Landlock since long ago misses what came later (scopes, ioctl), which is accepted.
fn accept(lockdown: Lockdown, parts: Parts) -> anyhow::Result<State> {
    let is_missing = |part: &Part| matches!(part, Part::Missing(_));
    if lockdown == Lockdown::Require && (is_missing(&parts.files) || is_missing(&parts.system_calls)) {
        anyhow::bail!("this system cannot lock the run down (--lockdown require): {parts}");
    }
    Ok(State::On(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_must_be_there() {
        let missing = || Part::Missing("no landlock".to_owned());
        let lame = || Parts { files: missing(), system_calls: Part::Whole };
        assert_eq!(accept(Lockdown::Auto, lame()).unwrap().shortfall(), Some(&lame()));
        let error = accept(Lockdown::Require, lame()).unwrap_err().to_string();
        assert!(error.contains("files not restricted (no landlock), system calls restricted"), "{error}");
        let partial = Parts { files: Part::Partial, system_calls: Part::Whole };
        assert!(accept(Lockdown::Require, partial).is_ok());
        assert_eq!(accept(Lockdown::Require, Parts::WHOLE).unwrap().shortfall(), None);
    }
}
