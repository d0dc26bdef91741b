//! A function to try, and the inputs to begin with.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tar::Archive;

/// Panics at what is wrong.
pub type Check = Box<dyn FnMut(&[u8])>;

/// A function to try.
pub struct Target {
    /// Also that of its folders and of its program.
    pub name: &'static str,
    /// What a person thought of.
    pub seeds: Vec<Vec<u8>>,
    pub check: Check,
}

impl Target {
    /// All inputs to begin with: the seeds; `regressions/NAME`, which were found, and what they showed was mended; and
    /// `kept/NAME.tar.gz`, with which an earlier search reached all the code that it reached.
    pub fn known(&self) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut known = self.seeds.clone();
        let regressions = fs::read_dir(folder.join("regressions").join(self.name)).into_iter().flatten();
        let mut paths: Vec<PathBuf> = regressions.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        known.extend(paths.iter().map(|path| fs::read(path).unwrap()));
        if let Ok(kept) = fs::File::open(folder.join("kept").join(self.name).with_extension("tar.gz")) {
            let mut archive = Archive::new(GzDecoder::new(kept));
            let members = archive.entries().unwrap().map(Result::unwrap);
            for mut member in members.filter(|member| member.header().entry_type().is_file()) {
                let mut content = Vec::new();
                member.read_to_end(&mut content).unwrap();
                known.push(content);
            }
        }
        known
    }

    /// Puts what is known where cargo-fuzz lets libFuzzer begin.
    pub fn plant(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(self.name);
        fs::create_dir_all(&folder).unwrap();
        for (index, input) in self.known().iter().enumerate() {
            fs::write(folder.join(format!("known-{index}")), input).unwrap();
        }
    }
}
