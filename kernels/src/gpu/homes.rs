//! Where every value of a program lives: in shared memory as far as that goes, and else in the cube's stretch of global
//! memory, the arena.
//!
//! Shared memory is many times faster and small: 227 kB for a block of an H100, 32 kB in Mesa's software driver. What
//! is read most often must be there, and that is what convolutions read: each number once for every tap and every tile
//! of channels. So it is given out in three rounds:
//!
//! 1. to values that are soon done with, those that convolutions read first: between two steps of a loop they take
//!    little room for a short time, so that most of them fit;
//! 2. to copies of what convolutions read and what has no home there yet, for the time of that one task: a copy reads
//!    the slow memory once instead of many times;
//! 3. to the values that live long, as many as still fit. One that does needs no copies, whose room is free again.
//!
//! Whatever is left lives in the arena, so no part of a net is too large.

use super::program::{Address, Space};
use crate::allocator::{Allocator, Lifetime};
use crate::graph::{Dims, Id};
use crate::task_schedule::{Root, TaskSchedule};

/// Where values live, and the memory that is left.
#[derive(Debug)]
pub struct Homes {
    shared: Allocator,
    arena: Allocator,
    /// For each value that is its own root and kept, where it lives.
    homes: Vec<Option<Address>>,
    copies: Vec<Copied>,
}

/// A copy in shared memory of a value that lives elsewhere, during one task that reads it often.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    task: usize,
    pub id: Id,
    pub address: Address,
}

/// A value that a convolution reads, and the task in which it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct HotRead {
    task: usize,
    id: Id,
}

/// A value that is kept, and between which tasks.
#[derive(Clone, Copy, Debug)]
struct Kept {
    id: Id,
    lifetime: Lifetime,
}

impl Homes {
    /// Finds a home for every value that a schedule keeps; `shared` is the limit of shared memory in floats.
    pub fn new(schedule: &TaskSchedule, shared: usize) -> Self {
        /// The longest span of a value that is soon done with, in tasks.
        const SOON: usize = 4;
        let (shared, arena) = (Allocator::new(shared), Allocator::new(usize::MAX));
        let mut homes = Self { shared, arena, homes: vec![None; schedule.dims.len()], copies: Vec::new() };
        let lifetimes = schedule.lifetimes.iter().enumerate();
        let kept = lifetimes.filter_map(|(id, lifetime)| lifetime.map(|lifetime| Kept { id, lifetime }));
        let kept: Vec<Kept> = kept.collect();
        let is_short = |kept: &&Kept| kept.lifetime.span() <= SOON;
        let hot = hot_reads(schedule);
        let mut short: Vec<&Kept> = kept.iter().filter(is_short).collect();
        short.sort_by_key(|kept| (!hot.iter().any(|read| read.id == kept.id), kept.lifetime.span(), kept.id));
        for kept in short {
            homes.settle_shared(schedule, *kept);
        }
        homes.copy(schedule, &hot);
        for kept in kept.iter().filter(|kept| !is_short(kept)) {
            homes.settle_shared(schedule, *kept);
            homes.drop_copies_of_settled(kept.id);
        }
        for Kept { id, lifetime } in kept {
            if homes.homes[id].is_none() {
                let dims = schedule.dims[id];
                let offset = homes.take_arena(padded_len(dims), lifetime);
                homes.homes[id] = Some(address(dims, Space::Arena, offset));
            }
        }
        homes
    }

    /// Gives a value a home in shared memory, if there is room.
    fn settle_shared(&mut self, schedule: &TaskSchedule, Kept { id, lifetime }: Kept) {
        let dims = schedule.dims[id];
        let offset = self.shared.take(padded_len(dims), lifetime);
        self.homes[id] = offset.map(|offset| address(dims, Space::Shared, offset));
    }

    /// Makes room in shared memory for copies of what convolutions read and what has no home there.
    fn copy(&mut self, schedule: &TaskSchedule, hot: &[HotRead]) {
        for HotRead { task, id } in hot.iter().copied().filter(|read| self.homes[read.id].is_none()) {
            let dims = schedule.dims[id];
            if let Some(offset) = self.shared.take(padded_len(dims), Lifetime::within(task)) {
                self.copies.push(Copied { task, id, address: address(dims, Space::Shared, offset) });
            }
        }
    }

    /// Frees the copies of a value that has a home in shared memory.
    fn drop_copies_of_settled(&mut self, id: Id) {
        if self.homes[id].is_some() {
            for copied in self.copies.iter().filter(|copied| copied.id == id) {
                self.shared.free(copied.address.offset, Lifetime::within(copied.task));
            }
            self.copies.retain(|copied| copied.id != id);
        }
    }

    fn take_arena(&mut self, len: usize, lifetime: Lifetime) -> usize {
        self.arena.take(len, lifetime).unwrap_or_else(|| unreachable!("global memory has no limit here"))
    }

    /// Takes room for `len` numbers during one task, in shared memory if there is any.
    pub fn take_for_task(&mut self, len: usize, task: usize) -> Address {
        let (dims, lifetime) = ([1, 1, len], Lifetime::within(task));
        match self.shared.take(len, lifetime) {
            Some(offset) => address(dims, Space::Shared, offset),
            None => address(dims, Space::Arena, self.take_arena(len, lifetime)),
        }
    }

    /// The copies that have to be made before a task begins.
    pub fn copies(&self, task: usize) -> Vec<Copied> {
        self.copies.iter().filter(|copied| copied.task == task).copied().collect()
    }

    /// Where a task reads the value of a root: its copy if there is one, else its home.
    pub fn find(&self, task: usize, root: Root) -> Address {
        let copied = self.copies.iter().find(|copied| (copied.task, copied.id) == (task, root.id));
        let at = copied.map_or_else(|| self.home(root.id), |copied| copied.address);
        Address { offset: at.offset + root.offset / at.cells * at.pitch, ..at }
    }

    /// Where a value lives, and is written to.
    pub fn home(&self, id: Id) -> Address {
        self.homes[id].unwrap_or_else(|| unreachable!("a value that is made or read whole is kept"))
    }

    /// Floats of shared memory that are used.
    pub fn shared(&self) -> usize {
        self.shared.used().max(1)
    }

    /// Floats of global memory that are used for each cube.
    pub fn arena(&self) -> usize {
        self.arena.used().max(1)
    }
}

/// The floats from one channel to the next. Shared memory has 32 banks, and units of a warp that read the same bank
/// wait for each other; so channels begin in different banks.
fn pitch([channels, height, width]: Dims) -> usize {
    let cells = height * width;
    if channels == 1 || cells == 1 { cells } else { cells.next_multiple_of(32) + 8 }
}

fn padded_len(dims: Dims) -> usize {
    dims[0] * pitch(dims)
}

fn address(dims: Dims, space: Space, offset: usize) -> Address {
    Address { space, offset, cells: dims[1] * dims[2], pitch: pitch(dims) }
}

/// The roots that convolutions read, and when, in order.
fn hot_reads(schedule: &TaskSchedule) -> Vec<HotRead> {
    let mut hot: Vec<HotRead> = Vec::new();
    for (task, of) in schedule.tasks.iter().enumerate() {
        if of.kernel.as_ref().is_some_and(|kernel| kernel.bank().is_some()) {
            hot.extend(of.reads.iter().map(|id| HotRead { task, id: schedule.roots[*id].id }));
        }
    }
    hot.sort_unstable();
    hot.dedup();
    hot
}
