//! A bound on what several threads hold in memory together.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that may be held at once. Who needs more than all of it waits until nobody else holds any.
pub struct Budget {
    all: u64,
    left: Mutex<u64>,
    returned: Condvar,
}

/// Bytes of a budget that are held until this is dropped.
pub struct Held<'b> {
    budget: &'b Budget,
    bytes: u64,
}

impl Budget {
    pub const fn new(bytes: u64) -> Self {
        Self { all: bytes, left: Mutex::new(bytes), returned: Condvar::new() }
    }

    /// Waits until there is room for this many bytes.
    pub fn hold(&self, bytes: u64) -> Held<'_> {
        let bytes = bytes.min(self.all);
        let mut left = self.lock();
        while *left < bytes {
            left = self.returned.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
        *left -= bytes;
        Held { budget: self, bytes }
    }

    /// Waits until there is room for this many bytes and until `has_room` says that the machine has as many together with
    /// what others hold; `None` if it has not, although nobody else holds any.
    pub fn hold_if(&self, bytes: u64, has_room: impl Fn(u64) -> bool) -> Option<Held<'_>> {
        let held = bytes.min(self.all);
        let mut left = self.lock();
        loop {
            if *left >= held && has_room((self.all - *left).saturating_add(bytes)) {
                *left -= held;
                return Some(Held { budget: self, bytes: held });
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

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self.budget.lock() += self.bytes;
        self.budget.returned.notify_all();
    }
}
