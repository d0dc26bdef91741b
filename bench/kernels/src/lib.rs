//! Compute-bound kernels: one source, measured in the sandbox and as native code. Each does its work some rounds over and
//! returns a checksum, so that nothing can be optimised away and both sides can be compared.

use std::fmt::Write as _;

use regex::Regex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A kernel by name.
pub type Kernel = extern "C" fn(u32) -> u64;

/// Every kernel, by the name under which a module exports it.
pub const KERNELS: [(&str, Kernel); 4] = [("hash", hash), ("json", json), ("matmul", matmul), ("regex", regex)];

/// SHA-256 of 64 KiB a round.
#[expect(unsafe_code, reason = "an exported name; no other item has it")]
#[unsafe(no_mangle)]
pub extern "C" fn hash(rounds: u32) -> u64 {
    let mut block = vec![0x5a_u8; 64 << 10];
    let mut sum = 0_u64;
    for round in 0..rounds {
        block[..4].copy_from_slice(&round.to_le_bytes());
        let digest = Sha256::digest(&block);
        sum = sum
            .wrapping_add(digest.iter().fold(0, |sum: u64, &byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))));
    }
    sum
}

/// Parses some 20 KiB of JSON a round, into a tree.
#[expect(unsafe_code, reason = "an exported name; no other item has it")]
#[unsafe(no_mangle)]
pub extern "C" fn json(rounds: u32) -> u64 {
    let mut text = "[".to_owned();
    for number in 0..256 {
        let _ =
            write!(text, r#"{{"id": {number}, "name": "item {number}", "tags": ["a", "b\n"], "price": {number}.25}},"#);
    }
    text.push_str("null]");
    (0..rounds).map(|_| serde_json::from_str::<Value>(&text).as_ref().map_or(0, weigh)).sum()
}

fn weigh(value: &Value) -> u64 {
    match value {
        Value::Array(values) => values.iter().map(weigh).sum(),
        Value::Object(fields) => fields.values().map(weigh).sum(),
        Value::Number(number) => number.as_f64().map_or(0, |number| number as u64),
        Value::String(text) => text.len() as u64,
        Value::Null | Value::Bool(_) => 1,
    }
}

/// Multiplies matrices of 96 by 96 floats, one multiplication a round.
#[expect(unsafe_code, reason = "an exported name; no other item has it")]
#[unsafe(no_mangle)]
pub extern "C" fn matmul(rounds: u32) -> u64 {
    const SIDE: usize = 96;
    let left: Vec<f64> = (0..SIDE * SIDE).map(|at| (at % 7) as f64).collect();
    let mut right: Vec<f64> = (0..SIDE * SIDE).map(|at| (at % 5) as f64).collect();
    let mut sum = 0.0;
    for _ in 0..rounds {
        let mut product = vec![0.0; SIDE * SIDE];
        for row in 0..SIDE {
            for column in 0..SIDE {
                product[row * SIDE + column] =
                    (0..SIDE).map(|at| left[row * SIDE + at] * right[at * SIDE + column]).sum();
            }
        }
        sum += product.iter().sum::<f64>();
        right.rotate_left(1);
    }
    sum as u64
}

/// Searches some 64 KiB of a log for addresses, a round.
#[expect(unsafe_code, reason = "an exported name; no other item has it")]
#[unsafe(no_mangle)]
pub extern "C" fn regex(rounds: u32) -> u64 {
    let Ok(address) = Regex::new(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3}) .*(GET|POST) (/\w+)+") else { return 0 };
    let mut log = String::new();
    for line in 0..1024 {
        let _ = writeln!(log, "10.0.{}.{} - - [22/Nov] \"GET /shop/item{line} HTTP/1.1\" 200", line % 256, line % 199);
    }
    (0..rounds).map(|_| address.captures_iter(&log).map(|found| found[0].len() as u64).sum::<u64>()).sum()
}
