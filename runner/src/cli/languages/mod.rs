//! The languages of `sandmill new`: the files of a project in each, and the commands that build it.
//!
//! To add one: a folder under `runner/templates` for each of its templates, a file beside this one that lists what is in
//! them, and a line in [`ALL`]. Every template does the same job, so one test builds and runs them all. In their files,
//! paths and commands, `{{name}}` is the project's name and `{{module_name}}` the same with `_` for `-`.

mod assemblyscript;
mod c;
mod cpp;
mod go;
mod javascript;
mod python;
mod rust;
mod zig;

use super::names::nearest;

/// Every language, in the order in which users are told of them.
const ALL: [&Language; 8] = [
    &rust::RUST,
    &c::C,
    &cpp::CPP,
    &zig::ZIG,
    &go::GO,
    &assemblyscript::ASSEMBLYSCRIPT,
    &javascript::JAVASCRIPT,
    &python::PYTHON,
];

/// What is in every project.
pub const COMMON: &[File] = &files!("common", ["README.md.in", ".gitignore.in", "inputs/line.txt", "inputs/poem.txt"]);

#[derive(Debug)]
pub struct Language {
    /// What `--lang` takes.
    pub name: &'static str,
    /// Other names that people use for it.
    pub aliases: &'static [&'static str],
    /// Its name in text.
    pub title: &'static str,
    pub with_sdk: Template,
    /// A WASI command that knows nothing of sandmill.
    pub without_sdk: Template,
}

#[derive(Debug)]
pub struct Template {
    /// Lists of files, each with paths of its own.
    pub files: &'static [&'static [File]],
    /// Installs what the build needs; done once on a machine.
    pub set_up: &'static str,
    /// Builds the processor, in the project's folder: one command.
    pub build: &'static str,
    /// Where the build puts the processor, from the project's folder.
    pub module: &'static str,
}

/// A file of a project. The `.in` at the end of its path, which keeps tools from taking a template for a project of ours,
/// goes away.
#[derive(Debug)]
pub struct File {
    pub path: &'static str,
    pub text: &'static str,
}

/// The files in a folder of `runner/templates`.
macro_rules! files {
    ($folder:literal, [$($path:literal),+ $(,)?]) => {
        [$($crate::cli::languages::File {
            path: $path,
            text: include_str!(concat!("../../../templates/", $folder, "/", $path)),
        }),+]
    };
}

/// The sources of an SDK: files in a folder of `guest-sdk`, which go into a folder of the project.
macro_rules! sdk_files {
    ($folder:literal, $into:literal, [$($path:literal),+ $(,)?]) => {
        [$($crate::cli::languages::File {
            path: concat!($into, "/", $path),
            text: include_str!(concat!("../../../../guest-sdk/", $folder, $path)),
        }),+]
    };
}

use {files, sdk_files};

impl Language {
    /// The language that `--lang` names.
    ///
    /// # Errors
    /// If there is none, with the nearest or all of them.
    pub fn parse(text: &str) -> Result<&'static Self, String> {
        let lower = text.to_lowercase();
        let is_meant = |language: &&&Self| language.name == lower || language.aliases.contains(&lower.as_str());
        if let Some(language) = ALL.iter().find(is_meant) {
            return Ok(language);
        }
        let names = ALL.map(|language| language.name);
        Err(match nearest(&lower, names) {
            Some(name) => format!("there is no template for {text:?}; did you mean {name}?"),
            None => format!("there is no template for {text:?}; there are {}", names.join(", ")),
        })
    }
}

/// The names of all languages, for people to read.
pub fn list() -> String {
    ALL.map(|language| language.name).join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn languages_are_found_by_their_names_and_others_are_answered() {
        assert_eq!(Language::parse("rust").unwrap().name, "rust");
        assert_eq!(Language::parse("C++").unwrap().name, "cpp");
        assert!(Language::parse("rsut").unwrap_err().ends_with("did you mean rust?"));
        assert!(Language::parse("cobol-85").unwrap_err().contains("there are rust, c, cpp"));
        let names = ALL.iter().flat_map(|language| language.aliases.iter().chain([&language.name]));
        let distinct: HashSet<_> = names.clone().collect();
        assert_eq!(distinct.len(), names.count(), "no name means two languages");
    }

    #[test]
    fn no_file_of_a_template_comes_twice() {
        for language in ALL {
            for template in [&language.with_sdk, &language.without_sdk] {
                let paths = template.files.iter().copied().chain([COMMON]).flatten().map(|file| file.path);
                let distinct: HashSet<_> = paths.clone().collect();
                assert_eq!(distinct.len(), paths.count(), "{}", language.name);
            }
        }
    }
}
