//! Where a file of a task belongs below `files`, so that no two tasks of a run can mean the same place.
//!
//! A task's files lie in the folder by its path, and the one file that is a task's whole result beside it, with a suffix.
//! A leading slash becomes a folder `@`. The files of a chunk other than the first are in a folder `@OFFSET`, and its result
//! is called `<name>@OFFSET`. Components that look like the former or that lead elsewhere get an `@` in front, results that
//! look like the latter one behind, and so do, where there is a suffix, folders that end in it: which tells them from files.

use crate::file::{COMPONENT_BYTES, GivenFile, bad_name};
use crate::outcome::Failure;
use crate::task::{TaskId, TaskPath};

/// # Errors
/// `bad_output` if a component becomes longer than file systems take.
pub fn place(id: &TaskId, file: &GivenFile, suffix: &str) -> Result<TaskPath, Failure> {
    let mut components: Vec<Vec<u8>> = id.path.key().split(|&byte| byte == 0).map(escaped).collect();
    match &file.name {
        Some(name) => {
            components.extend((id.offset > 0).then(|| format!("@{}", id.offset).into_bytes()));
            components.extend(name.split('/').map(|component| escaped(component.as_bytes())));
        }
        None => {
            if let Some(last) = components.last_mut() {
                if looks_like_a_chunk(last) {
                    last.push(b'@');
                }
                if id.offset > 0 {
                    last.extend_from_slice(format!("@{}", id.offset).as_bytes());
                }
                last.extend_from_slice(suffix.as_bytes());
            }
        }
    }
    let folders = components.len().saturating_sub(1);
    for folder in &mut components[..folders] {
        set_apart(folder, suffix.as_bytes());
    }
    if let Some(component) = components.iter().find(|component| component.len() > COMPONENT_BYTES) {
        let reason = format!("has more than {COMPONENT_BYTES} bytes");
        return Err(bad_name(&String::from_utf8_lossy(component), &reason));
    }
    Ok(TaskPath::from_key(&components.join(&0)))
}

fn escaped(component: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(component.len() + 1);
    if is_reserved(component) {
        escaped.push(b'@');
    }
    escaped.extend_from_slice(component);
    escaped
}

/// Whether a component has a meaning of its own here, or looks like what an `@` in front makes of such a one.
fn is_reserved(component: &[u8]) -> bool {
    let marks = component.iter().take_while(|&&byte| byte == b'@').count();
    let core = &component[marks..];
    matches!(core, b"" | b"." | b"..") || (marks > 0 && core.first().is_some_and(u8::is_ascii_digit))
}

/// Whether the name of a result ends as one of a chunk does, or as what an `@` behind makes of such a one.
fn looks_like_a_chunk(name: &[u8]) -> bool {
    let core = name.iter().rposition(|&byte| byte != b'@').map_or(&[][..], |last| &name[..=last]);
    let digits = core.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && core[..core.len() - digits].ends_with(b"@")
}

fn set_apart(folder: &mut Vec<u8>, suffix: &[u8]) {
    let core = folder.iter().rposition(|&byte| byte != b'@').map_or(0, |last| last + 1);
    if !suffix.is_empty() && (folder.ends_with(suffix) || folder[..core].ends_with(suffix)) {
        folder.push(b'@');
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    fn at(path: &str, offset: u64, name: Option<&str>, suffix: &str) -> String {
        let id = TaskId { path: TaskPath::from_path(Path::new(path)), offset };
        let file = GivenFile { name: name.map(str::to_owned), bytes: Vec::new() };
        place(&id, &file, suffix).unwrap().to_string()
    }

    #[test]
    fn usual_names_stand_as_they_are() {
        assert_eq!(at("a/b.json", 0, Some("table.npz"), ""), "a/b.json/table.npz");
        assert_eq!(at("a/b.json", 0, Some("x/y.z"), ""), "a/b.json/x/y.z");
        assert_eq!(at("a/b.json", 0, None, ".csv"), "a/b.json.csv");
        assert_eq!(at("a/b.json", 0, None, ""), "a/b.json");
        assert_eq!(at("a", 4096, Some("t"), ""), "a/@4096/t");
        assert_eq!(at("a", 4096, None, ".t"), "a@4096.t");
        assert_eq!(at("a", 4096, None, ""), "a@4096");
        assert_eq!(at("logo@2x.png", 0, None, ""), "logo@2x.png");
        assert_eq!(at("/a/b", 0, Some("c"), ""), "@/a/b/c");
    }

    #[test]
    fn nothing_leads_elsewhere() {
        assert_eq!(at("../../etc/passwd", 0, None, ""), "@../@../etc/passwd");
        assert_eq!(at("..", 0, Some("x"), ""), "@../x");
    }

    #[test]
    fn names_that_become_too_long_are_refused() {
        let id = TaskId::whole_file(TaskPath::from_path(Path::new(&"x".repeat(254))));
        let file = GivenFile { name: None, bytes: Vec::new() };
        assert!(place(&id, &file, "x").is_ok());
        assert!(place(&id, &file, ".x").unwrap_err().message.contains("255"));
    }

    #[test]
    fn no_two_tasks_of_one_folder_have_one_place_and_no_file_is_a_folder() {
        // Paths that can be in one tree together: none is a folder of another.
        let paths = [
            "a", "/b", "b", "@a/b", "a.t/x", "a.t@/x", "a.t@@/x", "c/@4096", "c/@@4096", "c/4096", "@", "@@", "a@4096",
            "a@4096@", "a@", "a4096", "4096", "@4096", "..", "@..",
        ];
        let names = ["x", "@4096", "@4096.t", "@@4096", "x.t/y", "x.t@/y"];
        for suffix in ["", ".t", "t", "4096"] {
            let mut places = HashSet::new();
            for path in paths {
                for offset in [0, 4096] {
                    // Without a suffix, the result of a task would be where the folder for its other files is.
                    let result = (!suffix.is_empty()).then_some(None);
                    for name in names.iter().map(|name| Some(*name)).chain(result) {
                        let place = at(path, offset, name, suffix);
                        assert!(places.insert(place.clone()), "{place} of {path} {offset} {name:?} is taken");
                    }
                }
            }
            for place in &places {
                for (end, _) in place.match_indices('/') {
                    assert!(!places.contains(&place[..end]), "{} is a file and a folder", &place[..end]);
                }
            }
        }
    }
}
