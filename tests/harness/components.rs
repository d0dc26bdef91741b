//! Components out of the core modules in `tests/guests`, made as toolchains make them.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A command that knows preview 1, as text or binary, as a component that knows WASI 0.2.
pub fn command(source: impl AsRef<[u8]>) -> Vec<u8> {
    let module = wat::parse_bytes(source.as_ref()).expect("read the guest");
    encode(&module, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)
}

/// The core module in `source`, which may know preview 1, as a component of a world in `docs/wit`.
pub fn processor(source: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(source).expect("read the guest");
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wit");
    let (package, _) = resolve.push_path(wit).expect("read docs/wit");
    let world = resolve.select_world(&[package], Some(world)).expect("find the world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("describe the guest");
    encode(&module, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)
}

fn encode(module: &[u8], adapter: &[u8]) -> Vec<u8> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter))
        .and_then(|mut encoder| encoder.encode())
        .expect("make a component of the guest")
}
