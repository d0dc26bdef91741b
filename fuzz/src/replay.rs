//! Every target with all that is kept: what a fuzzer found once does not come back.

use crate::{Target, abi, archives, config, inputs, ledger, modules, rows, wasi};

fn replay(mut target: Target) {
    let known = target.known();
    assert!(known.len() >= target.seeds.len().max(1));
    known.iter().for_each(|input| (target.check)(input));
}

#[test]
fn abi() {
    replay(abi::target());
}

#[test]
fn archives() {
    replay(archives::target());
}

#[test]
fn config() {
    replay(config::target());
}

#[test]
fn inputs() {
    replay(inputs::target());
}

#[test]
fn ledger() {
    replay(ledger::target());
}

#[test]
fn module() {
    replay(modules::module());
}

#[test]
fn rows() {
    replay(rows::target());
}

#[test]
fn smith() {
    replay(modules::smith());
}

#[test]
fn wasi() {
    replay(wasi::target());
}
