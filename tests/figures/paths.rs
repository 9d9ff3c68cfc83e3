//! Arrows of figures of nets: which of them cross or lie on each other, and what stands in boxes of the first step.

use crate::written;
use lcnnc::net_figure;
use lcnnc_lang::back::dot::Loops;
use lcnnc_testing::{net, spec};
use roxmltree::Document;

type Point = [f64; 2];

fn drawn(name: &str, loops: Loops) -> String {
    net_figure::of(&net(&spec(name), &[]), loops).unwrap().svg()
}

/// The lines of arrows, as points.
fn arrows(svg: &Document) -> Vec<Vec<Point>> {
    let all = svg.descendants().filter(|node| node.attribute("class") == Some("arrow"));
    let points = |data: &str| -> Vec<Point> {
        let numbers = data.split(|c: char| c.is_ascii_alphabetic() || c == ' ').filter_map(|x| x.parse().ok());
        numbers.collect::<Vec<f64>>().as_chunks::<2>().0.to_vec()
    };
    all.filter_map(|node| node.attribute("d")).map(points).collect()
}

/// On which side of a line through two points a third one lies.
fn side([a, b]: [Point; 2], p: Point) -> f64 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

/// Whether two pieces of lines cross, or run along each other.
fn meet(one: [Point; 2], other: [Point; 2]) -> bool {
    let sides = [side(one, other[0]), side(one, other[1]), side(other, one[0]), side(other, one[1])];
    let crosses = sides[0] * sides[1] < 0.0 && sides[2] * sides[3] < 0.0;
    let along = |axis: usize| {
        let [low, high] = [one, other].map(|it| [it[0][axis].min(it[1][axis]), it[0][axis].max(it[1][axis])]);
        let across = 1 - axis;
        let is_level = |it: [Point; 2]| (it[0][across] - it[1][across]).abs() < 0.5;
        let is_same = (one[0][across] - other[0][across]).abs() < 1.0;
        is_level(one) && is_level(other) && is_same && low[1].min(high[1]) - low[0].max(high[0]) > 4.0
    };
    crosses || along(0) || along(1)
}

/// The pairs of arrows that cross or lie on each other.
fn meetings(text: &str) -> Vec<[usize; 2]> {
    let svg = Document::parse(text).unwrap();
    let arrows = arrows(&svg);
    let pieces = |n: usize| arrows[n].windows(2).map(|two| [two[0], two[1]]).collect::<Vec<_>>();
    let pair =
        |[a, b]: [usize; 2]| pieces(a).into_iter().any(|one| pieces(b).into_iter().any(|other| meet(one, other)));
    let pairs = (0..arrows.len()).flat_map(|a| (0..a).map(move |b| [a, b]));
    pairs.filter(|both| pair(*both)).collect()
}

#[test]
fn arrows_of_these_nets_lie_apart() {
    assert!(meet([[0.0, 0.0], [2.0, 2.0]], [[0.0, 2.0], [2.0, 0.0]]));
    assert!(meet([[0.0, 0.0], [9.0, 0.0]], [[2.0, 0.2], [12.0, 0.2]]));
    assert!(!meet([[0.0, 0.0], [9.0, 0.0]], [[0.0, 3.0], [9.0, 3.0]]));
    for name in ["lc_cnn", "lcei_lc_cnn", "dale"] {
        for loops in [Loops::Folded, Loops::Unrolled] {
            assert_eq!(meetings(&drawn(name, loops)), [[0; 2]; 0], "{name}, {loops:?}");
        }
    }
}

/// What is made of zeros has the same words in its box at the first step as at the second one.
#[test]
fn boxes_of_the_first_step_have_all_words() {
    let text = drawn("hgru", Loops::Unrolled);
    let svg = Document::parse(&text).unwrap();
    let hints: Vec<&str> =
        svg.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text()).collect();
    let words = |name: &str| {
        let hint = hints.iter().find(|hint| hint.split(": ").next().unwrap().split(", ").any(|own| own == name));
        hint.unwrap_or_else(|| panic!("{name} is not in {hints:?}")).split_once(": ").unwrap().1.to_owned()
    };
    for name in ["G1", "H1", "G2", "H"] {
        assert_eq!(words(&format!("{name}@1")), words(&format!("{name}@2")), "{name}");
    }
    assert!(words("G1@1").starts_with("sigmoid, "), "{}", words("G1@1"));
}

/// The sign between a value and the one whose box it is in stands at the arrow: `H1 = tanh(X - C1 * shift(alpha))`.
#[test]
fn signs_of_values_in_one_box_are_not_lost() {
    let text = drawn("hgru", Loops::Folded);
    let beside = written(&Document::parse(&text).unwrap(), "beside");
    assert!(beside.windows(2).any(|two| two == ["W conv 15 × 15", "× −"]), "{beside:?}");
}

/// A box at the end of a long chart has no column for itself.
#[test]
fn the_scores_are_no_column_of_their_own() {
    let text = drawn("lcei_lc_cnn", Loops::Unrolled);
    let svg = Document::parse(&text).unwrap();
    let of_box = |node: &roxmltree::Node| {
        let data = node.attribute("d").unwrap();
        let numbers: Vec<f64> =
            data.split(|c: char| c.is_ascii_alphabetic() || c == ' ').filter_map(|x| x.parse().ok()).collect();
        let xs: Vec<f64> = numbers.chunks(2).map(|point| point[0]).collect();
        [xs.iter().copied().fold(f64::INFINITY, f64::min), xs.iter().copied().fold(0.0, f64::max)]
    };
    let boxes: Vec<[f64; 2]> =
        svg.descendants().filter(|node| node.attribute("class") == Some("box")).map(|node| of_box(&node)).collect();
    let [left, right] = *boxes.last().unwrap();
    assert!(boxes[..boxes.len() - 1].iter().any(|[l, r]| *l < right && *r > left), "{boxes:?}");
}
