//! How much memory a step needs, and how much there is.
//!
//! A process that asks for more than there is gets no error: Linux hands memory out before it has it, and ends a process
//! in the middle of a step. So the need is counted before the first one.

use crate::ir::cost::bytes;
use crate::ir::regions::Regions;
use crate::train::TrainError;
use crate::train::runs::Setup;
use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System};

/// What a step holds at its height, as a multiple of the activity that training keeps: at least, and at most. Measured
/// as the growth of a process's memory with its batch: LC-CNN 2.1 without fused parts, RCNN 2.3, ResNet-20 1.6.
const AT_LEAST: f64 = 1.5;
const AT_MOST: f64 = 2.5;

/// Bytes that each image of a batch takes in a step, at most and at least.
struct Need {
    at_least: f64,
    at_most: f64,
}

impl Need {
    fn of(setup: &Setup) -> Self {
        let net = &setup.recipe.net;
        let regions = if setup.fuses() { Regions::of(net) } else { Regions::none(net) };
        let activity = regions.activity() as f64;
        Self { at_least: AT_LEAST * activity, at_most: AT_MOST * activity }
    }
}

/// Checks that a step's batch has room beside what this process holds already, where that can be told: on a CPU.
///
/// # Errors
/// If it has none, with a batch that has.
pub(in crate::train) fn check(setup: &Setup) -> Result<(), TrainError> {
    let (need, batch) = (Need::of(setup), setup.recipe.batch());
    let Some(room) = available().filter(|_| setup.on_cpu()) else { return Ok(()) };
    if need.at_least * batch as f64 <= room {
        return Ok(());
    }
    let fits = (room / need.at_most) as usize;
    let views = setup.recipe.augmentations.views();
    // A round number that holds all views of its images.
    let fits = (if fits > 16 { fits / 8 * 8 } else { fits }) / views * views;
    let [needed, room] = [need.at_least * batch as f64, room].map(|size| bytes(size as u128));
    Err(TrainError::Memory { batch, needed, room, fits })
}

/// How many processes that train side by side have room, each with what this one holds; `None` where that cannot be told.
pub(in crate::train) fn processes(setup: &Setup) -> Option<usize> {
    let each = Need::of(setup).at_most * setup.recipe.batch() as f64 + held()? as f64;
    available().map(|room| (room / each) as usize)
}

/// Bytes that can still be had: of the machine, within the limits of the process's group and of the process.
fn available() -> Option<f64> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let machine = system.available_memory();
    let group = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    let room = machine.min(group).min(within_address_space().unwrap_or(u64::MAX));
    (machine > 0).then_some(room as f64)
}

/// What `ulimit -v` leaves.
#[cfg(unix)]
fn within_address_space() -> Option<u64> {
    let (most, _) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_AS).ok()?;
    Some(most.saturating_sub(this(sysinfo::Process::virtual_memory)?))
}

#[cfg(not(unix))]
fn within_address_space() -> Option<u64> {
    None
}

/// Bytes that this process holds.
fn held() -> Option<u64> {
    this(sysinfo::Process::memory)
}

fn this(size: impl Fn(&sysinfo::Process) -> u64) -> Option<u64> {
    let id = sysinfo::get_current_pid().ok()?;
    let mut system = System::new().ok()?;
    let kind = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), false, kind);
    system.process(id).map(size)
}
