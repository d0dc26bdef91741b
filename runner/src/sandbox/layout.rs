//! What a fresh instance of a module takes, read without compiling it: the part of its memory that is laid out for every task.

use std::collections::BTreeSet;

use anyhow::Context as _;
use wasmparser::{ConstExpr, Data, DataKind, ElementItems, ElementKind, Operator, Parser, Payload, ValType};

/// What is looked at as one when memory is laid out and reset.
const PAGE_BYTES: u64 = 4 << 10;

/// The most pages that are told apart: those of the largest memory that there is.
const MOST_PAGES: u64 = (4 << 30) / PAGE_BYTES;

/// What is laid out for every instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Bytes that are put into memory.
    pub data_bytes: u64,
    /// Pages of 4 KiB that these touch.
    pub data_pages: u64,
    /// Entries that are put into tables.
    pub table_entries: u64,
    /// The stack that the module keeps in its memory, where its linker has put it before everything else.
    pub own_stack_bytes: Option<u64>,
    pub globals: usize,
    /// A function runs as the instance is made, before any other.
    pub has_start_function: bool,
    /// Size of the code.
    pub code_bytes: u64,
}

impl Layout {
    /// # Errors
    /// If `wasm` is no module.
    pub fn read(wasm: &[u8]) -> anyhow::Result<Self> {
        let mut layout = Self::default();
        let mut pages = Pages::default();
        let (mut stack_top, mut lowest_data) = (None, None);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.context("read the module")? {
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global?;
                        // Every LLVM linker makes its stack pointer the first global.
                        if layout.globals == 0 && global.ty.mutable && global.ty.content_type == ValType::I32 {
                            stack_top = constant(&global.init_expr);
                        }
                        layout.globals += 1;
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        let element = element?;
                        if matches!(element.kind, ElementKind::Active { .. }) {
                            layout.table_entries += u64::from(match element.items {
                                ElementItems::Functions(items) => items.count(),
                                ElementItems::Expressions(_, items) => items.count(),
                            });
                        }
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let Data { kind: DataKind::Active { offset_expr, .. }, data, .. } = data? else { continue };
                        layout.data_bytes += data.len() as u64;
                        if let Some(offset) = constant(&offset_expr) {
                            pages.add(offset, data.len() as u64);
                            lowest_data = Some(lowest_data.map_or(offset, |lowest: u64| lowest.min(offset)));
                        }
                    }
                }
                Payload::StartSection { .. } => layout.has_start_function = true,
                Payload::CodeSectionStart { size, .. } => layout.code_bytes += u64::from(size),
                _ => {}
            }
        }
        layout.data_pages = pages.0.len() as u64;
        // With the data above it, all below is the stack.
        layout.own_stack_bytes = stack_top.filter(|top| *top > 0 && lowest_data.is_none_or(|lowest| *top <= lowest));
        Ok(layout)
    }
}

#[derive(Default)]
struct Pages(BTreeSet<u64>);

impl Pages {
    fn add(&mut self, offset: u64, len: u64) {
        let end = offset.saturating_add(len).div_ceil(PAGE_BYTES).min(MOST_PAGES);
        self.0.extend((offset / PAGE_BYTES).min(end)..end);
    }
}

/// The value of an expression that is nothing but an `i32.const`.
fn constant(expression: &ConstExpr<'_>) -> Option<u64> {
    match expression.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(value.cast_unsigned().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(wat: &str) -> Layout {
        Layout::read(&wat::parse_str(wat).unwrap()).unwrap()
    }

    #[test]
    fn data_and_tables_are_counted() {
        let layout = layout(
            "(module (memory 2) (table 4 funcref) (func $f) (elem (i32.const 0) $f $f) (start $f)
               (data (i32.const 4095) \"ab\") (data (i32.const 4096) \"cd\") (data (i32.const 65536) \"\") (data \"passive\"))",
        );
        assert_eq!((layout.data_bytes, layout.data_pages, layout.table_entries), (4, 2, 2));
        assert!(layout.has_start_function && layout.own_stack_bytes.is_none() && layout.code_bytes > 0);
    }

    #[test]
    fn a_stack_is_known_where_it_lies_below_all_data() {
        let with = |global: &str, data: u32| {
            layout(&format!("(module (memory 2) (global {global}) (data (i32.const {data}) \"x\"))")).own_stack_bytes
        };
        assert_eq!(with("(mut i32) (i32.const 65536)", 65_536), Some(65_536));
        assert_eq!(with("(mut i32) (i32.const 65536)", 1_024), None, "the data is below it");
        assert_eq!(with("i32 (i32.const 65536)", 65_536), None, "it never moves");
        assert_eq!(with("(mut i64) (i64.const 65536)", 65_536), None);
    }

    #[test]
    fn segments_beyond_any_memory_are_bounded() {
        let layout = layout("(module (memory 2) (data (i32.const -1) \"abc\"))");
        assert_eq!((layout.data_bytes, layout.data_pages), (3, 1));
    }
}
