//! Moves on a real file system: made, made again, cut short, and with things in the way.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

struct Site {
    folder: TempDir,
    outbox: Outbox,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        let outbox = Outbox::new(&folder.path().join("out"), "");
        Self { folder, outbox }
    }

    fn out(&self, path: &str) -> PathBuf {
        self.folder.path().join("out").join(path)
    }

    /// Stages a file, and says where it is to go.
    fn staged(&self, task: &str, name: &str, bytes: &[u8]) -> Move {
        let id = TaskId::whole_file(TaskPath::from_path(Path::new(task)));
        let file = GivenFile { name: Some(name.to_owned()), bytes: bytes.to_vec() };
        let StagedFile { path, size_bytes, sha256, staged } = self.outbox.stage(&id, vec![file]).unwrap().remove(0);
        Move { path, put: Some(Put { staged, replaces: false, size_bytes, sha256, task: id }) }
    }

    fn deliver(&self, moves: &[Move]) -> Vec<Loss> {
        self.outbox.deliver(moves).unwrap().into_iter().map(|lost| lost.why).collect()
    }

    /// Every file and folder below `files`.
    fn tree(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.out("files")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let shown = path.strip_prefix(self.out("files")).unwrap().to_string_lossy().into_owned();
                if path.is_dir() && !path.is_symlink() {
                    found.push(format!("{shown}/"));
                    folders.push(path);
                } else {
                    found.push(format!("{shown}={}", fs::read_to_string(&path).unwrap_or_default()));
                }
            }
        }
        found.sort();
        found
    }
}

fn removal(path: &str) -> Move {
    Move { path: TaskPath::from_path(Path::new(path)), put: None }
}

fn replacing(mut a_move: Move) -> Move {
    if let Some(put) = &mut a_move.put {
        put.replaces = true;
    }
    a_move
}

#[test]
fn files_are_seen_only_when_they_are_delivered() {
    let site = Site::new();
    let moves = [site.staged("a/b.json", "x/y", b"1"), site.staged("a/b.json", "z", b"2")];
    assert!(!site.out("files").exists());
    site.outbox.sync().unwrap();
    assert_eq!(site.deliver(&moves), []);
    assert_eq!(site.tree(), ["a/", "a/b.json/", "a/b.json/x/", "a/b.json/x/y=1", "a/b.json/z=2"]);
    site.outbox.sweep().unwrap();
    assert!(!site.out(STAGING).exists());
    // And again, when nothing is left of the staging.
    assert_eq!(site.deliver(&moves), []);
}

#[test]
fn a_file_that_is_removed_takes_the_empty_folders_with_it() {
    let site = Site::new();
    site.deliver(&[site.staged("a/b", "x", b"1"), site.staged("a/c", "x", b"2")]);
    site.deliver(&[removal("a/b/x"), removal("a/b/x"), removal("no/such")]);
    assert_eq!(site.tree(), ["a/", "a/c/", "a/c/x=2"]);
    fs::write(site.out("files/a/mine"), "kept").unwrap();
    site.deliver(&[removal("a/c/x")]);
    assert_eq!(site.tree(), ["a/", "a/mine=kept"]);
}

#[test]
fn a_file_makes_room_for_a_folder_and_a_folder_for_a_file() {
    let site = Site::new();
    site.deliver(&[site.staged("a", "x", b"1")]);
    site.deliver(&[removal("a/x"), site.staged("a", "x/y", b"2")]);
    assert_eq!(site.tree(), ["a/", "a/x/", "a/x/y=2"]);
    site.deliver(&[removal("a/x/y"), site.staged("a", "x", b"3")]);
    assert_eq!(site.tree(), ["a/", "a/x=3"]);
}

#[test]
fn what_is_ours_is_replaced_and_what_is_not_is_left() {
    let site = Site::new();
    site.deliver(&[site.staged("a", "x", b"old")]);
    assert_eq!(site.deliver(&[replacing(site.staged("a", "x", b"new"))]), []);
    assert_eq!(site.tree(), ["a/", "a/x=new"]);
    assert_eq!(site.deliver(&[site.staged("a", "x", b"other")]), [Loss::InTheWay]);
    fs::create_dir_all(site.out("files/b/x/full")).unwrap();
    assert_eq!(site.deliver(&[replacing(site.staged("b", "x", b"1"))]), [Loss::InTheWay]);
    fs::write(site.out("files/c"), "mine").unwrap();
    assert_eq!(site.deliver(&[site.staged("c", "x", b"1")]), [Loss::InTheWay]);
    assert!(site.tree().contains(&"a/x=new".to_owned()) && site.tree().contains(&"c=mine".to_owned()));
}

#[test]
fn a_file_that_is_nowhere_is_lost_and_one_of_other_bytes_is_not_it() {
    let site = Site::new();
    let a_move = site.staged("a", "x", b"1");
    site.outbox.sweep().unwrap();
    assert_eq!(site.deliver(std::slice::from_ref(&a_move)), [Loss::Gone]);
    fs::create_dir_all(site.out("files/a")).unwrap();
    fs::write(site.out("files/a/x"), "2").unwrap();
    assert_eq!(site.deliver(std::slice::from_ref(&a_move)), [Loss::Gone]);
    fs::write(site.out("files/a/x"), "1").unwrap();
    assert_eq!(site.deliver(&[a_move]), []);
}

#[test]
fn no_link_is_followed_out_of_the_folder() {
    let site = Site::new();
    let outside = site.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x"), "precious").unwrap();
    fs::create_dir(site.out("files")).unwrap();
    symlink(&outside, site.out("files/a")).unwrap();
    assert_eq!(site.deliver(&[replacing(site.staged("a", "x", b"1"))]), [Loss::InTheWay]);
    assert_eq!(site.deliver(&[site.staged("a", "y", b"1")]), [Loss::InTheWay]);
    site.deliver(&[removal("a/x")]);
    assert_eq!(fs::read_to_string(outside.join("x")).unwrap(), "precious");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    // A link where the file goes is replaced as the link that it is, or left.
    fs::create_dir(site.out("files/b")).unwrap();
    symlink(outside.join("x"), site.out("files/b/x")).unwrap();
    assert_eq!(site.deliver(&[site.staged("b", "x", b"1")]), [Loss::InTheWay]);
    assert_eq!(site.deliver(&[replacing(site.staged("b", "x", b"1"))]), []);
    assert_eq!(fs::read_to_string(outside.join("x")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(site.out("files/b/x")).unwrap(), "1");
}

#[test]
fn a_staging_folder_that_is_a_link_is_not_used() {
    let site = Site::new();
    symlink(site.folder.path(), site.out(STAGING)).unwrap();
    let id = TaskId::whole_file(TaskPath::from_path(Path::new("a")));
    let refused = site.outbox.stage(&id, vec![GivenFile { name: None, bytes: Vec::new() }]);
    assert!(matches!(refused, Err(Refused::Disk(_))), "{refused:?}");
}
