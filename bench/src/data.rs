//! Inputs for the benchmarks: produce logs like those of `examples/count-fruits`, of about 260 bytes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

const FILES_PER_FOLDER: u32 = 1000;

const CATEGORIES: [(&str, [&str; 6]); 3] = [
    ("fruits", ["apples", "bananas", "cantaloupes", "dates", "elderberries", "figs"]),
    ("vegetables", ["carrots", "cucumbers", "cabbages", "celery", "leeks", "onions"]),
    ("meat", ["beef", "pork", "mutton", "venison", "chicken", "turkey"]),
];

pub fn write(files: u32, folder: &Path) -> anyhow::Result<()> {
    for number in 0..files {
        let sub_folder = folder.join(format!("{:04}", number / FILES_PER_FOLDER));
        if number % FILES_PER_FOLDER == 0 {
            fs::create_dir_all(&sub_folder).with_context(|| format!("create {}", sub_folder.display()))?;
        }
        let path = sub_folder.join(format!("file_{number}.json"));
        fs::write(&path, content(number)).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn content(number: u32) -> String {
    let mut text = String::from("{");
    for (index, (category, names)) in CATEGORIES.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let _ = write!(text, "{separator}\"{category}\": {{");
        for (position, name) in names.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            // Knuth's multiplicative hash: numbers that look alike in no two files.
            let key = number.wrapping_add((index * names.len() + position) as u32);
            let count = key.wrapping_mul(2_654_435_761) >> 22;
            let _ = write!(text, "{separator}\"{name}\": {count}");
        }
        text.push('}');
    }
    text.push_str("}\n");
    text
}
