//! Splits, samples and orders: complete, without overlap, fixed by the seed.
//!
//! The literal lists come from an implementation of ChaCha8 and of the drawing in Python, written apart from this one.

use lcnnc::data::split::{sample, shuffled, split};

fn all(len: usize) -> Vec<usize> {
    (0..len).collect()
}

#[test]
fn a_split_holds_every_index_once() {
    for (len, share) in [(0, 0.5), (1, 0.5), (2, 0.01), (20, 0.25), (1000, 0.15), (7, 0.0), (7, 1.0), (9, f64::NAN)] {
        let parts = split(&all(len), share, 3);
        let mut both = [parts.train.clone(), parts.validation.clone()].concat();
        both.sort_unstable();
        assert_eq!(both, all(len), "{len} images, share {share}");
        assert!(parts.train.is_sorted() && parts.validation.is_sorted());
        assert!(len == 0 || !parts.train.is_empty(), "something is left to train with");
    }
}

#[test]
fn a_share_is_rounded_to_whole_images() {
    let aside = |len, share| split(&all(len), share, 1).validation.len();
    assert_eq!([aside(1000, 0.15), aside(10, 0.24), aside(10, 0.26), aside(10, 0.0)], [150, 2, 3, 0]);
    assert_eq!([aside(10, 0.001), aside(10, 1.0), aside(1, 0.9)], [1, 9, 0]);
    assert_eq!([aside(10, -1.0), aside(10, 7.0), aside(10, f64::NAN)], [0, 9, 0]);
}

#[test]
fn a_split_keeps_to_the_indices_it_is_given() {
    let parts = split(&[3, 9, 27, 81], 0.5, 0);
    let mut both = [parts.train, parts.validation].concat();
    both.sort_unstable();
    assert_eq!(both, [3, 9, 27, 81]);
}

#[test]
fn a_seed_gives_the_same_split_on_any_machine() {
    let parts = split(&all(20), 0.25, 7);
    assert_eq!(parts.validation, [0, 3, 4, 9, 19]);
    assert_ne!(parts, split(&all(20), 0.25, 8));
    assert_eq!(shuffled(&all(12), 3, 5), [4, 11, 5, 8, 10, 1, 0, 2, 7, 6, 9, 3]);
    assert_eq!(sample(100, 6, 1), [18, 55, 59, 62, 76, 90]);
}

#[test]
fn every_epoch_has_an_order_of_its_own() {
    let orders: Vec<Vec<usize>> = (0..3).map(|epoch| shuffled(&all(50), 1, epoch)).collect();
    assert!(orders[0] != orders[1] && orders[1] != orders[2]);
    for mut order in orders {
        order.sort_unstable();
        assert_eq!(order, all(50));
    }
}

#[test]
fn a_sample_is_no_larger_than_what_there_is() {
    assert_eq!(sample(5, 9, 0), all(5));
    assert!(sample(5, 0, 0).is_empty());
    assert!(sample(1000, 100, 4).is_sorted_by(|a, b| a < b));
}

#[test]
fn every_place_is_equally_likely() {
    let mut counts = [[0_u32; 4]; 4];
    for epoch in 0..4_000 {
        for (place, item) in shuffled(&all(4), 11, epoch).into_iter().enumerate() {
            counts[item][place] += 1;
        }
    }
    // The standard deviation is 27.
    assert!(counts.iter().flatten().all(|&count| count.abs_diff(1_000) < 130), "{counts:?}");
}
