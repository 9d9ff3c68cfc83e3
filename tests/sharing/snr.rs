//! The weight signal-to-noise ratio, by hand.

use lcnnc::sharing::{snr, snr_of_groups};

#[test]
fn the_ratio_is_the_mean_over_inputs_of_squared_mean_over_variance() {
    // Input 0: mean 2, variance 1. Input 1: mean 3, variance 4.
    assert_eq!(snr(&[1.0, 5.0, 3.0, 1.0], 2), f64::midpoint(4.0, 9.0 / 4.0));
    // Three neurons: mean 2, variance 2/3.
    assert_eq!(snr(&[1.0, 2.0, 3.0], 1), 4.0 / (2.0 / 3.0));
}

#[test]
fn equal_kernels_have_an_infinite_ratio() {
    assert_eq!(snr(&[0.1, 0.7, 0.1, 0.7, 0.1, 0.7], 2), f64::INFINITY);
    assert_eq!(snr(&[0.3, 0.4], 2), f64::INFINITY, "one kernel is like itself");
    assert_eq!(snr(&[0.1, 1.0, 0.1, 2.0], 2), f64::INFINITY, "one input is enough");
    assert_eq!(snr(&[0.0; 6], 3), f64::INFINITY);
    assert_eq!(snr(&[], 3), f64::INFINITY);
}

#[test]
fn inputs_without_any_weight_are_left_out() {
    assert_eq!(snr(&[0.0, 1.0, 0.0, 3.0], 2), 4.0);
    assert_eq!(snr(&[-1.0, 1.0, 1.0, 3.0], 2), 2.0, "a mean of 0 is not left out");
}

#[test]
fn what_is_no_number_gives_no_number() {
    assert!(snr(&[1.0, f64::NAN, 3.0, 1.0], 2).is_nan());
}

#[test]
fn groups_may_have_other_numbers_of_neurons() {
    let groups = [vec![1.0, 3.0], vec![1.0, 2.0, 3.0]];
    assert_eq!(snr_of_groups(&groups, 1), f64::midpoint(4.0, 6.0));
    assert!(snr_of_groups([[0.0; 0]; 0], 1).is_nan());
}
