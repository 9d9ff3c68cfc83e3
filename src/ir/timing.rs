//! When the image first reaches each value of a loop, and by way of what.
//!
//! A loop that starts from zeros fills up step by step: with `V2' = f(V1)` the second area sees the image a step after the
//! first, with `V2' = f(V1')` at the same step. What zeros are multiplied with they shut out, so a gate lets nothing
//! through before what it gates is there.

use super::{Binary, Net, Node, Op, Region, State, Step, Unary, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a value holds of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Signal {
    Zero,
    /// The same for every image.
    Constant,
    Image,
}

/// One loop's timing.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The loop's name, behind that of the copy of a block that it stands in.
    pub name: String,
    pub steps: usize,
    pub rows: Vec<Row>,
    /// What each state becomes, and the step at which the image first reaches it.
    pub states: Vec<(Value, Option<usize>)>,
}

/// An equation of a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: String,
    pub value: Value,
    /// The step at which the image first reaches it, from 1; none if it never does. It may be behind the last step.
    pub reached: Option<usize>,
    /// What it reads, each with the step at which the image first comes that way.
    pub by_way_of: Vec<(String, Option<usize>)>,
}

/// The timing of every loop, in the order of the net.
pub fn table(net: &Net) -> Vec<Timing> {
    Watch::over(net).found
}

/// The read-outs of the output, from 1, that are the same for every image.
pub fn blank(net: &Net) -> Vec<usize> {
    let watch = Watch::over(net);
    let is_blank = |(_, logits): &(usize, &Value)| watch.signals[logits.0] != Signal::Image;
    (1..).zip(&net.output.logits).filter(is_blank).map(|(n, _)| n).collect()
}

/// Primitives looked at, at most: loops within loops are gone through again at each step of those around them.
const MAX_LOOKS: usize = 10_000_000;

struct Watch {
    left: usize,
    /// Of each value as it is now; in a loop, at this step.
    signals: Vec<Signal>,
    names: BTreeMap<Value, String>,
    found: Vec<Timing>,
}

impl Watch {
    fn over(net: &Net) -> Self {
        let (names, found) = (BTreeMap::from([(Value::INPUT, net.input.0.clone())]), Vec::new());
        let mut watch = Self { left: MAX_LOOKS, signals: vec![Signal::Constant; net.values], names, found };
        watch.signals[Value::INPUT.0] = Signal::Image;
        watch.steps(&net.body);
        if watch.left == 0 {
            // Too large to say: nothing is known to be late.
            watch.found.clear();
            watch.signals.fill(Signal::Image);
        }
        watch
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.left = self.left.saturating_sub(1);
            match step {
                _ if self.left == 0 => return,
                Step::Node(node) => {
                    self.signals[node.value.0] = self.of(node);
                    self.names.extend(node.name.clone().map(|name| (node.value, name)));
                }
                Step::Loop(region) => self.region(region),
            }
        }
    }

    fn region(&mut self, region: &Region) {
        let start: Vec<Signal> = region.states.iter().map(|state| self.signals[state.init.0]).collect();
        self.names.extend(region.states.iter().map(|state| (state.current, state.name.clone())));
        let mut first: BTreeMap<Value, usize> = BTreeMap::new();
        let mut carried = start;
        let loops_before = self.found.len();
        // The image comes a state further with each step: by then it is wherever it comes at all.
        for step in 1..=region.states.len() + 1 {
            for (state, signal) in region.states.iter().zip(&carried) {
                self.signals[state.current.0] = *signal;
            }
            self.found.truncate(loops_before);
            self.steps(&region.body);
            for value in values(region).filter(|value| self.signals[value.0] == Signal::Image) {
                first.entry(value).or_insert(step);
            }
            let next: Vec<Signal> = region.states.iter().map(|state| self.signals[state.next.0]).collect();
            if next == carried {
                break;
            }
            carried = next;
        }
        for tap in &region.taps {
            let is_there = first.get(&tap.inner).is_some_and(|first| *first <= tap.step);
            self.signals[tap.outer.0] = if is_there { Signal::Image } else { Signal::Constant };
            self.names.insert(tap.outer, tap.name.clone());
        }
        for State { name, next, last, .. } in &region.states {
            let is_there = first.get(next).is_some_and(|first| *first <= region.steps);
            self.signals[last.0] = if is_there { Signal::Image } else { Signal::Constant };
            self.names.insert(*last, name.clone());
        }
        let states = region.states.iter().map(|state| (state.next, first.get(&state.next).copied())).collect();
        let rows = self.rows(region, &first);
        let timing = Timing { name: region.name.clone(), steps: region.steps, rows, states };
        self.found.insert(loops_before, timing);
    }

    fn rows(&self, region: &Region, first: &BTreeMap<Value, usize>) -> Vec<Row> {
        let made: BTreeMap<Value, &Node> = nodes(region).map(|node| (node.value, node)).collect();
        let named = nodes(region).filter_map(|node| Some((node, node.name.clone()?)));
        named
            .map(|(node, name)| {
                let mut by_way_of: Vec<(String, Option<usize>)> = Vec::new();
                let (mut pending, mut seen) = (reads(node), BTreeSet::new());
                while let Some(value) = pending.pop() {
                    if !seen.insert(value) {
                        continue;
                    }
                    match self.names.get(&value) {
                        Some(name) => {
                            // From outside of the loop it comes at the first step.
                            let outside = !made.contains_key(&value)
                                && region.states.iter().all(|state| state.current != value)
                                && self.signals[value.0] == Signal::Image;
                            let step = first.get(&value).copied().or(outside.then_some(1));
                            by_way_of.push((name.clone(), step));
                        }
                        // Numbers and weights have no name and no image.
                        None => pending.extend(made.get(&value).into_iter().flat_map(|node| reads(node))),
                    }
                }
                Row { name, value: node.value, reached: first.get(&node.value).copied(), by_way_of }
            })
            .collect()
    }

    fn of(&self, node: &Node) -> Signal {
        let at = |value: &Value| self.signals[value.0];
        let through = |x: Signal, keeps_zero: bool| if x == Signal::Zero && !keeps_zero { Signal::Constant } else { x };
        match &node.op {
            Op::Param(_) => Signal::Constant,
            Op::Number(x) if *x == 0.0 => Signal::Zero,
            Op::Number(_) => Signal::Constant,
            Op::Zeros => Signal::Zero,
            Op::Conv { x, bias, .. }
            | Op::ConvTranspose { x, bias, .. }
            | Op::Local { x, bias, .. }
            | Op::Dense { x, bias, .. } => through(at(x), bias.is_none()),
            Op::BatchNorm { x, .. } | Op::GroupNorm { x, .. } => through(at(x), false),
            Op::Pool { x, .. }
            | Op::Upsample { x, .. }
            | Op::Lrn { x, .. }
            | Op::Dropout { x, .. }
            | Op::Flatten { x }
            | Op::Reduce { x, .. } => at(x),
            Op::Unary { f, x } => through(at(x), keeps_zero(*f)),
            Op::Binary { f: Binary::Add | Binary::Sub, left, right } => at(left).max(at(right)),
            Op::Binary { f: Binary::Mul, left, right } if at(left).min(at(right)) == Signal::Zero => Signal::Zero,
            Op::Binary { f: Binary::Div, left, .. } if at(left) == Signal::Zero => Signal::Zero,
            Op::Binary { f: Binary::Mul | Binary::Div, left, right } => at(left).max(at(right)),
            Op::Concat { parts } => parts.iter().map(at).max().unwrap_or(Signal::Constant),
        }
    }
}

/// Of a function: is it zero at zero?
fn keeps_zero(f: Unary) -> bool {
    match f {
        Unary::Negate | Unary::Abs | Unary::Sqrt | Unary::Square | Unary::Relu | Unary::Tanh | Unary::Gelu => true,
        Unary::Exp | Unary::Log | Unary::Sigmoid | Unary::Softplus => false,
    }
}

/// What a node reads, the first one last.
fn reads(node: &Node) -> Vec<Value> {
    let mut reads = node.op.reads();
    reads.reverse();
    reads
}

fn nodes(region: &Region) -> impl Iterator<Item = &Node> {
    region.body.iter().filter_map(|step| match step {
        Step::Node(node) => Some(node),
        Step::Loop(_) => None,
    })
}

/// The values that a step makes anew.
fn values(region: &Region) -> impl Iterator<Item = Value> {
    let inner = region.body.iter().flat_map(|step| match step {
        Step::Node(node) => vec![node.value],
        Step::Loop(inner) => inner.states.iter().map(|state| state.last).collect(),
    });
    inner.chain(region.states.iter().map(|state| state.current))
}
