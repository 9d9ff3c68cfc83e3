//! The parts of a net that can run as one operation over each image, because no image bears on another there, or only where
//! the kernels let the batch meet.
//!
//! Every statement of the net has a level. What cannot be fused stands behind its level; what can be fused stands at
//! the level of what it reads, or at the next one if it reads something that cannot. Statements of one level that hang
//! together are a part. No way leads out of a part and back into it: it would pass something that cannot be fused, and
//! end at a later level.

use super::limits::max_activity;
use super::lower::{KernelOperand, Processor, Why, kernel_of};
use lcnnc_lang::ir::flow::{draws, ends, params, readers, shapes};
use lcnnc_lang::ir::{Loop, Net, Node, Op, ParamId, Shape, Stmt, Value, Visit, walk};
use std::collections::{BTreeMap, BTreeSet};

/// A net cut into what runs fused and what runs primitive by primitive, in an order of execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    pub parts: Vec<Part>,
}

/// A part of a net that runs in one go, or a loop of such parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A primitive that runs by itself, with the reason if it works on images.
    Node { node: Node, why: Option<Why> },
    /// A loop that is not fused as a whole: its body, which is cut likewise, runs `looped.steps` times.
    Loop { looped: Loop, body: Vec<Part> },
    /// Primitives that run as one operation.
    Fused(Fused),
}

/// Primitives that run as one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    /// The statements in the net's order, loops whole; the numbers and the parameters that they read are among them.
    pub stmts: Vec<Stmt>,
    /// The images' values that are read here and made elsewhere, in order of first reading.
    pub inputs: Vec<(Value, Shape)>,
    /// The images' values that are made here and read elsewhere, in order of making.
    pub outputs: Vec<(Value, Shape)>,
    /// Every parameter that is read, the versions of all steps of loops among them.
    pub params: Vec<ParamId>,
}

impl Fused {
    /// How many bytes each image has of what leads into the part and out of it, in single precision.
    fn bytes(&self) -> u128 {
        self.inputs.iter().chain(&self.outputs).map(|(_, shape)| bytes(shape)).sum()
    }
}

/// The bytes of one number of sixteen images, in single precision.
const NUMBER: usize = 16 * 4;

/// The mebibytes of so many numbers of an image, for sixteen images.
fn mebibytes(numbers: usize) -> usize {
    numbers.saturating_mul(NUMBER) >> 20
}

impl Cut {
    /// The net in fused parts that are as large as can be on a processor.
    pub fn of(net: &Net, processor: Processor) -> Self {
        let last: Vec<Value> =
            net.output.logits.iter().copied().chain(net.penalties.iter().map(|penalty| penalty.value)).collect();
        let literals = net.nodes().filter(|node| KernelOperand::<()>::literal(node).is_some());
        let literals = literals.map(|node| (node.value, node.clone())).collect();
        let cutter = Cutter { net, processor, shapes: shapes(net), literals };
        Self { parts: cutter.cut(&net.body, &last, false) }
    }

    /// The net cut into single primitives.
    pub fn none(net: &Net) -> Self {
        Self { parts: plain(&net.body) }
    }

    /// Bytes of activity that training keeps of each image, in single precision: whatever is made outside of fused
    /// parts, at every step of a loop. A fused part keeps what leads into it; its own activity does not grow with the
    /// batch.
    pub fn activity(&self) -> u128 {
        activity(&self.parts)
    }

    /// Bytes of the largest activity of an image that is made at once, in single precision: what is held where there is
    /// no backward pass.
    pub fn largest(&self) -> u128 {
        largest(&self.parts)
    }
}

/// How many bytes each image has of a value, in single precision.
fn bytes(shape: &Shape) -> u128 {
    if shape.per_image() { 4 * shape.len() as u128 } else { 0 }
}

fn largest(parts: &[Part]) -> u128 {
    let each = parts.iter().map(|part| match part {
        Part::Node { node, .. } => bytes(&node.shape),
        Part::Loop { body, .. } => largest(body),
        Part::Fused(fused) => fused.bytes(),
    });
    each.max().unwrap_or(0)
}

fn activity(parts: &[Part]) -> u128 {
    let each = parts.iter().map(|part| match part {
        Part::Node { node, .. } => bytes(&node.shape),
        Part::Loop { looped, body } => activity(body).saturating_mul(looped.steps as u128),
        Part::Fused(fused) => fused.bytes(),
    });
    each.fold(0, u128::saturating_add)
}

fn plain(stmts: &[Stmt]) -> Vec<Part> {
    let part = |stmt: &Stmt| match stmt {
        Stmt::Node(node) => Part::Node { node: node.clone(), why: None },
        Stmt::Loop(looped) => Part::Loop { looped: looped.clone(), body: plain(&looped.body) },
    };
    stmts.iter().map(part).collect()
}

/// A net that is being cut.
struct Cutter<'a> {
    net: &'a Net,
    processor: Processor,
    /// The shape of every value, by its number.
    shapes: Vec<Shape>,
    /// The numbers and parameters that the net has as values: every fused part that reads one has a copy.
    literals: BTreeMap<Value, Node>,
}

/// Statements that hang together, by their places in the body.
type Group = Vec<usize>;

impl Cutter<'_> {
    /// Cuts one body; `last` is what is read behind it, and `inside` is true within a loop that is not fused.
    fn cut(&self, stmts: &[Stmt], last: &[Value], inside: bool) -> Vec<Part> {
        let mut verdicts: Vec<Result<(), Why>> = stmts.iter().map(|stmt| self.verdict(stmt, inside)).collect();
        let (groups, levels) = self.settle(stmts, &mut verdicts);
        // Of equal levels the fused parts come first, then the others in the net's order.
        type Key = (usize, bool, usize);
        let mut order: Vec<(Key, Option<&Group>)> =
            groups.iter().map(|group| ((levels[group[0]], false, group[0]), Some(group))).collect();
        let alone = (0..stmts.len()).filter(|n| verdicts[*n].is_err() || self.is_literal(&stmts[*n]));
        order.extend(alone.map(|n| ((levels[n], true, n), None)));
        order.sort_by_key(|(key, _)| *key);
        let readers = readers(stmts, last);
        let part = |((_, _, first), group): (Key, Option<&Group>)| match group {
            Some(group) => Part::Fused(self.fused(stmts, group, &readers, inside)),
            None => self.alone(&stmts[first], verdicts[first].clone().err()),
        };
        order.into_iter().map(part).collect()
    }

    /// The groups that are worth it, and the level of every statement. What is not worth it is turned down among the
    /// verdicts, and what is too large is cut in two, which changes the levels of what reads it: so it is begun anew until
    /// nothing is left to change.
    fn settle(&self, stmts: &[Stmt], verdicts: &mut [Result<(), Why>]) -> (Vec<Group>, Vec<usize>) {
        let mut lowest = vec![0; stmts.len()];
        loop {
            let (groups, levels) = self.groups(stmts, verdicts, &lowest);
            if let Some((group, at)) = groups.iter().find_map(|group| Some((group, self.overflow(stmts, group)?))) {
                group[at..].iter().for_each(|n| lowest[*n] = levels[*n] + 1);
                continue;
            }
            let reason = |group: &Group| Some((group.clone(), self.turned_down(stmts, group)?));
            let mut turned_down: Vec<(Group, Why)> = groups.iter().filter_map(reason).collect();
            if turned_down.is_empty() {
                turned_down
                    .extend(Some((scattered_draws(stmts, &groups), SCATTERED)).filter(|(draws, _)| !draws.is_empty()));
            }
            if turned_down.is_empty() {
                return (groups, levels);
            }
            for (group, why) in turned_down {
                group.into_iter().for_each(|n| verdicts[n] = Err(why.clone()));
            }
        }
    }

    /// The place in a group, from the second on, of the first statement that makes it too large; none if it is small enough.
    /// Nor is there one if single maps are large: batches of such pictures have so few images that most of the sixteen lanes
    /// of a block would have none, and what the parts hold for all lanes would be more than the batch needs without them.
    fn overflow(&self, stmts: &[Stmt], group: &Group) -> Option<usize> {
        let limit = max_activity(self.processor);
        if self.has_large_maps(stmts, group) {
            return None;
        }
        let mut numbers = 0;
        let too_large = |n: &usize| {
            self.weigh(&stmts[*n], 1, &mut false, &mut numbers);
            mebibytes(numbers) > limit
        };
        group.iter().position(too_large).map(|at| at.max(1)).filter(|at| *at < group.len())
    }

    /// Whether a single value that a group makes of sixteen images takes more than a sixteenth of the limit for a fused part.
    fn has_large_maps(&self, stmts: &[Stmt], group: &Group) -> bool {
        let limit = max_activity(self.processor) / 16;
        let is_large = |visit: Visit<'_>| matches!(visit, Visit::Node(node) if node.shape.per_image() && mebibytes(node.shape.len()) > limit);
        group.iter().flat_map(|n| walk(std::slice::from_ref(&stmts[*n]))).any(is_large)
    }

    /// A statement that is not fused as a whole.
    fn alone(&self, stmt: &Stmt, why: Option<Why>) -> Part {
        match stmt {
            Stmt::Node(node) => Part::Node { node: node.clone(), why: why.filter(|_| node.shape.per_image()) },
            // Beside pictures that run by themselves, a loop would only be brought into blocks and out of them.
            Stmt::Loop(looped) if matches!(why, Some(Why::Pictures(_))) => {
                let body = looped.body.iter().map(|stmt| self.alone(stmt, why.clone())).collect();
                Part::Loop { looped: looped.clone(), body }
            }
            Stmt::Loop(looped) => {
                let next = looped.states.iter().map(|state| state.next);
                let last: Vec<Value> = next.chain(looped.taps.iter().map(|tap| tap.inner)).collect();
                Part::Loop { looped: looped.clone(), body: self.cut(&looped.body, &last, true) }
            }
        }
    }

    /// Whether a statement is a number or a parameter.
    fn is_literal(&self, stmt: &Stmt) -> bool {
        matches!(stmt, Stmt::Node(node) if self.literals.contains_key(&node.value))
    }

    /// What keeps a statement from being fused, if something does. In the body of a loop, numbers and parameters are in
    /// order.
    fn verdict(&self, stmt: &Stmt, inside: bool) -> Result<(), Why> {
        if inside && draws(stmt) {
            return Err(Why::Form("draws random numbers within a loop that is not fused"));
        }
        match stmt {
            Stmt::Node(node) => kernel_of(self.net, node, self.processor, |value| self.operand(value)).map(drop),
            Stmt::Loop(looped) => {
                let mut body = looped.body.iter().filter(|stmt| !self.is_literal(stmt));
                body.try_for_each(|stmt| self.verdict(stmt, false))?;
                let own = |id: &ParamId| self.net.per_step.contains_key(id);
                if inside && params(std::slice::from_ref(stmt)).iter().any(own) {
                    return Err(Why::Form("each step has weights of its own, within a loop that is not fused"));
                }
                Ok(())
            }
        }
    }

    /// What a value is to what reads it, wherever it was made.
    fn operand(&self, value: Value) -> KernelOperand<()> {
        let made = if self.shapes[value.0].per_image() { KernelOperand::Image(()) } else { KernelOperand::Calculated };
        self.literals.get(&value).and_then(KernelOperand::literal).unwrap_or(made)
    }

    /// The statements that hang together, each group in order, and the level of every statement, which is at least its
    /// `lowest`.
    fn groups(&self, stmts: &[Stmt], verdicts: &[Result<(), Why>], lowest: &[usize]) -> (Vec<Group>, Vec<usize>) {
        // For each value that is made here, the statement that makes it.
        let mut maker: BTreeMap<Value, usize> = BTreeMap::new();
        let mut levels = vec![0; stmts.len()];
        let mut leader: Vec<usize> = (0..stmts.len()).collect();
        // Random numbers are drawn in the net's order, fused or not: nothing that draws overtakes another.
        let mut drawn = 0;
        for (n, stmt) in stmts.iter().enumerate() {
            let (reads, makes) = ends(stmt);
            let fits = verdicts[n].is_ok();
            let from: Vec<usize> = reads.iter().filter_map(|value| maker.get(value).copied()).collect();
            let level =
                |m: &usize| levels[*m] + usize::from(fits && verdicts[*m].is_err() && !self.is_literal(&stmts[*m]));
            levels[n] = from.iter().map(level).max().unwrap_or(0).max(lowest[n]);
            if draws(stmt) {
                levels[n] = levels[n].max(drawn);
                drawn = levels[n];
            }
            if fits {
                for m in from.into_iter().filter(|m| verdicts[*m].is_ok() && levels[*m] == levels[n]) {
                    let (a, b) = (find(&mut leader, m), find(&mut leader, n));
                    leader[a.max(b)] = a.min(b);
                }
            }
            maker.extend(makes.into_iter().map(|value| (value, n)));
        }
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for n in (0..stmts.len()).filter(|n| verdicts[*n].is_ok()) {
            groups.entry(find(&mut leader, n)).or_default().push(n);
        }
        (groups.into_values().collect(), levels)
    }

    /// Why it is not worth it to fuse a group, if it is not.
    fn turned_down(&self, stmts: &[Stmt], group: &Group) -> Option<Why> {
        let (mut heavy, mut numbers) = (false, 0usize);
        for n in group {
            self.weigh(&stmts[*n], 1, &mut heavy, &mut numbers);
        }
        let size = mebibytes(numbers);
        let makes: BTreeSet<Value> = group.iter().flat_map(|n| ends(&stmts[*n]).1).collect();
        let reads = |n: &usize| ends(&stmts[*n]).0.into_iter();
        let outside = |value: Value| !makes.contains(&value) && !self.literals.contains_key(&value);
        if !group.iter().flat_map(reads).any(outside) {
            return Some(Why::Form("reads no image"));
        }
        let pictures = self.processor == Processor::Cpu && self.has_large_maps(stmts, group);
        match size > max_activity(self.processor) {
            _ if !heavy => Some(Why::Light),
            true if pictures => Some(Why::Pictures(size)),
            too_large => too_large.then_some(Why::Large(size)),
        }
    }

    /// Adds the numbers that a statement makes of each image when it runs so many `times`, and notes whether a
    /// convolution larger than one pixel, or one without weight sharing, is among what it does.
    fn weigh(&self, stmt: &Stmt, times: usize, heavy: &mut bool, numbers: &mut usize) {
        match stmt {
            Stmt::Node(node) => {
                *heavy |= match node.op {
                    Op::Conv { weight, .. } | Op::ConvTranspose { weight, .. } => self.net.param(weight).shape[2] > 1,
                    Op::Local { .. } => true,
                    _ => false,
                };
                if node.shape.per_image() {
                    *numbers = numbers.saturating_add(node.shape.len().saturating_mul(times));
                }
            }
            Stmt::Loop(looped) => {
                let times = times.saturating_mul(looped.steps);
                looped.body.iter().for_each(|stmt| self.weigh(stmt, times, heavy, numbers));
            }
        }
    }

    fn fused(&self, stmts: &[Stmt], group: &Group, readers: &BTreeMap<Value, Vec<usize>>, inside: bool) -> Fused {
        let mut made: BTreeSet<Value> = BTreeSet::new();
        let mut fused = Fused { stmts: Vec::new(), inputs: Vec::new(), outputs: Vec::new(), params: Vec::new() };
        let members: BTreeSet<usize> = group.iter().copied().collect();
        for n in group {
            let (reads, makes) = ends(&stmts[*n]);
            for value in reads {
                if made.insert(value) {
                    match self.literals.get(&value) {
                        Some(node) => fused.stmts.push(Stmt::Node(node.clone())),
                        None => fused.inputs.push((value, self.shapes[value.0].clone())),
                    }
                }
            }
            fused.stmts.push(stmts[*n].clone());
            for value in makes {
                made.insert(value);
                // Readers behind the body have no place in it.
                if readers.get(&value).is_some_and(|by| by.iter().any(|m| !members.contains(m))) {
                    fused.outputs.push((value, self.shapes[value.0].clone()));
                }
            }
        }
        let versions = params(&fused.stmts);
        // Within a loop that runs step by step, the step's own version is the only one.
        let all = |id| if inside { vec![id] } else { self.net.versions(id) };
        fused.params = versions.into_iter().flat_map(all).collect();
        fused
    }
}

/// Why random numbers are drawn by themselves where one part does not draw all of them: each is known by its place among
/// those of the whole net.
const SCATTERED: Why = Why::Form("random numbers are drawn elsewhere too");

/// The statements of groups that draw random numbers, if not all that draw are in one group.
fn scattered_draws(stmts: &[Stmt], groups: &[Group]) -> Group {
    let drawing = |group: &Group| group.iter().copied().filter(|n| draws(&stmts[*n])).collect::<Group>();
    let fused: Vec<Group> = groups.iter().map(drawing).filter(|draws| !draws.is_empty()).collect();
    let all = stmts.iter().filter(|stmt| draws(stmt)).count();
    if fused.first().is_some_and(|first| first.len() == all) { Group::new() } else { fused.concat() }
}

/// The one that leads the group of `n`, which from here on knows it more directly.
fn find(leader: &mut [usize], mut n: usize) -> usize {
    while leader[n] != n {
        leader[n] = leader[leader[n]];
        n = leader[n];
    }
    n
}
