//! seccomp: which system calls this process may still make.
//!
//! A list of what is denied, not of what is allowed: the C library and the allocator may use whatever they like tomorrow, and
//! an unexpected call is to be an error in one place, not the end of the run. Denied calls fail with EPERM.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use anyhow::Context as _;
use libc::c_long;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// Other programs: nothing is ever started.
const PROGRAMS: &[c_long] = &[libc::SYS_execve, libc::SYS_execveat];

/// The network. Pairs of connected sockets are left: signals are waited for on one.
const NETWORK: &[c_long] =
    &[libc::SYS_socket, libc::SYS_connect, libc::SYS_bind, libc::SYS_listen, libc::SYS_accept, libc::SYS_accept4];

/// Other processes, and their memory and files.
const PROCESSES: &[c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    libc::SYS_setns,
    libc::SYS_unshare,
];

/// What goes past the paths that Landlock looks at, or changes files in ways that it does not know.
const FILES: &[c_long] = &[
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_mknodat,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
];

/// Large parts of the kernel that a run has no use for, and in which many of its holes have been.
const MACHINERY: &[c_long] = &[
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_personality,
    libc::SYS_syslog,
];

/// The machine: for administrators, and so for anybody who runs this as one.
const ADMINISTRATION: &[c_long] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
];

/// Those that only this kind of machine has.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_mknod,
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// The bit that makes a call one of the x32 ABI, where the kernel has it: the same calls by other numbers.
#[cfg(target_arch = "x86_64")]
const OTHER_NUMBERS: &[c_long] = &[0, 0x4000_0000];
#[cfg(not(target_arch = "x86_64"))]
const OTHER_NUMBERS: &[c_long] = &[0];

const DENIED: [&[c_long]; 7] = [PROGRAMS, NETWORK, PROCESSES, FILES, MACHINERY, ADMINISTRATION, OLDER];

/// Restricts this thread, and those that it starts.
///
/// # Errors
/// If the kernel has no seccomp, or refuses.
pub fn restrict() -> anyhow::Result<()> {
    seccompiler::apply_filter(&program()?).context("restrict system calls with seccomp")
}

fn program() -> anyhow::Result<BpfProgram> {
    let denied = DENIED.iter().flat_map(|group| group.iter());
    let numbers = denied.flat_map(|call| OTHER_NUMBERS.iter().map(move |bit| *call | bit));
    // A call without conditions is denied whatever its arguments.
    let rules: BTreeMap<i64, Vec<_>> = numbers.map(|number| (number, Vec::new())).collect();
    let eperm = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let machine = ARCH.try_into().context("know the system calls of this kind of machine")?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, eperm, machine).context("make a seccomp filter")?;
    filter.try_into().context("make a seccomp filter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_one_that_the_kernel_takes() {
        // Longer ones are refused by it.
        const MOST_INSTRUCTIONS: usize = 4096;
        let instructions = program().unwrap().len();
        assert!((100..MOST_INSTRUCTIONS).contains(&instructions), "{instructions}");
    }
}
