//! Which contract a module or component follows, told from its imports and exports alone.

use std::fmt;

use super::failure::shown_bytes;
use super::inspect::{Facts, Form};

/// The module of imports that ABI 1 has.
pub const ABI_MODULE: &str = "sandmill_1";
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// The interface that a command component exports, without its version.
const COMMAND_INTERFACE: &str = "wasi:cli/run";
/// The interface that a component of our own world exports, without its version.
const PROCESSOR_INTERFACE: &str = "sandmill:processor/guest";

/// How a processor gets its input and gives its rows; `docs/guest-abi.md` specifies them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// A: a WASI preview 1 command.
    Command,
    /// B: a reactor with the SDK's ABI, version 1.
    Reactor,
    /// A, as a component: `wasi:cli/command`, version 0.2.
    CommandComponent,
    /// C: a component of the world `sandmill:processor`, version 1.
    ProcessorComponent,
}

impl Contract {
    /// Whether the guest is a program that reads its standard input and writes its standard output.
    pub fn is_command(self) -> bool {
        matches!(self, Self::Command | Self::CommandComponent)
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Command => "WASI command (preview 1)",
            Self::Reactor => "SDK reactor (ABI 1)",
            Self::CommandComponent => "WASI command component (0.2)",
            Self::ProcessorComponent => "sandmill:processor component (1.0)",
        })
    }
}

/// Why a module cannot be a processor. Found before any task runs.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(
        "it is no processor: it exports neither `_start` (a WASI command) nor `sandmill_abi_1` (an SDK reactor). \
         Build it as a program for wasm32-wasip1, or use an SDK"
    )]
    NoContract,
    #[error("it exports both `_start` and `sandmill_abi_1`: build it as a command or as a reactor, not as both")]
    TwoContracts,
    #[error(
        "it is a component and no processor: it exports neither `wasi:cli/run` nor `sandmill:processor/guest`. \
         Build it for the world `wasi:cli/command` or `sandmill:processor/processor`"
    )]
    NoWorld,
    #[error(
        "it exports both `wasi:cli/run` and `sandmill:processor/guest`: build it for one of the two worlds, not for both"
    )]
    TwoWorlds,
    #[error("it exports `{name}`, and this version of sandmill has {known}{hint}")]
    UnknownInterface { name: String, known: &'static str, hint: &'static str },
    #[error("it needs the ABI `{0}`, which this version of sandmill does not have; it has sandmill_abi_1")]
    UnknownAbi(String),
    #[error("the contract needs an export `{name}` of type {expected}, and the module has {found}")]
    Export { name: &'static str, expected: &'static str, found: String },
    #[error("it imports `{name}` from `{module}`, which sandmill does not grant{hint}")]
    Import { module: String, name: String, hint: &'static str },
    #[error(
        "its memories and tables start with {}, and the limit for a task is {}: raise --memory",
        shown_bytes(*initial_bytes),
        shown_bytes(*limit_bytes)
    )]
    Memory { initial_bytes: u64, limit_bytes: u64 },
    #[error("it has {found} {what}, and no processor may have more than {limit}")]
    TooLarge { what: &'static str, found: u64, limit: u64 },
    #[error("its 64-bit memory is not supported; build it for wasm32")]
    Memory64,
}

/// Exports with the types that the contracts ask for; `true` where the export may be missing.
const COMMAND_EXPORTS: &[(&str, &str, bool)] = &[("_start", "() -> ()", false), ("memory", "memory", false)];
const REACTOR_EXPORTS: &[(&str, &str, bool)] = &[
    ("sandmill_abi_1", "() -> ()", false),
    ("memory", "memory", false),
    ("sandmill_alloc", "(i32) -> (i32)", false),
    ("sandmill_process", "(i32, i32) -> (i64)", false),
    ("_initialize", "() -> ()", true),
    ("sandmill_init", "() -> (i64)", true),
    ("sandmill_columns", "() -> (i64)", true),
];

/// # Errors
/// A [`Refusal`] if the module follows no contract, or only half of one.
pub fn recognise(facts: &Facts) -> Result<Contract, Refusal> {
    let contract = match facts.form {
        Form::Module => recognise_module(facts)?,
        Form::Component => recognise_component(facts)?,
    };
    if facts.memories.iter().any(|memory| memory.is_64_bit) {
        return Err(Refusal::Memory64);
    }
    Ok(contract)
}

fn recognise_component(facts: &Facts) -> Result<Contract, Refusal> {
    let command = exported_interface(facts, COMMAND_INTERFACE);
    let processor = exported_interface(facts, PROCESSOR_INTERFACE);
    match (command, processor) {
        (Some(_), Some(_)) => Err(Refusal::TwoWorlds),
        (None, None) => Err(Refusal::NoWorld),
        (Some((_, version)), None) if version.starts_with("0.2.") => Ok(Contract::CommandComponent),
        (None, Some((_, version))) if version.starts_with("1.") => Ok(Contract::ProcessorComponent),
        (Some((name, _)), None) => Err(Refusal::UnknownInterface {
            name: name.to_owned(),
            known: "WASI 0.2",
            hint: ": build for wasm32-wasip2, or without asynchronous functions",
        }),
        (None, Some((name, _))) => {
            Err(Refusal::UnknownInterface { name: name.to_owned(), known: "sandmill:processor@1.0.0", hint: "" })
        }
    }
}

/// The whole name under which a component exports this interface, and its version.
fn exported_interface<'a>(facts: &'a Facts, interface: &str) -> Option<(&'a str, &'a str)> {
    facts.exports.iter().find_map(|export| match export.name.split_once('@') {
        Some((name, version)) => (name == interface).then_some((export.name.as_str(), version)),
        None => (export.name == interface).then_some((export.name.as_str(), "")),
    })
}

fn recognise_module(facts: &Facts) -> Result<Contract, Refusal> {
    let is_command = facts.export("_start").is_some();
    let is_reactor = facts.export("sandmill_abi_1").is_some();
    let (contract, exports) = match (is_command, is_reactor) {
        (true, true) => return Err(Refusal::TwoContracts),
        (true, false) => (Contract::Command, COMMAND_EXPORTS),
        (false, true) => (Contract::Reactor, REACTOR_EXPORTS),
        (false, false) => {
            let other_abi = facts.exports.iter().find(|export| export.name.starts_with("sandmill_abi_"));
            return Err(other_abi.map_or(Refusal::NoContract, |export| Refusal::UnknownAbi(export.name.clone())));
        }
    };
    for &(name, expected, optional) in exports {
        match facts.export(name) {
            Some(export) if export.kind == expected => {}
            None if optional => {}
            other => {
                let found = other.map_or_else(|| "none".to_owned(), |export| export.kind.clone());
                return Err(Refusal::Export { name, expected, found });
            }
        }
    }
    Ok(contract)
}

/// The interfaces that components are granted, by how their names begin. What is in them is for the linker to check.
const COMPONENT_INTERFACES: &[&str] =
    &["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// # Errors
/// A [`Refusal`] for the first interface that a component imports and does not get.
pub fn check_interfaces(facts: &Facts, contract: Contract) -> Result<(), Refusal> {
    match facts.imports.iter().find(|import| !is_granted(&import.module, contract)) {
        Some(import) => Err(Refusal::Import {
            module: import.module.clone(),
            name: import.name.clone(),
            hint: import_hint(contract, &import.module),
        }),
        None => Ok(()),
    }
}

fn is_granted(interface: &str, contract: Contract) -> bool {
    let (name, version) = interface.split_once('@').unwrap_or((interface, ""));
    match name {
        "sandmill:processor/host" | "sandmill:processor/types" => {
            contract == Contract::ProcessorComponent && version.starts_with("1.")
        }
        _ => version.starts_with("0.2.") && COMPONENT_INTERFACES.iter().any(|prefix| name.starts_with(prefix)),
    }
}

/// What to tell someone whose module imports something that there is not.
pub fn import_hint(contract: Contract, module: &str) -> &'static str {
    match module {
        ABI_MODULE if contract == Contract::Command => " to a WASI command; it is for SDK reactors",
        _ if module.starts_with("sandmill:processor/host") => {
            " to a WASI command; it is for components of the world `sandmill:processor`"
        }
        _ if module.starts_with("wasi:http/") => ". Guests have no network; build without HTTP",
        _ if module.starts_with("wasi:") && module.contains("@0.3.") => ". It has WASI 0.2; build for wasm32-wasip2",
        "env" => {
            ". Imports from `env` are usually functions that were declared and not linked, or a build for a browser"
        }
        "wasi_unstable" => ". That is preview 0 of WASI; build with a current toolchain for wasm32-wasip1",
        "wbg" | "__wbindgen_placeholder__" => ". That is a build for a browser; build for wasm32-wasip1",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(wat: &str) -> Result<Contract, String> {
        let wasm = wat::parse_str(wat).unwrap();
        recognise(&Facts::read(&wasm).unwrap()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_command_is_known_by_its_start() {
        assert_eq!(
            recognised("(module (memory (export \"memory\") 1) (func (export \"_start\")))"),
            Ok(Contract::Command)
        );
    }

    #[test]
    fn a_component_is_known_by_the_interface_that_it_exports() {
        let of =
            |interface: &str| recognised(&format!("(component (instance $i) (export \"{interface}\" (instance $i)))"));
        assert_eq!(of("wasi:cli/run@0.2.3"), Ok(Contract::CommandComponent));
        assert_eq!(of("sandmill:processor/guest@1.0.0"), Ok(Contract::ProcessorComponent));
        assert!(of("wasi:cli/run@0.3.0").unwrap_err().contains("WASI 0.2"));
        assert!(of("sandmill:processor/guest@2.0.0").unwrap_err().contains("sandmill:processor@1.0.0"));
        assert!(of("wasi:http/incoming-handler@0.2.3").unwrap_err().contains("neither"));
        assert!(recognised("(component)").unwrap_err().contains("neither"));
    }

    #[test]
    fn half_a_contract_is_refused_by_the_export_that_lacks() {
        let refusal = recognised("(module (memory (export \"memory\") 1) (func (export \"sandmill_abi_1\")))");
        assert!(refusal.unwrap_err().contains("`sandmill_alloc`"));
        let refusal = recognised("(module (memory (export \"memory\") 1) (func (export \"_start\") (param i32)))");
        assert!(refusal.unwrap_err().contains("(i32) -> ()"));
        assert!(recognised("(module)").unwrap_err().contains("neither"));
        assert!(recognised("(module (func (export \"sandmill_abi_7\")))").unwrap_err().contains("sandmill_abi_7"));
    }
}
