//! The examples of real use, as tests/run builds them, over the inputs that they bring.

use std::env;
use std::fs;
use std::path::Path;

use crate::harness::program::Program;

/// What came of an example: `results.csv`; and of `errors.csv` the path, the kind, the message and the record.
struct Table {
    results: String,
    errors: Vec<[String; 4]>,
}

/// Runs an example over its inputs; nothing where it has not been built, as its toolchain may be missing. Under CI it
/// must be there.
fn run(example: &str, code: i32, args: &[&str]) -> Option<Table> {
    let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") else {
        assert!(env::var_os("CI").is_none(), "SANDMILL_REBUILT_EXAMPLES is not set: run tests/run");
        return None;
    };
    let processor = Path::new(&rebuilt).join(example).with_extension("wasm");
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example).join("inputs");
    let out = tempfile::tempdir().unwrap();
    Program::new()
        .args(["run".as_ref(), processor.as_os_str(), inputs.as_os_str(), "-o".as_ref(), out.path().as_os_str()])
        .args(args)
        .run()
        .expect_code(code);
    let mut errors = csv::Reader::from_path(out.path().join("errors.csv")).unwrap();
    let errors = errors.records().map(|record| {
        let record = record.unwrap();
        [0, 1, 2, 7].map(|column| record[column].to_owned())
    });
    let errors = errors.collect();
    Some(Table { results: fs::read_to_string(out.path().join("results.csv")).unwrap(), errors })
}

#[test]
fn csv_stats_describes_columns_and_rejects_records() {
    let Some(table) = run("csv-stats", 3, &[]) else { return };
    let expected = "path,column,name,values,empty,numbers,min,max,mean,distinct\n\
        cities.csv,1,city,5,0,0,,,,4\n\
        cities.csv,2,inhabitants,5,0,5,569396,3755251,2149017.6,4\n\
        cities.csv,3,founded,4,1,4,794,1237,1019,3\n\
        torn.csv,1,a,1,0,1,1,1,1,1\n\
        torn.csv,2,b,1,0,1,2,2,2,1\n\
        weather.csv,1,time,5,0,0,,,,5\n\
        weather.csv,2,celsius,5,0,4,-4.25,1,-1.9375,5\n\
        weather.csv,3,note,2,3,0,,,,2\n";
    assert_eq!(table.results, expected);
    let expected = [
        ["torn.csv", "reject", "extraneous or missing \" in quoted-field", "2"],
        ["weather.csv", "reject", "wrong number of fields", "5"],
    ];
    assert_eq!(table.errors, expected);
}

#[test]
fn csv_stats_takes_its_parameters() {
    let Some(table) = run("csv-stats", 3, &["--param", "distinct=4", "--param", "separator=;"]) else { return };
    let header = "path,column,name,values,empty,numbers,min,max,mean,distinct\n";
    let expected = "cities.csv,1,\"city,inhabitants,founded\",4,0,0,,,,3\n\
        torn.csv,1,\"a,b\",1,0,0,,,,1\n\
        weather.csv,1,\"time,celsius,note\",5,0,0,,,,\n";
    assert_eq!(table.results, format!("{header}{expected}"));
    assert!(table.errors.iter().all(|error| error[1] == "reject"), "{:?}", table.errors);
}

#[test]
fn word_count_ranks_words() {
    let Some(table) = run("word-count", 0, &["--param", "top=3"]) else { return };
    let expected = "path,rank,word,count\n\
        mixed.txt,1,3,3\n\
        mixed.txt,2,größe,2\n\
        mixed.txt,3,quoted,2\n\
        proverbs.txt,1,the,5\n\
        proverbs.txt,2,don't,2\n\
        proverbs.txt,3,many,2\n";
    assert_eq!(table.results, expected);
    assert!(table.errors.is_empty(), "{:?}", table.errors);
}

#[test]
fn access_log_has_a_row_for_each_request() {
    let Some(table) = run("access-log", 3, &[]) else { return };
    let expected = "path,line,host,time,method,target,protocol,status,bytes\n\
         web-1.log,1,192.0.2.7,2026-03-08T09:12:44+01:00,GET,/mill.html,HTTP/1.1,200,5120\n\
         web-1.log,2,192.0.2.7,2026-03-08T09:12:44+01:00,GET,/wheel.png,HTTP/1.1,304,0\n\
         web-1.log,3,2001:db8::1f,2026-03-08T09:12:51+01:00,POST,/order?grain=rye,HTTP/2.0,201,87\n\
         web-1.log,5,198.51.100.3,2026-03-08T09:13:02+01:00,,,,408,0\n\
         web-2.log,1,203.0.113.9,2026-03-08T23:59:60-03:30,GET,\"/\\\"\"; DROP TABLE grains\",HTTP/1.1,404,19\n";
    assert_eq!(table.results, expected);
    let expected = [
        ["web-1.log", "reject", "it has no time", "4"],
        ["web-2.log", "reject", "its time is none", "2"],
        ["web-2.log", "reject", "line 3 is not text: invalid utf-8 sequence of 1 bytes from index 0", "3"],
    ];
    assert_eq!(table.errors, expected);
}

#[test]
fn image_size_reads_headers() {
    let Some(table) = run("image-size", 3, &[]) else { return };
    let expected = "path,format,width,height\n\
         mill.jpg,jpeg,40,24\n\
         sack.gif,gif,7,9\n\
         wheel.jpeg,jpeg,33,57\n\
         wide.png,png,300,2\n";
    assert_eq!(table.results, expected);
    assert_eq!(table.errors, [["torn.jpg", "guest_error", "the JPEG ends before its size", ""]]);
}

#[test]
fn kmer_counts_are_per_file_and_do_not_go_over_ends() {
    let reject = [["windows.fa", "reject", "a sequence without a header", "1"]];
    let Some(table) = run("kmer-counts", 3, &[]) else { return };
    let expected = "path,kmer,count\n\
        two.fasta,ACGT,2\ntwo.fasta,CGTA,1\ntwo.fasta,GTAC,1\ntwo.fasta,TACG,1\n\
        windows.fa,AAAA,3\n";
    assert_eq!(table.results, expected);
    assert_eq!(table.errors, reject);
    let Some(table) = run("kmer-counts", 3, &["--param", "k=1"]) else { return };
    let expected = "path,kmer,count\n\
        two.fasta,A,4\ntwo.fasta,C,4\ntwo.fasta,G,4\ntwo.fasta,T,2\n\
        windows.fa,A,6\n";
    assert_eq!(table.results, expected);
    assert_eq!(table.errors, reject);
}

#[test]
fn content_hash_agrees_with_the_tools_of_the_hashes() {
    let Some(table) = run("content-hash", 0, &[]) else { return };
    let expected = "path,bytes,sha256,blake3\n\
         abc,3,ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad,\
         6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85\n\
         abc-again,3,ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad,\
         6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85\n\
         empty,0,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855,\
         af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262\n\
         fox.txt,43,d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592,\
         2f1514181aadccd913abd94cfa592701a5686ab23f8df1dff1b74710febc6d4a\n";
    assert_eq!(table.results, expected);
    assert!(table.errors.is_empty(), "{:?}", table.errors);
}

#[test]
fn text_statistics_describes_texts_and_skips_others() {
    let Some(table) = run("text-statistics", 0, &[]) else { return };
    let header = "path,characters,words,distinct,once,sentences,paragraphs,word_mean,sentence_median,sentence_max,longest,\
        readability\n";
    // Counted by another program, character by character.
    let mill = "mill.txt,276,51,39,33,6,3,4.08,4.0,27,children,2.0\n";
    let miller = "müller.txt,133,21,20,19,5,2,4.86,5.0,8,strassenkreuzungsverkehr,3.5\n";
    assert_eq!(table.results, [header, mill, miller].concat());
    assert!(table.errors.is_empty(), "{:?}", table.errors);
    let Some(table) = run("text-statistics", 0, &["--param", "min-words=22"]) else { return };
    assert_eq!(table.results, [header, mill].concat());
}

#[test]
fn json_flatten_makes_columns_of_nested_values() {
    let Some(table) = run("json-flatten", 3, &[]) else { return };
    // Compared with what Python's json makes of them.
    let expected = "path,record,mill.built,mill,wheels.0,wheels.1.0,wheels.1.1,__proto__.x,id,customer.name,\
        customer.address.city,customer.address.zip,items.0.sku,items.0.kg,items.1.sku,items.1.kg,customer.address,items,note,paid\n\
        mill.json,1,1735,,,,,,,,,,,,,,,,,\n\
        mills.json,1,,upper,true,1,2,,,,,,,,,,,,,\n\
        mills.json,2,,lower,,,,🌾,,,,,,,,,,,,\n\
        orders.jsonl,1,,,,,,,1,Aß,Mühlheim,45468,rye,2.5,oats,1,,,,\n\
        orders.jsonl,2,,,,,,,2,B,,,,,,,,[],{},\n\
        orders.jsonl,8,,,,,,,5,,,,,,,,,,,true\n";
    assert_eq!(table.results, expected);
    let rejects = [
        ["orders.jsonl", "reject", "Unexpected end of JSON input", "4"],
        ["orders.jsonl", "reject", "\"id\" may have lost digits: numbers are exact up to 2^53 - 1", "5"],
        ["orders.jsonl", "reject", "it is no object", "6"],
        ["orders.jsonl", "reject", "there are two values for \"a.b\"", "7"],
        ["torn.json", "guest_error", "Unexpected end of JSON input", ""],
    ];
    assert_eq!(table.errors, rejects);
    let Some(table) = run("json-flatten", 3, &["--param", "lists=json", "--param", "separator=/"]) else { return };
    assert!(table.results.contains("\nmills.json,1,,upper,\"[true,[1,2]]\","), "{}", table.results);
    assert!(table.results.contains("\norders.jsonl,7,"), "{}", table.results);
    assert_eq!(table.errors.len(), 4, "{:?}", table.errors);
}

#[test]
fn bad_parameters_end_a_run_before_it_begins() {
    for (example, parameter, message) in [
        ("csv-stats", "separator=ab", "the separator is one character"),
        ("word-count", "top=0", "top is a number"),
        ("kmer-counts", "k=13", "from 1 to 12 is expected"),
        ("json-flatten", "lists=x", "lists are columns or json, not x"),
        ("text-statistics", "min-words=0", "min-words is a whole number from 1 on"),
    ] {
        let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") else { return };
        let processor = Path::new(&rebuilt).join(example).with_extension("wasm");
        let out = tempfile::tempdir().unwrap();
        fs::write(out.path().join("input"), "").unwrap();
        Program::new()
            .args(["run".as_ref(), processor.as_os_str(), out.path().as_os_str()])
            .args(["-o".as_ref(), out.path().join("out").as_os_str()])
            .args(["--param", parameter])
            .run()
            .expect_code(1)
            .expect_stderr(message);
    }
}
