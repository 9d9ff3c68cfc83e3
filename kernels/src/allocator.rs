//! Memory for values that live at different times: two values that are not needed at once may share the same numbers.

/// The tasks of a schedule between which a value is needed: the one that makes it and the last one that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The task that makes the value, counted from 0.
    pub first: usize,
    /// The last task that reads the value; it still belongs to the lifetime.
    pub last: usize,
}

impl Lifetime {
    /// The lifetime of what is made and read within one task.
    pub fn within(task: usize) -> Self {
        Self { first: task, last: task }
    }

    /// How many tasks after it is made the value is read for the last time; 0 for what lives within one task.
    pub fn span(&self) -> usize {
        self.last - self.first
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// A stretch of memory that is in use during one lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    offset: usize,
    len: usize,
    lifetime: Lifetime,
}

/// A memory of a limited number of floats, of which stretches are taken for a lifetime each.
#[derive(Clone, Debug)]
pub struct Allocator {
    limit: usize,
    taken: Vec<Stretch>,
}

impl Allocator {
    /// Makes a memory of `limit` floats, none of them in use.
    pub fn new(limit: usize) -> Self {
        Self { limit, taken: Vec::new() }
    }

    /// Takes the lowest stretch of `len` floats that is free during the whole lifetime and returns its offset in
    /// floats; none if there is no such stretch.
    pub fn take(&mut self, len: usize, lifetime: Lifetime) -> Option<usize> {
        let mut rivals: Vec<Stretch> =
            self.taken.iter().filter(|of| of.lifetime.overlaps(&lifetime)).copied().collect();
        rivals.sort_by_key(|rival| rival.offset);
        let mut offset = 0;
        for rival in rivals {
            if offset + len <= rival.offset {
                break;
            }
            offset = offset.max(rival.offset + rival.len);
        }
        (offset + len <= self.limit).then(|| {
            self.taken.push(Stretch { offset, len, lifetime });
            offset
        })
    }

    /// Frees the stretch that [`Self::take`] gave out at this offset for this lifetime.
    pub fn free(&mut self, offset: usize, lifetime: Lifetime) {
        self.taken.retain(|stretch| (stretch.offset, stretch.lifetime) != (offset, lifetime));
    }

    /// The number of floats that hold everything taken, counted from the start of the memory.
    pub fn used(&self) -> usize {
        self.taken.iter().map(|stretch| stretch.offset + stretch.len).max().unwrap_or(0)
    }
}
