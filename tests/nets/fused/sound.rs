//! Nets cut into what runs fused and what runs by itself: whatever the net, the parts are all of it, in an order that
//! runs, and what a fused part says of itself is what a reader of the net finds.

use lcnnc::fuse::cut::{Cut, Fused, Part};
use lcnnc::fuse::lower::Processor;
use lcnnc::fuse::plan;
use lcnnc_lang::ir::{Loop, Net, Node, Op, ParamId, Shape, Stmt, Value};
use lcnnc_lang::kinds::KINDS;
use lcnnc_testing::random::{passage, penalties, written};
use lcnnc_testing::{compile_as, golden, goldens, net, specs};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Mebibytes that the activity of sixteen images may take.
const LARGEST: usize = 768;

pub fn is_literal(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Node(Node { op: Op::Param(_) | Op::Number(_), .. }))
}

/// What a statement is called here: the first value that it makes, loops by their bodies.
fn key(stmt: &Stmt) -> Value {
    match stmt {
        Stmt::Node(node) => node.value,
        Stmt::Loop(looped) => loop_key(looped),
    }
}

fn loop_key(looped: &Loop) -> Value {
    let states = looped.states.iter().map(|state| state.current);
    states.chain(looped.body.iter().map(key)).min().expect("a loop has a state or a body")
}

/// What a statement reads from around it, in order; written down by hand, not as the cutter does it.
fn reads(stmt: &Stmt) -> Vec<Value> {
    match stmt {
        Stmt::Node(node) => node.op.reads(),
        Stmt::Loop(looped) => {
            let mut own = BTreeSet::new();
            made_within(looped, &mut own);
            let mut all: Vec<Value> = looped.states.iter().map(|state| state.init).collect();
            all.extend(looped.body.iter().flat_map(reads));
            all.extend(ends(looped));
            all.retain(|value| !own.contains(value));
            all
        }
    }
}

fn makes(stmt: &Stmt) -> Vec<Value> {
    match stmt {
        Stmt::Node(node) => vec![node.value],
        Stmt::Loop(looped) => {
            looped.states.iter().map(|state| state.last).chain(looped.taps.iter().map(|tap| tap.outer)).collect()
        }
    }
}

fn made_within(looped: &Loop, own: &mut BTreeSet<Value>) {
    own.extend(looped.states.iter().map(|state| state.current));
    for stmt in &looped.body {
        own.extend(makes(stmt));
        if let Stmt::Loop(inner) = stmt {
            made_within(inner, own);
        }
    }
}

/// What is read of a loop's body when it has run.
fn ends(looped: &Loop) -> Vec<Value> {
    looped.states.iter().map(|state| state.next).chain(looped.taps.iter().map(|tap| tap.inner)).collect()
}

fn nodes<'a>(stmts: &'a [Stmt], times: usize, found: &mut Vec<(&'a Node, usize)>) {
    for stmt in stmts {
        match stmt {
            Stmt::Node(node) => found.push((node, times)),
            Stmt::Loop(looped) => nodes(&looped.body, times * looped.steps, found),
        }
    }
}

fn first_of<T: Ord + Clone>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|x| seen.insert(x.clone())).collect()
}

/// What holds for the parts of any net.
pub fn sound(net: &Net) {
    for processor in [Processor::Cpu, Processor::Gpu] {
        sound_on(net, &Cut::of(net, processor));
    }
    let plain = Cut::none(net);
    assert!(!fuses(&plain.parts));
    body(net, &net.body, &plain.parts, &BTreeSet::from([Value::INPUT]), Vec::new(), false);
}

fn sound_on(net: &Net, cut: &Cut) {
    let last = net.output.logits.iter().copied().chain(net.penalties.iter().map(|penalty| penalty.value)).collect();
    body(net, &net.body, &cut.parts, &BTreeSet::from([Value::INPUT]), last, false);
    let printed = plan::emit(net, cut);
    assert_eq!(printed.contains("\n  nothing is fused\n"), !fuses(&cut.parts), "{printed}");
}

pub fn fuses(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Fused(_) => true,
        Part::Loop { body, .. } => fuses(body),
        Part::Node { .. } => false,
    })
}

/// The parts of one body; `around` is what was made before it, `last` what is read behind it.
fn body(net: &Net, stmts: &[Stmt], parts: &[Part], around: &BTreeSet<Value>, last: Vec<Value>, inside: bool) {
    let by_key: BTreeMap<Value, &Stmt> = stmts.iter().map(|stmt| (key(stmt), stmt)).collect();
    let mut left: BTreeSet<Value> = by_key.keys().copied().collect();
    let mut made = around.clone();
    for (n, part) in parts.iter().enumerate() {
        let mut take = |stmt: &Stmt| {
            assert!(left.remove(&key(stmt)), "a statement of no body, or of two parts: {stmt:?}\n{net}");
            assert_eq!(by_key[&key(stmt)], stmt, "a statement is left as it is\n{net}");
        };
        match part {
            Part::Node { node, why } => {
                take(&Stmt::Node(node.clone()));
                assert!(node.op.reads().iter().all(|value| made.contains(value)), "{node:?} is too early\n{net}");
                assert!(why.is_none() || node.shape.per_image(), "a reason for weights: {node:?}");
                made.insert(node.value);
            }
            Part::Loop { looped, body: inner } => {
                take(&Stmt::Loop(looped.clone()));
                let states = looped.states.iter();
                assert!(states.clone().all(|state| made.contains(&state.init)), "{} is too early\n{net}", looped.name);
                let within = made.iter().copied().chain(states.map(|state| state.current)).collect();
                body(net, &looped.body, inner, &within, ends(looped), true);
                made.extend(makes(&Stmt::Loop(looped.clone())));
            }
            Part::Fused(fused) => {
                let own = |stmt: &&Stmt| !is_literal(stmt);
                fused.stmts.iter().filter(own).for_each(take);
                let order: Vec<Value> = fused.stmts.iter().filter(own).map(key).collect();
                assert!(order.is_sorted(), "not in the net's order: {order:?}\n{net}");
                let elsewhere = parts.iter().enumerate().filter(|(m, _)| *m != n).flat_map(|(_, part)| read_by(part));
                sound_part(net, fused, &made, &elsewhere.chain(last.clone()).collect(), inside);
                made.extend(fused.outputs.iter().map(|(value, _)| *value));
            }
        }
    }
    assert!(left.is_empty(), "in no part: {left:?}\n{net}");
    // A back end may take a number or a parameter from wherever it was made.
    assert!(last.iter().all(|value| made.contains(value)), "{last:?} is never made\n{net}");
}

fn read_by(part: &Part) -> Vec<Value> {
    match part {
        Part::Node { node, .. } => node.op.reads(),
        Part::Loop { looped, .. } => reads(&Stmt::Loop(looped.clone())),
        Part::Fused(fused) => fused.inputs.iter().map(|(value, _)| *value).collect(),
    }
}

fn sound_part(net: &Net, fused: &Fused, around: &BTreeSet<Value>, elsewhere: &BTreeSet<Value>, inside: bool) {
    let (mut made, mut inputs) = (BTreeSet::new(), Vec::new());
    for stmt in &fused.stmts {
        inputs.extend(reads(stmt).into_iter().filter(|value| !made.contains(value)));
        made.extend(makes(stmt));
    }
    let found: Vec<Value> = fused.inputs.iter().map(|(value, _)| *value).collect();
    assert_eq!(found, first_of(inputs), "inputs\n{net}");
    assert!(!found.is_empty() && found.iter().all(|value| around.contains(value)), "{found:?} too early\n{net}");

    let own: BTreeSet<Value> = fused.stmts.iter().filter(|stmt| is_literal(stmt)).map(key).collect();
    let outputs: Vec<Value> = fused.stmts.iter().flat_map(makes).filter(|value| elsewhere.contains(value)).collect();
    let found: Vec<Value> = fused.outputs.iter().map(|(value, _)| *value).collect();
    assert_eq!(
        found,
        outputs.into_iter().filter(|value| !own.contains(value)).collect::<Vec<Value>>(),
        "outputs\n{net}"
    );
    let shapes = || fused.inputs.iter().chain(&fused.outputs).map(|(_, shape)| shape);
    assert!(shapes().all(Shape::per_image), "{:?} -> {:?}\n{net}", fused.inputs, fused.outputs);

    let mut all = Vec::new();
    nodes(&fused.stmts, 1, &mut all);
    let params = first_of(all.iter().flat_map(|(node, _)| node.op.params()));
    let versions = |id: ParamId| if inside { vec![id] } else { net.versions(id) };
    assert_eq!(fused.params, params.into_iter().flat_map(versions).collect::<Vec<ParamId>>(), "{net}");

    let heavy = |node: &Node| match node.op {
        Op::Conv { weight, .. } | Op::ConvTranspose { weight, .. } => net.param(weight).shape[2] > 1,
        Op::Local { .. } => true,
        _ => false,
    };
    assert!(all.iter().any(|(node, _)| heavy(node)), "light\n{net}");
    let images = all.iter().filter(|(node, _)| node.shape.per_image());
    let numbers: usize = images.map(|(node, times)| node.shape.len() * times).sum();
    assert!(numbers * 64 <= LARGEST << 20, "{numbers} numbers an image\n{net}");
    for (node, _) in all {
        let fits = match node.op {
            Op::Param(_) | Op::Number(_) | Op::Zeros | Op::Dense { .. } | Op::Pool { .. } => true,
            Op::Conv { .. } | Op::ConvTranspose { .. } | Op::Local { .. } | Op::Upsample { .. } => true,
            Op::Unary { .. } | Op::Binary { .. } | Op::Flatten { .. } | Op::Concat { .. } => true,
            Op::BatchNorm { .. } | Op::Dropout { .. } | Op::GroupNorm { .. } | Op::Lrn { .. } => true,
            Op::Reduce { .. } => false,
        };
        assert!(fits && (node.shape.per_image() || is_literal(&Stmt::Node(node.clone()))), "{node:?}\n{net}");
    }
}

#[test]
fn every_spec_is_cut_into_parts_that_are_all_of_it() {
    for (_, text) in specs() {
        sound(&net(&text, &[]));
    }
}

#[test]
fn every_plan_is_as_reviewed() {
    let mut names = Vec::new();
    for (name, text) in specs() {
        let net = net(&text, &[]);
        golden("plan", &name, &plan::emit(&net, &Cut::of(&net, Processor::Cpu)));
        names.push(name);
    }
    assert_eq!(goldens("plan"), names, "golden/plan holds one of each spec and nothing else");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_net_is_cut_into_parts_that_are_all_of_it(passages in prop::collection::vec(passage(), 0..6), penalties in penalties()) {
        if let Some(net) = compile_as("any.lcnn", &written(&passages, &penalties), &[]).net {
            sound(&net);
        }
    }
}

#[test]
fn every_kind_is_cut_into_parts_that_are_all_of_it() {
    for kind in KINDS {
        let example = kind.example;
        let alone =
            format!("model One\ninput image: [3, 8, 8]\n{example}\nlogits = dense(y, classes)\noutput logits\n");
        sound(&net(&alone, &[]));
        let beside = example.replace("image", "before").replace("y = ", "behind = ");
        let between = format!("before = conv(image, 3, kernel: 3)\n{beside}\ny = relu(behind)");
        sound(&net(&alone.replace(example, &between), &[]));
    }
}
