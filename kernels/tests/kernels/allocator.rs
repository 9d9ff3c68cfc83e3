//! Places in a memory.

use lcnnc_kernels::allocator::Allocator;

#[test]
fn what_is_not_needed_at_once_shares_a_place() {
    let mut room = Allocator::new(10);
    assert_eq!(room.take(6, (0, 2)), Some(0));
    assert_eq!(room.take(4, (1, 3)), Some(6));
    assert_eq!(room.take(1, (2, 2)), None);
    assert_eq!(room.take(6, (3, 4)), Some(0));
    assert_eq!(room.used(), 10);
    room.give(6, (1, 3));
    assert_eq!(room.take(3, (1, 1)), Some(6));
}
