//! What the imports of a module mean for its sandbox, in words.

use sandmill::sandbox::Contract;

const ABI: &str = "sandmill_1";
const WASI: &str = "wasi_snapshot_preview1";

/// What comes of a call of this import, in a module of this contract.
pub fn meaning(contract: Option<Contract>, module: &str, name: &str) -> &'static str {
    match module {
        ABI if contract == Some(Contract::Command) => "not for a WASI command",
        ABI => abi(name),
        WASI => wasi(contract == Some(Contract::Reactor), name),
        _ => interface(contract, module, name),
    }
}

/// What there is behind an interface that a component imports.
fn interface(contract: Option<Contract>, interface: &str, name: &str) -> &'static str {
    let is_processor = contract == Some(Contract::ProcessorComponent);
    let (interface, version) = interface.split_once('@').unwrap_or((interface, ""));
    let is_known = if interface.starts_with("wasi:") { version.starts_with("0.2.") } else { version.starts_with("1.") };
    match interface {
        _ if !is_known => "not granted",
        "sandmill:processor/types" => "types of the contract",
        "sandmill:processor/host" if !is_processor => "not for a WASI command",
        "sandmill:processor/host" => host(name),
        "wasi:cli/environment" if is_processor => "arguments and environment: none",
        "wasi:cli/environment" => {
            "arguments: the input's path (with --input file, that of /input/<name>); environment: SANDMILL_PATH, \
             SANDMILL_INPUT_BYTES, SANDMILL_PARAM_<name>"
        }
        "wasi:cli/exit" => "ending with an exit code: 0 is success",
        "wasi:cli/stdin" if is_processor => "standard input: empty",
        "wasi:cli/stdin" => "standard input: the input's bytes",
        "wasi:cli/stdout" if is_processor => "standard output: the task's log",
        "wasi:cli/stdout" => "standard output: rows",
        "wasi:cli/stderr" => "standard error: the task's log",
        "wasi:io/error" | "wasi:io/streams" => "reading and writing what was opened",
        "wasi:io/poll" => "sleeping and waiting: takes no time",
        "wasi:clocks/monotonic-clock" | "wasi:clocks/wall-clock" => {
            "clock: fixed at 2000-01-01T00:00:00Z, moved by sleeping alone"
        }
        "wasi:filesystem/preopens" | "wasi:filesystem/types" if is_processor => "file system: there is none",
        "wasi:filesystem/preopens" | "wasi:filesystem/types" => {
            "file system: there is none (but /input/<name> with --input file)"
        }
        _ if interface.starts_with("wasi:cli/terminal-") => "terminals: there are none",
        _ if interface.starts_with("wasi:random/") => "randomness: seeded by processor and path, the same in every run",
        _ if interface.starts_with("wasi:sockets/") => "network: there is none",
        _ => "not granted",
    }
}

fn host(name: &str) -> &'static str {
    match name {
        "read" => "the input: pulled as it is needed",
        "param" => "parameters (--param)",
        "emit" => "rows",
        "reject" => "records that cannot be used (errors.csv)",
        "log" => "the task's log",
        _ => "types of the contract",
    }
}

fn abi(name: &str) -> &'static str {
    match name {
        "input_len" | "input_read" => "the input: pulled as it is needed",
        "input_path" => "the input's path, as in the path column",
        "param" => "parameters (--param)",
        "emit" => "rows",
        "reject" => "records that cannot be used (errors.csv)",
        "file_write" => "files, in files/<path>/",
        "log" => "the task's log",
        _ => "not granted",
    }
}

fn wasi(is_reactor: bool, name: &str) -> &'static str {
    match name {
        "args_get" | "args_sizes_get" if is_reactor => "arguments: none",
        "args_get" | "args_sizes_get" => "arguments: the input's path (with --input file, that of /input/<name>)",
        "environ_get" | "environ_sizes_get" if is_reactor => "environment: empty",
        "environ_get" | "environ_sizes_get" => {
            "environment: SANDMILL_PATH, SANDMILL_INPUT_BYTES, SANDMILL_PARAM_<name>"
        }
        "fd_read" if is_reactor => "standard input: empty",
        "fd_read" => "standard input: the input's bytes",
        "fd_write" if is_reactor => "standard output and error: the task's log",
        "fd_write" => "standard output: rows; standard error: the task's log",
        "clock_time_get" | "clock_res_get" => "clock: fixed at 2000-01-01T00:00:00Z, moved by sleeping alone",
        "poll_oneoff" => "sleeping and waiting: takes no time",
        "random_get" => "randomness: seeded by processor and path, the same in every run",
        "proc_exit" => "ending with an exit code: 0 is success",
        "sched_yield" => "does nothing",
        "proc_raise" => "signals: there are none",
        "fd_close"
        | "fd_fdstat_get"
        | "fd_fdstat_set_flags"
        | "fd_fdstat_set_rights"
        | "fd_renumber"
        | "fd_seek"
        | "fd_tell" => "open files: the standard streams (and /input/<name> with --input file)",
        name if name.starts_with("sock_") => "network: there is none",
        name if name.starts_with("fd_") || name.starts_with("path_") => {
            if is_reactor {
                "file system: there is none"
            } else {
                "file system: there is none (but /input/<name> with --input file)"
            }
        }
        _ => "not granted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_of_the_abi_has_a_meaning() {
        for name in ["input_len", "input_read", "input_path", "param", "emit", "reject", "file_write", "log"] {
            assert_ne!(meaning(Some(Contract::Reactor), ABI, name), "not granted", "{name}");
            assert_eq!(meaning(Some(Contract::Command), ABI, name), "not for a WASI command");
        }
        assert_eq!(meaning(Some(Contract::Reactor), ABI, "no_such"), "not granted");
        assert_eq!(meaning(None, "env", "f"), "not granted");
    }

    #[test]
    fn the_interfaces_of_components_have_a_meaning() {
        let of = |contract, module: &str, name: &str| meaning(Some(contract), module, name);
        assert_eq!(of(Contract::ProcessorComponent, "sandmill:processor/host@1.0.0", "emit"), "rows");
        assert_eq!(of(Contract::CommandComponent, "sandmill:processor/host@1.0.0", "emit"), "not for a WASI command");
        assert!(of(Contract::CommandComponent, "wasi:cli/stdout@0.2.3", "get-stdout").contains("rows"));
        assert!(of(Contract::ProcessorComponent, "wasi:cli/stdout@0.2.3", "get-stdout").contains("log"));
        assert!(of(Contract::CommandComponent, "wasi:sockets/tcp@0.2.9", "tcp-socket").contains("network"));
        assert_eq!(of(Contract::CommandComponent, "wasi:cli/stdout@0.3.0", "get-stdout"), "not granted");
        assert_eq!(of(Contract::CommandComponent, "wasi:http/types@0.2.3", "fields"), "not granted");
    }

    #[test]
    fn streams_and_files_depend_on_the_contract() {
        assert!(meaning(Some(Contract::Command), WASI, "fd_write").contains("rows"));
        assert!(!meaning(Some(Contract::Reactor), WASI, "fd_write").contains("rows"));
        assert!(meaning(Some(Contract::Command), WASI, "path_open").contains("/input/<name>"));
        assert!(meaning(None, WASI, "sock_accept").contains("network"));
    }
}
