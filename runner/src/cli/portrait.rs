//! What can be told of a module from its outside: its language, what it asks for, and whether its results can be had again.

use sandmill::sandbox::{Contract, Facts, Import};

const WASI: &str = "wasi_snapshot_preview1";

/// Makers of components that bring an interpreter. The second is what componentize-py calls its last step.
const INTERPRETED: [(&str, &str); 2] = [("componentize-qjs", "JavaScript"), ("component-init-transform", "Python")];

/// The language that it was written in, as it says itself, or as its maker suggests.
pub fn language(facts: &Facts) -> Option<String> {
    let named = |field: &str| {
        let of_field = facts.producers.iter().filter(|(other, ..)| other == field);
        of_field.map(|(_, name, version)| format!("{name} {version}").trim().to_owned()).collect::<Vec<_>>()
    };
    let (languages, makers) = (named("language"), named("processed-by"));
    // The language of an interpreter is not that of the processor.
    let is_made_by = |name: &str| makers.iter().any(|maker| maker.starts_with(name));
    if let Some((_, language)) = INTERPRETED.iter().find(|(maker, _)| is_made_by(maker)) {
        return Some((*language).to_owned());
    }
    if !languages.is_empty() {
        return Some(languages.join(", "));
    }
    if makers.iter().any(|maker| maker.starts_with("clang")) {
        return Some("C, C++ or what clang compiles".to_owned());
    }
    let imports =
        |module: &str, name: &str| facts.imports.iter().any(|import| import.module == module && import.name == name);
    if imports("gojs", "runtime.wasmExit") {
        return Some("Go".to_owned());
    }
    let is_assembly_script = imports("env", "abort") || facts.exports.iter().any(|export| export.name == "__rtti_base");
    is_assembly_script.then(|| "AssemblyScript".to_owned())
}

/// The kinds of things that it asks for, in a fixed order.
pub fn capabilities(facts: &Facts) -> Vec<&'static str> {
    const ORDER: [&str; 10] = [
        "input",
        "rows",
        "files out",
        "arguments",
        "environment",
        "clock",
        "randomness",
        "file system",
        "network",
        "other",
    ];
    ORDER.into_iter().filter(|kind| facts.imports.iter().any(|import| capability(import) == Some(kind))).collect()
}

/// `None` for what every program has: an end, streams that are open.
fn capability(import: &Import) -> Option<&'static str> {
    if let Some((interface, _version)) = import.module.split_once('@') {
        return capability_of_component(interface, &import.name);
    }
    if import.module != WASI {
        return Some(match (import.module.as_str(), import.name.as_str()) {
            ("sandmill_1", "input_len" | "input_read" | "input_path" | "chunk_offset" | "first_record") => "input",
            ("sandmill_1", "param") => "arguments",
            ("sandmill_1", "emit" | "reject") => "rows",
            ("sandmill_1", "file_write") => "files out",
            ("sandmill_1", "log") => return None,
            _ => "other",
        });
    }
    match import.name.as_str() {
        "args_get" => Some("arguments"),
        "environ_get" => Some("environment"),
        "clock_time_get" | "clock_res_get" | "poll_oneoff" => Some("clock"),
        "random_get" => Some("randomness"),
        "fd_read" => Some("input"),
        "fd_write" => Some("rows"),
        name if name.starts_with("sock_") => Some("network"),
        "fd_readdir" | "fd_prestat_get" | "fd_filestat_get" => Some("file system"),
        name if name.starts_with("path_") => Some("file system"),
        _ => None,
    }
}

/// The same of an interface that a component imports, and of what is in it.
fn capability_of_component(interface: &str, name: &str) -> Option<&'static str> {
    match (interface, name) {
        ("sandmill:processor/host", "read") | ("wasi:cli/stdin", _) => Some("input"),
        ("sandmill:processor/host", "param") => Some("arguments"),
        ("sandmill:processor/host", "emit" | "reject") | ("wasi:cli/stdout", _) => Some("rows"),
        ("sandmill:processor/host", "write-file") => Some("files out"),
        ("wasi:cli/environment", _) => Some("environment"),
        _ if interface.starts_with("wasi:clocks/") => Some("clock"),
        _ if interface.starts_with("wasi:random/") => Some("randomness"),
        _ if interface.starts_with("wasi:filesystem/") => Some("file system"),
        _ if interface.starts_with("wasi:sockets/") => Some("network"),
        _ if ["sandmill:processor/", "wasi:cli/", "wasi:io/"].iter().any(|known| interface.starts_with(known)) => None,
        _ => Some("other"),
    }
}

/// Whether equal inputs give equal outcomes here, and why.
pub fn determinism(contract: Option<Contract>, facts: &Facts) -> &'static str {
    let asks_about_files = contract == Some(Contract::Command)
        && facts.imports.iter().any(|import| {
            import.module == WASI && matches!(import.name.as_str(), "fd_filestat_get" | "path_filestat_get")
        });
    if asks_about_files {
        "yes: clock and randomness depend on nothing but the task; but with --input file, inode and change time of a file differ"
    } else {
        "yes: clock and randomness depend on nothing but the task, and there is nothing else to ask"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(imports: &[(&str, &str)], producers: &[(&str, &str, &str)]) -> Facts {
        Facts {
            imports: imports
                .iter()
                .map(|(module, name)| Import { module: (*module).into(), name: (*name).into(), kind: String::new() })
                .collect(),
            producers: producers
                .iter()
                .map(|(field, name, version)| ((*field).into(), (*name).into(), (*version).into()))
                .collect(),
            ..Facts::default()
        }
    }

    #[test]
    fn a_language_is_what_the_module_says_or_what_its_maker_suggests() {
        let said = |producers: &[(&str, &str, &str)]| language(&facts(&[], producers));
        assert_eq!(said(&[("processed-by", "rustc", "1.9"), ("language", "Rust", "")]).as_deref(), Some("Rust"));
        assert_eq!(said(&[("language", "Go", "go1.27"), ("language", "C11", "")]).as_deref(), Some("Go go1.27, C11"));
        assert!(said(&[("processed-by", "clang", "20")]).unwrap().contains("clang"));
        assert_eq!(language(&facts(&[("env", "abort")], &[])).as_deref(), Some("AssemblyScript"));
        let javascript = [("language", "Rust", ""), ("processed-by", "componentize-qjs", "0.4.5")];
        assert_eq!(said(&javascript).as_deref(), Some("JavaScript"));
        let python = [("language", "Rust", ""), ("processed-by", "component-init-transform", "0.2.0")];
        assert_eq!(said(&python).as_deref(), Some("Python"));
        assert_eq!(said(&[]), None);
    }

    #[test]
    fn what_is_asked_for_is_told_once_and_in_order() {
        let asked = facts(
            &[(WASI, "path_open"), (WASI, "fd_close"), (WASI, "fd_read"), (WASI, "path_link"), ("env", "f")],
            &[],
        );
        assert_eq!(capabilities(&asked), ["input", "file system", "other"]);
        let sdk = facts(&[("sandmill_1", "log"), ("sandmill_1", "file_write"), ("sandmill_1", "emit")], &[]);
        assert_eq!(capabilities(&sdk), ["rows", "files out"]);
        let component = facts(
            &[
                ("wasi:clocks/wall-clock@0.2.4", "now"),
                ("wasi:io/poll@0.2.4", "poll"),
                ("sandmill:processor/host@1.0.0", "log"),
                ("sandmill:processor/host@1.0.0", "read"),
            ],
            &[],
        );
        assert_eq!(capabilities(&component), ["input", "clock"]);
    }

    #[test]
    fn only_facts_about_files_are_not_the_tasks_own() {
        let asked = facts(&[(WASI, "fd_filestat_get")], &[]);
        assert!(determinism(Some(Contract::Command), &asked).contains("inode"));
        assert!(!determinism(Some(Contract::Reactor), &asked).contains("inode"));
    }
}
