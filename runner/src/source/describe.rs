//! The words for "there is no input".

use std::path::Path;

use crate::config::Source;

use super::watch::PassedOver;

/// Inputs that are named before the rest becomes a number.
const INPUTS_SHOWN: usize = 3;

/// What is looked for, and where.
pub(super) fn sought(source: &Source) -> String {
    let filter = &source.filter;
    let mut ways = Vec::new();
    if !filter.suffixes.is_empty() {
        ways.push(format!("ending in {}", filter.suffixes.join(", ")));
    }
    if !filter.globs.is_empty() {
        ways.push(format!("matching {}", filter.globs.join(", ")));
    }
    let mut sought = if ways.is_empty() { "any file".to_owned() } else { format!("files {}", ways.join(" or ")) };
    if !filter.excludes.is_empty() {
        sought.push_str(&format!(" (except {})", filter.excludes.join(", ")));
    }
    let shown = source.inputs.iter().take(INPUTS_SHOWN).map(|input| input.display().to_string());
    let mut places: Vec<String> = shown.collect();
    places.extend(source.standard_input.then(|| "standard input".to_owned()));
    if source.inputs.len() > INPUTS_SHOWN {
        places.push(format!("{} more", source.inputs.len() - INPUTS_SHOWN));
    }
    if let Some(list) = &source.list {
        let name = list.file.as_deref().map_or("standard input".into(), Path::to_string_lossy);
        places.push(format!("the list {name}"));
    }
    format!("{sought} in {}", places.join(", "))
}

/// The whole message.
pub(super) fn nothing_found(sought: &str, passed_over: &PassedOver) -> String {
    if *passed_over == PassedOver::default() {
        format!("no input: looked for {sought}")
    } else {
        format!("no input: looked for {sought}; passed over {passed_over}")
    }
}
