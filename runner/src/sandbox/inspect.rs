//! What a module or a component says of itself, read without compiling it.

use anyhow::{Context as _, bail};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmparser::{
    CompositeInnerType, Encoding, FuncType, KnownCustom, Parser, Payload, ProducersSectionReader, TypeRef,
    ValidPayload, Validator, WasmFeatures,
};

use super::contract::Refusal;

/// The most types, imports and exports that are read, together, and functions and types of interfaces. Each is a few bytes in
/// a file, and texts here.
const DECLARATIONS: u64 = 250_000;

/// The most parameters and results of a function that are shown. No contract has as many.
const SHOWN_TYPES: usize = 20;

/// The most of what made it that is told.
const PRODUCERS: usize = 100;

/// What a file of WebAssembly is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Module,
    Component,
}

/// The outside of a module or of a component.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub form: Form,
    pub size_bytes: usize,
    /// Functions that it defines; of a component, those of all its core modules.
    pub functions: usize,
    /// Of the code of its largest function.
    pub largest_function_bytes: u64,
    /// Of a component: one for each function and type of the interfaces that it imports.
    pub imports: Vec<Import>,
    pub exports: Vec<Export>,
    /// Memories that it defines; of a component, those of all its core modules.
    pub memories: Vec<Memory>,
    /// Initial sizes, in elements, of the tables that it defines, as for memories.
    pub tables: Vec<u64>,
    /// What made it, as it says itself: field, name, version.
    pub producers: Vec<(String, String, String)>,
    /// Whether it carries names for its functions.
    pub has_names: bool,
}

#[derive(Clone, Debug)]
pub struct Import {
    /// The module, or the interface of a component.
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
    /// If `wasm` is not the binary form of a core module or of a valid component.
    pub fn read(wasm: &[u8]) -> anyhow::Result<Self> {
        let facts = Self { size_bytes: wasm.len(), ..Self::default() };
        let mut reader = Reader { facts, scopes: Vec::new(), declarations: 0 };
        for payload in Parser::new(0).parse_all(wasm) {
            reader.payload(payload.context("read the module")?)?;
        }
        let mut facts = reader.facts;
        if facts.form == Form::Component {
            facts.read_world(wasm)?;
        }
        Ok(facts)
    }

    /// The initial size of all memories and tables together.
    pub fn initial_bytes(&self) -> u64 {
        let memories = self.memories.iter().fold(0_u64, |sum, memory| sum.saturating_add(memory.initial_bytes));
        self.tables.iter().fold(memories, |sum, elements| sum.saturating_add(elements.saturating_mul(8)))
    }

    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.iter().find(|export| export.name == name)
    }

    /// Imports and exports of a component. They are of types that only make sense together, so this takes a validator;
    /// function bodies are left to the compiler.
    fn read_world(&mut self, wasm: &[u8]) -> anyhow::Result<()> {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0_u32);
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.context("read the component")?;
            match &payload {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section.clone() {
                        imports.push(import.context("read the component")?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section.clone() {
                        exports.push(export.context("read the component")?.name.name.to_owned());
                    }
                }
                _ => {}
            }
            if let ValidPayload::End(types) = validator.payload(&payload).context("read the component")?
                && depth == 0
            {
                let types = types.as_ref();
                for name in &imports {
                    self.add_component_import(types, name)?;
                }
                for name in &exports {
                    let entity = types.component_item_for_export(name);
                    let kind = entity.map_or("", |item| entity_kind(item.ty)).to_owned();
                    self.exports.push(Export { name: name.clone(), kind });
                }
            }
        }
        Ok(())
    }

    fn add_component_import(&mut self, types: TypesRef<'_>, name: &str) -> anyhow::Result<()> {
        let Some(item) = types.component_item_for_import(name) else { return Ok(()) };
        let import = |member: &str, ty| Import {
            module: name.to_owned(),
            name: member.to_owned(),
            kind: entity_kind(ty).to_owned(),
        };
        match item.ty {
            ComponentEntityType::Instance(id) => {
                let members = types[id].exports.iter();
                // Many imports may be of one large interface.
                check_declarations(self.imports.len().saturating_add(members.len()) as u64)?;
                self.imports.extend(members.map(|(member, item)| import(member, item.ty)));
            }
            ty => self.imports.push(import("", ty)),
        }
        Ok(())
    }
}

/// Counts one more.
fn declare(declarations: &mut u64) -> Result<(), Refusal> {
    *declarations += 1;
    check_declarations(*declarations)
}

fn check_declarations(found: u64) -> Result<(), Refusal> {
    if found > DECLARATIONS {
        return Err(Refusal::TooLarge { what: "types, imports and exports", found, limit: DECLARATIONS });
    }
    Ok(())
}

fn entity_kind(ty: ComponentEntityType) -> &'static str {
    match ty {
        ComponentEntityType::Module(_) => "core module",
        ComponentEntityType::Func(_) => "function",
        ComponentEntityType::Value(_) => "value",
        ComponentEntityType::Type { .. } => "type",
        ComponentEntityType::Instance(_) => "interface",
        ComponentEntityType::Component(_) => "component",
    }
}

struct Reader {
    facts: Facts,
    /// The module or component that is being read, below those that it is in.
    scopes: Vec<Scope>,
    declarations: u64,
}

#[derive(Default)]
struct Scope {
    /// Signatures by type index.
    types: Vec<String>,
    /// Type index of each function, imported ones first.
    functions: Vec<u32>,
}

impl Reader {
    fn payload(&mut self, payload: Payload<'_>) -> anyhow::Result<()> {
        // Imports and exports of core modules within a component are not those of the component.
        let is_outermost = self.scopes.len() == 1;
        if let Payload::Version { encoding, .. } = payload {
            self.scopes.push(Scope::default());
            if encoding == Encoding::Component && self.scopes.len() == 1 {
                self.facts.form = Form::Component;
            }
            return Ok(());
        }
        let Some(scope) = self.scopes.last_mut() else { bail!("read the module: it does not begin like one") };
        match payload {
            Payload::End(_) => {
                self.scopes.pop();
            }
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        declare(&mut self.declarations)?;
                        scope.types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(function) => signature(function),
                            _ => "a type that is no function".to_owned(),
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    declare(&mut self.declarations)?;
                    if let TypeRef::Func(index) | TypeRef::FuncExact(index) = import.ty {
                        scope.functions.push(index);
                    }
                    if is_outermost {
                        self.facts.imports.push(Import {
                            module: import.module.to_owned(),
                            name: import.name.to_owned(),
                            kind: scope.import_kind(import.ty),
                        });
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    scope.functions.push(index?);
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
                    declare(&mut self.declarations)?;
                    if !is_outermost {
                        continue;
                    }
                    let kind = match export.kind {
                        wasmparser::ExternalKind::Func | wasmparser::ExternalKind::FuncExact => {
                            scope.function_kind(export.index)
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
                let producer = (field.name.to_owned(), value.name.to_owned(), value.version.to_owned());
                // The modules of a component were often made by the same tools.
                if self.facts.producers.len() < PRODUCERS && !self.facts.producers.contains(&producer) {
                    self.facts.producers.push(producer);
                }
            }
        }
        Ok(())
    }
}

impl Scope {
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
    let list = |types: &[wasmparser::ValType]| {
        let mut shown: Vec<_> = types.iter().take(SHOWN_TYPES).map(ToString::to_string).collect();
        if types.len() > SHOWN_TYPES {
            shown.push(format!("{} more", types.len() - SHOWN_TYPES));
        }
        shown.join(", ")
    };
    format!("({}) -> ({})", list(function.params()), list(function.results()))
}
