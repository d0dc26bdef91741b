//! Inputs that are baskets, written in many ways.

use super::{Dice, Sums};

/// The largest count, and the largest sum.
const MOST: u64 = (1 << 53) - 1;

const SPACES: [&str; 6] = ["", "", " ", "\n", "\t", " \r\n\t "];

/// Each category, as plain text and with escapes in it.
const CATEGORIES: [[&str; 4]; 3] = [
    ["fruits", "fruits", r"\u0066ruits", r"f\u0072\u0075its"],
    ["vegetables", "vegetables", r"veg\u0065tables", r"\u0076\u0065\u0067etable\u0073"],
    ["meat", "meat", r"mea\u0074", r"\u006D\u0065\u0061\u0074"],
];

/// Names as they stand between quotes.
const NAMES: [&str; 20] = [
    "apples",
    "apples",
    "",
    " ",
    "crème de poire",
    r"cr\u00e8me",
    "🍌",
    r"\ud83c\udf4c",
    r"\uD83C\uDF4C and \u0000",
    r#"\"\\\/\b\f\n\r\t"#,
    "__proto__",
    "constructor",
    "fruits",
    "a\u{7f}b\u{2028}c\u{2029}",
    "\u{ffff}\u{10ffff}\u{e000}",
    r"\uffff\ufffe",
    "}{][,:",
    "e\u{301}\u{200b}\u{feff}",
    "1e5",
    "\u{80}\u{7ff}\u{800}\u{d7ff}\u{10000}",
];

/// A basket and its sums. What it is like depends on its number too, so that not all is left to chance.
pub fn basket(dice: &mut Dice, number: usize) -> (Vec<u8>, Sums) {
    let largest = [9, 1_000_000, MOST / 64][number % 3];
    let most_names = match number {
        // Larger than what a processor is given at once.
        100 => 60_000,
        _ if number.is_multiple_of(50) => 2_000,
        _ => 8,
    };
    let mut order: Vec<usize> = vec![0, 1, 2];
    order.rotate_left(dice.below(3));
    if dice.below(2) == 0 {
        order.swap(0, 1);
    }
    order.truncate(3 - dice.below(3).saturating_sub(1));
    if number % 40 == 1 {
        order.clear();
    }
    let mut sums = [0; 3];
    let members: Vec<String> = order
        .into_iter()
        .map(|category| {
            let (object, sum) = if number % 7 == 5 { full(dice) } else { counts(dice, most_names, largest) };
            sums[category] = sum;
            member(dice, CATEGORIES[category].as_slice(), &object)
        })
        .collect();
    let object = object(dice, &members);
    (spaced(dice, &object).into_bytes(), sums)
}

/// A category of random counts.
fn counts(dice: &mut Dice, most_names: usize, largest: u64) -> (String, u64) {
    let names = if most_names > 8 { most_names } else { dice.below(most_names) };
    // Many counts must be small, to be within what a sum may be.
    let largest = largest.min(MOST / names.max(1) as u64);
    let mut sum = 0;
    let members: Vec<String> = (0..names)
        .map(|_| {
            let count = dice.below(largest as usize + 1) as u64;
            sum += count;
            member(dice, &NAMES, &count.to_string())
        })
        .collect();
    (object(dice, &members), sum)
}

/// A category whose sum is the largest that there may be.
fn full(dice: &mut Dice) -> (String, u64) {
    let first = dice.pick(&[0, 1, MOST / 2, MOST - 1, MOST]);
    let members = [first, MOST - first].map(|count| member(dice, &NAMES, &count.to_string()));
    (object(dice, &members), MOST)
}

fn object(dice: &mut Dice, members: &[String]) -> String {
    let inside = if members.is_empty() { dice.pick(&SPACES).to_owned() } else { members.join(",") };
    format!("{{{inside}}}")
}

fn member(dice: &mut Dice, names: &[&str], value: &str) -> String {
    let name = format!("\"{}\"", dice.pick(names));
    let name = spaced(dice, &name);
    format!("{name}:{}", spaced(dice, value))
}

fn spaced(dice: &mut Dice, text: &str) -> String {
    format!("{}{text}{}", dice.pick(&SPACES), dice.pick(&SPACES))
}
