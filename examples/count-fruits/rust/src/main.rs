//! Sums up what is in each basket: count-fruits as a plain WASI command. No SDK: the input comes on standard input, the
//! row goes to standard output, and an error on standard error with exit code 1 is a failure.

#[path = "../../rust-sdk/src/basket.rs"]
mod basket;

use std::error::Error;
use std::io::{self, Read, Write};

use basket::Basket;
use serde::Serialize;

#[derive(Serialize)]
struct Counts {
    fruits: u64,
    vegetables: u64,
    meat: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    let basket: Basket = serde_json::from_slice(&input)?;
    // A basket without meat is a basket.
    let counts = Counts {
        fruits: basket.fruits.unwrap_or(0),
        vegetables: basket.vegetables.unwrap_or(0),
        meat: basket.meat.unwrap_or(0),
    };
    let mut output = serde_json::to_vec(&counts)?;
    output.push(b'\n');
    io::stdout().write_all(&output)?;
    Ok(())
}
