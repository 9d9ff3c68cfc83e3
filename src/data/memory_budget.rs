//! A bound on what several threads hold in memory together.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that may be held at once. Who needs more than all of it waits until nobody else holds any.
pub struct MemoryBudget {
    all: u64,
    left: Mutex<u64>,
    returned: Condvar,
}

/// Bytes of a budget that are held until this is dropped.
pub struct HeldMemory<'b> {
    budget: &'b MemoryBudget,
    bytes: u64,
}

impl MemoryBudget {
    pub const fn new(bytes: u64) -> Self {
        Self { all: bytes, left: Mutex::new(bytes), returned: Condvar::new() }
    }

    /// Waits until there is room for this many bytes.
    pub fn hold(&self, bytes: u64) -> HeldMemory<'_> {
        let bytes = bytes.min(self.all);
        let mut left = self.lock();
        while *left < bytes {
            left = self.returned.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
        *left -= bytes;
        HeldMemory { budget: self, bytes }
    }

    /// Waits until there is room for this many bytes and until `has_room` says that the machine has as many together with
    /// what others hold; `None` if it has not, although nobody else holds any.
    pub fn hold_if(&self, bytes: u64, has_room: impl Fn(u64) -> bool) -> Option<HeldMemory<'_>> {
        let held = bytes.min(self.all);
        let mut left = self.lock();
        loop {
            if *left >= held && has_room((self.all - *left).saturating_add(bytes)) {
                *left -= held;
                return Some(HeldMemory { budget: self, bytes: held });
            }
            if *left == self.all {
                return None;
            }
            left = self.returned.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HeldMemory<'_> {
    fn drop(&mut self) {
        *self.budget.lock() += self.bytes;
        self.budget.returned.notify_all();
    }
}
