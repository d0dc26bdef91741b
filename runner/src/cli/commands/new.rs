//! `sandmill new`: a project that builds with one command and runs with the next.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::args::NewArgs;
use crate::cli::error::UsageError;
use crate::cli::exit::Exit;
use crate::cli::languages::{COMMON, File, Language, Template};
use crate::cli::printable::printable;
use crate::cli::terminal::Stdout;

/// # Errors
/// If the name is no name, or the folder is there or cannot be written.
pub fn run(args: &NewArgs) -> anyhow::Result<Exit> {
    let language = args.lang;
    let name = project_name(&args.path)?;
    let template = if args.no_sdk { &language.without_sdk } else { &language.with_sdk };
    let project = Project { name, language, template, has_sdk: !args.no_sdk };
    project.write(&args.path)?;

    let mut stdout = Stdout::open();
    for line in project.told(&args.path) {
        stdout.line(&line)?;
    }
    stdout.finish()?;
    Ok(Exit::Success)
}

/// Names that mean something else to a compiler, or to a project with a copy of the SDK.
const RESERVED: [&str; 9] =
    ["alloc", "core", "proc-macro", "proc_macro", "sandmill", "sandmill-guest", "sandmill_guest", "std", "test"];

/// Longer names make trouble in the names of files that builds make of them.
const NAME_MAX_CHARS: usize = 64;

/// The last part of the path, if every language can take it for a name.
fn project_name(path: &Path) -> Result<&str, UsageError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| is_plain(character) || matches!(character, '-' | '_'))
        && name.len() <= NAME_MAX_CHARS;
    if !is_name {
        return Err(UsageError::with_hint(
            format!("{:?} is no name for a project", printable(&path.to_string_lossy())),
            "it begins with a lowercase letter and goes on with such, digits, '-' and '_', as in word-count",
        ));
    }
    if RESERVED.contains(&name) {
        return Err(UsageError::with_hint(format!("{name:?} is taken by a library"), "choose another name"));
    }
    Ok(name)
}

struct Project<'a> {
    name: &'a str,
    language: &'static Language,
    template: &'static Template,
    has_sdk: bool,
}

impl Project<'_> {
    /// Makes the folder and all that is in it, or nothing.
    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let shown = printable(&folder.to_string_lossy()).into_owned();
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).with_context(|| format!("create folder {}", parent.display()))?;
        }
        fs::create_dir(folder).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                let message = format!("create project {shown}: it is there already");
                anyhow::Error::new(UsageError::with_hint(message, "choose another name, or remove it"))
            }
            _ => anyhow::Error::new(error).context(format!("create folder {shown}")),
        })?;
        let files = self.template.files.iter().copied().chain([COMMON]).flatten();
        let written = files.into_iter().try_for_each(|file| self.write_file(folder, file));
        if written.is_err() {
            // Half a project is none. What cannot be removed stays, and the reason to report is the first.
            let _ = fs::remove_dir_all(folder);
        }
        written
    }

    fn write_file(&self, folder: &Path, file: &File) -> anyhow::Result<()> {
        let path = folder.join(file.path.strip_suffix(".in").unwrap_or(file.path));
        let is_template = file.path.ends_with(".in");
        let text = if is_template { self.fill(file.text) } else { file.text.to_owned() };
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, text)
        };
        write().with_context(|| format!("write {}", path.display()))
    }

    /// Puts what is known of the project into a text.
    fn fill(&self, text: &str) -> String {
        let sdk_note = if self.has_sdk {
            "\nThe SDK is in this folder, as source: it is not published yet. Its README says what a processor can do."
        } else {
            "\nThe program knows nothing of sandmill: it reads standard input and prints JSON objects, one for each row."
        };
        text.replace("{{set_up}}", self.template.set_up)
            .replace("{{build}}", self.template.build)
            .replace("{{module}}", self.template.module)
            .replace("{{sdk_note}}", sdk_note)
            .replace("{{language}}", self.language.title)
            .replace("{{module_name}}", &self.name.replace('-', "_"))
            .replace("{{name}}", self.name)
    }

    /// What the user is told: what it is, and how to build and run it.
    fn told(&self, path: &Path) -> Vec<String> {
        let sdk = if self.has_sdk { "with the SDK" } else { "without the SDK" };
        let folder = quoted(&path.to_string_lossy());
        vec![
            format!("{} is a processor in {}, {sdk}", self.name, self.language.title),
            String::new(),
            "once, if it is not there yet:".to_owned(),
            format!("  {}", self.fill(self.template.set_up)),
            String::new(),
            "build it, and run it over its sample inputs:".to_owned(),
            format!("  cd {folder}"),
            format!("  {}", self.fill(self.template.build)),
            format!("  sandmill run {} inputs -o out", self.fill(self.template.module)),
        ]
    }
}

/// A path as a shell reads it.
fn quoted(path: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_of_a_path() {
        let name = |path: &str| project_name(Path::new(path)).map(str::to_owned).map_err(|error| error.to_string());
        assert_eq!(name("word-count"), Ok("word-count".to_owned()));
        assert_eq!(name("/tmp/a b/x_1"), Ok("x_1".to_owned()));
        for path in ["", "..", "/", "1a", "-a", "Word", "a b", "a.b", "ä", &"a".repeat(65)] {
            assert!(name(path).unwrap_err().ends_with("is no name for a project"), "{path:?}");
        }
        assert!(name("test").unwrap_err().contains("taken"));
    }

    #[test]
    fn a_folder_is_quoted_where_a_shell_needs_it() {
        assert_eq!(quoted("a/b-c.d"), "a/b-c.d");
        assert_eq!(quoted("my files/it's"), r"'my files/it'\''s'");
    }
}
