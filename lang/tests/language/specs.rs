//! The specs that come with the project: what each becomes at every stage, as goldens, and what holds for all.

use lcnnc_lang::back::TEXTS;
use lcnnc_lang::back::dot::{self, Loops};
use lcnnc_lang::ir::{Net, Op, Stmt};
use lcnnc_testing::{clean, codes, compile_as, golden, goldens, net, spec, specs};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

fn drawings(net: &Net) -> [(&'static str, String); 2] {
    [("", dot::emit(net, Loops::Folded)), ("_unrolled", dot::emit(net, Loops::Unrolled))]
}

fn has_loop(net: &Net) -> bool {
    net.body.iter().any(|stmt| matches!(stmt, Stmt::Loop(_)))
}

#[test]
fn every_stage_is_as_reviewed() {
    let mut names = Vec::new();
    for (name, text) in specs() {
        let compiled = clean(&text, &[]);
        let net = compiled.net.as_ref().unwrap();
        golden("ir", &name, &net.to_string());
        golden("show", &name, &compiled.resolved(&compiled.settings));
        for (folder, emit) in TEXTS {
            golden(folder, &name, &emit(net));
        }
        names.push(name);
    }
    for folder in ["ir", "show"].into_iter().chain(TEXTS.iter().map(|(folder, _)| *folder)) {
        assert_eq!(goldens(folder), names, "golden/{folder} holds one of each spec and nothing else");
    }
}

#[test]
fn a_resolved_spec_is_the_same_net_and_resolves_to_itself() {
    for (name, text) in specs() {
        let first = clean(&text, &[]);
        let resolved = first.resolved(&first.settings);
        let second = clean(&resolved, &[]);
        assert_eq!(second.net, first.net, "{name}");
        assert_eq!(second.settings, first.settings, "{name}");
        assert_eq!(second.resolved(&second.settings), resolved, "{name}");
    }
}

#[test]
fn a_resolved_override_needs_no_override() {
    let first = clean(&spec("lc_cnn"), &[("steps", "5")]);
    let resolved = first.resolved(&first.settings);
    assert!(resolved.contains("const steps = 5 "), "{resolved}");
    assert_eq!(clean(&resolved, &[]).net, first.net);
    let first = clean(&spec("lcei_cnn"), &[("gap", "exp_sat"), ("alpha", "1e-3")]);
    let resolved = first.resolved(&first.settings);
    assert!(resolved.contains("const gap = exp_sat") && resolved.contains("const alpha = 1e-3"), "{resolved}");
    assert_eq!(clean(&resolved, &[]).net, first.net);
}

/// Wherever a call's brackets close, what is filled in goes behind what is there.
#[test]
fn defaults_are_filled_in_around_commas_and_comments() {
    let calls = [
        "conv(image, 2, kernel: 3)",
        "conv(image, 2, kernel: 3,)",
        "conv(image, 2, kernel: 3, // three by three\n)",
        "conv(image, 2, kernel: 3 // three by three\n    // and no more,\n)",
        "conv(\n    image,\n    2,\n    kernel: 3,\n\n)",
        "batch_norm(image)",
        "batch_norm(batch_norm(image))",
        "dropout( image )",
    ];
    for call in calls {
        let text = format!(
            "model Fill\ninput image: [1, 4, 4]\ny = {call}\nlogits = dense(y, classes)\noutput logits\n\
             data {{\n    transform: [grayscale, resize(4)]\n}}\n"
        );
        let first = clean(&text, &[]);
        let resolved = first.resolved(&first.settings);
        assert_eq!(clean(&resolved, &[]).net, first.net, "{resolved}");
    }
}

/// Settings that share a line with their braces go on there.
#[test]
fn settings_on_one_line_stay_there() {
    for (train, shown) in [
        ("train { batch: 3 epochs: 2 }", "train { batch: 3 epochs: 2, optimizer: sgd("),
        ("train { batch: 3, }", "train { batch: 3, optimizer: sgd("),
        ("train {}", "train { optimizer: sgd("),
        ("train {\n    batch: 3\n}", "train {\n    batch: 3\n    optimizer: sgd("),
    ] {
        let text = format!("model S\ninput image: [1, 4, 4]\nlogits = dense(image, classes)\noutput logits\n{train}\n");
        let first = clean(&text, &[]);
        let resolved = first.resolved(&first.settings);
        assert!(resolved.contains(shown), "{resolved}");
        let second = clean(&resolved, &[]);
        assert_eq!((second.net, second.settings), (first.net.clone(), first.settings.clone()), "{resolved}");
    }
}

#[test]
fn every_spec_is_short_and_names_its_paper() {
    for (name, text) in specs() {
        let lines = text.lines().count();
        assert!(lines <= 60, "{name} has {lines} lines");
        let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let is_year = |word: &&str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
        let year = head.split(|c: char| !c.is_ascii_digit()).any(|word| is_year(&word));
        assert!(year || head.contains("arXiv"), "{name} names neither a year nor an arXiv number: {head}");
    }
}

/// The nodes that a drawing defines and the edges that it draws: what stands before `[` or around `->` on each line.
fn read_drawing(text: &str) -> (BTreeSet<&str>, Vec<(&str, &str)>) {
    let (mut nodes, mut edges) = (BTreeSet::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| line.ends_with(';') && !line.starts_with("label")) {
        // Labels hold no arrow: names are made of letters, digits and `_`.
        let head = line.split(['[', ';']).next().unwrap().trim();
        match head.split_once(" -> ") {
            Some(edge) => edges.push(edge),
            None if head != "node" => assert!(nodes.insert(head), "{head} is drawn twice"),
            None => {}
        }
    }
    (nodes, edges)
}

#[test]
fn every_edge_of_a_drawing_joins_what_is_drawn() {
    for (name, text) in specs() {
        for (suffix, text) in drawings(&net(&text, &[])) {
            let (nodes, edges) = read_drawing(&text);
            for (from, to) in &edges {
                assert!(nodes.contains(from) && nodes.contains(to), "{name}{suffix}: {from} -> {to}\n{text}");
            }
            for node in &nodes {
                // Zeros are made of nothing.
                let zeros =
                    text.lines().any(|line| line.contains(&format!(" {node} [label=")) && line.contains("zeros"));
                let reached = *node == "input" || zeros || edges.iter().any(|(_, to)| to == node);
                let used = *node == "output" || edges.iter().any(|(from, _)| from == node);
                assert!(reached && used, "{name}{suffix}: {node} hangs in the air\n{text}");
            }
            assert_eq!(text.matches('{').count(), text.matches('}').count());
            // Graphviz takes both ends of an edge into the box that the edge is drawn in.
            let behind = text.split_once(" -> ").map_or("", |(_, behind)| behind);
            assert!(!behind.contains("subgraph") && !behind.contains(" [label=\"conv"), "{name}{suffix}\n{text}");
        }
    }
}

#[test]
fn only_folded_loops_lead_back() {
    for (name, text) in specs() {
        let net = net(&text, &[]);
        let [(_, folded), (_, unrolled)] = drawings(&net);
        assert_eq!(folded.contains("style=dashed"), has_loop(&net), "{name}\n{folded}");
        assert!(!unrolled.contains("style=dashed"), "{name}\n{unrolled}");
    }
}

#[test]
fn an_unrolled_loop_applies_its_weights_once_a_step() {
    for steps in [1, 2, 3, 7] {
        let net = net(&spec("lc_cnn"), &[("steps", &steps.to_string())]);
        let [(_, folded), (_, unrolled)] = drawings(&net);
        assert_eq!(unrolled.matches("conv W_L").count(), steps, "{unrolled}");
        assert_eq!(folded.matches("conv W_L").count(), 1);
        assert_eq!(unrolled.matches("conv W_A").count(), 1);
        assert_eq!(unrolled.matches("subgraph").count(), steps);
    }
}

/// A model may be called what DOT has a word for.
#[test]
fn names_that_mean_something_to_graphviz_are_only_names() {
    let words = ["node", "edge", "graph", "digraph", "subgraph", "strict", "Node"];
    let all = words.map(|word| spec("lc_cnn").replace("model LcCnn", &format!("model {word}")).replace("V1", word));
    for text in all {
        for (_, drawing) in drawings(&net(&text, &[])) {
            assert_draws("a reserved word", &drawing);
            let name = drawing.lines().next().unwrap().split(' ').nth(1).unwrap();
            assert!(name.starts_with('"') && name.ends_with('"'), "{name} is not quoted");
        }
    }
}

#[test]
fn graphviz_draws_every_spec() {
    for (name, text) in specs() {
        for (suffix, text) in drawings(&net(&text, &[])) {
            assert_draws(&format!("{name}{suffix}"), &text);
        }
    }
}

/// Has Graphviz draw a drawing, where there is one.
fn assert_draws(name: &str, text: &str) {
    let mut command = Command::new("dot");
    let spawned = command.arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut dot = match spawned.spawn() {
        Ok(dot) => dot,
        Err(error) => return println!("SKIPPED: Graphviz did not look at {name}: dot: {error}"),
    };
    dot.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let drawn = dot.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&drawn.stderr).into_owned();
    assert!(drawn.status.success() && said.is_empty(), "{name}: {said}\n{text}");
    assert!(String::from_utf8_lossy(&drawn.stdout).contains("</svg>"), "{name}");
}

#[test]
fn shared_weights_are_one_parameter() {
    let net = net(&spec("lcei_lc_cnn"), &[]);
    let names: Vec<&str> = net.params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names, ["W_A.weight", "W_E.weight", "W_I.weight", "logits.weight", "logits.bias"]);
    let convs = net.nodes().filter(|node| matches!(node.op, Op::Conv { .. })).count();
    assert_eq!(convs, 3, "a loop holds its equations once");
}

#[test]
fn an_override_is_an_override_whatever_its_place() {
    let text = spec("lc_cnn");
    let steps = |set: &[(&str, &str)]| match net(&text, set).body.iter().find(|stmt| matches!(stmt, Stmt::Loop(_))) {
        Some(Stmt::Loop(looped)) => looped.steps,
        _ => 0,
    };
    assert_eq!(steps(&[]), 3);
    assert_eq!(steps(&[("steps", "5")]), 5);
    assert_eq!(steps(&[("steps", "5"), ("steps", "2")]), 2, "the last one counts");
    let compiled = compile_as("test.lcnn", &text, &[("steps", "0")]);
    assert_eq!(codes(&compiled), ["L0107"], "{}", compiled.report);
}
