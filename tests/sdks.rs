//! The SDKs: one processor that uses all of each, `examples/tour`, gives the same in every language.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::guests::{TestInput, run_all, settings};
use crate::harness::program::Program;

/// Those that there is a tour for.
const LANGUAGES: [&str; 8] = ["rust", "c", "cpp", "zig", "go", "assemblyscript", "javascript", "python"];

/// What a run leaves that does not depend on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Toured {
    /// `results.csv`.
    results: String,
    /// Of `errors.csv` path, kind, message, record and offset.
    errors: Vec<[String; 5]>,
    /// Everything under `files`.
    files: BTreeMap<String, Vec<u8>>,
}

/// The tour in `language`, if it has been built.
fn built(language: &str) -> Option<PathBuf> {
    let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") else {
        assert!(env::var_os("CI").is_none(), "SANDMILL_REBUILT_EXAMPLES is not set: run tests/run");
        return None;
    };
    Some(Path::new(&rebuilt).join("tour").join(language).with_extension("wasm"))
}

fn tour(language: &str, inputs: &Path, args: &[&str]) -> Option<Toured> {
    let processor = built(language)?;
    let out = tempfile::tempdir().unwrap();
    let ended = Program::new()
        .args(["run".as_ref(), processor.as_os_str(), inputs.as_os_str(), "-o".as_ref(), out.path().as_os_str()])
        .args(args)
        .run();
    let mut errors = csv::Reader::from_path(out.path().join("errors.csv")).unwrap();
    let errors = errors.records().map(|record| {
        let record = record.unwrap();
        [0, 1, 2, 7, 8].map(|column| record[column].to_owned())
    });
    let errors: Vec<_> = errors.collect();
    ended.expect_code(if errors.is_empty() { 0 } else { 3 });
    let results = fs::read_to_string(out.path().join("results.csv")).unwrap();
    let mut files = BTreeMap::new();
    collect_files(&out.path().join("files"), "", &mut files);
    Some(Toured { results, errors, files })
}

/// All files in a folder, which need not be there, and in those in it.
fn collect_files(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            collect_files(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

/// The hash that the tours make of bytes.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0_u32, |hash, &byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

/// What the tour says of a shared file.
fn told_of_shared(bytes: &[u8]) -> String {
    let (size, hash) = (bytes.len(), hash(bytes));
    format!("size {size}, hash {hash}, in parts {size}, hash {hash}, beyond 0")
}

#[test]
fn every_sdk_can_do_what_the_tour_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tour");
    let results = "path,line,text,length,above,half_more,is_long,note,source\n\
        all.txt,1,a line,6,-4,6.5,false,\"a \"\"b\"\"\",all.txt\n\
        all.txt,4,\"a line that is rather long, with \"\"quotes\"\", a \\ and a \ttab\",57,47,57.5,true,\
        \"a \"\"b\"\"\",all.txt\n\
        all.txt,5,Mehl für 3 Brötchen,21,11,21.5,true,\"a \"\"b\"\"\",all.txt\n"
        .to_owned();
    let shared = [(5, "words.txt"), (6, "en/words.txt")].map(|(line, name)| {
        let text = told_of_shared(&fs::read(folder.join("shared").join(name)).unwrap());
        let length = text.len();
        let above = length - 10;
        format!("beside.txt,{line},\"{text}\",{length},{above},{length}.5,true,\"a \"\"b\"\"\",beside.txt\n")
    });
    let errors = [
        ["all.txt", "reject", "empty", "2", "7"],
        ["all.txt", "reject", "not text", "6", "113"],
        ["beside.txt", "reject", "not shared", "7", "137"],
        ["beside.txt", "reject", "not shared", "8", "147"],
        ["failed.txt", "guest_error", "line 4 asks for it", "", ""],
        ["outside.txt", "bad_output", "the file name \"../outside.txt\" has a component that leads elsewhere", "", ""],
    ];
    let files = [
        ("beside.txt/blank.txt", "\n"),
        ("beside.txt/notes.txt", "the first line\nand the second\n"),
        ("beside.txt/parts/a.txt", "Grüße\n"),
    ];
    let toured = Toured {
        results: results + &shared.concat(),
        errors: errors.map(|error| error.map(str::to_owned)).into(),
        files: files.map(|(name, content)| (name.to_owned(), content.into())).into(),
    };
    let share = folder.join("shared");
    let args = ["--param", "note=a \"b\"", "--share", share.to_str().unwrap()];
    for language in LANGUAGES {
        let Some(told) = tour(language, &folder.join("inputs"), &args) else { return };
        assert_eq!(told, toured, "{language}");
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
            let Some(toured) = tour(language, folder.path(), args) else { return };
            assert!(
                toured.results.lines().count() > 10_000 && toured.errors.len() > 1_000,
                "{language}: there is much to compare"
            );
            let expected = expected.get_or_insert_with(|| toured.clone());
            assert!(toured == *expected, "{language} and {} differ, with {args:?}", LANGUAGES[0]);
        }
    }
}

/// What the tour says of an input that it takes at once.
fn taken(path: &str, known: &str, bytes: &[u8]) -> String {
    let (length, hash) = (bytes.len(), hash(bytes));
    let (above, is_long) = (length as i64 - 10, length > 20);
    format!("{path},1,\"at 0, size {known}, hash {hash}\",{length},{above},{length}.5,{is_long},,{path}\n")
}

#[test]
fn inputs_of_known_and_unknown_size_are_taken_whole_and_in_parts_and_copied_so() {
    let folder = tempfile::tempdir().unwrap();
    // Above 8 MiB nobody knows the size of what is decompressed before it was.
    let (small, large, huge) = (noise(5_000, 4), noise(1_500_000, 5), noise(9_000_000, 6));
    fs::write(folder.path().join("a-empty"), "").unwrap();
    fs::write(folder.path().join("b-small"), &small).unwrap();
    fs::write(folder.path().join("c-large"), &large).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&huge).unwrap();
    fs::write(folder.path().join("d-huge.gz"), encoder.finish().unwrap()).unwrap();
    let results = [
        "path,line,text,length,above,half_more,is_long,note,source\n".to_owned(),
        taken("a-empty", "0", b""),
        taken("b-small", "5000", &small),
        taken("c-large", "1500000", &large),
        taken("d-huge.gz", "unknown", &huge),
    ]
    .concat();
    let copies = [("a-empty", vec![]), ("b-small", small), ("c-large", large), ("d-huge.gz", huge)];
    let files = copies.map(|(path, bytes)| (format!("{path}/a/copy"), bytes)).into();
    let expected = Toured { results, errors: vec![], files };
    for language in LANGUAGES {
        for how in ["read=whole", "read=parts"] {
            let Some(toured) = tour(language, folder.path(), &["--param", how, "--param", "copy=a/copy"]) else {
                return;
            };
            assert!(toured == expected, "{language}, {how}: {}", toured.results);
        }
    }
}

#[test]
fn shared_files_of_any_size_and_name_are_read_whole_and_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, share) = (folder.path().join("inputs"), folder.path().join("share"));
    fs::create_dir_all(share.join("grün")).unwrap();
    fs::create_dir(&inputs).unwrap();
    let files = [
        ("empty", vec![]),
        ("exactly", noise(3_000, 7)),
        ("grün/ein Wörterbuch", noise(300_001, 8)),
        ("large", noise(1_000_000, 9)),
    ];
    for (name, bytes) in &files {
        fs::write(share.join(name), bytes).unwrap();
    }
    let lines = files.each_ref().map(|(name, _)| format!("shared {name}\n"));
    fs::write(inputs.join("lines"), lines.concat()).unwrap();
    let texts = files.each_ref().map(|(_, bytes)| told_of_shared(bytes));
    let cells = |toured: Toured| {
        let mut reader = csv::Reader::from_reader(toured.results.as_bytes());
        reader.records().map(|record| record.unwrap()[2].to_owned()).collect::<Vec<_>>()
    };
    for language in LANGUAGES {
        let Some(toured) = tour(language, &inputs, &["--share", share.to_str().unwrap()]) else { return };
        assert_eq!(cells(toured), texts, "{language}");
        // One file alone is shared by its name; and what is shared by none is no file.
        let toured = tour(language, &inputs, &["--share", share.join("exactly").to_str().unwrap()]).unwrap();
        assert_eq!(toured.errors.len(), 3, "{language}: {:?}", toured.errors);
        assert_eq!(cells(toured), [&*texts[1]], "{language}");
        // A parameter may be empty, too.
        let toured = tour(language, &inputs, &["--param", "note="]).unwrap();
        assert!(toured.errors.len() == 4 && toured.errors[0][2] == "not shared", "{language}: {:?}", toured.errors);
    }
}

#[test]
fn chunks_know_their_place_whatever_the_sdk() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lines"), "one\n\nthree\nfour\nfive\n").unwrap();
    let cells = |args: &[&str], language| {
        let args = [&["--split", "lines", "--param", "read=parts"], args].concat();
        let toured = tour(language, folder.path(), &args)?;
        let mut reader = csv::Reader::from_reader(toured.results.as_bytes());
        let cells = |record: csv::StringRecord| {
            [1, 2, 3].map(|column| record[column].split(", size").next().unwrap().to_owned())
        };
        Some(reader.records().map(|record| cells(record.unwrap())).collect::<Vec<_>>())
    };
    for language in LANGUAGES {
        // A blank line is a record.
        let Some(counted) = cells(&["--chunk-records", "2"], language) else { return };
        assert_eq!(counted, [["0", "1", "at 0"], ["5", "3", "at 5"], ["16", "5", "at 16"]], "{language}");
        let uncounted = cells(&["--chunk-bytes", "8"], language).unwrap();
        assert!(uncounted.len() > 1 && uncounted[0] == ["0", "1", "at 0"], "{language}: {uncounted:?}");
        assert!(
            uncounted[1..].iter().all(|[chunk, line, at]| line == "0" && *at == format!("at {chunk}")),
            "{language}: {uncounted:?}"
        );
    }
}

#[test]
fn a_small_task_does_not_grow_its_memory_where_the_language_is_compiled() {
    // An instance whose memory has grown does not serve the next task, so this is most of what a small task costs.
    for language in ["rust", "c", "cpp", "zig", "assemblyscript"] {
        let Some(processor) = built(language) else { return };
        let lines = "a line that is rather long, with \"quotes\"\n".repeat(150);
        let tasks = [("least", TestInput::from("\n")), ("small", TestInput::from(lines.as_str()))];
        let attempts = run_all(&fs::read(processor).unwrap(), settings(), tasks);
        let [least, small] = [0, 1].map(|index| attempts[index].usage.peak_memory_bytes);
        assert_eq!(least, small, "{language}");
    }
}

#[test]
fn memory_that_runs_out_is_called_so_whatever_the_sdk() {
    let folder = tempfile::tempdir().unwrap();
    // One line, which the tour wants whole: put into memory by the host, or pulled by the SDK.
    fs::write(folder.path().join("in-memory"), "x".repeat(1_000_000)).unwrap();
    fs::write(folder.path().join("pulled"), "x".repeat(4_000_000)).unwrap();
    for language in LANGUAGES {
        // Those that bring a runtime, or begin with more memory, have most of that before there is an input.
        let memory = match language {
            "python" => "14MiB",
            "javascript" | "assemblyscript" => "2MiB",
            "go" => "4MiB",
            _ => "1MiB",
        };
        let Some(Toured { errors, .. }) = tour(language, folder.path(), &["--memory", memory]) else { return };
        let kinds: Vec<[&str; 2]> = errors.iter().map(|error| [error[0].as_str(), error[1].as_str()]).collect();
        assert_eq!(kinds, [["in-memory", "out_of_memory"], ["pulled", "out_of_memory"]], "{language}: {errors:?}");
    }
}
