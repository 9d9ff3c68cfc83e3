//! Whether texts can be read: none on another one, none too small, all of them on the page.

use crate::{count, plot, samples};
use lcnnc::figures::{Axis, Drawing, Mark, MarkKind, Panel, Pictures, Plot, Tile};
use roxmltree::{Document, Node};

/// The box of a text: left, top, right, bottom.
struct Text {
    words: String,
    edges: [f64; 4],
}

/// How wide a text is in DejaVu Sans, nearly.
fn width(text: &str, size: f64, bold: bool) -> f64 {
    let of = |letter: char| match letter {
        '0'..='9' => 0.636,
        '.' | ',' | ' ' | 'i' | 'l' | '|' => 0.32,
        '−' => 0.838,
        _ => 0.58,
    };
    text.chars().map(of).sum::<f64>() * size * if bold { 1.1 } else { 1.0 }
}

/// All texts that are written from left to right or from bottom to top.
fn texts(svg: &Document) -> Vec<Text> {
    let text = |node: Node| {
        let number = |name: &str| node.attribute(name).and_then(|x| x.parse::<f64>().ok());
        let (x, y, size) = (number("x")?, number("y")?, number("font-size")?);
        let words: String = node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
        let length = width(&words, size, node.attribute("font-weight").is_some());
        let before = match node.attribute("text-anchor") {
            Some("middle") => length / 2.0,
            Some("end") => length,
            _ => 0.0,
        };
        let edges = match node.attribute("transform") {
            None => [x - before, y - 0.75 * size, x - before + length, y],
            Some(turn) if turn.starts_with("rotate(-90 ") => [x - 0.75 * size, y - length + before, x, y + before],
            Some(_) => return None,
        };
        Some(Text { words, edges })
    };
    svg.descendants().filter(|node| node.has_tag_name("text")).filter_map(text).collect()
}

#[track_caller]
pub fn all_can_be_read(name: &str, drawing: &Drawing) {
    let text = drawing.svg();
    let svg = Document::parse(&text).unwrap();
    let texts = texts(&svg);
    let [wide, high] = drawing.size().map(|side| side as f64);
    for (n, a) in texts.iter().enumerate() {
        let [left, top, right, bottom] = a.edges;
        assert!(
            left > -1.0 && top > -1.0 && right < wide + 1.0 && bottom < high + 1.0,
            "{name}: {} at {:?} is cut off",
            a.words,
            a.edges
        );
        for b in &texts[..n] {
            let [l, t, r, u] = b.edges;
            let apart = left >= r || l >= right || top >= u || t >= bottom;
            assert!(apart, "{name}: {} at {:?} lies on {} at {:?}", a.words, a.edges, b.words, b.edges);
        }
    }
    for node in svg.descendants().filter(|node| node.has_tag_name("text") || node.has_tag_name("tspan")) {
        assert!(node.attribute("font-size").unwrap().parse::<f64>().unwrap() >= 9.0, "{name}");
    }
}

#[test]
fn no_text_lies_on_another_one() {
    for (name, drawing) in samples::all() {
        all_can_be_read(name, &drawing);
    }
}

#[test]
fn ticks_of_any_range_lie_apart() {
    let lows = [1e-280, 1e-14, 3e-5, 0.02, 0.9, 1.0, 7.0, 950.0, 1e5, 123_456.7, 4e12, 1e200];
    let lengths = [1.000_001, 1.01, 1.1, 1.5, 2.0, 5.0, 9.9, 10.0, 11.0, 99.0, 1e3, 2e4, 1e7, 1e13, 1e40, 1e90];
    for low in lows {
        for length in lengths {
            for [is_log, is_negative] in [[true, false], [false, false], [false, true]] {
                let [mut low, mut high] = [low, low * length];
                if is_negative {
                    [low, high] = [-low, high - low];
                }
                let axis = || if is_log { Axis::log("x") } else { Axis::linear("x") };
                let points = vec![[low, high], [high, low]];
                let marks = vec![Mark::new("", MarkKind::Line { points, dashed: false })];
                let drawing = plot(axis(), axis(), marks);
                let name = format!("{low:e} to {high:e}, {is_log}");
                all_can_be_read(&name, &drawing);
                let text = drawing.svg();
                let svg = Document::parse(&text).unwrap();
                assert!(count(&svg, "y-tick") >= 2, "{name}: {} ticks", count(&svg, "y-tick"));
                assert!(count(&svg, "x-tick") >= 1, "{name}");
            }
        }
    }
}

#[test]
fn numbers_at_the_ends_of_what_numbers_can_be_are_no_trouble() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, 0.0, -0.0];
    let points: Vec<[f64; 2]> = odd.iter().flat_map(|&x| odd.map(|y| [x, y])).collect();
    let bands = points.iter().map(|&[x, y]| [x, y, 1.0]).collect();
    let kinds = [
        MarkKind::Line { points: points.clone(), dashed: false },
        MarkKind::Points { points: points.clone(), errors: odd.to_vec() },
        MarkKind::Band { points: bands },
        MarkKind::Steps { edges: odd.to_vec(), heights: odd.to_vec() },
        MarkKind::Bars { heights: odd.to_vec(), errors: odd.to_vec() },
        MarkKind::Circle { radius: f64::INFINITY },
        MarkKind::Across { at: f64::NAN, vertical: true },
        MarkKind::Heat { rows: 0, values: odd.to_vec() },
        MarkKind::Heat { rows: 2, values: odd.to_vec() },
        MarkKind::Heat { rows: 9, values: odd.to_vec() },
    ];
    for kind in kinds {
        for is_log in [false, true] {
            for range in [None, Some([f64::NAN, 1.0]), Some([1.0, 1.0]), Some([0.0, 1.0]), Some([2.0, 1.0])] {
                let axis = || Axis { is_log, range, ..Axis::linear("x") };
                let drawing = plot(axis(), axis(), vec![Mark::new("name", kind.clone())]);
                let name = format!("{kind:?} {is_log} {range:?}");
                assert!(!drawing.svg().contains("NaN") && !drawing.svg().contains("inf"), "{name}");
                all_can_be_read(&name, &drawing);
                assert!(!drawing.png().is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn much_of_everything_has_room() {
    let names: Vec<String> = (0..60).map(|n| format!("module {n} of the second layer")).collect();
    let bars = MarkKind::Bars { heights: samples::noise(60), errors: samples::noise(60) };
    all_can_be_read("names", &plot(Axis::named("Module", names.clone()), Axis::linear("y"), vec![Mark::new("", bars)]));
    let heat = MarkKind::Heat { rows: 60, values: samples::noise(3600) };
    let axis = || Axis::named("Module", names.clone());
    all_can_be_read("matrix", &plot(axis(), axis(), vec![Mark::new("covariance", heat)]));
    let heat = MarkKind::Heat { rows: 600, values: samples::noise(360_000) };
    let large = plot(Axis::linear("x").within(0.0, 3e6), Axis::linear("y"), vec![Mark::new("covariance", heat)]);
    all_can_be_read("large matrix", &large);
    assert!(large.svg().len() < 200_000, "{}", large.svg().len());

    let panel = |n: usize| {
        let points: Vec<[f64; 2]> =
            samples::noise(20_000).chunks(2).map(|pair| [pair[0], pair[1] * n as f64]).collect();
        let errors = vec![0.1; points.len()];
        let marks = vec![
            Mark::new("points", MarkKind::Points { points: points.clone(), errors }),
            Mark::new(
                "a line that has a very long name, which is not seen as a whole in any key",
                MarkKind::Line { points, dashed: false },
            ),
        ];
        Panel { title: format!("Panel {n}"), x: Axis::linear("x"), y: Axis::linear("y"), marks }
    };
    let plot = Plot { title: "Many points".to_owned(), columns: 3, panels: (1..7).map(panel).collect() };
    let many = Drawing::Plot(plot);
    all_can_be_read("many points", &many);
    assert!(many.svg().len() < 200_000, "{}", many.svg().len());

    let tiles = (0..12 * 40).map(|_| Some(Tile { height: 30, width: 200, values: vec![0.5; 6000] })).collect();
    let [rows, columns] = [&names[..12], &names[..40]].map(<[String]>::to_vec);
    let (title, scale) = ("Many pictures".to_owned(), [0.0, 1e-7]);
    let pictures = Pictures { title, rows, columns, tiles, is_signed: true, scale, unit: "activity".to_owned() };
    all_can_be_read("many pictures", &Drawing::Pictures(pictures));
}
