//! Modules whose instances can be put back to how they began: all of their state is made to be seen from outside.
//!
//! The state of an instance is its memories, its mutable globals, its tables, and which of its segments were dropped. In a
//! module that changes no table and drops no segment only the first two are left; those are exported here, under names of our
//! own. Nothing else of the module changes.

use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{
    BinaryReader, ExportSectionReader, ExternalKind, FunctionBody, GlobalType, Operator, Parser, Payload, TypeRef,
    ValType, Validator, WasmFeatures,
};

use super::inspect::Facts;

/// How the names begin that are added.
const PREFIX: &str = "sandmill_state_";

/// What the module may use. It is told by what is known of each of these that the state above is all there is: whatever comes
/// to WebAssembly later is not among them.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL);

/// The name of the memory with this index.
pub fn memory_name(index: u32) -> String {
    format!("{PREFIX}memory_{index}")
}

/// The name of the `number`th of the mutable globals.
pub fn global_name(number: u32) -> String {
    format!("{PREFIX}global_{number}")
}

/// Whether a module exports nothing under such names itself. One that does is never marked, and must not be taken for one that is.
pub fn are_tellable(facts: &Facts) -> bool {
    !facts.exports.iter().any(|export| export.name.starts_with(PREFIX))
}

/// The module with its state exported; `None` if it may have state besides that, or something runs as it is instantiated.
pub fn mark(wasm: &[u8]) -> Option<Vec<u8>> {
    Validator::new_with_features(FEATURES).validate_all(wasm).ok()?;
    let state = State::read(wasm).ok()??;
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::ExportSection(section) => {
                module.section(&exports(&wasm[section.range()], &state)?);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &wasm[range] });
                }
            }
        }
    }
    Some(module.finish())
}

/// What there is to be exported.
#[derive(Default)]
struct State {
    memories: u32,
    /// Indices of the mutable globals.
    globals: Vec<u32>,
}

impl State {
    fn read(wasm: &[u8]) -> wasmparser::Result<Option<Self>> {
        let (mut state, mut globals, mut has_exports) = (Self::default(), 0, false);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        if !matches!(import?.ty, TypeRef::Func(_)) {
                            return Ok(None);
                        }
                    }
                }
                Payload::MemorySection(section) => state.memories = section.count(),
                Payload::GlobalSection(section) => {
                    for global in section {
                        let GlobalType { content_type, mutable, .. } = global?.ty;
                        if mutable {
                            if matches!(content_type, ValType::Ref(_)) {
                                return Ok(None);
                            }
                            state.globals.push(globals);
                        }
                        globals += 1;
                    }
                }
                Payload::StartSection { .. } => return Ok(None),
                Payload::ExportSection(_) => has_exports = true,
                Payload::CodeSectionEntry(body) if changes_more(&body)? => return Ok(None),
                _ => {}
            }
        }
        Ok(has_exports.then_some(state))
    }
}

/// Whether a function changes what is neither a memory nor a global.
fn changes_more(body: &FunctionBody<'_>) -> wasmparser::Result<bool> {
    for operator in body.get_operators_reader()? {
        if matches!(
            operator?,
            Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                | Operator::ElemDrop { .. }
                | Operator::DataDrop { .. }
        ) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn exports(section: &[u8], state: &State) -> Option<ExportSection> {
    let mut exports = ExportSection::new();
    for export in ExportSectionReader::new(BinaryReader::new(section, 0)).ok()? {
        let export = export.ok().filter(|export| !export.name.starts_with(PREFIX))?;
        let kind = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
            ExternalKind::Table => ExportKind::Table,
            ExternalKind::Memory => ExportKind::Memory,
            ExternalKind::Global => ExportKind::Global,
            ExternalKind::Tag => return None,
        };
        exports.export(export.name, kind, export.index);
    }
    for index in 0..state.memories {
        exports.export(&memory_name(index), ExportKind::Memory, index);
    }
    for (number, &index) in (0..).zip(&state.globals) {
        exports.export(&global_name(number), ExportKind::Global, index);
    }
    Some(exports)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that are added to a module with these fields; `None` if it cannot be marked.
    fn added(fields: &str) -> Option<Vec<String>> {
        let wasm = wat::parse_str(format!("(module (func $f) (export \"f\" (func $f)) {fields})")).unwrap();
        let marked = mark(&wasm)?;
        wasmparser::validate(&marked).unwrap();
        let facts = Facts::read(&marked).unwrap();
        assert!(facts.export("f").is_some());
        Some(facts.exports.into_iter().map(|export| export.name).filter(|name| name.starts_with(PREFIX)).collect())
    }

    #[test]
    fn memories_and_mutable_globals_are_exported() {
        let names = added(
            "(memory 1) (memory 2) (global i32 (i32.const 1)) (global (mut i64) (i64.const 2)) (global (mut v128) (v128.const i64x2 1 2))
             (table 2 funcref) (elem (i32.const 0) $f) (data (i32.const 0) \"a\") (data $passive \"b\")
             (func (memory.init 0 $passive (i32.const 0) (i32.const 0) (i32.const 1)) (drop (table.get (i32.const 0))))",
        );
        let expected = ["memory_0", "memory_1", "global_0", "global_1"].map(|name| format!("{PREFIX}{name}"));
        assert_eq!(names.unwrap(), expected);
        assert_eq!(added("").unwrap(), [""; 0]);
    }

    #[test]
    fn a_module_that_can_change_anything_else_is_left_alone() {
        let change = |body: &str| {
            added(&format!("(table $t 2 funcref) (elem $e func $f) (memory 1) (data $d \"x\") (func {body})"))
        };
        assert!(change("").is_some());
        for body in [
            "(table.set (i32.const 0) (ref.func $f))",
            "(drop (table.grow (ref.null func) (i32.const 1)))",
            "(table.fill (i32.const 0) (ref.null func) (i32.const 1))",
            "(table.copy (i32.const 0) (i32.const 0) (i32.const 1))",
            "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))",
            "(elem.drop $e)",
            "(data.drop $d)",
        ] {
            assert_eq!(change(body), None, "{body}");
        }
        for fields in [
            "(global (mut funcref) (ref.null func))",
            "(global (mut externref) (ref.null extern))",
            "(start $f)",
            "(tag)",
            "(memory i64 1)",
            "(memory 1 1 shared)",
            "(type (struct (field (mut i32))))",
        ] {
            assert_eq!(added(fields), None, "{fields}");
        }
        let with_import = |import: &str| {
            mark(&wat::parse_str(format!("(module (import \"m\" \"n\" {import}) (func (export \"f\")))")).unwrap())
        };
        assert!(with_import("(func)").is_some());
        for import in ["(memory 1)", "(global (mut i32))", "(table 1 funcref)"] {
            assert_eq!(with_import(import), None, "{import}");
        }
        assert_eq!(mark(b"\0asm\x01\0\0\0"), None, "no exports");
        assert_eq!(mark(b"none"), None);
    }

    #[test]
    fn a_module_that_has_such_names_itself_is_told() {
        let facts = |name: &str| {
            let text = format!("(module (memory (export \"{name}\") 1))");
            Facts::read(&wat::parse_str(text).unwrap()).unwrap()
        };
        assert!(are_tellable(&facts("memory")));
        assert!(!are_tellable(&facts("sandmill_state_memory_0")));
    }
}
