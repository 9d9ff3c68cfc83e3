//! Alternatives as they are written: `1e-3,1e-2`, `1..10`, `geometric(1e-3, 10, points: 5)`.

use lcnnc::sweeps::values::alternatives;

#[track_caller]
fn all(text: &str) -> Vec<String> {
    alternatives(text).unwrap()
}

#[test]
fn commas_outside_of_brackets_separate() {
    assert_eq!(all("1e-3, 1e-2"), ["1e-3", "1e-2"]);
    assert_eq!(all("adam(lr: 1, beta1: 0),sgd(lr: 1)"), ["adam(lr: 1, beta1: 0)", "sgd(lr: 1)"]);
    assert_eq!(all("[flip, crop(32)]"), ["[flip, crop(32)]"]);
    assert_eq!(all("../specs/lc_cnn,folder:../a"), ["../specs/lc_cnn", "folder:../a"]);
}

#[test]
fn ranges_and_spreads_stand_for_their_values() {
    assert_eq!(all("1..4"), ["1", "2", "3", "4"]);
    assert_eq!(all("geometric(1e-3, 10, points: 5)"), ["1e-3", "0.01", "0.1", "1", "10"]);
    assert_eq!(all("linear(0, 1, points: 3),7"), ["0", "0.5", "1", "7"]);
}

#[test]
fn what_is_wrong_is_named() {
    for (text, said) in [
        ("", "nothing where a value is expected"),
        ("1,,2", "nothing where a value is expected"),
        ("1,1", "`1` comes twice"),
        ("1e-2,0.01", "`0.01` comes twice"),
        ("10%,0.1", "`0.1` comes twice"),
        ("cosine,cosine()", "`cosine()` comes twice"),
        ("adam(lr: 1e-2),adam(lr: 0.01, beta1: 0.9)", "comes twice"),
        ("adam(lr: 1", "leaves a bracket open"),
        ("1)", "closes a bracket"),
        ("5..1", "write `1..5`"),
        ("a..b", "as in `1..10`"),
        ("1..99999999", "more than 10000"),
        ("geometric(0, 1, points: 3)", "above 0"),
        ("geometric(1, 2)", "as in `geometric(1e-3, 10, points: 5)`"),
        ("linear(0, 1, points: 1)", "from 2 to"),
    ] {
        let problem = alternatives(text).unwrap_err();
        assert!(problem.contains(said), "{text}: {problem}");
    }
}
