//! What can be told of a module from its outside: its language, what it asks for, and whether its results can be had again.

use sandmill::sandbox::{Contract, Facts, Import};

const WASI: &str = "wasi_snapshot_preview1";

/// Makers of components that bring an interpreter. The second is what componentize-py calls its last step.
const INTERPRETED: [(&str, &str); 2] = [("componentize-qjs", "JavaScript"), ("component-init-transform", "Python")];

/// The language that it was written in, as it says itself, or as its maker suggests.
pub fn language(facts: &Facts) -> Option<String> {
    let named = |field: &'static str| facts.producers.iter().filter(move |(other, ..)| other == field);
    let is_made_by = |maker: &str| named("processed-by").any(|(_, name, _)| name.contains(maker));
    let says = |language: &str| named("language").any(|(_, name, _)| name == language);
    // The language of an interpreter is not that of the processor.
    if let Some((_, language)) = INTERPRETED.iter().find(|(maker, language)| is_made_by(maker) || says(language)) {
        return Some((*language).to_owned());
    }
    // Where rustc comes without Rust's own word for it, the C library that is linked in is all that has said something.
    if is_made_by("rustc") {
        return Some("Rust".to_owned());
    }
    let (c, others): (Vec<_>, Vec<_>) = named("language").partition(|(_, name, _)| is_dialect_of_c(name));
    if !others.is_empty() {
        let others = others
            .iter()
            .map(|(_, name, version)| format!("{} {version}", name.replace("C_plus_plus_", "C++")).trim().to_owned());
        return Some(others.collect::<Vec<_>>().join(", "));
    }
    // Clang notes a language where it leaves debug information, as in the C library: so this may be C++ all the same.
    if !c.is_empty() || is_made_by("clang") {
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

/// As DWARF calls it: `C99`, `C11`.
fn is_dialect_of_c(name: &str) -> bool {
    name.strip_prefix('C').is_some_and(|year| year.chars().all(|digit| digit.is_ascii_digit()))
}

/// The kinds of things that it asks for, in a fixed order.
pub fn capabilities(facts: &Facts) -> Vec<&'static str> {
    const ORDER: [&str; 11] = [
        "input",
        "shared data",
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
            ("sandmill_1", "shared_len" | "shared_read") => "shared data",
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
        ("sandmill:processor/host", "shared-len" | "shared-read") => Some("shared data"),
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
        assert!(said(&[("processed-by", "clang", "20")]).unwrap().contains("clang"));
        assert_eq!(language(&facts(&[("env", "abort")], &[])).as_deref(), Some("AssemblyScript"));
        let javascript = [("language", "Rust", ""), ("processed-by", "componentize-qjs", "0.4.5")];
        assert_eq!(said(&javascript).as_deref(), Some("JavaScript"));
        let starling = [("language", "C11", ""), ("language", "Rust", ""), ("language", "JavaScript", "")];
        assert_eq!(said(&starling).as_deref(), Some("JavaScript"));
        let python = [("language", "Rust", ""), ("processed-by", "component-init-transform", "0.2.0")];
        assert_eq!(said(&python).as_deref(), Some("Python"));
        assert_eq!(said(&[]), None);
    }

    #[test]
    fn the_c_library_that_is_linked_in_is_not_the_language() {
        let said = |producers: &[(&str, &str, &str)]| language(&facts(&[], producers)).unwrap();
        let libc = ("language", "C99", "");
        let clang = ("processed-by", "Debian clang", "14.0.6");
        assert_eq!(said(&[libc, ("processed-by", "rustc", "1.96.0"), clang]), "Rust");
        assert_eq!(said(&[("language", "Go", "go1.27"), ("language", "C11", "")]), "Go go1.27");
        assert_eq!(said(&[("language", "C_plus_plus_17", ""), libc, clang]), "C++17");
        assert_eq!(said(&[libc, clang]), "C, C++ or what clang compiles");
    }

    #[test]
    fn what_is_asked_for_is_told_once_and_in_order() {
        let asked = facts(
            &[(WASI, "path_open"), (WASI, "fd_close"), (WASI, "fd_read"), (WASI, "path_link"), ("env", "f")],
            &[],
        );
        assert_eq!(capabilities(&asked), ["input", "file system", "other"]);
        let sdk = ["log", "file_write", "shared_read", "emit"].map(|name| ("sandmill_1", name));
        assert_eq!(capabilities(&facts(&sdk, &[])), ["shared data", "rows", "files out"]);
        let component = facts(
            &[
                ("wasi:clocks/wall-clock@0.2.4", "now"),
                ("wasi:io/poll@0.2.4", "poll"),
                ("sandmill:processor/host@1.0.0", "log"),
                ("sandmill:processor/host@1.0.0", "read"),
                ("sandmill:processor/host@1.0.0", "shared-len"),
            ],
            &[],
        );
        assert_eq!(capabilities(&component), ["input", "shared data", "clock"]);
    }

    #[test]
    fn only_facts_about_files_are_not_the_tasks_own() {
        let asked = facts(&[(WASI, "fd_filestat_get")], &[]);
        assert!(determinism(Some(Contract::Command), &asked).contains("inode"));
        assert!(!determinism(Some(Contract::Reactor), &asked).contains("inode"));
    }
}
