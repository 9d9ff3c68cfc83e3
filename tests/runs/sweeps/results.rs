//! The points that validation chooses.

use lcnnc::sweeps::results::{PointResult, chosen};

fn point(alpha: &str, lr: &str, jobs: usize, validation: &[f64]) -> PointResult {
    let values = [("alpha", alpha), ("lr", lr)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (validation, test) = (validation.to_vec(), validation.to_vec());
    PointResult { values: values.into(), jobs, validation, test, ..PointResult::default() }
}

#[test]
fn the_largest_mean_is_chosen_among_points_that_are_else_the_same() {
    let points = [
        point("0", "1", 2, &[0.5, 0.7]),
        point("0", "2", 2, &[0.65, 0.65]),
        point("1", "1", 1, &[0.1]),
        point("1", "2", 1, &[]),
        // One seed of two is no match for a point with both.
        point("2", "1", 2, &[0.2, 0.2]),
        point("2", "2", 2, &[0.9]),
    ];
    let seen = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let choices = chosen(&points, &names);
        choices.iter().map(|it| (it.point.values["lr"].clone(), it.among, it.open)).collect::<Vec<_>>()
    };
    let expected = |all: &[(&str, usize, usize)]| {
        all.iter().map(|(lr, among, open)| ((*lr).to_owned(), *among, *open)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&["lr"]), expected(&[("2", 2, 0), ("1", 2, 1), ("1", 2, 1)]));
    assert_eq!(seen(&["lr", "alpha"]), expected(&[("2", 6, 2)]));
    assert_eq!(seen(&[]).len(), 6);
}
