//! Few data segments in place of many. A snapshot has one for each run of bytes that are not zero, thousands of them, and
//! every instance costs time for every segment.

use anyhow::Context as _;
use wasm_encoder::{ConstExpr, DataCountSection, DataSection, Module, RawSection};
use wasmparser::{BinaryReader, Data, DataKind, DataSectionReader, Operator, Parser, Payload};

/// Segments that lie closer together than this are joined, with the zeros between them: a page, which is what memory is
/// made of.
const GAP_BYTES: u64 = 4096;

/// The bytes of one memory from an offset on.
struct Segment {
    memory: u32,
    offset: u64,
    bytes: Vec<u8>,
}

/// The same module with its active data segments joined. They must be in the order of their offsets and must not overlap,
/// as those of a snapshot are.
///
/// # Errors
/// If it is not such a module.
pub fn join(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    rewrite(wasm)?.context("the snapshot has other segments than expected")
}

fn rewrite(wasm: &[u8]) -> wasmparser::Result<Option<Vec<u8>>> {
    let mut module = Module::new();
    // Instructions name passive segments by their index, but only in modules that count their segments first.
    let counts = payloads(wasm)?.iter().any(|payload| matches!(payload, Payload::DataCountSection { .. }));
    for payload in payloads(wasm)? {
        match payload {
            Payload::DataCountSection { .. } | Payload::DataSection(_) => {}
            Payload::CodeSectionStart { range, .. } => {
                let Some(segments) = segments(wasm)? else { return Ok(None) };
                if counts {
                    let count = u32::try_from(segments.passive.len() + segments.active.len()).unwrap_or(u32::MAX);
                    module.section(&DataCountSection { count });
                }
                module.section(&RawSection { id: 10, data: &wasm[range] });
                let mut data = DataSection::new();
                if counts {
                    for bytes in segments.passive {
                        data.passive(bytes.iter().copied());
                    }
                }
                for segment in segments.active {
                    let offset = ConstExpr::i32_const((segment.offset as u32).cast_signed());
                    data.active(segment.memory, &offset, segment.bytes);
                }
                module.section(&data);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &wasm[range] });
                }
            }
        }
    }
    Ok(Some(module.finish()))
}

fn payloads(wasm: &[u8]) -> wasmparser::Result<Vec<Payload<'_>>> {
    let is_section = |payload: &wasmparser::Result<Payload<'_>>| !matches!(payload, Ok(Payload::CodeSectionEntry(_)));
    Parser::new(0).parse_all(wasm).filter(is_section).collect()
}

struct Segments<'w> {
    passive: Vec<&'w [u8]>,
    active: Vec<Segment>,
}

/// The segments of a module; `None` if they are not as a snapshot's.
fn segments(wasm: &[u8]) -> wasmparser::Result<Option<Segments<'_>>> {
    let mut segments = Segments { passive: Vec::new(), active: Vec::new() };
    for payload in payloads(wasm)? {
        let Payload::DataSection(section) = payload else { continue };
        for data in DataSectionReader::new(BinaryReader::new(&wasm[section.range()], 0))? {
            let data = data?;
            let DataKind::Active { memory_index, .. } = data.kind else {
                segments.passive.push(data.data);
                continue;
            };
            let Some(offset) = offset(&data)? else { return Ok(None) };
            let joined = segments.active.last_mut().filter(|last| {
                let end = last.offset + last.bytes.len() as u64;
                last.memory == memory_index && offset >= end && offset - end < GAP_BYTES
            });
            match joined {
                Some(last) => {
                    last.bytes.resize((offset - last.offset) as usize, 0);
                    last.bytes.extend_from_slice(data.data);
                }
                None => segments.active.push(Segment { memory: memory_index, offset, bytes: data.data.to_vec() }),
            }
        }
    }
    Ok(Some(segments))
}

/// Where an active segment goes, if that is a plain number.
fn offset(data: &Data<'_>) -> wasmparser::Result<Option<u64>> {
    let DataKind::Active { offset_expr, .. } = &data.kind else { return Ok(None) };
    let mut operators = offset_expr.get_operators_reader();
    Ok(match operators.read()? {
        Operator::I32Const { value } => Some(u64::from(value.cast_unsigned())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offsets and bytes of the active segments of a joined module, and how many passive ones it has.
    fn joined(fields: &str) -> (Vec<(u32, u64, Vec<u8>)>, usize) {
        let wasm = wat::parse_str(format!("(module (memory 1) (memory 1) {fields})")).unwrap();
        let joined = join(&wasm).unwrap();
        wasmparser::validate(&joined).unwrap();
        let segments = segments(&joined).unwrap().unwrap();
        (segments.active.into_iter().map(|it| (it.memory, it.offset, it.bytes)).collect(), segments.passive.len())
    }

    #[test]
    fn what_lies_together_is_joined() {
        let (active, passive) = joined(
            r#"(func) (data (i32.const 8) "ab") (data (i32.const 12) "c") (data (i32.const 13) "d")
            (data (i32.const 5000) "e") (data (memory 1) (i32.const 5002) "f") (data $unused "passive")"#,
        );
        let expected = [(0, 8, b"ab\0\0cd".to_vec()), (0, 5000, b"e".to_vec()), (1, 5002, b"f".to_vec())];
        assert_eq!(active, expected);
        assert_eq!(passive, 0, "no instruction can name it");
    }

    #[test]
    fn segments_that_instructions_name_stay_in_place() {
        let (active, passive) = joined(
            r#"(data $one "x") (data $two "y") (data (i32.const 8) "ab") (data (i32.const 10) "c")
            (func (memory.init $two (i32.const 0) (i32.const 0) (i32.const 1)))"#,
        );
        assert_eq!(active, [(0, 8, b"abc".to_vec())]);
        assert_eq!(passive, 2);
    }
}
