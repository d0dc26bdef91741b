//! A guest that makes the calls which a test asks for, one after the other, and shows what came of them.
//!
//! A script is written into `calls_command.wat`, `calls_reactor.wat` or `calls_component.wat`, so each test's guest has its
//! calls compiled in.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sandmill::sandbox::{Attempt, Settings};

use crate::harness::components;
use crate::harness::guests::{TestInput, guest, rows, run_all};

/// Where the results of the calls are, 8 bytes for each.
const RESULTS_AT: usize = 0xf000;

/// What WASI's calls return.
pub const SUCCESS: i64 = 0;
pub const EBADF: i64 = 8;
pub const EFAULT: i64 = 21;
pub const EINVAL: i64 = 28;

/// Parameters and result of each import that scripts call: `i` for i32, `I` for i64.
const WASI_SIGNATURES: &[(&str, &str, &str)] = &[
    ("args_get", "ii", "i"),
    ("args_sizes_get", "ii", "i"),
    ("clock_time_get", "iIi", "i"),
    ("environ_get", "ii", "i"),
    ("environ_sizes_get", "ii", "i"),
    ("fd_close", "i", "i"),
    ("fd_allocate", "iII", "i"),
    ("fd_fdstat_get", "ii", "i"),
    ("fd_filestat_get", "ii", "i"),
    ("fd_filestat_set_size", "iI", "i"),
    ("fd_filestat_set_times", "iIIi", "i"),
    ("fd_prestat_dir_name", "iii", "i"),
    ("fd_prestat_get", "ii", "i"),
    ("fd_read", "iiii", "i"),
    ("fd_readdir", "iiiIi", "i"),
    ("fd_seek", "iIii", "i"),
    ("fd_write", "iiii", "i"),
    ("path_create_directory", "iii", "i"),
    ("path_filestat_get", "iiiii", "i"),
    ("path_filestat_set_times", "iiiiIIi", "i"),
    ("path_link", "iiiiiii", "i"),
    ("path_open", "iiiiiIIii", "i"),
    ("path_readlink", "iiiiii", "i"),
    ("path_remove_directory", "iii", "i"),
    ("path_rename", "iiiiii", "i"),
    ("path_symlink", "iiiii", "i"),
    ("path_unlink_file", "iii", "i"),
    ("poll_oneoff", "iiii", "i"),
    ("random_get", "ii", "i"),
    ("sock_accept", "iii", "i"),
];
const ABI_SIGNATURES: &[(&str, &str, &str)] = &[
    ("emit", "ii", ""),
    ("input_len", "", "I"),
    ("input_path", "ii", "i"),
    ("input_read", "ii", "i"),
    ("log", "ii", ""),
    ("file_write", "iiii", ""),
    ("param", "iiii", "i"),
    ("reject", "IIii", ""),
];

#[derive(Clone, Debug)]
pub struct Script {
    template: &'static str,
    is_component: bool,
    imports: BTreeSet<String>,
    /// What the guest's memory starts with.
    data: Vec<u8>,
    calls: String,
    calls_count: usize,
}

/// One call of a script.
#[derive(Clone, Copy, Debug)]
pub struct Call(usize);

impl Script {
    /// For a WASI command.
    pub fn command() -> Self {
        Self::new("calls_command.wat")
    }

    /// For a WASI command that is a module, and for one that is a component.
    pub fn commands() -> [Self; 2] {
        [Self::command(), Self { is_component: true, ..Self::command() }]
    }

    /// For an SDK reactor.
    pub fn reactor() -> Self {
        Self::new("calls_reactor.wat")
    }

    /// For a component that is a processor. It may call WASI, and nothing of ABI 1.
    pub fn processor_component() -> Self {
        Self { is_component: true, ..Self::new("calls_component.wat") }
    }

    fn new(template: &'static str) -> Self {
        // Address 0 is left free: to some it means nothing.
        Self {
            template,
            is_component: false,
            imports: BTreeSet::new(),
            data: vec![0; 16],
            calls: String::new(),
            calls_count: 0,
        }
    }

    /// Puts `bytes` into the guest's memory, and returns where.
    pub fn bytes(&mut self, bytes: &[u8]) -> i64 {
        let at = self.data.len().next_multiple_of(8);
        self.data.resize(at, 0);
        self.data.extend_from_slice(bytes);
        assert!(self.data.len() <= RESULTS_AT, "the script's data is too large");
        at as i64
    }

    /// Room for the guest to write to.
    pub fn room(&mut self, len: usize) -> i64 {
        self.bytes(&vec![0; len])
    }

    /// An array with one iovec.
    pub fn iovec(&mut self, ptr: i64, len: i64) -> i64 {
        let words = [ptr as u32, len as u32].map(u32::to_le_bytes);
        self.bytes(&words.concat())
    }

    /// Calls an import. Arguments that are i32 are truncated to it.
    pub fn call(&mut self, name: &str, arguments: &[i64]) -> Call {
        let of = |signatures: &'static [(&str, &'static str, &'static str)]| {
            signatures.iter().find(|signature| signature.0 == name)
        };
        let (module, (_, parameters, result)) = match (of(WASI_SIGNATURES), of(ABI_SIGNATURES)) {
            (Some(signature), _) => ("wasi_snapshot_preview1", signature),
            (_, Some(signature)) => ("sandmill_1", signature),
            _ => panic!("scripts do not know {name}"),
        };
        assert_eq!(parameters.len(), arguments.len(), "arguments of {name}");

        let (mut import, mut call) = (format!("(import {module:?} {name:?} (func ${name}"), format!("(call ${name}"));
        for (parameter, argument) in parameters.chars().zip(arguments) {
            match parameter {
                'i' => {
                    import.push_str(" (param i32)");
                    write!(call, " (i32.const {})", *argument as i32)
                }
                _ => {
                    import.push_str(" (param i64)");
                    write!(call, " (i64.const {argument})")
                }
            }
            .unwrap();
        }
        call.push(')');
        let index = self.calls_count;
        let at = RESULTS_AT + 8 * index;
        match *result {
            "i" => {
                import.push_str(" (result i32)");
                call = format!("(i64.store (i32.const {at}) (i64.extend_i32_s {call}))");
            }
            "I" => {
                import.push_str(" (result i64)");
                call = format!("(i64.store (i32.const {at}) {call})");
            }
            _ => {}
        }
        import.push_str("))");
        self.imports.insert(import);
        self.calls.push_str(&call);
        self.calls.push('\n');
        self.calls_count += 1;
        Call(index)
    }

    /// The guest's source.
    pub fn source(&self) -> String {
        let imports: Vec<&str> = self.imports.iter().map(String::as_str).collect();
        let data: String = self.data.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        });
        guest(self.template)
            .replace(";; IMPORTS", &imports.join("\n"))
            .replace(";; DATA", &format!("(data (i32.const 0) \"{data}\")"))
            .replace(";; CALLS", &self.calls)
    }

    /// The guest, as text or binary.
    pub fn processor(&self) -> Vec<u8> {
        match self.template {
            "calls_component.wat" => components::processor(&self.source(), "processor"),
            _ if self.is_component => components::command(self.source()),
            _ => self.source().into_bytes(),
        }
    }

    /// Runs the script as one task, which may end in any way.
    pub fn attempt(&self, settings: Settings, path: &str, input: impl Into<TestInput>) -> Attempt {
        run_all(&self.processor(), settings, [(path, input.into())]).remove(0)
    }

    /// Runs the script as one task, which must end well.
    pub fn run(&self, settings: Settings, path: &str, input: impl Into<TestInput>) -> Shown {
        Shown::by(&self.attempt(settings, path, input))
    }
}

/// A guest's memory after a script.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown(Vec<u8>);

impl Shown {
    /// What a script showed in its one row.
    #[track_caller]
    pub fn by(attempt: &Attempt) -> Self {
        let digits = rows(attempt)
            .strip_prefix("{\"hex\":\"")
            .and_then(|rest| rest.strip_suffix("\"}\n"))
            .unwrap_or_else(|| panic!("not the row of a script: {attempt:#?}"));
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        Self(digits.as_bytes().chunks(2).map(byte).collect())
    }

    /// What the call returned.
    pub fn result(&self, call: Call) -> i64 {
        self.u64((RESULTS_AT + 8 * call.0) as i64).cast_signed()
    }

    pub fn bytes(&self, at: i64, len: usize) -> &[u8] {
        &self.0[at as usize..at as usize + len]
    }

    pub fn u32(&self, at: i64) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    pub fn u64(&self, at: i64) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// The strings at `at`, each ended by a NUL.
    pub fn strings(&self, at: i64, count: usize) -> Vec<String> {
        let text = &self.0[at as usize..];
        text.split(|&byte| byte == 0).take(count).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }
}
