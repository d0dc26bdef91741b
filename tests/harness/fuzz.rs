//! Inputs for a function that must not panic, hang or lie: those that are kept, and others made of them by chance.
//!
//! As a test it takes what is kept in `tests/fuzz/corpus` and some thousand others, the same each time. With `SANDMILL_FUZZ` set to
//! a number of seconds it goes on for as long, with others each time; `just fuzz` does that. It does not watch which code is
//! reached: what is made is near what it is made of.

#![allow(
    clippy::print_stderr,
    reason = "it says how far it has come; where it is a unit test's, this is allowed anyway"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What takes longer than this hangs.
const WATCHDOG: Duration = Duration::from_secs(60);

/// The longest input that is made, unless what it is made of is longer.
const MOST_BYTES: usize = 16 << 10;

/// What is being tried, and since when.
type Current = Mutex<Option<(Instant, Vec<u8>)>>;

/// A function to try.
pub struct Target<'a> {
    /// Also the folder of its inputs.
    pub name: &'a str,
    /// What others are made of.
    pub seeds: Vec<Vec<u8>>,
    /// What is put in now and then.
    pub words: &'a [&'a [u8]],
    /// How many inputs are made in a test.
    pub rounds: u64,
}

impl Target<'_> {
    /// Tries `function`, which panics at what is wrong.
    pub fn run(&self, mut function: impl FnMut(&[u8])) {
        let now: Arc<Current> = Arc::default();
        self.watch(Arc::clone(&now));
        let mut attempt = |input: &[u8]| {
            set(&now, Some((Instant::now(), input.to_owned())));
            let ended = catch_unwind(AssertUnwindSafe(|| function(input)));
            set(&now, None);
            if let Err(panic) = ended {
                eprintln!("{}: the input is in {}", self.name, self.keep(input).display());
                resume_unwind(panic);
            }
        };
        let kept = self.corpus();
        kept.iter().chain(&self.seeds).for_each(|input| attempt(input));
        let pool: Vec<&[u8]> = kept.iter().chain(&self.seeds).map(Vec::as_slice).collect();
        let seconds = std::env::var("SANDMILL_FUZZ").ok().and_then(|seconds| seconds.parse().ok());
        let (end, seed) = match seconds.map(Duration::from_secs) {
            Some(time) => (Some(Instant::now() + time), now_ns()),
            None => (None, 0),
        };
        let mut chance = Chance(seed);
        let mut rounds = 0;
        while end.map_or(rounds < self.rounds, |end| Instant::now() < end) {
            attempt(&chance.input(&pool, self.words));
            rounds += 1;
        }
        if end.is_some() {
            eprintln!("{}: {rounds} inputs made of {}, from seed {seed}; {}", self.name, pool.len(), peak_memory());
        }
    }

    /// Ends the process when one input takes for ever.
    fn watch(&self, now: Arc<Current>) {
        let folder = self.folder("found");
        thread::spawn(move || {
            // Until the test that this watches is over.
            while Arc::strong_count(&now) > 1 {
                thread::sleep(Duration::from_millis(200));
                let Ok(current) = now.lock() else { return };
                if let Some((_, input)) = current.as_ref().filter(|(started, _)| started.elapsed() > WATCHDOG) {
                    eprintln!("hangs: the input is in {}", keep(&folder, input).display());
                    process::abort();
                }
            }
        });
    }

    fn folder(&self, kind: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz").join(kind).join(self.name)
    }

    /// What was found before, which must not come back.
    fn corpus(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.folder("corpus")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    fn keep(&self, input: &[u8]) -> PathBuf {
        keep(&self.folder("found"), input)
    }
}

fn set(now: &Current, value: Option<(Instant, Vec<u8>)>) {
    *now.lock().unwrap() = value;
}

fn keep(folder: &Path, input: &[u8]) -> PathBuf {
    let sum = input
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let path = folder.join(format!("{sum:016x}"));
    let _ = fs::create_dir_all(folder).and_then(|()| fs::write(&path, input));
    path
}

fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_nanos() as u64)
}

/// The most memory that this process ever had, as Linux says.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().replace('\t', " ")
}

/// A sequence of numbers that look like chance (splitmix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// Something made of one of `pool`.
    fn input(&mut self, pool: &[&[u8]], words: &[&[u8]]) -> Vec<u8> {
        let mut input = if pool.is_empty() { Vec::new() } else { pool[self.below(pool.len())].to_vec() };
        let most_bytes = MOST_BYTES.max(input.len());
        for _ in 0..1 + self.below(6) {
            self.change(&mut input, pool, words);
        }
        input.truncate(most_bytes);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, pool: &[&[u8]], words: &[&[u8]]) {
        const EDGES: [u8; 10] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'\n', b'{', b'\\', 0xc0];
        let at = self.below(input.len() + 1);
        let len = 1 + self.below(16);
        let end = (at + len).min(input.len());
        match self.below(10) {
            0 | 1 if at < input.len() => input[at] ^= 1 << self.below(8),
            2 if at < input.len() => input[at] = EDGES[self.below(EDGES.len())],
            3 if at < input.len() => input[at] = self.number() as u8,
            4 => {
                let random: Vec<u8> = (0..len).map(|_| self.number() as u8).collect();
                input.splice(at..at, random);
            }
            5 => drop(input.drain(at..end)),
            6 => {
                let again = input[at..end].repeat(1 + self.below(64));
                input.splice(at..at, again);
            }
            7 if !pool.is_empty() => {
                let other = pool[self.below(pool.len())];
                let from = self.below(other.len() + 1);
                let part = &other[from..(from + len * 4).min(other.len())];
                input.splice(at..at, part.iter().copied());
            }
            8 if !words.is_empty() => {
                let word = words[self.below(words.len())];
                input.splice(at..at, word.iter().copied());
            }
            9 => input.truncate(at),
            _ => input.push(self.number() as u8),
        }
    }
}
