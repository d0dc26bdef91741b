//! What is named one by one: arguments and lists.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::event::Notice;
use crate::source::Inputs;

use crate::config::ListFormat;

use super::{Found, Tree, source, suffix, with_list, with_root};

#[test]
fn an_input_in_the_output_folder_is_refused() {
    let tree = Tree::new(&["out/data/x"]);
    tree.link("alias", "out");
    for input in ["out", "out/data", "out/data/x", "alias/data"] {
        let error = Inputs::resolve_in(&tree.path, &source(&[input]), Some(Path::new("out"))).unwrap_err();
        assert!(error.to_string().contains("lies in the output folder"), "{error}");
    }
}

#[test]
fn a_missing_or_useless_argument_is_an_error_that_names_it() {
    let tree = Tree::new(&["d/x", "y"]);
    let _socket = UnixListener::bind(tree.at("socket")).unwrap();
    let mut bad_glob = source(&["d"]);
    bad_glob.filter.globs.push("[".to_owned());
    for (source, expected) in [
        (source(&["d", "gone/x"]), "input gone/x: No such file or directory"),
        (source(&["y/z"]), "input y/z: Not a directory"),
        (source(&["socket"]), "input socket is neither a file nor a folder"),
        (source(&[]), "no input is named"),
        (with_root(source(&["d"]), "gone"), "open the folder"),
        (with_root(source(&["d"]), "y"), "open the folder"),
        (with_list(source(&[]), "gone", ListFormat::Lines), "read the list gone"),
        (bad_glob, "read the pattern \"[\""),
    ] {
        let error = format!("{:#}", tree.resolve(&source).unwrap_err());
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_list_is_sorted_and_what_is_gone_from_it_is_still_an_input() {
    let tree = Tree::new(&["d/b.json", "d/c.txt", "d/.h", "e.txt", "pipe/"]);
    mknodat(CWD, tree.at("pipe/p"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let absolute = tree.at("e.txt");
    let list = format!("gone/x\n\n./e.txt\nd\ne.txt\nd/c.txt\n{}\npipe/p\npipe\nd/../gone2", absolute.display());
    fs::write(tree.at("list"), &list).unwrap();
    let from_lines = tree.found(&suffix(with_list(source(&[]), "list", ListFormat::Lines), ".json"));
    assert_eq!(from_lines.paths, ["d/b.json", "d/c.txt", "e.txt", "gone/x", "gone2"]);
    assert_eq!(from_lines.notices, [Notice::NotAFile { path: "pipe/p".into() }]);

    tree.file(b"d/new\nline");
    fs::write(tree.at("list"), format!("{}\0d/new\nline", list.replace('\n', "\0"))).unwrap();
    let from_nul = tree.found(&suffix(with_list(source(&[]), "list", ListFormat::Nul), ".json"));
    assert_eq!(from_nul.paths, ["d/b.json", "d/c.txt", "d/new\nline", "e.txt", "gone/x", "gone2"]);

    fs::write(tree.at("list"), "").unwrap();
    let empty = tree.resolve(&with_list(source(&[]), "list", ListFormat::Lines)).unwrap();
    let message = "no input: looked for any file in the list list";
    assert_eq!(empty.describe(&Found::of(&empty).passed_over), message);
}

#[test]
fn a_named_file_that_is_gone_when_its_turn_comes_is_still_an_input() {
    let tree = Tree::new(&["a", "b"]);
    let inputs = tree.resolve(&source(&["a", "b"])).unwrap();
    fs::remove_file(tree.at("a")).unwrap();
    assert_eq!(Found::of(&inputs).paths, ["a", "b"]);
}
