//! What this machine has to give, and how many workers that is enough for.

use std::fs;
use std::path::{Path, PathBuf};

/// Where control groups are mounted, by common agreement. Version 1 has a folder for each controller.
const CGROUPS: &str = "/sys/fs/cgroup";
const CGROUPS_V1_MEMORY: &str = "/sys/fs/cgroup/memory";

/// The memory that this process can count on at most: what the machine has, or what its control group or one above it
/// may use. `None` where the system does not say as Linux does.
pub fn available_memory_bytes() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|meminfo| total_memory_bytes(&meminfo));
    let files = fs::read_to_string("/proc/self/cgroup").map(|cgroup| limit_files(&cgroup)).unwrap_or_default();
    let limits = files.iter().filter_map(|file| fs::read_to_string(file).ok()).filter_map(|limit| limit_bytes(&limit));
    limits.chain(machine).min()
}

/// How many workers with so much memory each fit; at least one, whatever is there.
pub fn workers_within(memory_per_worker_bytes: u64, available_bytes: u64, wanted: usize) -> usize {
    match available_bytes.checked_div(memory_per_worker_bytes) {
        Some(fitting) => usize::try_from(fitting).unwrap_or(usize::MAX).min(wanted).max(1),
        None => wanted.max(1),
    }
}

/// `MemTotal` of `/proc/meminfo`.
fn total_memory_bytes(meminfo: &str) -> Option<u64> {
    let value = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The files that limit the groups named in `/proc/self/cgroup` and those above them.
///
/// In a container, the groups may have names from outside of it, with only the container's own mounted, as the top one.
/// So every file is one to try, and one that does not exist limits nothing.
fn limit_files(cgroup: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in cgroup.lines() {
        // `hierarchy:controllers:path`, where version 2 is hierarchy 0 and names no controllers.
        let mut fields = line.splitn(3, ':');
        let (Some(hierarchy), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let (mount, file) = if hierarchy == "0" && controllers.is_empty() {
            (CGROUPS, "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (CGROUPS_V1_MEMORY, "memory.limit_in_bytes")
        } else {
            continue;
        };
        let group = Path::new(group.trim_start_matches('/'));
        files.extend(group.ancestors().map(|group| Path::new(mount).join(group).join(file)));
    }
    files
}

/// The content of a limit file: a number, or `max` for no limit. (Version 1 has a number too large for any machine.)
fn limit_bytes(limit: &str) -> Option<u64> {
    limit.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit_files_of(cgroup: &str) -> Vec<String> {
        limit_files(cgroup).into_iter().map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn total_memory_is_read_from_meminfo() {
        let meminfo = "MemTotal:       16384256 kB\nMemFree:          123456 kB\nMemAvailable:   9 kB\n";
        assert_eq!(total_memory_bytes(meminfo), Some(16_384_256 * 1024));
        assert_eq!(total_memory_bytes("MemFree: 1 kB\n"), None);
        assert_eq!(total_memory_bytes("MemTotal: many kB\n"), None);
        assert_eq!(total_memory_bytes(""), None);
    }

    #[test]
    fn groups_of_version_2_are_limited_by_all_above_them() {
        assert_eq!(
            limit_files_of("0::/user.slice/job.scope\n"),
            [
                "/sys/fs/cgroup/user.slice/job.scope/memory.max",
                "/sys/fs/cgroup/user.slice/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert_eq!(limit_files_of("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
    }

    #[test]
    fn groups_of_version_1_are_limited_by_the_memory_controller() {
        assert_eq!(
            limit_files_of("12:cpu,cpuacct:/a\n5:memory:/docker/3f:7\n1:name=systemd:/b\n"),
            [
                "/sys/fs/cgroup/memory/docker/3f:7/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            ]
        );
        assert_eq!(limit_files_of("5:hugetlb,memory:/\n"), ["/sys/fs/cgroup/memory/memory.limit_in_bytes"]);
        assert_eq!(limit_files_of("no colons\n"), [""; 0]);
    }

    #[test]
    fn a_limit_is_a_number_or_none() {
        assert_eq!(limit_bytes("536870912\n"), Some(536_870_912));
        assert_eq!(limit_bytes("max\n"), None);
        assert_eq!(limit_bytes(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_memory() {
        assert!(available_memory_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn as_many_workers_as_fit_and_at_least_one() {
        assert_eq!(workers_within(512, 2048, 8), 4);
        assert_eq!(workers_within(512, 2047, 8), 3);
        assert_eq!(workers_within(512, 8192, 8), 8);
        assert_eq!(workers_within(512, 100, 8), 1);
        assert_eq!(workers_within(0, 100, 8), 8);
        assert_eq!(workers_within(u64::MAX, 0, 0), 1);
    }
}
