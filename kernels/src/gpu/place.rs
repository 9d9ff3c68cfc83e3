//! Memory that values share where they are not needed at once.

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
pub struct Room {
    limit: usize,
    taken: Vec<Taken>,
}

impl Room {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_at_once_shares_a_place() {
        let mut room = Room::new(10);
        assert_eq!(room.take(6, (0, 2)), Some(0));
        assert_eq!(room.take(4, (1, 3)), Some(6));
        assert_eq!(room.take(1, (2, 2)), None);
        assert_eq!(room.take(6, (3, 4)), Some(0));
        assert_eq!(room.used(), 10);
        room.give(6, (1, 3));
        assert_eq!(room.take(3, (1, 1)), Some(6));
    }
}
