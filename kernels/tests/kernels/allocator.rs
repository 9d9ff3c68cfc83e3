//! The allocator gives what is not needed at once the same memory.

use lcnnc_kernels::allocator::{Allocator, Lifetime};

fn from(first: usize, last: usize) -> Lifetime {
    Lifetime { first, last }
}

#[test]
fn what_is_not_needed_at_once_shares_memory() {
    let mut memory = Allocator::new(10);
    assert_eq!(memory.take(6, from(0, 2)), Some(0));
    assert_eq!(memory.take(4, from(1, 3)), Some(6));
    assert_eq!(memory.take(1, from(2, 2)), None);
    assert_eq!(memory.take(6, from(3, 4)), Some(0));
    assert_eq!(memory.used(), 10);
    memory.free(6, from(1, 3));
    assert_eq!(memory.take(3, from(1, 1)), Some(6));
}
