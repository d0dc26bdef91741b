//! Which contract a module follows, told from its imports and exports alone.

use std::fmt;

use super::inspect::Facts;

/// The module of imports that ABI 1 has.
pub const ABI_MODULE: &str = "sandmill_1";
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// How a processor gets its input and gives its rows; `docs/guest-abi.md` specifies them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// A: a WASI preview 1 command.
    Command,
    /// B: a reactor with the SDK's ABI, version 1.
    Reactor,
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Command => "WASI command (preview 1)",
            Self::Reactor => "SDK reactor (ABI 1)",
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
    #[error("it needs the ABI `{0}`, which this version of sandmill does not have; it has sandmill_abi_1")]
    UnknownAbi(String),
    #[error("the contract needs an export `{name}` of type {expected}, and the module has {found}")]
    Export { name: &'static str, expected: &'static str, found: String },
    #[error("it imports `{name}` from `{module}`, which sandmill does not grant{hint}")]
    Import { module: String, name: String, hint: &'static str },
    #[error(
        "its memories and tables start with {initial_mib} MiB, and the limit for a task is {limit_mib} MiB: raise --memory"
    )]
    Memory { initial_mib: u64, limit_mib: u64 },
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
    if facts.memories.iter().any(|memory| memory.is_64_bit) {
        return Err(Refusal::Memory64);
    }
    Ok(contract)
}

/// What to tell someone whose module imports something that there is not.
pub fn import_hint(contract: Contract, module: &str) -> &'static str {
    match module {
        ABI_MODULE if contract == Contract::Command => " to a WASI command; it is for SDK reactors",
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
    fn half_a_contract_is_refused_by_the_export_that_lacks() {
        let refusal = recognised("(module (memory (export \"memory\") 1) (func (export \"sandmill_abi_1\")))");
        assert!(refusal.unwrap_err().contains("`sandmill_alloc`"));
        let refusal = recognised("(module (memory (export \"memory\") 1) (func (export \"_start\") (param i32)))");
        assert!(refusal.unwrap_err().contains("(i32) -> ()"));
        assert!(recognised("(module)").unwrap_err().contains("neither"));
        assert!(recognised("(module (func (export \"sandmill_abi_7\")))").unwrap_err().contains("sandmill_abi_7"));
    }
}
