//! Modules and components: bytes that may be one, and valid ones that do anything.

use std::path::Path;
use std::time::Duration;

use arbitrary::Unstructured;
use sandmill::config::{Budget, Fuel};
use sandmill::hostile::ATTACKS;
use sandmill::outcome::{FailureKind, Outcome};
use sandmill::sandbox::{Attempt, Processor, Sandbox, Settings, inspect};

use crate::guests::{TestInput, guest, task};
use crate::{Target, components};

/// What everything ends within at once.
fn settings() -> Settings {
    Settings::new(Budget {
        fuel: Fuel { base: 200_000, per_input_byte: 10 },
        timeout: Duration::from_secs(20),
        memory_bytes: 4 << 20,
        stack_bytes: 64 << 10,
        output_bytes: 64 << 10,
        log_bytes: 1 << 10,
    })
}

/// One task, if the module is a processor.
fn attempt(wasm: &[u8]) -> Option<Attempt> {
    let settings = settings();
    let _ = inspect(wasm);
    let processor = match Processor::load(wasm, settings.clone()) {
        Ok(processor) => processor,
        Err(error) => {
            let message = format!("{error:#}");
            assert!(!message.contains("panicked"), "{message}");
            return None;
        }
    };
    let mut sandbox = Sandbox::new(&processor, 0).unwrap();
    let attempt = sandbox.run(&task(Path::new("a")), Box::new(TestInput::from("{\"n\":1}")));
    if let Outcome::Failed(failure) = &attempt.outcome {
        assert!(!matches!(failure.kind, FailureKind::Host | FailureKind::Input), "{failure:?}");
    }
    assert!(attempt.usage.peak_memory_bytes <= settings.budget.memory_bytes as u64);
    assert!(attempt.log.len() <= settings.budget.log_bytes + 200);
    Some(attempt)
}

/// Bytes that may be a module or a component, or its text.
pub fn module() -> Target {
    let binary = |text: &str| wat::parse_str(text).unwrap();
    let mut seeds: Vec<Vec<u8>> = ["emit.wat", "echo.wat", "columns.wat", "memories.wat", "calls_command.wat"]
        .map(|name| binary(&guest(name)))
        .into();
    seeds.push(components::processor(&guest("told_component.wat"), "processor"));
    seeds.push(guest("emit.wat").into_bytes());
    for name in ["loop_table", "recursion_table", "text_formula", "memories_grow", "wasi_open_parent"] {
        let attack = ATTACKS.iter().find(|attack| attack.name == name).unwrap();
        seeds.extend(attack.ends.iter().map(|(guise, _)| attack.source(*guise)));
    }
    Target { name: "module", seeds, check: Box::new(|wasm| drop(attempt(wasm))) }
}

/// Valid modules that do anything with what they may import; each twice, with the same outcome.
pub fn smith() -> Target {
    let imports = wat::parse_str(guest("hostile_imports.wat")).unwrap();
    let exports = wat::parse_str(guest("hostile_exports.wat")).unwrap();
    let check = move |bytes: &[u8]| {
        let config = wasm_smith::Config {
            available_imports: Some(imports.clone()),
            exports: Some(exports.clone()),
            allow_start_export: true,
            max_memory32_bytes: 2 << 20,
            max_memories: 3,
            multi_value_enabled: true,
            memory64_enabled: false,
            threads_enabled: false,
            gc_enabled: false,
            exceptions_enabled: false,
            max_table_elements: 10_000,
            ..wasm_smith::Config::default()
        };
        let Ok(module) = wasm_smith::Module::new(config, &mut Unstructured::new(bytes)) else { return };
        let wasm = module.to_bytes();
        let (first, second) = (attempt(&wasm), attempt(&wasm));
        let told = |attempt: Option<Attempt>| attempt.map(|attempt| (attempt.outcome, attempt.usage.fuel, attempt.log));
        assert_eq!(told(first), told(second), "the same module twice");
    };
    Target { name: "smith", seeds: vec![b"seed".repeat(200)], check: Box::new(check) }
}
