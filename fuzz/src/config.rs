//! Configuration files.

use std::path::Path;

use crate::Target;
use crate::cli::config_file::ConfigFile;

/// YAML to options; what is refused is refused with a message.
pub fn target() -> Target {
    let r3po =
        "job_name: n\noutput_path: out\nprocesses: 2\nsource_file_part: .json\nsource_path: ../in\nworking_dir: /w\n";
    let plain = "processor: p.wasm\ninputs: [a, b]\nsuffix: .json\nfuel: 10x\nparam: {x: 1, y: \"2\"}\nmax-errors: 5%\nhidden: true\n";
    let tagged = "inputs: &a\n  - !!str x\n  - *a\ntimeout: 5s # five\noutput: |\n  out\n";
    Target {
        name: "config",
        seeds: [r3po, plain, tagged].map(|text| text.as_bytes().to_vec()).into(),
        check: Box::new(|text| {
            let Ok(text) = std::str::from_utf8(text) else { return };
            match ConfigFile::parse(text, Path::new("jobs/config.yaml")) {
                Ok(file) => drop(file.arguments(|_| false)),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }),
    }
}
