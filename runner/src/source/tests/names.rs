//! Under which names inputs come, and in which order.

use std::fs;

use crate::event::Silent;

use crate::config::ListFormat;

use super::{Tree, source, suffix, with_list, with_root};

#[test]
fn files_come_component_by_component_in_the_order_of_bytes() {
    let tree = Tree::new(&["d/b", "d/a/z", "d/a/B/x", "d/a.json", "d/a-b", "d/B", "d/a/é", "d/empty/"]);
    assert_eq!(tree.inputs(&source(&["d"])), ["B", "a/B/x", "a/z", "a/é", "a-b", "a.json", "b"]);
}

#[test]
fn names_are_any_bytes() {
    let tree = Tree::new(&[]);
    for name in [&b"d/\xff\xfe"[..], b"d/a\nb", b"d/back\\slash", b"d/ \"quoted\""] {
        tree.file(name);
    }
    assert_eq!(tree.inputs(&source(&["d"])), [" \"quoted\"", "a\nb", "back\\\\slash", "\\xFF\\xFE"]);
    let inputs = tree.resolve(&source(&["d"])).unwrap();
    for path in inputs.iter(&Silent) {
        assert!(inputs.root().stat(&path).is_ok(), "{path}");
    }
}

#[test]
fn one_folder_is_the_root_and_else_the_current_folder_is() {
    let tree = Tree::new(&["a/x", "b/y", "list"]);
    fs::write(tree.at("list"), "b\n").unwrap();
    assert_eq!(tree.inputs(&source(&["./a/"])), ["x"]);
    assert_eq!(tree.inputs(&source(&["."])), ["a/x", "b/y", "list"]);
    assert_eq!(tree.inputs(&source(&["a", "b"])), ["a/x", "b/y"]);
    assert_eq!(tree.inputs(&source(&["a/x"])), ["a/x"]);
    assert_eq!(tree.inputs(&with_list(source(&["a"]), "list", ListFormat::Lines)), ["a/x", "b/y"]);
    assert_eq!(tree.inputs(&with_root(source(&["a"]), ".")), ["a/x"]);
    assert_eq!(tree.resolve(&source(&["a"])).unwrap().root().path(), tree.at("a"));
}

#[test]
fn an_input_outside_the_root_keeps_its_absolute_path_and_comes_first() {
    let tree = Tree::new(&["a/x", "b/y", "b/z"]);
    assert_eq!(tree.inputs(&with_root(source(&["a", "b/z"]), "a")), ["$/b/z", "x"]);
    assert_eq!(tree.inputs(&with_root(source(&["a", "b"]), "b")), ["$/a/x", "y", "z"]);
}

#[test]
fn a_folder_that_holds_the_root_gives_its_files_their_names_in_the_root() {
    let tree = Tree::new(&["d/a", "d/root/b", "d/root/sub/c", "d/z", "d/.h/root/x"]);
    assert_eq!(tree.inputs(&with_root(source(&["d"]), "d/root")), ["$/d/a", "$/d/z", "b", "sub/c"]);
    assert_eq!(tree.inputs(&with_root(source(&["d", "d/root"]), "d/root")), ["$/d/a", "$/d/z", "b", "sub/c"]);
    assert_eq!(
        tree.inputs(&with_root(source(&["d"]), "d/.h/root")),
        ["$/d/a", "$/d/root/b", "$/d/root/sub/c", "$/d/z"]
    );
    let mut excluded = with_root(source(&["d"]), "d/root");
    excluded.filter.excludes.push("root/sub".to_owned());
    assert_eq!(tree.inputs(&excluded), ["$/d/a", "$/d/z", "b"]);
}

#[test]
fn however_a_file_is_named_it_is_one_input() {
    let tree = Tree::new(&["a/b/", "a/c", "x"]);
    tree.link("here", ".");
    let absolute = tree.at("x").display().to_string();
    let by_a_link = tree.at("here/x").display().to_string();
    let outside = format!("../{}/x", tree.path.file_name().unwrap().display());
    for name in ["x", "./x", ".//x", "a/../x", "a/b/../../x", &absolute, &outside] {
        assert_eq!(tree.inputs(&source(&[name])), ["x"], "{name}");
        assert_eq!(tree.inputs(&source(&[name, "x"])), ["x"], "{name}");
    }
    assert_eq!(tree.inputs(&source(&["./a//b/../c"])), ["a/c"]);
    // The root has this name too, but here it is a link in the root.
    assert_eq!(tree.inputs(&source(&[&by_a_link])), ["here/x"]);
}

#[test]
fn the_root_may_be_named_through_a_link() {
    let tree = Tree::new(&["real/sub/x", "real/y", "elsewhere/z"]);
    tree.link("alias", "real");
    tree.link("real/out", "../elsewhere");
    for root in ["real", "alias"] {
        let named = with_root(source(&["alias/sub/x", "real/sub/x", "alias/y", "alias/out/z", "real/out/z"]), root);
        assert_eq!(tree.inputs(&named), ["out/z", "sub/x", "y"]);
    }
    assert_eq!(tree.inputs(&source(&["alias"])), ["out/z", "sub/x", "y"][1..]);
}

#[test]
fn overlapping_inputs_are_merged_and_what_is_named_passes_the_filter() {
    let tree = Tree::new(&["a/b/c.txt", "a/b/d.json", "a/.h/e.json", "a/f.json", "g.json"]);
    let named = suffix(source(&["a/b", "g.json", "a", "a/b/c.txt", "a/.h", "a", "./a/f.json"]), ".json");
    assert_eq!(tree.inputs(&named), ["a/.h/e.json", "a/b/c.txt", "a/b/d.json", "a/f.json", "g.json"]);
}

#[test]
fn the_top_of_the_file_system_can_be_root_and_input() {
    let tree = Tree::new(&["x"]);
    let inside = tree.at("x").display().to_string().split_off(1);
    assert_eq!(tree.inputs(&with_root(source(&["x"]), "/")), [inside]);

    let mut everything = with_root(source(&["/"]), ".");
    // All folders but those on the way here.
    everything.filter.excludes = vec!["/*".to_owned()];
    assert_eq!(tree.inputs(&everything), [""; 0]);
    assert_eq!(tree.resolve(&source(&["/"])).unwrap().root().path().as_os_str(), "/");
}
