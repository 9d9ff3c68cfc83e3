//! Comparisons and drawings of `lcnnc runs` by themselves.

use lcnnc::listing::curves::{Curve, drawn};
use lcnnc::listing::{Condition, Value};

#[test]
fn numbers_are_compared_as_numbers_and_texts_as_texts() {
    let met = |text: &str, value: Value| text.parse::<Condition>().unwrap().is_met(&value);
    assert!(met("lr = 1e-2", Value::Number(0.01)) && !met("lr != 1e-2", Value::Number(0.01)));
    assert!(met("lr >= 0.01", Value::Number(0.01)) && !met("lr>0.01", Value::Number(0.01)));
    assert!(met("test > 9", Value::PerCent(10.0)) && met("test < 90 %", Value::PerCent(10.0)));
    assert!(met("data.validation = 15%", Value::Text("15%".to_owned())));
    assert!(met("dataset = mnist", Value::Text("mnist".to_owned())));
    assert!(met("dataset != mnist", Value::Text("fashion-mnist".to_owned())));
    assert!(met("started >= 2026-12", Value::Text("2026-12-02T09:33:54Z".to_owned())));
    assert!(met("spec_sha256 = 2e2b", Value::Checksum("2e2bbca6".to_owned())));
    // A text is no number.
    assert!(met("lr != none", Value::Number(1.0)) && !met("lr = none", Value::Number(1.0)));
}

#[test]
fn what_is_no_comparison_is_refused() {
    for text in ["", "alpha", "alpha 3", "= 3", "alpha =", "alpha ! 3", "1 < alpha < 3", "alpha beta = 3", "a <> 3"] {
        assert!(text.parse::<Condition>().is_err(), "{text}");
    }
    let said = "alpha == 3".parse::<Condition>().unwrap_err();
    assert!(said.contains("one `=`"), "{said}");
}

#[test]
fn curves_are_where_their_numbers_are() {
    let falls: Curve = vec![(1, 1.0), (2, 0.5), (3, 0.0)];
    let rises: Curve = vec![(1, 0.0), (3, 1.0)];
    let text = drawn("loss", [&falls, &rises], 30).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "loss");
    assert!(lines[1].starts_with("1.0000 |A") && lines[1].ends_with('B'), "{text}");
    assert!(lines[13].starts_with("0.0000 |B") && lines[13].ends_with('A'), "{text}");
    // They cross in the middle of the drawing.
    assert!(lines[7].starts_with("0.5000 |") && (lines[7].contains('*') || lines[7].contains("BA")), "{text}");
    assert!(lines[15].contains("epoch 1") && lines[15].ends_with("epoch 3"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
}

#[test]
fn what_has_no_width_or_no_height_is_drawn_as_well() {
    let one: Curve = vec![(4, 0.25)];
    let text = drawn("accuracy", [&one, &Vec::new()], 80).unwrap();
    assert!(text.contains("|A") && text.contains("epoch 4"), "{text}");
    let [nothing, none] = [vec![(1, f64::NAN)], Vec::new()];
    assert_eq!(drawn("loss", [&nothing, &none], 80), None);
    let flat: Curve = (1..=3).map(|epoch| (epoch, 0.5)).collect();
    let text = drawn("loss", [&flat, &flat], 80).unwrap();
    assert_eq!(text.matches('*').count(), 72, "{text}");
}
