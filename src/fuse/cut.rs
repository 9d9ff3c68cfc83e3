//! The parts of a net that can run as one operation over each image, because no image bears on another there.
//!
//! Every statement of the net has a stage. What cannot be fused stands behind its stage; what can be fused stands at the stage of what it
//! reads, or at the next one if it reads something that cannot. Statements of one stage that hang together are a part. No way
//! leads out of a part and back into it: it would pass something that cannot be fused, and end at a later stage.

use lcnnc_lang::ir::flow::{draws, ends, params, readers, shapes};
use lcnnc_lang::ir::{Binary, Loop, Net, Node, Op, ParamId, Shape, Stmt, Unary, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A net cut into what runs fused and what runs primitive by primitive, in an order of execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A primitive by itself; with the reason, if it works on images and was asked to be fused.
    Node {
        node: Node,
        why: Option<Why>,
    },
    /// A loop that is not fused as a whole: its body, cut likewise, runs `looped.steps` times.
    Loop {
        looped: Loop,
        body: Vec<Part>,
    },
    Fused(Fused),
}

/// Primitives that run as one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    /// In order, loops whole; numbers and parameters that they read are among them.
    pub steps: Vec<Stmt>,
    /// Images' values that are made elsewhere, in order of first reading.
    pub inputs: Vec<(Value, Shape)>,
    /// Images' values that are read elsewhere, in order of making.
    pub outputs: Vec<(Value, Shape)>,
    /// Every parameter that is read, the versions of all steps of its loops among them.
    pub params: Vec<ParamId>,
}

/// Why something runs by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The kernels have no such function, or not in this form.
    Form(&'static str),
    /// No convolution larger than one pixel hangs together with it.
    Light,
    /// Mebibytes that sixteen images' activity would take.
    Large(usize),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Form(form) => f.write_str(form),
            Why::Light => f.write_str("no convolution beside it to be fused with"),
            Why::Large(size) => write!(f, "{size} MiB of activity for sixteen images, more than {LARGEST} MiB"),
        }
    }
}

/// Mebibytes of activity, of sixteen images, that a fused part may have.
const LARGEST: usize = 512;

/// Weights that one primitive of a fused part may have: up to sixteen sums of their gradients are kept at once on a CPU, and
/// one for every cube on a GPU.
const WEIGHTS: usize = 8_000_000;

/// Bytes of one number of sixteen images, in single precision.
const NUMBER: usize = 16 * 4;

impl Cut {
    /// The net in the largest cut there are.
    pub fn of(net: &Net) -> Self {
        let last: Vec<Value> =
            net.output.logits.iter().copied().chain(net.penalties.iter().map(|penalty| penalty.value)).collect();
        let literals = net.nodes().filter(|node| matches!(node.op, Op::Param(_) | Op::Number(_)));
        let free = literals.map(|node| (node.value, node.clone())).collect();
        let cutter = Cutter { net, shapes: shapes(net), free };
        Self { parts: cutter.cut(&net.body, &last, false) }
    }

    /// The net primitive by primitive.
    pub fn none(net: &Net) -> Self {
        Self { parts: plain(&net.body) }
    }
}

impl Cut {
    /// Bytes of activity that training keeps of each image, in single precision: whatever is made outside of fused parts,
    /// at every step of a loop. A fused part keeps what leads into it; its own activity does not grow with the batch.
    pub fn activity(&self) -> u128 {
        activity(&self.parts)
    }

    /// Bytes of the largest activity of an image that is made at once, in single precision: what is held where there is no
    /// backward pass.
    pub fn largest(&self) -> u128 {
        largest(&self.parts)
    }
}

/// Bytes of an image's value in single precision.
fn bytes(shape: &Shape) -> u128 {
    if shape.per_image() { 4 * shape.len() as u128 } else { 0 }
}

fn largest(parts: &[Part]) -> u128 {
    let each = parts.iter().map(|part| match part {
        Part::Node { node, .. } => bytes(&node.shape),
        Part::Loop { body, .. } => largest(body),
        Part::Fused(fused) => fused.inputs.iter().chain(&fused.outputs).map(|(_, shape)| bytes(shape)).sum(),
    });
    each.max().unwrap_or(0)
}

fn activity(parts: &[Part]) -> u128 {
    let each = parts.iter().map(|part| match part {
        Part::Node { node, .. } => bytes(&node.shape),
        Part::Loop { looped, body } => activity(body).saturating_mul(looped.steps as u128),
        Part::Fused(fused) => fused.inputs.iter().chain(&fused.outputs).map(|(_, shape)| bytes(shape)).sum(),
    });
    each.fold(0, u128::saturating_add)
}

fn plain(steps: &[Stmt]) -> Vec<Part> {
    let part = |step: &Stmt| match step {
        Stmt::Node(node) => Part::Node { node: node.clone(), why: None },
        Stmt::Loop(looped) => Part::Loop { looped: looped.clone(), body: plain(&looped.body) },
    };
    steps.iter().map(part).collect()
}

struct Cutter<'a> {
    net: &'a Net,
    shapes: Vec<Shape>,
    /// Numbers and parameters as values: every fused part that reads one has a copy.
    free: BTreeMap<Value, Node>,
}

/// The statements of a fused part, by their places.
type Group = Vec<usize>;

impl Cutter<'_> {
    /// `last` is what is read behind these steps; `inside` is true within a loop that is not fused.
    fn cut(&self, steps: &[Stmt], last: &[Value], inside: bool) -> Vec<Part> {
        let mut verdicts: Vec<Result<(), Why>> = steps.iter().map(|step| self.verdict(step, inside)).collect();
        let (groups, stages) = loop {
            let (groups, stages) = self.groups(steps, &verdicts);
            let turned_down: Vec<(usize, Why)> = groups
                .iter()
                .enumerate()
                .filter_map(|(n, group)| self.turned_down(steps, group).map(|why| (n, why)))
                .collect();
            if turned_down.is_empty() {
                break (groups, stages);
            }
            for (n, why) in turned_down {
                groups[n].iter().for_each(|step| verdicts[*step] = Err(why.clone()));
            }
        };
        // Of equal stages the cut come first, then the others in the net's order.
        type Key = (usize, bool, usize);
        let mut order: Vec<(Key, Option<&Group>)> =
            groups.iter().map(|group| ((stages[group[0]], false, group[0]), Some(group))).collect();
        let alone = (0..steps.len()).filter(|n| verdicts[*n].is_err() || self.is_free(&steps[*n]));
        order.extend(alone.map(|n| ((stages[n], true, n), None)));
        order.sort_by_key(|(key, _)| *key);
        let readers = readers(steps, last);
        let mut parts = Vec::new();
        for ((_, _, first), group) in order {
            match (group, &steps[first]) {
                (Some(group), _) => parts.push(Part::Fused(self.fused(steps, group, &readers, inside))),
                (None, Stmt::Node(node)) => {
                    let why = verdicts[first].clone().err().filter(|_| node.shape.per_image());
                    parts.push(Part::Node { node: node.clone(), why });
                }
                (None, Stmt::Loop(looped)) => {
                    let ends = looped.states.iter().map(|state| state.next);
                    let ends: Vec<Value> = ends.chain(looped.taps.iter().map(|tap| tap.inner)).collect();
                    let body = self.cut(&looped.body, &ends, true);
                    parts.push(Part::Loop { looped: looped.clone(), body });
                }
            }
        }
        parts
    }

    fn is_free(&self, step: &Stmt) -> bool {
        matches!(step, Stmt::Node(node) if self.free.contains_key(&node.value))
    }

    fn verdict(&self, step: &Stmt, inside: bool) -> Result<(), Why> {
        match step {
            Stmt::Node(node) => self.form(node).map_or(Ok(()), |form| Err(Why::Form(form))),
            Stmt::Loop(looped) => {
                let nodes = || looped.body.iter().map(|step| self.body(step));
                if let Some(why) = nodes().find_map(Result::err) {
                    return Err(why);
                }
                let own = |id: &ParamId| self.net.per_step.contains_key(id);
                if inside && params(std::slice::from_ref(step)).iter().any(own) {
                    return Err(Why::Form("each step has weights of its own, within a loop that is not fused"));
                }
                Ok(())
            }
        }
    }

    /// As a step of a loop's body, where numbers and parameters are in order.
    fn body(&self, step: &Stmt) -> Result<(), Why> {
        match step {
            Stmt::Node(node) if matches!(node.op, Op::Param(_) | Op::Number(_)) => Ok(()),
            Stmt::Node(_) | Stmt::Loop(_) => self.verdict(step, false),
        }
    }

    /// What keeps a primitive from being fused.
    fn form(&self, node: &Node) -> Option<&'static str> {
        if !node.shape.per_image() {
            return Some("works on weights");
        }
        match &node.op {
            Op::Dense { weight, .. } | Op::Conv { weight, stride: 1, groups: 1, .. }
                if self.net.param(*weight).len() > WEIGHTS =>
            {
                Some("more than 8 million weights")
            }
            Op::Conv { stride: 1, groups: 1, .. }
            | Op::Pool { .. }
            | Op::Dense { .. }
            | Op::Flatten { .. }
            | Op::Concat { .. }
            | Op::Zeros => None,
            Op::Conv { groups: 1, .. } => Some("a stride above 1"),
            Op::Conv { .. } => Some("groups of channels"),
            Op::Unary { f: Unary::Gelu, .. } => Some("the error function is not among the kernels"),
            Op::Unary { .. } => None,
            Op::Binary { f, left, right } => self.operands(*f, *left, *right),
            Op::BatchNorm { .. } => Some("the statistics of the batch"),
            Op::Dropout { .. } => Some("draws random numbers for the batch"),
            Op::ConvTranspose { .. }
            | Op::Local { .. }
            | Op::Upsample { .. }
            | Op::GroupNorm { .. }
            | Op::Lrn { .. } => Some("not among the kernels"),
            Op::Param(_) | Op::Number(_) | Op::Reduce { .. } => Some("works on weights"),
        }
    }

    fn operands(&self, f: Binary, left: Value, right: Value) -> Option<&'static str> {
        let image = |value: Value| self.shapes[value.0].per_image();
        let other = match (image(left), image(right)) {
            (true, true) if self.shapes[left.0] == self.shapes[right.0] => return None,
            (true, false) => right,
            (false, true) => left,
            (true, true) | (false, false) => return Some("operands of different shapes"),
        };
        match &self.shapes[other.0] {
            // A number that stands in the spec; one that is calculated bears on the whole batch.
            Shape::Scalar if self.number(other) => None,
            Shape::Weight(dims) if dims.len() == 1 && self.param(other) => match f {
                Binary::Div => Some("divides by weights"),
                Binary::Add | Binary::Sub | Binary::Mul => None,
            },
            Shape::Scalar | Shape::Weight(_) | Shape::Map(_) | Shape::Vector(_) => Some("weights that are calculated"),
        }
    }

    fn number(&self, value: Value) -> bool {
        self.literal(value).is_some_and(|op| matches!(op, Op::Number(_)))
    }

    fn param(&self, value: Value) -> bool {
        self.literal(value).is_some_and(|op| matches!(op, Op::Param(_)))
    }

    /// A number or a parameter, wherever it was made.
    fn literal(&self, value: Value) -> Option<&Op> {
        self.free.get(&value).map(|node| &node.op)
    }

    /// Cut, each in order, and the stage of every step.
    fn groups(&self, steps: &[Stmt], verdicts: &[Result<(), Why>]) -> (Vec<Group>, Vec<usize>) {
        // Of each value made here: the step that made it.
        let mut maker: BTreeMap<Value, usize> = BTreeMap::new();
        let mut stages = vec![0; steps.len()];
        let mut leader: Vec<usize> = (0..steps.len()).collect();
        // Random numbers are drawn in the net's order, fused or not: nothing that draws overtakes another.
        let mut drawn = 0;
        for (n, step) in steps.iter().enumerate() {
            let (reads, makes) = ends(step);
            let fits = verdicts[n].is_ok();
            let from: Vec<usize> = reads.iter().filter_map(|value| maker.get(value).copied()).collect();
            let stage =
                |m: &usize| stages[*m] + usize::from(fits && verdicts[*m].is_err() && !self.is_free(&steps[*m]));
            stages[n] = from.iter().map(stage).max().unwrap_or(0);
            if draws(step) {
                stages[n] = stages[n].max(drawn);
                drawn = stages[n];
            }
            if fits {
                for m in from.into_iter().filter(|m| verdicts[*m].is_ok() && stages[*m] == stages[n]) {
                    let (a, b) = (find(&mut leader, m), find(&mut leader, n));
                    leader[a.max(b)] = a.min(b);
                }
            }
            maker.extend(makes.into_iter().map(|value| (value, n)));
        }
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for n in (0..steps.len()).filter(|n| verdicts[*n].is_ok()) {
            groups.entry(find(&mut leader, n)).or_default().push(n);
        }
        (groups.into_values().collect(), stages)
    }

    fn turned_down(&self, steps: &[Stmt], group: &Group) -> Option<Why> {
        let (mut heavy, mut numbers) = (false, 0usize);
        for step in group {
            self.weigh(&steps[*step], 1, &mut heavy, &mut numbers);
        }
        let size = numbers.saturating_mul(NUMBER) >> 20;
        let makes: BTreeSet<Value> = group.iter().flat_map(|step| ends(&steps[*step]).1).collect();
        let reads = |step: &usize| ends(&steps[*step]).0.into_iter();
        let outside = |value: Value| !makes.contains(&value) && !self.free.contains_key(&value);
        if !group.iter().flat_map(reads).any(outside) {
            return Some(Why::Form("reads no image"));
        }
        if heavy { (size > LARGEST).then_some(Why::Large(size)) } else { Some(Why::Light) }
    }

    fn weigh(&self, step: &Stmt, times: usize, heavy: &mut bool, numbers: &mut usize) {
        match step {
            Stmt::Node(node) => {
                *heavy |= matches!(node.op, Op::Conv { weight, .. } if self.net.param(weight).shape[2] > 1);
                if node.shape.per_image() {
                    *numbers = numbers.saturating_add(node.shape.len().saturating_mul(times));
                }
            }
            Stmt::Loop(looped) => {
                let times = times.saturating_mul(looped.steps);
                looped.body.iter().for_each(|step| self.weigh(step, times, heavy, numbers));
            }
        }
    }

    fn fused(&self, steps: &[Stmt], group: &Group, readers: &BTreeMap<Value, Vec<usize>>, inside: bool) -> Fused {
        let mut made: BTreeSet<Value> = BTreeSet::new();
        let mut fused = Fused { steps: Vec::new(), inputs: Vec::new(), outputs: Vec::new(), params: Vec::new() };
        let members: BTreeSet<usize> = group.iter().copied().collect();
        for n in group {
            let (reads, makes) = ends(&steps[*n]);
            for value in reads {
                if made.insert(value) {
                    match self.free.get(&value) {
                        Some(node) => fused.steps.push(Stmt::Node(node.clone())),
                        None => fused.inputs.push((value, self.shapes[value.0].clone())),
                    }
                }
            }
            fused.steps.push(steps[*n].clone());
            for value in makes {
                made.insert(value);
                // Readers behind the steps have no place among them.
                if readers.get(&value).is_some_and(|by| by.iter().any(|m| !members.contains(m))) {
                    fused.outputs.push((value, self.shapes[value.0].clone()));
                }
            }
        }
        let versions = params(&fused.steps);
        // Within a loop that runs step by step, the step's own version is the only one.
        let all = |id| if inside { vec![id] } else { self.net.versions(id) };
        fused.params = versions.into_iter().flat_map(all).collect();
        fused
    }
}

fn find(leader: &mut [usize], mut n: usize) -> usize {
    while leader[n] != n {
        leader[n] = leader[leader[n]];
        n = leader[n];
    }
    n
}
