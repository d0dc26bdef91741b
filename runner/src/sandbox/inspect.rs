//! What a module says of itself, read without compiling it.

use anyhow::{Context as _, bail};
use wasmparser::{
    CompositeInnerType, Encoding, FuncType, KnownCustom, Parser, Payload, ProducersSectionReader, TypeRef,
};

/// The outside of a module.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub size_bytes: usize,
    pub functions: usize,
    /// Of the code of its largest function.
    pub largest_function_bytes: u64,
    pub imports: Vec<Import>,
    pub exports: Vec<Export>,
    /// Memories that the module defines.
    pub memories: Vec<Memory>,
    /// Initial sizes, in elements, of the tables that the module defines.
    pub tables: Vec<u64>,
    /// What made the module, as it says itself: field, name, version.
    pub producers: Vec<(String, String, String)>,
    /// Whether the module carries names for its functions.
    pub has_names: bool,
}

#[derive(Clone, Debug)]
pub struct Import {
    pub module: String,
    pub name: String,
    /// What is imported: a function's signature, or another kind of thing.
    pub kind: String,
}

#[derive(Clone, Debug)]
pub struct Export {
    pub name: String,
    /// As in [`Import::kind`].
    pub kind: String,
}

#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub initial_bytes: u64,
    pub maximum_bytes: Option<u64>,
    pub is_64_bit: bool,
}

impl Facts {
    /// # Errors
    /// If `wasm` is not the binary form of a core module.
    pub fn read(wasm: &[u8]) -> anyhow::Result<Self> {
        let mut reader = Reader { facts: Self { size_bytes: wasm.len(), ..Self::default() }, ..Reader::default() };
        for payload in Parser::new(0).parse_all(wasm) {
            reader.payload(payload.context("read the module")?)?;
        }
        Ok(reader.facts)
    }

    /// The initial size of all memories and tables together.
    pub fn initial_bytes(&self) -> u64 {
        let memories = self.memories.iter().fold(0_u64, |sum, memory| sum.saturating_add(memory.initial_bytes));
        self.tables.iter().fold(memories, |sum, elements| sum.saturating_add(elements.saturating_mul(8)))
    }

    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.iter().find(|export| export.name == name)
    }
}

#[derive(Default)]
struct Reader {
    facts: Facts,
    /// Signatures by type index.
    types: Vec<String>,
    /// Type index of each function, imported ones first.
    functions: Vec<u32>,
}

impl Reader {
    fn payload(&mut self, payload: Payload<'_>) -> anyhow::Result<()> {
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                bail!("this is a component; build a core module for wasm32-wasip1 instead")
            }
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(function) => signature(function),
                            _ => "a type that is no function".to_owned(),
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    if let TypeRef::Func(index) | TypeRef::FuncExact(index) = import.ty {
                        self.functions.push(index);
                    }
                    let kind = self.import_kind(import.ty);
                    self.facts.imports.push(Import {
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
                        kind,
                    });
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    self.functions.push(index?);
                    self.facts.functions += 1;
                }
            }
            Payload::CodeSectionEntry(body) => {
                let bytes = body.range().len() as u64;
                self.facts.largest_function_bytes = self.facts.largest_function_bytes.max(bytes);
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.facts.tables.push(table?.ty.initial);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    let page_bytes = 1_u64 << memory.page_size_log2.unwrap_or(16);
                    self.facts.memories.push(Memory {
                        initial_bytes: memory.initial.saturating_mul(page_bytes),
                        maximum_bytes: memory.maximum.map(|pages| pages.saturating_mul(page_bytes)),
                        is_64_bit: memory.memory64,
                    });
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let kind = match export.kind {
                        wasmparser::ExternalKind::Func | wasmparser::ExternalKind::FuncExact => {
                            self.function_kind(export.index)
                        }
                        wasmparser::ExternalKind::Memory => "memory".to_owned(),
                        wasmparser::ExternalKind::Table => "table".to_owned(),
                        wasmparser::ExternalKind::Global => "global".to_owned(),
                        wasmparser::ExternalKind::Tag => "tag".to_owned(),
                    };
                    self.facts.exports.push(Export { name: export.name.to_owned(), kind });
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                // Custom sections bind nobody: a broken one is no reason to refuse a module that works.
                KnownCustom::Producers(producers) => self.producers(producers).unwrap_or_default(),
                KnownCustom::Name(_) => self.facts.has_names = true,
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn producers(&mut self, producers: ProducersSectionReader<'_>) -> wasmparser::Result<()> {
        for field in producers {
            let field = field?;
            for value in field.values {
                let value = value?;
                self.facts.producers.push((field.name.to_owned(), value.name.to_owned(), value.version.to_owned()));
            }
        }
        Ok(())
    }

    fn import_kind(&self, ty: TypeRef) -> String {
        match ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => self.signature(index),
            TypeRef::Table(_) => "table".to_owned(),
            TypeRef::Memory(_) => "memory".to_owned(),
            TypeRef::Global(_) => "global".to_owned(),
            TypeRef::Tag(_) => "tag".to_owned(),
        }
    }

    fn function_kind(&self, function: u32) -> String {
        self.functions.get(function as usize).map_or_else(String::new, |&index| self.signature(index))
    }

    fn signature(&self, index: u32) -> String {
        self.types.get(index as usize).cloned().unwrap_or_default()
    }
}

fn signature(function: &FuncType) -> String {
    let list = |types: &[wasmparser::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(function.params()), list(function.results()))
}
