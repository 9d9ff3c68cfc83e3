//! The points that validation chooses.

use lcnnc::sweeps::file::Layout;
use lcnnc::sweeps::results::{PointResult, chosen};
use lcnnc::sweeps::table::lay_out;

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
        choices.iter().map(|it| (it.point.values["lr"].clone(), it.among, it.open.len())).collect::<Vec<_>>()
    };
    let expected = |all: &[(&str, usize, usize)]| {
        all.iter().map(|(lr, among, open)| ((*lr).to_owned(), *among, *open)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&["lr"]), expected(&[("2", 2, 0), ("1", 2, 1), ("1", 2, 1)]));
    assert_eq!(seen(&["lr", "alpha"]), expected(&[("2", 6, 2)]));
    assert_eq!(seen(&[]).len(), 6);
}

/// Nothing is said to be chosen by validation where no images were held out.
#[test]
fn without_validation_images_nothing_is_chosen() {
    let without = |lr: &str| PointResult { validation: Vec::new(), ..point("0", lr, 1, &[0.5]) };
    let layout = Layout { rows: "alpha".to_owned(), columns: "dataset".to_owned(), published: None };
    let of = |mut points: Vec<PointResult>| {
        for point in &mut points {
            point.values.insert("dataset".to_owned(), "mnist".to_owned());
        }
        lay_out(&points, &["lr".to_owned()], &layout, &[], None).unwrap().cells.remove(0)
    };
    let hole = of(vec![without("1"), without("2")]);
    assert!(hole.values.is_empty() && hole.chosen.is_empty(), "{hole:?}");
    assert!(hole.problem.unwrap().starts_with("no validation images: nothing can be chosen"));
    let half = of(vec![without("1"), point("0", "2", 1, &[0.25])]);
    assert_eq!([half.chosen.as_str(), half.problem.as_deref().unwrap()], ["lr 2", LEFT_OUT]);
    // Where there is one value alone, nothing is chosen, and it is shown.
    assert_eq!(of(vec![without("1")]).values, [50.0]);
}

const LEFT_OUT: &str = "1 of 2 alternatives have no validation images, and were not chosen from";
