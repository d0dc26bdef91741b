//! The pack: what attacks, in which guises, which limit it meets and how its task must end. The code of each is in
//! `runner/hostile`; the table in `docs/security.md` is made of this one.

use std::borrow::Cow;
use std::fmt;

use End::{Done, Failed};

use super::bombs;
use crate::outcome::FailureKind;
use crate::outcome::FailureKind::{BadOutput, Exit, OutOfFuel, OutOfMemory, OutputLimit, StackOverflow, Trap};

/// One attack.
#[derive(Debug)]
pub struct Attack {
    /// The name of its file.
    pub name: &'static str,
    /// What it meets, other than that its task ends.
    pub meets: &'static str,
    /// As what it is run, and how its task must end then.
    pub ends: &'static [(Guise, End)],
    /// What a refusal must say of it.
    pub(super) says: &'static str,
    code: Code,
}

#[derive(Debug)]
enum Code {
    /// A file, whose first line says what it does.
    File(&'static str),
    /// The same, which is a module of its own.
    Whole(&'static str),
    /// What it does, and what makes its code.
    Made(&'static str, fn() -> String),
}

/// As what an attack is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guise {
    /// A WASI command.
    Command,
    /// A reactor of ABI 1.
    Reactor,
    /// A component of the world `sandmill:processor`.
    Component,
    /// What the attack is itself, which no contract allows.
    Module,
}

impl Guise {
    pub const ALL: [Self; 4] = [Self::Command, Self::Reactor, Self::Component, Self::Module];
}

/// How the task of an attack ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    Skipped,
    Failed(FailureKind),
    /// There is no task: the module is refused before.
    Refused,
}

/// The code that `;; ATTACK` stands for in a template is that of the attack.
const PLACE: &str = ";; ATTACK";
const COMMAND: &str = include_str!("../../hostile/command.template");
const REACTOR: &str = include_str!("../../hostile/reactor.template");
const COMPONENT: &str = include_str!("../../hostile/component.template");

impl Attack {
    /// What it does.
    pub fn does(&self) -> &'static str {
        match self.code {
            Code::File(code) | Code::Whole(code) => {
                let line = code.lines().next().unwrap_or_default();
                line.strip_prefix(";; ").unwrap_or(line)
            }
            Code::Made(does, _) => does,
        }
    }

    /// Whether it is what reads and compiles it that is attacked, before any task.
    pub(super) fn is_bomb(&self) -> bool {
        matches!(self.code, Code::Made(..))
    }

    /// The module or component that makes this attack.
    pub fn source(&self, guise: Guise) -> Vec<u8> {
        let code = match self.code {
            Code::File(code) | Code::Whole(code) => Cow::Borrowed(code),
            Code::Made(_, make) => make().into(),
        };
        let text = match guise {
            _ if matches!(self.code, Code::Whole(_)) => code.into_owned(),
            Guise::Command => COMMAND.replace(PLACE, &code),
            Guise::Reactor => REACTOR.replace(PLACE, &code),
            Guise::Component => COMPONENT.replace(PLACE, &code),
            Guise::Module => code.into_owned(),
        };
        // What is no text of a module is attack enough as it is.
        wat::parse_str(&text).unwrap_or_else(|_| text.into_bytes())
    }
}

impl fmt::Display for Guise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Command => "command",
            Self::Reactor => "reactor",
            Self::Component => "component",
            Self::Module => "module",
        })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed(kind) => kind.as_str(),
            Self::Refused => "refused",
        })
    }
}

/// An attack of a file, and how it ends: alike in every guise; as a command, and as a reactor; or also as a component.
macro_rules! attack {
    ($name:literal, $meets:expr, $end:expr) => {
        attack!($name, $meets, $end, $end, $end)
    };
    ($name:literal, $meets:expr, $command:expr, $reactor:expr) => {
        attack!(@$name, $meets, &[(Guise::Command, $command), (Guise::Reactor, $reactor)])
    };
    ($name:literal, $meets:expr, $command:expr, $reactor:expr, $component:expr) => {
        attack!(@$name, $meets, &[(Guise::Command, $command), (Guise::Reactor, $reactor), (Guise::Component, $component)])
    };
    (@$name:literal, $meets:expr, $ends:expr) => {
        Attack {
            name: $name,
            meets: $meets,
            ends: $ends,
            says: "",
            code: Code::File(include_str!(concat!("../../hostile/attacks/", $name, ".wat"))),
        }
    };
}

/// An attack of a file that is a module, since it does not wait until it is called.
macro_rules! whole {
    ($name:literal, $meets:expr, $guise:expr, $end:expr) => {
        Attack {
            name: $name,
            meets: $meets,
            ends: &[($guise, $end)],
            says: "",
            code: Code::Whole(include_str!(concat!("../../hostile/attacks/", $name, ".wat"))),
        }
    };
}

/// An attack that is too large for a file, and ends well: what it costs is bounded.
macro_rules! bomb {
    ($name:literal, $does:literal, $make:expr) => {
        Attack {
            name: $name,
            meets: "5 minutes and 6 GiB for the compiler",
            ends: &[(Guise::Command, Done)],
            says: "",
            code: Code::Made($does, $make),
        }
    };
    ($name:literal, $does:literal, $make:expr, $says:literal) => {
        Attack {
            name: $name,
            meets: "a limit of size",
            ends: &[(Guise::Module, End::Refused)],
            says: $says,
            code: Code::Made($does, $make),
        }
    };
}

/// A module that must be refused, and what the refusal says.
macro_rules! refused {
    ($name:literal, $says:literal) => {
        Attack {
            name: $name,
            meets: "a check before any task",
            ends: &[(Guise::Module, End::Refused)],
            says: $says,
            code: Code::File(include_str!(concat!("../../hostile/refused/", $name, ".wat"))),
        }
    };
}

// What is met by many.
const FUEL: &str = "fuel";
const FUEL_FOR_BYTES: &str = "fuel for each byte";
const FUEL_FOR_CALLS: &str = "fuel for each call";
const MEMORY: &str = "the memory limit";
const STACK: &str = "the stack limit";
const OUTPUT: &str = "the output limit";
const PARSER: &str = "a strict parser";
const RANGES: &str = "a check of every pointer and length";
const POINTERS: &str = "a check of every pointer";
const POINTERS_AND_FUEL: &str = "a check of every pointer, and fuel";
const ADDRESSES: &str = "a check of every address";
const OPERATIONS: &str = "a check of every operation";
const CALLS: &str = "a check of every call";
const NO_FOLDER: &str = "no folder is granted";
const ERRNO: &str = "an errno";
const NOTHING: &str = "nothing: it fails";
const DIGITS: &str = "a text of digits that nobody computes with";

/// All attacks, by name.
#[rustfmt::skip]
pub const ATTACKS: &[Attack] = &[
    whole!("alloc_loops", FUEL, Guise::Reactor, Failed(OutOfFuel)),
    whole!("alloc_outside", RANGES, Guise::Reactor, Failed(Trap)),
    attack!("exit_0", "nothing for a command; a reactor has not answered", Done, Failed(Exit)),
    attack!("exit_0_half", "a strict parser; a reactor has not answered", Failed(BadOutput), Failed(BadOutput)),
    attack!("exit_1", NOTHING, Failed(Exit), Failed(Exit)),
    attack!("exit_126", NOTHING, Failed(Exit), Failed(Exit)),
    attack!("exit_255", NOTHING, Failed(Exit), Failed(Exit)),
    attack!("exit_minus_1", NOTHING, Failed(Exit), Failed(Exit)),
    attack!("flood", OUTPUT, Failed(OutputLimit)),
    attack!("flood_large", OUTPUT, Failed(OutputLimit)),
    attack!("flood_stderr", "fuel, and a log of which only the end is kept", Failed(OutOfFuel), Failed(OutOfFuel)),
    attack!("leaves_traces", "a pristine instance for each task", Done),
    attack!("loop", FUEL, Failed(OutOfFuel)),
    attack!("loop_call", FUEL, Failed(OutOfFuel)),
    attack!("loop_float", FUEL, Failed(OutOfFuel)),
    attack!("loop_memory_copy", FUEL_FOR_BYTES, Failed(OutOfFuel)),
    attack!("loop_memory_fill", FUEL_FOR_BYTES, Failed(OutOfFuel)),
    attack!("loop_simd", FUEL, Failed(OutOfFuel)),
    attack!("loop_table", FUEL, Failed(OutOfFuel)),
    attack!("loop_table_fill", "fuel for each element", Failed(OutOfFuel)),
    attack!("memories_grow", MEMORY, Failed(OutOfMemory)),
    attack!("memory_grow", MEMORY, Failed(OutOfMemory)),
    attack!("memory_grow_at_once", MEMORY, Failed(OutOfMemory)),
    attack!("memory_grow_forever", FUEL, Failed(OutOfFuel)),
    attack!("memory_touch", FUEL, Failed(OutOfFuel)),
    attack!("pointer_across_the_end", RANGES, Failed(Trap)),
    attack!("pointer_huge", "a limit of what one call moves; a check of every pointer and length", Done, Failed(Trap), Failed(Trap)),
    attack!("pointer_negative", RANGES, Failed(Trap)),
    attack!("pointer_outside", RANGES, Failed(Trap)),
    attack!("pointer_wrapping", RANGES, Failed(Trap)),
    attack!("recursion", STACK, Failed(StackOverflow)),
    attack!("recursion_mutual", STACK, Failed(StackOverflow)),
    attack!("recursion_table", STACK, Failed(StackOverflow)),
    attack!("recursion_wide", STACK, Failed(StackOverflow)),
    whole!("reply_outside", RANGES, Guise::Reactor, Failed(Trap)),
    whole!("start_exits", "nothing: it has done what it wanted", Guise::Command, Done),
    whole!("start_loops", FUEL, Guise::Command, Failed(OutOfFuel)),
    attack!("table_grow", MEMORY, Failed(OutOfMemory)),
    attack!("tables_grow", MEMORY, Failed(OutOfMemory)),
    attack!("text_array", PARSER, Failed(BadOutput)),
    attack!("text_columns", "the most columns of a table (--max-columns)", Done),
    attack!("text_columns_million", OUTPUT, Failed(OutputLimit)),
    attack!("text_deep", "a limit of nesting", Failed(BadOutput)),
    attack!("text_duplicate_key", PARSER, Failed(BadOutput)),
    attack!("text_escaped_control", "quoting, where it is shown", Done),
    attack!("text_formula", "nothing: it is a text like any other, and the table holds it as it is", Done),
    attack!("text_half_object", PARSER, Failed(BadOutput)),
    attack!("text_invalid_utf8", PARSER, Failed(BadOutput), Failed(BadOutput), Failed(Trap)),
    attack!("text_lone_surrogate", PARSER, Failed(BadOutput)),
    attack!("text_long_number", DIGITS, Done),
    attack!("text_nan", PARSER, Failed(BadOutput)),
    attack!("text_no_json", PARSER, Failed(BadOutput)),
    attack!("text_number_million", OUTPUT, Failed(OutputLimit)),
    attack!("text_overlong_utf8", PARSER, Failed(BadOutput), Failed(BadOutput), Failed(Trap)),
    attack!("text_raw_control", PARSER, Failed(BadOutput)),
    attack!("text_raw_nul", PARSER, Failed(BadOutput)),
    attack!("text_row_then_half", PARSER, Failed(BadOutput)),
    attack!("text_trailing_comma", PARSER, Failed(BadOutput)),
    attack!("text_two_to_1000", DIGITS, Done),
    attack!("trap_call_null", CALLS, Failed(Trap)),
    attack!("trap_call_outside", CALLS, Failed(Trap)),
    attack!("trap_call_type", CALLS, Failed(Trap)),
    attack!("trap_copy_outside", ADDRESSES, Failed(Trap)),
    attack!("trap_divide", OPERATIONS, Failed(Trap)),
    attack!("trap_divide_overflow", OPERATIONS, Failed(Trap)),
    attack!("trap_fill_outside", ADDRESSES, Failed(Trap)),
    attack!("trap_load_far_outside", ADDRESSES, Failed(Trap)),
    attack!("trap_load_outside", ADDRESSES, Failed(Trap)),
    attack!("trap_store_outside", ADDRESSES, Failed(Trap)),
    attack!("trap_truncate_nan", OPERATIONS, Failed(Trap)),
    attack!("trap_unreachable", OPERATIONS, Failed(Trap)),
    attack!("wasi_closed_output", ERRNO, Done, Done),
    attack!("wasi_iovec_outside", POINTERS, Failed(Trap), Failed(Trap)),
    attack!("wasi_iovecs_many", POINTERS, Done, Done),
    attack!("wasi_iovecs_overlap", "a read that stops where the first one is full", Done, Done),
    attack!("wasi_open_absolute", NO_FOLDER, Done, Done),
    attack!("wasi_open_parent", NO_FOLDER, Done, Done),
    attack!("wasi_open_proc", NO_FOLDER, Done, Done),
    attack!("wasi_poll_many", POINTERS_AND_FUEL, Failed(Trap), Failed(Trap)),
    attack!("wasi_random_huge", POINTERS_AND_FUEL, Failed(OutOfFuel), Failed(OutOfFuel)),
    attack!("wasi_random_storm", FUEL_FOR_BYTES, Failed(OutOfFuel), Failed(OutOfFuel)),
    attack!("wasi_read_onto_iovec", "a copy of the iovec", Done, Done),
    attack!("wasi_read_outside", POINTERS, Done, Done),
    attack!("wasi_readdir", NO_FOLDER, Done, Done),
    attack!("wasi_sleep", "a clock of its own", Done, Done),
    attack!("wasi_sleep_storm", FUEL_FOR_CALLS, Failed(OutOfFuel), Failed(OutOfFuel)),
    attack!("wasi_storm_clock", FUEL_FOR_CALLS, Failed(OutOfFuel), Failed(OutOfFuel)),
    attack!("wasi_storm_write", FUEL_FOR_CALLS, Failed(OutOfFuel), Failed(OutOfFuel)),
    attack!("wasi_storm_yield", FUEL_FOR_CALLS, Failed(OutOfFuel), Failed(OutOfFuel)),
    attack!("wasi_symlink", NO_FOLDER, Done, Done),
    attack!("wasi_write_input", ERRNO, Done, Done),
    refused!("abi_unknown", "sandmill_abi_9"),
    refused!("import_memory", "env"),
    refused!("import_type", "proc_exit"),
    refused!("import_unknown", "`launch` from `env`"),
    refused!("initialize_loops", "before its first task"),
    refused!("initialize_traps", "before its first task"),
    refused!("invalid", "type mismatch"),
    refused!("memory64", "64-bit memory"),
    refused!("memory_first", "MiB"),
    refused!("no_memory", "memory"),
    refused!("process_type", "sandmill_process"),
    refused!("start_type", "_start"),
    refused!("table64", "table"),
    bomb!("bomb_br_table", "Branches to 60,000 places.", bombs::branches),
    bomb!("bomb_data", "Has 100 MB of data.", bombs::data),
    bomb!("bomb_functions", "Has 50,000 functions.", bombs::functions),
    bomb!("bomb_locals", "Has 1,000 variables, and 1,000 loops that they go through.", bombs::locals),
    bomb!("bomb_nesting", "Nests 50,000 blocks.", bombs::nesting),
    bomb!("bomb_body", "Has a function of 3 MiB.", bombs::body_too_large, "bytes in one function"),
    bomb!("bomb_exports", "Exports a function of 900 parameters by 250,000 names.", bombs::exports, "types, imports and exports"),
    bomb!("bomb_function_count", "Has 250,001 functions.", bombs::functions_too_many, "functions"),
    bomb!("bomb_interfaces", "Imports an interface of 900 functions 300 times.", bombs::interfaces, "types, imports and exports"),
    bomb!("bomb_parentheses", "Is a text of 1,000,000 parentheses that open.", bombs::parentheses, ""),
];
