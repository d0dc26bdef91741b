//! Contract C: the world `sandmill:processor`. Its types are made from `docs/wit/processor.wit`, which specifies it.
//!
//! The functions of `host` do for components what those of ABI 1 do for reactors.

use std::fmt::Write as _;

use wasmtime::component::Linker;
use wasmtime::{AsContextMut as _, StoreContextMut};

use self::bindings::exports::sandmill::processor as exported;
use self::bindings::sandmill::processor::types;
use crate::outcome::Reject;
use crate::row::push_json_string;
use crate::sandbox::guest::{Guest, consume_fuel, give_earned_fuel};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../docs/wit",
        world: "processor-with-init",
        exports: { default: async },
    });
}

pub use exported::guest::{Guest as Processor, GuestIndices as ProcessorIndices};
pub use exported::guest_columns::{Guest as Columns, GuestIndices as ColumnsIndices};
pub use exported::guest_init::GuestIndices as InitIndices;
pub use types::{Failure as Unprocessed, Input, Rows, Task};

/// The name under which guests import what this module defines.
const HOST: &str = "sandmill:processor/host@1.0.0";

/// Exports that a guest may have.
pub const INIT: &str = "sandmill:processor/guest-init@1.0.0";
pub const COLUMNS: &str = "sandmill:processor/guest-columns@1.0.0";

/// The most that one `read` or `shared-read` gives.
const READ_BYTES: u32 = 1 << 20;

/// Defines the imports.
///
/// # Errors
/// If a name is taken, which would be our bug.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let mut host = linker.instance(HOST)?;
    host.func_wrap("read", |store: StoreContextMut<'_, Guest>, (max_bytes,): (u32,)| Ok((read(store, max_bytes)?,)))?;
    host.func_wrap("param", |store: StoreContextMut<'_, Guest>, (name,): (String,)| Ok((param(store, &name)?,)))?;
    host.func_wrap("emit", |store: StoreContextMut<'_, Guest>, (rows,): (Rows,)| emit(store, rows))?;
    host.func_wrap("reject", reject)?;
    host.func_wrap("write-file", write_file)?;
    host.func_wrap("shared-len", |store: StoreContextMut<'_, Guest>, (name,): (String,)| {
        Ok((shared_len(store, &name)?,))
    })?;
    host.func_wrap(
        "shared-read",
        |store: StoreContextMut<'_, Guest>, (name, offset, max_bytes): (String, u64, u32)| {
            Ok((shared_read(store, &name, offset, max_bytes)?,))
        },
    )?;
    host.func_wrap("log", |store: StoreContextMut<'_, Guest>, (line,): (String,)| log(store, &line))?;
    Ok(())
}

fn read(mut store: StoreContextMut<'_, Guest>, max_bytes: u32) -> wasmtime::Result<Vec<u8>> {
    let current = store.data_mut().task.current("read")?;
    let mut buffer = vec![0; max_bytes.min(READ_BYTES) as usize];
    let read_bytes = current.pull(&mut buffer)?;
    buffer.truncate(read_bytes);
    // What is read may bring the fuel that moving it costs.
    give_earned_fuel(store.as_context_mut())?;
    consume_fuel(store, read_bytes as u64)?;
    Ok(buffer)
}

fn param(mut store: StoreContextMut<'_, Guest>, name: &str) -> wasmtime::Result<Option<String>> {
    let value = store.data().task.param(name).map(str::to_owned);
    consume_fuel(store.as_context_mut(), value.as_ref().map_or(0, String::len) as u64)?;
    Ok(value)
}

/// Takes rows that a guest gives, in a call or as the end of its task.
///
/// # Errors
/// If they are no rows, too many, or more than the guest's fuel allows.
pub fn emit(mut store: StoreContextMut<'_, Guest>, rows: Rows) -> wasmtime::Result<()> {
    let json = match rows {
        Rows::Json(json) => json,
        Rows::Cells(rows) => json(&rows),
    };
    consume_fuel(store.as_context_mut(), json.len() as u64)?;
    Ok(store.data_mut().task.emit(json.as_bytes())?)
}

fn reject(
    mut store: StoreContextMut<'_, Guest>,
    (record, offset, reason): (u64, Option<u64>, String),
) -> wasmtime::Result<()> {
    consume_fuel(store.as_context_mut(), reason.len() as u64)?;
    Ok(store.data_mut().task.reject(Reject { record, offset, reason })?)
}

fn write_file(mut store: StoreContextMut<'_, Guest>, (name, bytes): (String, Vec<u8>)) -> wasmtime::Result<()> {
    consume_fuel(store.as_context_mut(), name.len() as u64 + bytes.len() as u64)?;
    Ok(store.data_mut().task.write_file(name.as_bytes(), &bytes)?)
}

fn shared_len(mut store: StoreContextMut<'_, Guest>, name: &str) -> wasmtime::Result<Option<u64>> {
    consume_fuel(store.as_context_mut(), name.len() as u64)?;
    Ok(store.data().task.shared.as_ref().and_then(|shared| shared.file_bytes(name)))
}

fn shared_read(
    mut store: StoreContextMut<'_, Guest>,
    name: &str,
    offset: u64,
    max_bytes: u32,
) -> wasmtime::Result<Vec<u8>> {
    consume_fuel(store.as_context_mut(), name.len() as u64)?;
    let file = store.data_mut().task.shared_file("shared-read", name)?;
    let mut buffer = vec![0; max_bytes.min(READ_BYTES) as usize];
    let read_bytes = file.read_at(&mut buffer, offset)?;
    buffer.truncate(read_bytes);
    consume_fuel(store, read_bytes as u64)?;
    Ok(buffer)
}

fn log(mut store: StoreContextMut<'_, Guest>, line: &str) -> wasmtime::Result<()> {
    consume_fuel(store.as_context_mut(), line.len() as u64)?;
    let io = &store.data().io;
    io.log(line.as_bytes());
    io.log(b"\n");
    Ok(())
}

/// Typed rows as the JSON that everything else is written in, where they are checked as all rows are.
fn json(rows: &[Vec<types::Cell>]) -> String {
    let mut json = String::new();
    for row in rows {
        json.push('{');
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            push_json_string(&cell.column, &mut json);
            json.push(':');
            push_value(&cell.value, &mut json);
        }
        json.push('}');
    }
    json
}

fn push_value(value: &types::Value, json: &mut String) {
    // Writing to a string cannot fail.
    let _ = match value {
        types::Value::Null => json.write_str("null"),
        types::Value::Boolean(value) => write!(json, "{value}"),
        types::Value::Signed(value) => write!(json, "{value}"),
        types::Value::Unsigned(value) => write!(json, "{value}"),
        // What is not finite is written as what it is, which is no JSON, and the task fails by it.
        types::Value::Float(value) => write!(json, "{value:?}"),
        types::Value::Text(text) => {
            push_json_string(text, json);
            Ok(())
        }
        types::Value::Json(text) => json.write_str(text),
    };
}
