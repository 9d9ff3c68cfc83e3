//! Timing: when the image first reaches each value of a loop, and by way of what.
//!
//! A loop that starts from zeros fills up step by step: with `V2' = f(V1)` the second area sees the image a step after
//! the first, with `V2' = f(V1')` at the same step. What zeros are multiplied with they shut out, so a gate lets
//! nothing through before what it gates is there.
//!
//! So the net is run on three signals in place of numbers: zero, the same for every image, and of the image. That tells
//! when the image can first be seen, and it ends: the states of a loop hold one of finitely many sets of signals, so
//! its steps repeat themselves sooner or later, and from there on nothing new comes. Every loop is run at least that
//! far, beyond its own steps where needed, to say how many steps would be enough. A loop inside another one runs anew
//! at each step of that one, so a time in it is a step of each.

use super::{Binary, Init, Loop, Net, Node, Op, Stmt, Unary, Value, Visit};
use crate::limits::MAX_TIMED;
use std::collections::{BTreeMap, BTreeSet};

/// What a value holds of the image at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Signal {
    Zero,
    /// The value is not zero, but the same for every image.
    Constant,
    Image,
}

/// When the image reaches the values of one loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The name of the loop, behind that of the copy of a block that it stands in.
    pub name: String,
    pub steps: usize,
    /// The loops around this one, outermost first. This one runs anew at each of their steps.
    pub around: Vec<Around>,
    pub rows: Vec<EquationTiming>,
    /// The next value of each state, and when the image first reaches it.
    pub states: Vec<(Value, Option<When>)>,
    /// The next values that are at some step not zero though the image has not reached them: a state that counts steps
    /// needs no image.
    pub moves: BTreeSet<Value>,
}

/// A loop around another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    pub name: String,
    /// How many steps it has.
    pub steps: usize,
}

/// A loop that is over before something happens in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooShort<'t> {
    /// The name of the loop.
    pub name: &'t str,
    /// The step, from 1, at which it would happen.
    pub needed: usize,
    /// How many steps the loop has.
    pub steps: usize,
}

/// When the image reaches an equation of a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct EquationTiming {
    pub name: String,
    pub value: Value,
    /// When the image first reaches the equation; none if it never does.
    pub reached: Option<When>,
    /// The named values that the equation reads, each with the first time at which the image comes that way.
    pub by_way_of: Vec<(String, Option<When>)>,
}

/// A time within a loop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    /// The step, from 1, of each loop around the place, outermost first; the last one is that of its own loop.
    pub steps: Vec<usize>,
    /// False if one of these steps is behind the last step of its loop: the net never comes to that time.
    pub is_run: bool,
}

impl When {
    /// The step of the innermost loop.
    pub fn step(&self) -> usize {
        self.steps.last().copied().unwrap_or(1)
    }

    /// This time as it is seen from loops inside the place: the first step of each is added.
    fn within(&self, depth: usize) -> Self {
        let inner = std::iter::repeat_n(1, depth.saturating_sub(self.steps.len()));
        Self { steps: self.steps.iter().copied().chain(inner).collect(), is_run: self.is_run }
    }
}

impl Timing {
    /// The outermost loop that is over before that time; none if the net comes to it.
    pub fn too_short(&self, when: &When) -> Option<TooShort<'_>> {
        let around = self.around.iter().map(|around| (around.name.as_str(), around.steps));
        let loops = around.chain([(self.name.as_str(), self.steps)]).zip(&when.steps);
        let mut loops = loops.map(|((name, steps), needed)| TooShort { name, needed: *needed, steps });
        loops.find(|looped| looped.needed > looped.steps)
    }
}

/// The timing of every loop, in the order of the net; nothing for a net that is too large to be looked through.
pub fn table(net: &Net) -> Vec<Timing> {
    let watch = Watch::over(net);
    let (first, moves) = (&watch.first, &watch.moves);
    let mut tables = Tables { first, moves, names: net.names(), around: Vec::new(), found: Vec::new() };
    // Too large to say: nothing is known to be late.
    if watch.left > 0 {
        tables.all(net);
    }
    tables.found
}

/// The read-outs of the output that are the same for every image, by their number from 1.
pub fn blank(net: &Net) -> Vec<usize> {
    let watch = Watch::over(net);
    let is_blank = |(_, logits): &(usize, &Value)| watch.left > 0 && watch.signals[logits.0] != Signal::Image;
    (1..).zip(&net.output.logits).filter(is_blank).map(|(n, _)| n).collect()
}

/// The step of its innermost loop at which the image is first in each value, 0 outside of loops; none for a value that it does not
/// come to. Nothing is said of a net that is too large to be looked through.
pub fn reached(net: &Net) -> Option<Vec<Option<usize>>> {
    let watch = Watch::over(net);
    let step = |when: Option<When>| when.filter(|when| when.is_run).map(|when| when.steps.last().copied().unwrap_or(0));
    (watch.left > 0).then(|| watch.first.into_iter().map(step).collect())
}

/// Runs the net on signals in place of numbers: every loop for the steps that it has, and on until nothing new comes.
struct Watch<'a> {
    net: &'a Net,
    left: usize,
    /// The signal of each value at the time at hand.
    signals: Vec<Signal>,
    /// When each value first held something of the image.
    first: Vec<Option<When>>,
    /// The values that were at some time neither zero nor of the image.
    moves: BTreeSet<Value>,
    now: When,
}

impl<'a> Watch<'a> {
    fn over(net: &'a Net) -> Self {
        let now = When { steps: Vec::new(), is_run: true };
        let (signals, first) = (vec![Signal::Constant; net.values], vec![None; net.values]);
        let mut watch = Self { net, left: MAX_TIMED, signals, first, moves: BTreeSet::new(), now };
        watch.set(Value::INPUT, Signal::Image);
        watch.stmts(&net.body);
        watch
    }

    /// Notes the signal of a value, and the time if the image is first here. A time that the net comes to counts before
    /// one that it would come to with more steps.
    fn set(&mut self, value: Value, signal: Signal) {
        self.signals[value.0] = signal;
        if signal == Signal::Constant {
            self.moves.insert(value);
        }
        let first = &mut self.first[value.0];
        if signal == Signal::Image && first.as_ref().is_none_or(|first| self.now.is_run && !first.is_run) {
            *first = Some(self.now.clone());
        }
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.left = self.left.saturating_sub(1);
            match stmt {
                _ if self.left == 0 => return,
                Stmt::Node(node) => self.set(node.value, self.of(node)),
                Stmt::Loop(looped) => self.looped(looped),
            }
        }
    }

    fn looped(&mut self, looped: &Loop) {
        let is_run = self.now.is_run;
        let now = |watch: &Self, value: &Value| watch.signals[value.0];
        let mut course = Course::starting(looped.states.iter().map(|state| now(self, &state.init)).collect());
        // A state is zero, then something, then of the image: two changes at most. While anything is new, at least one
        // state changes at each step, so by this many steps the image is wherever it comes at all.
        let enough = looped.steps.max(2 * looped.states.len() + 1);
        self.now.steps.push(0);
        for step in 1..=enough {
            if let Some(last) = self.now.steps.last_mut() {
                *last = step;
            }
            self.now.is_run = is_run && step <= looped.steps;
            for (state, signal) in looped.states.iter().zip(course.before(step).to_vec()) {
                self.set(state.current, signal);
            }
            self.stmts(&looped.body);
            let taps = looped.taps.iter().map(|tap| now(self, &tap.inner)).collect();
            // A loop whose states begin a step as they began an earlier one goes round in a circle: the steps that
            // follow are known without being run, which keeps loops of ten thousand steps cheap.
            if self.left == 0
                || course.goes_round(looped.states.iter().map(|state| now(self, &state.next)).collect(), taps)
            {
                break;
            }
        }
        // What is handed on is of the steps that the loop has, however far it was run.
        self.now.steps.pop();
        self.now.is_run = is_run;
        for (tap, n) in looped.taps.iter().zip(0..) {
            self.set(tap.outer, course.tap(n, tap.step));
        }
        for (state, signal) in looped.states.iter().zip(course.before(looped.steps + 1).to_vec()) {
            self.set(state.last, signal);
        }
    }

    fn of(&self, node: &Node) -> Signal {
        let at = |value: &Value| self.signals[value.0];
        let through = |x: Signal, keeps_zero: bool| if x == Signal::Zero && !keeps_zero { Signal::Constant } else { x };
        match &node.op {
            Op::Param(_) => Signal::Constant,
            Op::Number(x) if *x == 0.0 => Signal::Zero,
            Op::Number(_) => Signal::Constant,
            Op::Zeros => Signal::Zero,
            Op::Conv { x, weight, bias, .. }
            | Op::ConvTranspose { x, weight, bias, .. }
            | Op::Local { x, weight, bias, .. }
            | Op::Dense { x, weight, bias } => {
                let weight = self.net.param(*weight);
                // Weights that are zero and stay so shut out what they are applied to.
                let is_shut = weight.frozen && weight.init == Init::Constant(0.0);
                through(if is_shut { Signal::Zero } else { at(x) }, bias.is_none())
            }
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

/// Whether a function is zero at zero.
fn keeps_zero(f: Unary) -> bool {
    match f {
        Unary::Negate | Unary::Abs | Unary::Sqrt | Unary::Square | Unary::Relu | Unary::Tanh | Unary::Gelu => true,
        Unary::Exp | Unary::Log | Unary::Sigmoid | Unary::Softplus => false,
    }
}

/// The course of one loop: what its states hold as each step begins, and what is handed out at each step.
struct Course {
    states: Vec<Vec<Signal>>,
    /// For each set of signals that the states held, the first step, less one, at which they did.
    known: BTreeMap<Vec<Signal>, usize>,
    taps: Vec<Vec<Signal>>,
    /// The step, less one, from which on the steps repeat themselves.
    from: usize,
}

impl Course {
    fn starting(states: Vec<Signal>) -> Self {
        Self { known: BTreeMap::from([(states.clone(), 0)]), states: vec![states], taps: Vec::new(), from: 0 }
    }

    /// Notes what the states hold at the next step and what was handed out. True if a step before began with the same:
    /// nothing new comes from there on.
    fn goes_round(&mut self, next: Vec<Signal>, taps: Vec<Signal>) -> bool {
        self.taps.push(taps);
        let at = self.states.len();
        self.from = *self.known.entry(next.clone()).or_insert(at);
        self.states.push(next);
        self.from < at
    }

    /// The step, less one, that was looked at and is like step `n` less one: those looked at stand for all that follow.
    fn index(&self, n: usize) -> usize {
        let looked_at = self.taps.len();
        if n < looked_at { n } else { self.from + (n - self.from) % (looked_at - self.from).max(1) }
    }

    /// What the states hold as a step, counted from 1, begins.
    fn before(&self, step: usize) -> &[Signal] {
        if step == self.states.len() { &self.states[step - 1] } else { &self.states[self.index(step - 1)] }
    }

    /// What the tap of number `n` hands out at a step.
    fn tap(&self, n: usize, step: usize) -> Signal {
        self.taps.get(self.index(step - 1)).map_or(Signal::Constant, |taps| taps[n])
    }
}

/// Writes the timings down, once the net has run.
struct Tables<'a> {
    first: &'a [Option<When>],
    moves: &'a BTreeSet<Value>,
    names: BTreeMap<Value, &'a str>,
    around: Vec<Around>,
    found: Vec<Timing>,
}

impl Tables<'_> {
    fn all(&mut self, net: &Net) {
        for visit in net.walk() {
            match visit {
                Visit::Node(_) => {}
                Visit::Enter(looped) => {
                    self.looped(looped);
                    self.around.push(Around { name: looped.name.clone(), steps: looped.steps });
                }
                Visit::Leave(_) => drop(self.around.pop()),
            }
        }
    }

    fn looped(&mut self, looped: &Loop) {
        let (name, rows) = (looped.name.clone(), self.rows(looped));
        let states = looped.states.iter().map(|state| (state.next, self.when(state.next))).collect();
        let moves = looped.states.iter().map(|state| state.next).filter(|next| self.moves.contains(next)).collect();
        self.found.push(Timing { name, steps: looped.steps, around: self.around.clone(), rows, states, moves });
    }

    /// The first time of a value, as the loop at hand sees it: what comes from outside it is there at its first step.
    fn when(&self, value: Value) -> Option<When> {
        self.first[value.0].as_ref().map(|when| when.within(self.around.len() + 1))
    }

    fn rows(&self, looped: &Loop) -> Vec<EquationTiming> {
        let made: BTreeMap<Value, &Node> = nodes(looped).map(|node| (node.value, node)).collect();
        let named = nodes(looped).filter_map(|node| Some((node.name.clone()?, node.value)));
        let mut rows: Vec<(String, Value)> = named.collect();
        // What a state becomes may be made by no primitive of this loop, but by a loop within it.
        let others = looped.states.iter().map(|state| (format!("{}'", state.name), state.next));
        let others: Vec<(String, Value)> =
            others.filter(|(_, next)| rows.iter().all(|(_, value)| value != next)).collect();
        rows.extend(others);
        let row = |(name, value): (String, Value)| {
            let by_way_of = self.by_way_of(value, &made);
            EquationTiming { name, value, reached: self.when(value), by_way_of }
        };
        rows.into_iter().map(row).collect()
    }

    /// The nearest values with a name that lead to a value: those that its equation reads.
    fn by_way_of(&self, value: Value, made: &BTreeMap<Value, &Node>) -> Vec<(String, Option<When>)> {
        let mut by_way_of: Vec<(String, Option<When>)> = Vec::new();
        let (mut pending, mut seen) = (made.get(&value).map_or(vec![value], |node| reads(node)), BTreeSet::new());
        while let Some(value) = pending.pop() {
            if !seen.insert(value) {
                continue;
            }
            match self.names.get(&value) {
                Some(name) => by_way_of.push(((*name).to_owned(), self.when(value))),
                // Numbers and weights have no name and no image.
                None => pending.extend(made.get(&value).into_iter().flat_map(|node| reads(node))),
            }
        }
        by_way_of
    }
}

/// The values that a node reads, the first one last.
fn reads(node: &Node) -> Vec<Value> {
    let mut reads = node.op.reads();
    reads.reverse();
    reads
}

fn nodes(looped: &Loop) -> impl Iterator<Item = &Node> {
    looped.body.iter().filter_map(|stmt| match stmt {
        Stmt::Node(node) => Some(node),
        Stmt::Loop(_) => None,
    })
}
