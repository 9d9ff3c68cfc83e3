//! How much memory there is, and how much of a disk is free.

use std::path::Path;
use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System};

/// Bytes that can still be had, `None` where that cannot be told.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The memory of the machine and of the process's group (a container's limit), which all processes share.
    pub shared: f64,
    /// The bytes that this process may still have by itself, as `ulimit -v` says.
    pub own: f64,
}

impl Room {
    /// The room for a process that computes in so many threads.
    pub fn now(threads: usize) -> Option<Self> {
        let mut system = System::new().ok()?;
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let machine = system.available_memory();
        let group = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
        let own = within_address_space(threads).unwrap_or(f64::INFINITY);
        (machine > 0).then_some(Self { shared: machine.min(group) as f64, own })
    }

    /// The room for one process.
    pub fn least(self) -> f64 {
        self.shared.min(self.own)
    }
}

/// The bytes of addresses that `ulimit -v` leaves; an address counts whether there is memory behind it or not.
#[cfg(unix)]
fn within_address_space(threads: usize) -> Option<f64> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
    /// Addresses that glibc sets aside for each thread that asks for memory, and its stack.
    const A_THREAD: f64 = (64 + 2) as f64 * 1024.0 * 1024.0;
    /// Threads that are still to come, beside those that compute: the loader's.
    const OTHERS: usize = 2;
    let (most, _) = getrlimit(Resource::RLIMIT_AS).ok().filter(|(most, _)| *most != RLIM_INFINITY)?;
    let taken = this(sysinfo::Process::virtual_memory)? as f64;
    let threads = (threads + OTHERS) as f64;
    Some((most as f64 - taken - threads * A_THREAD).max(0.0))
}

#[cfg(not(unix))]
fn within_address_space(_threads: usize) -> Option<f64> {
    None
}

/// Bytes that this process holds.
pub fn held() -> Option<u64> {
    this(sysinfo::Process::memory)
}

fn this(size: impl Fn(&sysinfo::Process) -> u64) -> Option<u64> {
    let id = sysinfo::get_current_pid().ok()?;
    let mut system = System::new().ok()?;
    let kind = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), false, kind);
    system.process(id).map(size)
}

/// Bytes that this user may still write where a folder is, or is to be made; `None` where that cannot be told.
#[cfg(unix)]
pub fn free(folder: &Path) -> Option<u128> {
    let folder = std::path::absolute(folder).ok()?;
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let disk = nix::sys::statvfs::statvfs(there).ok()?;
    // How wide these numbers are differs from system to system.
    Some(u128::from(disk.blocks_available()) * u128::from(disk.fragment_size()))
}

#[cfg(not(unix))]
pub fn free(_folder: &Path) -> Option<u128> {
    None
}
