//! Landlock: which files this process may still open.

use std::path::PathBuf;

use anyhow::Context as _;
use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, RulesetStatus, Scope,
};

use super::Part;
use super::policy::Policy;

/// The newest version whose rights and scopes are asked for. Older kernels do what they can.
const VERSION: ABI = ABI::V6;

/// Restricts this thread, and those that it starts, to the files of `policy`.
///
/// # Errors
/// If the kernel has no Landlock, or refuses.
pub fn restrict(policy: &Policy) -> anyhow::Result<Part> {
    let read_folder = AccessFs::ReadFile | AccessFs::ReadDir;
    // No devices, sockets or pipes, and nothing is executed.
    let write = read_folder
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(VERSION))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(VERSION)))
        .and_then(Ruleset::create)
        .context("prepare Landlock")?;
    let ruleset = grant(ruleset, &policy.read, read_folder)?;
    let ruleset = grant(ruleset, &policy.list, AccessFs::ReadDir.into())?;
    let ruleset = grant(ruleset, &policy.write, write)?;
    let ruleset = grant(ruleset, &policy.empty, AccessFs::RemoveDir.into())?;
    match ruleset.restrict_self().context("restrict files with Landlock")?.ruleset {
        RulesetStatus::FullyEnforced => Ok(Part::Whole),
        RulesetStatus::PartiallyEnforced => Ok(Part::Partial),
        RulesetStatus::NotEnforced => anyhow::bail!("this kernel has no Landlock, or it is turned off"),
    }
}

/// Grants `access` to what is at `paths` and below. What is not there, or cannot be opened, gets nothing: the run says so.
fn grant(mut ruleset: RulesetCreated, paths: &[PathBuf], access: BitFlags<AccessFs>) -> anyhow::Result<RulesetCreated> {
    for path in paths {
        let Ok(fd) = PathFd::new(path) else { continue };
        // Rights over folders mean nothing for a file.
        let access = if path.is_dir() { access } else { access & AccessFs::from_file(VERSION) };
        if !access.is_empty() {
            ruleset = ruleset
                .add_rule(PathBeneath::new(fd, access))
                .with_context(|| format!("grant {} to the run", path.display()))?;
        }
    }
    Ok(ruleset)
}
