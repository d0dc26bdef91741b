//! Fuzzing: what strangers write, changed by chance. Nothing of it may be a panic, a hang, memory without bound or a result
//! that is wrong.

mod abi;
mod damage;
mod inputs;
mod modules;
mod rows;
