//! Places in a memory for values that live at different times: what is not needed at once shares a place.

/// A stretch of memory that is in use from one step to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub first: usize,
    pub size: usize,
    /// Steps, both included.
    pub life: (usize, usize),
}

/// A memory of `limit` numbers.
#[derive(Clone, Debug)]
pub struct Allocator {
    limit: usize,
    taken: Vec<Taken>,
}

impl Allocator {
    /// A memory of which nothing is in use.
    pub fn new(limit: usize) -> Self {
        Self { limit, taken: Vec::new() }
    }

    /// The lowest place where `size` numbers are free all the while; none if there is no such place.
    pub fn take(&mut self, size: usize, life: (usize, usize)) -> Option<usize> {
        let meets = |taken: &&Taken| taken.life.0 <= life.1 && life.0 <= taken.life.1;
        let mut rivals: Vec<Taken> = self.taken.iter().filter(meets).copied().collect();
        rivals.sort_by_key(|taken| taken.first);
        let mut first = 0;
        for rival in rivals {
            if first + size <= rival.first {
                break;
            }
            first = first.max(rival.first + rival.size);
        }
        (first + size <= self.limit).then(|| {
            self.taken.push(Taken { first, size, life });
            first
        })
    }

    /// Gives back what was taken there.
    pub fn give(&mut self, first: usize, life: (usize, usize)) {
        self.taken.retain(|taken| (taken.first, taken.life) != (first, life));
    }

    /// How many numbers were ever in use, from the first on.
    pub fn used(&self) -> usize {
        self.taken.iter().map(|taken| taken.first + taken.size).max().unwrap_or(0)
    }
}
