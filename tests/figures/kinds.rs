//! What is drawn of each kind of mark, in both formats.

use crate::{count, plot, samples, texts, written};
use lcnnc::figures::{Axis, Drawing, Mark, MarkKind, Pictures, Tile};
use roxmltree::Document;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

#[test]
fn svg_is_whole_and_says_what_it_shows() {
    for (name, drawing) in samples::all() {
        let text = drawing.svg();
        let svg = Document::parse(&text).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        // Pixels are written as letters, which may make any word.
        let words: Vec<&str> = text.split('"').filter(|part| !part.starts_with("data:")).collect();
        let words = words.join("\"");
        for word in ["NaN", "inf", "<!--", "-0 ", "\"-0\""] {
            assert!(!words.contains(word), "{name} has {word}");
        }
        let root = svg.root_element();
        assert_eq!(root.attribute("role"), Some("img"), "{name}");
        assert!(root.attribute("aria-label").is_some_and(|about| about.len() > 3), "{name}");
        assert!(root.children().any(|node| node.has_tag_name("title")), "{name}");
        let size = ["width", "height"].map(|side| root.attribute(side).unwrap().parse::<usize>().unwrap());
        assert_eq!(size, drawing.size(), "{name}");
        assert!(text.len() < 200_000, "{name} has {} bytes", text.len());
    }
}

#[test]
fn every_mark_is_drawn() {
    let has = |drawing: Drawing, wanted: &[(&str, usize)]| {
        let text = drawing.svg();
        let svg = Document::parse(&text).unwrap();
        for &(class, times) in wanted {
            assert_eq!(count(&svg, class), times, "{class}");
        }
    };
    has(samples::histogram(), &[("steps", 1), ("line", 1), ("across", 1), ("key", 3), ("label", 2), ("title", 1)]);
    has(samples::scatter(), &[("points", 2), ("line", 1), ("error", 1), ("key", 3)]);
    has(samples::bars(), &[("bar", 6), ("error", 2), ("x-name", 4), ("key", 2)]);
    let panels = [("circle", 1), ("points", 1), ("heat", 1), ("scale", 1), ("line", 2), ("nothing", 1), ("band", 1)];
    has(samples::panels(), &panels);
    has(
        samples::pictures(true),
        &[("tiles", 1), ("tile", 17), ("empty", 1), ("row", 3), ("column", 6), ("scale", 1), ("no-value", 1)],
    );
}

#[test]
fn what_is_written_is_what_was_given() {
    let text = samples::scatter().svg();
    let svg = Document::parse(&text).unwrap();
    assert_eq!(written(&svg, "key"), ["pairs (n = 18432, 2000 shown)", "a < b & \"c\"", "means"]);
    assert_eq!(written(&svg, "label"), ["Correlation (z)", "Weight (a.u.)"]);
    let text = samples::histogram().svg();
    let svg = Document::parse(&text).unwrap();
    assert_eq!(written(&svg, "y-tick"), ["100", "101", "102", "103", "104"]);
    let text = samples::panels().svg();
    assert_eq!(written(&Document::parse(&text).unwrap(), "nothing"), ["nothing to draw"]);
}

#[test]
fn points_lie_where_the_axes_say() {
    let points = vec![[0.0, 0.0], [10.0, 10.0]];
    let marks = vec![Mark::new("", MarkKind::Line { points, dashed: false })];
    let text = plot(Axis::linear("x").within(0.0, 10.0), Axis::linear("y").within(0.0, 10.0), marks).svg();
    let svg = Document::parse(&text).unwrap();
    let of = |class: &str| svg.descendants().find(|node| node.attribute("class") == Some(class)).unwrap();
    let frame: Vec<f64> =
        of("frame").attribute("d").unwrap().split(['M', 'L', ' ']).filter_map(|x| x.parse().ok()).collect();
    let line: Vec<f64> =
        of("line").attribute("d").unwrap().split(['M', 'L', ' ']).filter_map(|x| x.parse().ok()).collect();
    let [left, top, _, _, right, bottom] = frame[..] else { panic!("{frame:?}") };
    assert_eq!(line, [left, bottom, right, top]);
}

/// Degrees are counted in parts of a turn, and in fewer of them where there is no room.
#[test]
fn an_axis_may_have_steps_of_its_own() {
    let marks = vec![Mark::new("", MarkKind::Line { points: vec![[0.0, 0.0], [180.0, 1.0]], dashed: false })];
    let x = Axis::linear("orientation (degrees)").within(0.0, 180.0);
    let ticks = |x: Axis| {
        let text = plot(x, Axis::linear("y"), marks.clone()).svg();
        written(&Document::parse(&text).unwrap(), "x-tick")
    };
    assert_eq!(ticks(x.clone().in_steps_of(45.0)), ["0", "45", "90", "135", "180"]);
    assert_eq!(ticks(x.clone().in_steps_of(1.0)), ticks(x), "as without steps where none fit");
}

#[test]
fn png_is_as_large_as_it_says_and_shows_the_same() {
    for (name, drawing) in samples::all() {
        let image = image::load_from_memory(&drawing.png()).unwrap().to_rgb8();
        assert_eq!([image.width() as usize, image.height() as usize], drawing.size(), "{name}");
        let dark = image.pixels().filter(|pixel| pixel.0.iter().all(|&x| x < 0x60)).count();
        assert!(name.starts_with("no") || dark > 300, "{name} has {dark} dark pixels");
    }
}

#[test]
fn colours_of_a_tile_are_those_of_its_values() {
    let tile = Tile { height: 1, width: 2, values: vec![0.0, 1.0] };
    let (scale, unit) = ([0.0, 1.0], "value".to_owned());
    let pictures = Pictures { tiles: vec![Some(tile)], scale, unit, ..Pictures::default() };
    let image = image::load_from_memory(&Drawing::Pictures(pictures).png()).unwrap().to_rgb8();
    let has = |wanted: [u8; 3]| image.pixels().filter(|pixel| pixel.0 == wanted).count();
    assert!(has([0, 0, 0]) >= 40 * 40, "{}", has([0, 0, 0]));
}

/// The key has one more square of stripes, which have two greys and none of the colours of values.
#[test]
fn what_has_no_value_is_hatched_and_the_key_says_so() {
    for (values, is_hatched) in [([0.0, f32::NAN, 1.0], true), ([0.0, 0.5, 1.0], false)] {
        let tile = Tile { height: 1, width: 3, values: values.to_vec() };
        let (scale, unit) = ([0.0, 1.0], "value".to_owned());
        let drawing = Drawing::Pictures(Pictures { tiles: vec![Some(tile)], scale, unit, ..Pictures::default() });
        let image = image::load_from_memory(&drawing.png()).unwrap().to_rgb8();
        let text = drawing.svg();
        assert_eq!(
            written(&Document::parse(&text).unwrap(), "key").as_slice(),
            &["no value"][..usize::from(is_hatched)]
        );
        assert_eq!(text.contains("What is hatched has no value"), is_hatched);
        let has = |wanted: [u8; 3]| image.pixels().filter(|pixel| pixel.0 == wanted).count();
        assert_eq!(has([0xe6; 3]) >= 400, is_hatched, "{}", has([0xe6; 3]));
        texts::all_can_be_read("no value", &drawing);
    }
}

#[test]
fn an_axis_of_what_cannot_be_below_zero_ends_there() {
    for values in [[0.0, 0.0], [0.25, 0.25], [0.0, 1.0], [-2.0, 2.0]] {
        let is_below = values[0] < 0.0;
        let points = values.into_iter().enumerate().map(|(n, y)| [n as f64, y]).collect();
        let line = Mark::new("", MarkKind::Line { points, dashed: false });
        let text = plot(Axis::linear("x"), Axis::linear("y").never_below_zero(), vec![line]).svg();
        let ticks = written(&Document::parse(&text).unwrap(), "y-tick");
        assert_eq!(ticks.iter().any(|tick| tick.starts_with('−')), is_below, "{values:?}: {ticks:?}");
    }
}

fn checksum() -> u64 {
    let mut hasher = DefaultHasher::new();
    for (_, drawing) in samples::all() {
        drawing.svg().hash(&mut hasher);
        drawing.png().hash(&mut hasher);
    }
    hasher.finish()
}

#[test]
#[ignore = "what the next test runs in a process of its own"]
fn printed_checksum() {
    println!("checksum {}", checksum());
}

#[test]
fn another_process_draws_the_same_bytes() {
    let mut other = Command::new(std::env::current_exe().unwrap());
    let output = other.args(["kinds::printed_checksum", "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("checksum {}", checksum())), "{text}");
}
