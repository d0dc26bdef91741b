//! Attacks that are too large to be kept: modules that cost the compiler, or what reads them before it, more than they should.
//!
//! Each function makes the code of one, or a whole module.

use std::fmt::Write as _;

/// An attack that does nothing, beside `items`.
fn beside(items: &str) -> String {
    format!("{items}\n(func $attack)")
}

fn repeated(count: usize, mut item: impl FnMut(&mut String, usize)) -> String {
    let mut text = String::new();
    for number in 0..count {
        item(&mut text, number);
    }
    text
}

/// Writing to a text never fails.
fn push(text: &mut String, item: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(item);
}

pub fn functions() -> String {
    beside(&"(func (result i32) (i32.const 1))\n".repeat(50_000))
}

pub fn functions_too_many() -> String {
    format!("(module (memory (export \"memory\") 1) (func (export \"_start\"))\n{})", "(func)\n".repeat(250_000))
}

pub fn body_too_large() -> String {
    let body = "nop ".repeat(3 << 20);
    format!("(module (memory (export \"memory\") 1) (func (export \"_start\") {body}))")
}

pub fn branches() -> String {
    format!("(func $attack (loop $l (br_table {}(i32.const 0))))", "1 ".repeat(60_000))
}

pub fn nesting() -> String {
    let depth = 50_000;
    format!("(func $attack {}{})", "block ".repeat(depth), "end ".repeat(depth))
}

pub fn locals() -> String {
    let locals = "i64 ".repeat(1_000);
    let sums = repeated(1_000, |text, local| {
        let next = (local + 1) % 1_000;
        push(text, format_args!("(loop $l (local.set {local} (i64.add (local.get {local}) (local.get {next}))))\n"));
    });
    format!("(func $attack (local {locals})\n{sums})")
}

pub fn data() -> String {
    beside(&format!("(data \"{}\")", "x".repeat(100_000_000)))
}

pub fn exports() -> String {
    let parameters = "i64 ".repeat(900);
    let exports = repeated(250_000, |text, name| push(text, format_args!("(export \"{name}\" (func $f))\n")));
    format!(
        "(module (memory (export \"memory\") 1) (func (export \"_start\"))\n(func $f (param {parameters}))\n{exports})"
    )
}

pub fn interfaces() -> String {
    let functions = repeated(900, |text, name| push(text, format_args!("(export \"f{name}\" (func))\n")));
    let imports = repeated(300, |text, name| push(text, format_args!("(import \"i{name}\" (instance (type $t)))\n")));
    format!("(component (type $t (instance {functions}))\n{imports})")
}

pub fn parentheses() -> String {
    "(".repeat(1_000_000)
}
