//! The SDKs: one processor that uses all of each, `examples/tour`, gives the same in every language.

use std::env;
use std::fs;
use std::path::Path;

use crate::harness::program::Program;

/// Those that there is a tour for.
const LANGUAGES: [&str; 6] = ["rust", "c", "cpp", "zig", "go", "assemblyscript"];

/// What a run leaves that does not depend on the machine: `results.csv`, and of `errors.csv` path, kind, message, record
/// and offset.
type Tables = (String, Vec<[String; 5]>);

fn tour(language: &str, inputs: &Path, args: &[&str]) -> Option<Tables> {
    let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") else {
        assert!(env::var_os("CI").is_none(), "SANDMILL_REBUILT_EXAMPLES is not set: run tests/run");
        return None;
    };
    let processor = Path::new(&rebuilt).join("tour").join(language).with_extension("wasm");
    let out = tempfile::tempdir().unwrap();
    Program::new()
        .args(["run".as_ref(), processor.as_os_str(), inputs.as_os_str(), "-o".as_ref(), out.path().as_os_str()])
        .args(args)
        .run()
        .expect_code(3);
    let mut errors = csv::Reader::from_path(out.path().join("errors.csv")).unwrap();
    let errors = errors.records().map(|record| {
        let record = record.unwrap();
        [0, 1, 2, 7, 8].map(|column| record[column].to_owned())
    });
    let errors = errors.collect();
    Some((fs::read_to_string(out.path().join("results.csv")).unwrap(), errors))
}

#[test]
fn every_sdk_can_do_what_the_tour_shows() {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tour/inputs");
    let results = "path,line,text,length,above,half_more,is_long,note,source\n\
        all.txt,1,a line,6,-4,6.5,false,\"a \"\"b\"\"\",all.txt\n\
        all.txt,4,\"a line that is rather long, with \"\"quotes\"\", a \\ and a \ttab\",57,47,57.5,true,\
        \"a \"\"b\"\"\",all.txt\n\
        all.txt,5,Mehl für 3 Brötchen,21,11,21.5,true,\"a \"\"b\"\"\",all.txt\n";
    let errors = [
        ["all.txt", "reject", "empty", "2", "7"],
        ["all.txt", "reject", "not text", "6", "113"],
        ["failed.txt", "guest_error", "line 3 asks for it", "", ""],
    ];
    for language in LANGUAGES {
        let Some(tables) = tour(language, &inputs, &["--param", "note=a \"b\""]) else { return };
        assert_eq!(tables.0, results, "{language}");
        assert_eq!(tables.1, errors, "{language}");
    }
}

/// Lines of any bytes: numbers that look random and are the same in every run.
fn noise(bytes: usize, mut state: u64) -> Vec<u8> {
    let mut noise = Vec::with_capacity(bytes);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Mostly ASCII, so that many lines are text; a newline in some thirty bytes; sometimes any byte.
        let byte = (state >> 24) as u8;
        noise.push(match state >> 59 {
            0 => b'\n',
            1 if state & 0x3000 == 0 => byte,
            _ => byte & 0x7f,
        });
    }
    noise
}

#[test]
fn the_sdks_agree_on_any_bytes_in_memory_or_pulled() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty"), "").unwrap();
    fs::write(folder.path().join("newline"), "\n").unwrap();
    fs::write(folder.path().join("return"), "a\r").unwrap();
    fs::write(folder.path().join("returns"), "a\r\r\n\r\nb\n\r").unwrap();
    fs::write(folder.path().join("zeros"), [0; 1000]).unwrap();
    fs::write(folder.path().join("one-line"), "x".repeat(300_000)).unwrap();
    fs::write(folder.path().join("small"), noise(5_000, 1)).unwrap();
    // More than is put into memory at once, and lines longer than the SDKs' windows.
    fs::write(folder.path().join("large"), noise(1_500_000, 2)).unwrap();
    fs::write(folder.path().join("large-lines"), ["y".repeat(500_000), "z".repeat(900_000)].join("\n")).unwrap();
    fs::write(folder.path().join("large-failed"), [noise(1_200_000, 3), b"\nfail\n".to_vec()].concat()).unwrap();
    for args in [&["-j", "1"][..], &["-j", "1", "--isolation", "worker"]] {
        let mut expected = None;
        for language in LANGUAGES {
            let Some(tables) = tour(language, folder.path(), args) else { return };
            assert!(
                tables.0.lines().count() > 10_000 && tables.1.len() > 1_000,
                "{language}: there is much to compare"
            );
            let expected = expected.get_or_insert_with(|| tables.clone());
            assert!(tables == *expected, "{language} and {} differ, with {args:?}", LANGUAGES[0]);
        }
    }
}

#[test]
fn memory_that_runs_out_is_called_so_whatever_the_sdk() {
    let folder = tempfile::tempdir().unwrap();
    // One line, which the tour wants whole: put into memory by the host, or pulled by the SDK.
    fs::write(folder.path().join("in-memory"), "x".repeat(1_000_000)).unwrap();
    fs::write(folder.path().join("pulled"), "x".repeat(4_000_000)).unwrap();
    for language in LANGUAGES {
        // Go's runtime is most of that before there is an input.
        let memory = if language == "go" { "4MiB" } else { "1MiB" };
        let Some((_, errors)) = tour(language, folder.path(), &["--memory", memory]) else { return };
        let kinds: Vec<[&str; 2]> = errors.iter().map(|error| [error[0].as_str(), error[1].as_str()]).collect();
        assert_eq!(kinds, [["in-memory", "out_of_memory"], ["pulled", "out_of_memory"]], "{language}: {errors:?}");
    }
}
