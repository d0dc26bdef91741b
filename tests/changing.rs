//! Inputs that change while they are read: rows are those of a whole file, or there are none.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use sandmill::event::{Event, Monitor, Stop};
use sandmill::meter::Meter;

use crate::harness::job::Job;

/// So large that a change has time to come while it is read; all of it is a hole.
const SIZE_BYTES: u64 = 128 << 20;

/// Knows how far the one worker has read.
#[derive(Default)]
struct Reading(OnceLock<Arc<Meter>>);

impl Monitor for Reading {
    fn event(&self, event: Event<'_>) {
        if let Event::Started { meters, .. } = event {
            let _ = self.0.set(Arc::clone(&meters[0]));
        }
    }

    fn stop(&self) -> Option<Stop> {
        None
    }

    fn wants_task_starts(&self) -> bool {
        true
    }
}

impl Reading {
    fn read_bytes(&self) -> u64 {
        self.0.get().map_or(0, |meter| meter.reading().0)
    }
}

/// How the task ended, if `change` came while its input was read. The guest reads all of it, and then fails with the number of
/// bytes as its message.
fn ended(change: impl FnOnce(&Path) + Send) -> Option<(String, String)> {
    let mut job = Job::new("pull_count.wat");
    let input = job.path("a");
    File::create(&input).unwrap().set_len(SIZE_BYTES).unwrap();
    // A file system may tell no times apart that are less than some milliseconds from each other.
    thread::sleep(Duration::from_millis(20));
    job.config.workers = 1.try_into().unwrap();
    job.config.resume.retries = 0;
    let reading = Reading::default();
    let read_bytes = thread::scope(|scope| {
        let changing = scope.spawn(|| {
            while reading.read_bytes() == 0 {
                std::hint::spin_loop();
            }
            change(&input);
            reading.read_bytes()
        });
        sandmill::run(&job.config, &reading).unwrap();
        changing.join().unwrap()
    });
    assert_eq!(job.results(), "path\n");
    let error = job.errors().remove(0);
    // On a busy machine all may be read before the change comes.
    (read_bytes < SIZE_BYTES).then(|| (error[1].to_owned(), error[2].to_owned()))
}

fn ended_in_time(change: impl Fn(&Path) + Sync) -> (String, String) {
    (0..50).find_map(|_| ended(&change)).unwrap_or_else(|| panic!("no change came while the input was read"))
}

#[test]
fn an_input_whose_bytes_change_while_they_are_read_is_a_failure_and_no_rows() {
    let open = |path: &Path| File::options().write(true).open(path).unwrap();
    for (kind, message) in [
        ended_in_time(|path| open(path).set_len(SIZE_BYTES + 1).unwrap()),
        ended_in_time(|path| open(path).set_len(SIZE_BYTES / 2).unwrap()),
        // Where it was read already.
        ended_in_time(|path| open(path).write_all_at(b"x", 0).unwrap()),
    ] {
        assert!(kind == "input" && message.contains("changed while it was read"), "{kind}: {message}");
    }
}

#[test]
fn an_input_whose_name_goes_while_it_is_read_is_read_to_its_end() {
    for ended in [
        ended_in_time(|path| fs::remove_file(path).unwrap()),
        ended_in_time(|path| {
            let other = path.parent().unwrap().with_file_name("other");
            fs::write(&other, "x").unwrap();
            fs::rename(other, path).unwrap();
        }),
        ended_in_time(|path| fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap()),
    ] {
        assert_eq!(ended, ("guest_error".to_owned(), SIZE_BYTES.to_string()));
    }
}
