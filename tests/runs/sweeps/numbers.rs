//! Numbers of jobs as clusters write them.

use lcnnc::sweeps::clusters::numbers::ranges;

#[test]
fn neighbours_are_a_range() {
    for (numbers, text) in [(&[][..], ""), (&[3], "3"), (&[0, 1, 2, 5], "0-2,5"), (&[0, 2, 3, 9, 10], "0,2-3,9-10")] {
        assert_eq!(ranges(numbers), text);
    }
}
