//! What a walk finds, leaves out and tells.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::config::{Links, ListFormat, Source};
use crate::event::{Event, Monitor, Notice, Silent, Stop};
use crate::source::Inputs;
use crate::source::watch::PassedOver;

use super::{Found, Notices, Tree, source, suffix, with_list};

#[test]
fn the_filter_leaves_out_and_counts() {
    let tree =
        Tree::new(&["d/a.json", "d/a.txt", "d/.b.json", "d/.git/c.json", "d/x/skip/e.json", "d/x/f.json", "d/x/g"]);
    tree.link("d/l.json", "a.json");
    let mut source = suffix(source(&["d"]), ".json");
    source.filter.excludes = vec!["skip/".to_owned(), "/a.*".to_owned()];
    let found = tree.found(&source);
    assert_eq!(found.paths, ["x/f.json"]);
    assert_eq!(found.passed_over, PassedOver { unmatched: 1, excluded: 2, hidden: 1, links: 1 });
    source.filter.hidden = true;
    assert_eq!(tree.inputs(&source), [".b.json", ".git/c.json", "x/f.json"]);
    source.filter.globs = vec!["x/?".to_owned()];
    assert_eq!(tree.inputs(&source), [".b.json", ".git/c.json", "x/f.json", "x/g"]);
}

#[test]
fn no_input_is_explained() {
    let tree = Tree::new(&["d/a.txt", "d/.b"]);
    let inputs = tree.resolve(&suffix(source(&["d"]), ".json")).unwrap();
    assert_eq!(
        inputs.describe(&Found::of(&inputs).passed_over),
        "no input: looked for files ending in .json in d; passed over 1 that did not match, 1 hidden"
    );
    let mut everything = source(&["d", "d/e", "d/f", "d/g"]);
    for folder in ["d/e", "d/f", "d/g"] {
        fs::create_dir(tree.at(folder)).unwrap();
    }
    everything.filter.excludes.push("*.txt".to_owned());
    let inputs = tree.resolve(&everything).unwrap();
    assert_eq!(
        inputs.describe(&PassedOver::default()),
        "no input: looked for any file (except *.txt) in d, d/e, d/f, 1 more"
    );
}

#[test]
fn links_are_followed_as_the_policy_says() {
    let tree = Tree::new(&["d/sub/x", "d/y", "out/z", "out/deep/w"]);
    tree.link("d/to-sub", "sub");
    tree.link("d/to-y", "../d/y");
    tree.link("d/to-out", "../out");
    tree.link("d/to-z", "../out/z");
    let mut source = source(&["d"]);
    assert_eq!(tree.inputs(&source), ["sub/x", "y"]);
    source.links = Links::WithinTree;
    assert_eq!(tree.inputs(&source), ["sub/x", "to-sub/x", "to-y", "y"]);
    source.links = Links::All;
    assert_eq!(tree.inputs(&source), ["sub/x", "to-out/deep/w", "to-out/z", "to-sub/x", "to-y", "to-z", "y"]);
    source.filter.suffixes.push("z".to_owned());
    assert_eq!(tree.inputs(&source), ["to-out/z", "to-z"]);
}

#[test]
fn a_link_that_is_named_is_followed_and_keeps_its_name() {
    let tree = Tree::new(&["d/x", "y"]);
    tree.link("to-d", "d");
    tree.link("to-y", "y");
    assert_eq!(tree.inputs(&source(&["to-d", "to-y"])), ["to-d/x", "to-y"]);
    assert_eq!(tree.inputs(&source(&["to-d"])), ["x"]);
    assert_eq!(tree.inputs(&source(&["to-d/x", "d/x"])), ["d/x", "to-d/x"]);
}

#[test]
fn loops_and_links_to_nothing_are_told_and_left() {
    let tree = Tree::new(&["p/d/x", "p/y"]);
    tree.link("p/d/up", "..");
    tree.link("p/d/self", ".");
    tree.link("p/d/gone", "nowhere");
    tree.link("p/d/knot", "knot");
    let mut source = source(&["p/d"]);
    assert_eq!(tree.inputs(&source), ["x"]);
    source.links = Links::All;
    let found = tree.found(&source);
    assert_eq!(found.paths, ["up/y", "x"]);
    assert!(!found.is_complete);
    let d = tree.at("p/d");
    assert_eq!(
        found.unreadable(),
        [
            (&*d.join("gone"), "No such file or directory"),
            (&*d.join("knot"), "Too many levels of symbolic links"),
            (&*d.join("self"), &*format!("a link leads from here back to {}", d.display())),
            (&*d.join("up/d"), &*format!("a link leads from here back to {}", d.display())),
        ]
    );
}

#[test]
fn a_loop_hides_no_input() {
    let tree = Tree::new(&["d/x"]);
    tree.link("d/self", ".");
    let mut source = source(&["d"]);
    source.links = Links::WithinTree;
    let found = tree.found(&source);
    assert_eq!((found.notices.len(), found.is_complete), (1, true));
}

#[test]
fn the_output_folder_gives_no_input() {
    let tree = Tree::new(&["d/x", "d/out/results.csv", "d/out/tracking/x/done.job", "d/out-of-it"]);
    let inputs = |source: &Source| {
        let inputs = Inputs::resolve_in(&tree.path, source, Some(Path::new("./d//out"))).unwrap();
        Found::of(&inputs).paths
    };
    assert_eq!(inputs(&source(&["d"])), ["out-of-it", "x"]);
    assert_eq!(inputs(&source(&[".", "d"])), ["d/out-of-it", "d/x"]);

    tree.link("d/by-link", "out");
    tree.link("d/below", "out/tracking");
    tree.link("d/file", "out/results.csv");
    tree.link("d/round", "..");
    let mut all = source(&["d"]);
    all.links = Links::All;
    assert_eq!(inputs(&all), ["out-of-it", "x"]);

    fs::write(tree.at("list"), "d/x\nd/out\nd/out/results.csv\n./d/out/tracking\nd/out-of-it\n").unwrap();
    assert_eq!(inputs(&with_list(source(&[]), "list", ListFormat::Lines)), ["d/out-of-it", "d/x"]);
}

#[test]
fn an_output_folder_that_is_not_there_yet_is_left_out_later() {
    let tree = Tree::new(&["d/x"]);
    let inputs = Inputs::resolve_in(&tree.path, &source(&["d"]), Some(Path::new("d/new/out"))).unwrap();
    tree.file(b"d/new/out/results.csv");
    tree.file(b"d/new/y");
    assert_eq!(Found::of(&inputs).paths, ["new/y", "x"]);
}

#[test]
fn pipes_sockets_and_devices_in_a_folder_are_left_out() {
    let tree = Tree::new(&["d/x"]);
    mknodat(CWD, tree.at("d/pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let _socket = UnixListener::bind(tree.at("d/socket")).unwrap();
    tree.link("d/null", "/dev/null");
    let mut source = source(&["d"]);
    source.links = Links::All;
    assert_eq!(tree.inputs(&source), ["x"]);
}

#[test]
fn a_folder_that_cannot_be_read_is_told_and_the_walk_goes_on() {
    let tree = Tree::new(&["d/a/x", "d/b/y", "d/c/z"]);
    let inputs = tree.resolve(&source(&["d"])).unwrap();
    let notices = Notices::default();
    let mut iter = inputs.iter(&notices);
    let first = iter.next().unwrap();
    // Permissions do not bind root, which tests may run as; that a folder goes while its parent is walked is as good.
    fs::remove_dir_all(tree.at("d/b")).unwrap();
    assert!(iter.is_complete());
    let rest: Vec<String> = iter.by_ref().map(|path| path.to_string()).collect();
    assert!(!iter.is_complete());
    drop(iter);
    assert_eq!((first.to_string().as_str(), rest), ("a/x", vec!["c/z".to_owned()]));
    let notice = Notice::Unreadable { path: tree.at("d/b"), error: "No such file or directory".to_owned() };
    assert_eq!(*notices.0.lock().unwrap(), [notice]);
}

#[test]
fn an_input_does_not_wait_for_the_next_one() {
    let tree = Tree::new(&["d/a/x", "d/b/"]);
    let inputs = tree.resolve(&source(&["d"])).unwrap();
    let mut iter = inputs.iter(&Silent);
    assert_eq!(iter.next().unwrap().to_string(), "a/x");
    tree.file(b"d/b/y");
    assert_eq!(iter.next().unwrap().to_string(), "b/y");
}

#[test]
fn a_walk_that_finds_nothing_can_be_stopped() {
    struct Impatient(AtomicUsize);
    impl Monitor for Impatient {
        fn event(&self, _event: Event<'_>) {}

        fn stop(&self) -> Option<Stop> {
            (self.0.fetch_add(1, Ordering::Relaxed) >= 2).then_some(Stop::Interrupted)
        }
    }
    let tree = Tree::new(&["d/"]);
    for number in 0..2000 {
        fs::write(tree.at(&format!("d/{number}")), "").unwrap();
    }
    let nothing = suffix(source(&["d"]), ".json");
    let inputs = tree.resolve(&nothing).unwrap();
    let impatient = Impatient(AtomicUsize::new(0));
    let mut iter = inputs.iter(&impatient);
    assert_eq!(iter.next(), None);
    assert_eq!(iter.stopped(), Some(Stop::Interrupted));
    assert!(!iter.is_complete());
    assert!(iter.passed_over().unmatched < 2000);
    assert_eq!(iter.next(), None);
    assert_eq!(inputs.count(&|| true), None);
    assert_eq!(inputs.count(&|| false), Some(0));
}
