//! The set of gratings.

use lcnnc::data::{self, DataSet, Request};

fn gratings(name: &str) -> DataSet {
    data::load(name, &Request::default()).unwrap()
}

/// Stripes that lie are even along rows, those that stand along columns, and phases go round once.
#[test]
fn pictures_are_the_stripes_that_their_names_tell_of() {
    let set = gratings("gratings(orientations: 2, frequencies: 1, lowest: 0.125, highest: 0.125, phases: 4, size: 16)");
    assert_eq!(set.classes, ["0 degrees", "90 degrees"]);
    assert_eq!((set.train.len(), set.test.len(), set.shape), (8, 8, Some([1, 16, 16])));
    for n in 0..8 {
        let (image, class) = (set.test.image(n).unwrap(), set.test.label(n));
        assert_eq!(class, n / 4);
        let name = set.test.name(n);
        assert!(name.contains(&format!("{} degrees, 0.1250 cycles per pixel", 90 * class)), "{name}");
        for (row, column) in (0..256).map(|at| (at / 16, at % 16)) {
            let from_middle = if class == 0 { row } else { column } as f64 - 8.0;
            let cycles = 0.125 * from_middle + 0.25 * (n % 4) as f64;
            let grey = 0.5 + 0.5 * (std::f64::consts::TAU * cycles).cos();
            assert!((f64::from(image.pixels[row * 16 + column]) - grey).abs() < 1e-6, "{name}: {row}, {column}");
        }
    }
}

/// No picture of one half is in the other one.
#[test]
fn halves_differ_in_their_phases() {
    let set = gratings("gratings(orientations: 3, frequencies: 2, phases: 3, size: 12)");
    let pixels = |half: &dyn data::ImageSource| -> Vec<Vec<f32>> {
        (0..half.len()).map(|n| half.image(n).unwrap().pixels).collect()
    };
    let [train, test] = [&set.train, &set.test].map(|half| pixels(half.as_ref()));
    assert!(train.len() == 18 && train.iter().all(|picture| !test.contains(picture)));
}

#[test]
fn sets_of_other_arguments_are_other_sets() {
    let plain = gratings("gratings");
    assert_eq!((plain.classes.len(), plain.test.len(), plain.shape), (8, 128, Some([1, 48, 48])));
    assert_eq!(plain.checksum, gratings("gratings(size: 48)").checksum);
    assert_ne!(plain.checksum, gratings("gratings(size: 32)").checksum);
    assert_eq!(gratings("gratings(size: 32)").name, "gratings(size: 32)");
}

#[test]
fn wrong_arguments_are_told_of() {
    let message = |name| data::load(name, &Request::default()).err().unwrap().to_string();
    assert!(message("gratings(orientation: 8)").contains("`orientations`"), "{}", message("gratings(orientation: 8)"));
    for (name, told) in [
        ("gratings(size: 4)", "8"),
        ("gratings(lowest: 0.4)", "rising order"),
        ("gratings(size: 4", "gratings(size: 4"),
        ("gratings:8", "stand in brackets"),
        ("mnist(3)", "write `mnist`"),
    ] {
        let message = message(name);
        assert!(message.contains(told), "{name}: {message}");
    }
}
