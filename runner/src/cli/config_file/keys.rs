//! Which keys a configuration file may have: the long names of the options, as their definition has them.

use clap::{Arg, ArgAction, Args as _};

use super::super::run_args::RunArgs;

/// What kind of value a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Switch,
    Text,
    /// A path, relative to the file.
    Path,
    /// True or false, or a list in one value.
    Choice,
    /// A list in one value.
    CommaList,
    List,
    /// Names and values.
    Params,
}

/// An option that a file may set.
#[derive(Clone, Debug)]
pub struct Key {
    /// clap's name for it.
    pub id: String,
    /// The long flag, without its dashes.
    pub name: String,
    pub kind: Kind,
}

/// Every option of `run` that a file may set, which is all but the one that names the file.
pub fn known() -> Vec<Key> {
    let command = RunArgs::augment_args(clap::Command::new("run"));
    command.get_arguments().filter_map(key).filter(|key| key.name != "config").collect()
}

fn key(arg: &Arg) -> Option<Key> {
    let name = arg.get_long()?;
    let kind = match (name, arg.get_action()) {
        ("param", _) => Kind::Params,
        ("output" | "root" | "files-from" | "cache-dir" | "share", _) => Kind::Path,
        ("columns", _) => Kind::CommaList,
        (_, ArgAction::SetTrue) => Kind::Switch,
        (_, ArgAction::Append) => Kind::List,
        _ if arg.get_num_args().is_some_and(|values| values.min_values() == 0) => Kind::Choice,
        _ => Kind::Text,
    };
    Some(Key { id: arg.get_id().to_string(), name: name.to_owned(), kind })
}

/// The form in which keys are compared: both `max-errors` and `max_errors` are common.
pub fn normalised(key: &str) -> String {
    key.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> Option<Kind> {
        known().into_iter().find(|key| key.name == name).map(|key| key.kind)
    }

    #[test]
    fn the_kinds_follow_from_the_definition() {
        assert_eq!(kind("hidden"), Some(Kind::Switch));
        assert_eq!(kind("timeout"), Some(Kind::Text));
        assert_eq!(kind("output"), Some(Kind::Path));
        assert_eq!(kind("share"), Some(Kind::Path));
        assert_eq!(kind("format"), Some(Kind::List));
        assert_eq!(kind("retry-failed"), Some(Kind::Choice));
        assert_eq!(kind("follow-symlinks"), Some(Kind::Choice));
        assert_eq!(kind("columns"), Some(Kind::CommaList));
        assert_eq!(kind("exclude"), Some(Kind::List));
        assert_eq!(kind("param"), Some(Kind::Params));
        assert_eq!(kind("config"), None);
        assert_eq!(kind("help"), None);
    }
}
