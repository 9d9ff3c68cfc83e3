//! Nets as figures: every net can be drawn, all of it is there, and nothing lies on anything else.

use crate::texts::all_can_be_read;
use crate::{count, written};
use lcnnc::net_figure;
use lcnnc_lang::back::dot::Loops;
use lcnnc_lang::ir::Net;
use lcnnc_testing::random::{passage, penalties, written as spec_of};
use lcnnc_testing::{compile_as, golden, net, project, spec, specs};
use proptest::prelude::*;
use roxmltree::{Document, Node};

const BOTH: [Loops; 2] = [Loops::Folded, Loops::Unrolled];

/// The edges of a path: left, top, right, bottom.
fn edges(path: Node) -> [f64; 4] {
    let data = path.attribute("d").unwrap();
    let numbers: Vec<f64> =
        data.split(|c: char| c.is_ascii_alphabetic() || c == ' ').filter_map(|x| x.parse().ok()).collect();
    numbers.chunks_exact(2).fold([f64::INFINITY, f64::INFINITY, 0.0, 0.0], |[l, t, r, b], at| {
        [l.min(at[0]), t.min(at[1]), r.max(at[0]), b.max(at[1])]
    })
}

/// Whether all of a net is in its figure, and lies apart.
#[track_caller]
fn sound(net: &Net, loops: Loops) {
    let Some(drawing) = net_figure::of(net, loops) else { panic!("{} is too large", net.name) };
    let text = drawing.svg();
    let svg = Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let root = svg.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for tag in ["title", "desc"] {
        let said = root.children().find(|node| node.has_tag_name(tag)).and_then(|node| node.text());
        assert!(said.is_some_and(|said| said.contains(&net.name)), "{tag}: {said:?}");
    }
    all_can_be_read(&net.name, &drawing);
    let [wide, high] = drawing.size().map(|side| side as f64);
    let of = |class| svg.descendants().filter(move |node| node.attribute("class") == Some(class)).map(edges);
    let boxes: Vec<[f64; 4]> = of("box").collect();
    assert!(boxes.len() > 1, "{text}");
    for (n, [left, top, right, bottom]) in boxes.iter().enumerate() {
        assert!(*left >= 0.0 && *top >= 0.0 && *right <= wide && *bottom <= high, "{n} is not on the page\n{text}");
        for [l, t, r, b] in &boxes[..n] {
            assert!(left >= r || l >= right || top >= b || t >= bottom, "{n} lies on another box\n{text}");
        }
    }
    for [left, top, right, bottom] in ["frame", "arrow", "loop", "point", "bar"].into_iter().flat_map(of) {
        assert!(left >= 0.0 && top >= 0.0 && right <= wide && bottom <= high, "an arrow leaves the page\n{text}");
    }
    // A browser says the full names of a box, of all values that it stands for.
    let hints: Vec<&str> =
        svg.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text()).collect();
    let said: Vec<&str> = hints
        .iter()
        .flat_map(|hint| hint.split(": ").next().unwrap().split(", "))
        .map(|name| name.split('@').next().unwrap())
        .collect();
    for name in net.nodes().filter(|node| node.shape.per_image()).filter_map(|node| node.name.as_deref()) {
        let name = name.trim_end_matches('\'').split('@').next().unwrap();
        assert!(said.iter().any(|said| said.trim_end_matches('\'') == name), "`{name}` is not in {said:?}");
    }
}

#[test]
fn every_spec_can_be_drawn() {
    for (name, text) in specs() {
        for loops in BOTH {
            let net = compile_as(&format!("{name}.lcnn"), &text, &[]).net.unwrap();
            sound(&net, loops);
            assert_eq!(net_figure::of(&net, loops).unwrap().svg(), net_figure::of(&net, loops).unwrap().svg());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_net_can_be_drawn(passages in prop::collection::vec(passage(), 0..8), penalties in penalties()) {
        if let Some(net) = compile_as("any.lcnn", &spec_of(&passages, &penalties), &[]).net {
            BOTH.into_iter().for_each(|loops| sound(&net, loops));
        }
    }
}

#[test]
fn figures_of_nets_stay_as_they_are() {
    for name in ["lc_cnn", "lcei_cnn"] {
        golden("figures", name, &net_figure::of(&net(&spec(name), &[]), Loops::Folded).unwrap().svg());
    }
}

/// The picture of the manual is what the command makes of the spec.
#[test]
#[expect(clippy::disallowed_methods, reason = "the picture is a file")]
fn the_picture_of_the_manual_is_as_it_is_drawn() {
    let path = project("docs/lcei_lc_cnn.svg");
    let made = net_figure::of(&net(&spec("lcei_lc_cnn"), &[]), Loops::Folded).unwrap().svg();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "stale: run `UPDATE_DOCS=1 cargo test --test figures picture_of_the_manual`");
}

/// The bundle and the number of steps stand at the loop, which is there once.
#[test]
fn a_lateral_loop_is_an_arrow_that_comes_back() {
    let net = net(&spec("lc_cnn"), &[("steps", "5")]);
    let folded = net_figure::of(&net, Loops::Folded).unwrap().svg();
    let svg = Document::parse(&folded).unwrap();
    assert_eq!(count(&svg, "loop"), 1);
    let beside = written(&svg, "beside");
    assert!(beside.windows(2).any(|two| two == ["W_L conv 7 × 7", "5 steps"]), "{beside:?}");
    assert_eq!(written(&svg, "frame-label"), ["V1, 5 steps"]);
    let unrolled = net_figure::of(&net, Loops::Unrolled).unwrap().svg();
    let svg = Document::parse(&unrolled).unwrap();
    assert_eq!((count(&svg, "loop"), count(&svg, "frame")), (0, 5));
    assert_eq!(written(&svg, "beside").iter().filter(|words| words.starts_with("W_L")).count(), 5);
}

/// Colours of arms, with bars in place of points, are named below the figure; top-down links are dashed.
#[test]
fn arms_and_top_down_links_are_told_apart() {
    let arms = net_figure::of(&net(&spec("lcei_lc_cnn"), &[]), Loops::Folded).unwrap().svg();
    let svg = Document::parse(&arms).unwrap();
    assert_eq!(written(&svg, "key"), ["excitatory", "inhibitory"]);
    let colours = |class: &str| -> Vec<String> {
        let all = svg.descendants().filter(|node| node.attribute("class") == Some(class));
        let mut all: Vec<String> = all.filter_map(|node| node.attribute("stroke").map(str::to_owned)).collect();
        all.sort();
        all.dedup();
        all
    };
    assert_eq!((colours("key-line").len(), colours("bar").len()), (2, 1));
    let net = net(&spec("blt"), &[]);
    for (loops, steps) in BOTH.into_iter().zip([1, 3]) {
        let text = net_figure::of(&net, loops).unwrap().svg();
        let svg = Document::parse(&text).unwrap();
        let dashed = svg
            .descendants()
            .filter(|node| node.attribute("class") == Some("arrow") && node.attribute("stroke-dasharray").is_some());
        assert_eq!(dashed.count(), steps, "T1 leads down at every step but the first one");
        assert_eq!(written(&svg, "key"), ["top-down, from the step before"]);
    }
}
