//! Memory that is kept from one step of a training to the next.

use lcnnc_kernels::recycled::{give_back, take};

#[test]
fn only_memory_that_was_taken_is_kept() {
    // A length that nobody else asks for.
    const LEN: usize = 100_003;
    let taken = take(LEN);
    let place = taken.as_ptr();
    give_back(taken);
    let again = take(LEN);
    assert_eq!(again.as_ptr(), place, "what was given back is not handed out again");
    give_back(again);
    // As many pieces have come back as were taken, so this one is not kept.
    give_back(vec![1.0; LEN]);
    let [first, second] = [take(LEN), take(LEN)];
    assert_eq!(first.as_ptr(), place);
    // Fresh memory is filled with zeros, which somebody else's is not.
    assert!(second.iter().all(|x| *x == 0.0));
}
