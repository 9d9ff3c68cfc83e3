//! The test behind `--against`.

use lcnnc::sweeps::table::welch;

/// `scipy.stats.ttest_ind(a, b, equal_var=False).pvalue`, of SciPy 1.17.
#[test]
fn welchs_test_is_that_of_scipy() {
    let (a, b) = ([98.1, 98.3, 97.9, 98.2, 98.0], [97.4, 97.9, 97.1]);
    assert!((welch(&a, &b).unwrap() - WITNESS).abs() < 1e-9);
    assert_eq!(welch(&a, &[1.0]), None);
    assert_eq!(welch(&[1.0, 1.0], &[1.0, 1.0]), None);
}

const WITNESS: f64 = 0.102_305_004_224_880_66;
