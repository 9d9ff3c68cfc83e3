//! Nets and statements with their loops written out: the body of each loop once for every one of its steps.
//!
//! Whoever wants a flat list of primitives takes it from here: a format that knows no loops, or a graph of kernels.
//! Nothing is left out or brought together: what a step makes and nobody reads is there too, for its dropout draws
//! random numbers, and its batch norm moves statistics.

use super::{Loop, Net, Node, Output, ParamId, Penalty, Stmt, Value, Visit, walk};
use crate::limits::MAX_VALUES;
use std::collections::BTreeMap;
use std::fmt;

/// The refusal to write the loops of a net out, because that would be more than [`MAX_VALUES`] values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyValues {
    /// How many values the net would have: the largest number there is, if they are even more.
    pub values: usize,
}

impl fmt::Display for TooManyValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "written out step by step, the net would be {} values, more than {MAX_VALUES}", self.values)
    }
}

impl std::error::Error for TooManyValues {}

/// A net that means what this one means, without loops: equal scores, penalties, gradients and running statistics, bit for bit.
///
/// It has the same parameters, but no versions: each step names its own. Values are numbered anew, without gaps, in the
/// order of execution, and those of a loop's body are named after their step; see [`at_steps`]. A net that has no loop
/// stays as it is.
///
/// # Errors
/// If the net would have more than [`MAX_VALUES`] values.
pub fn unrolled(net: &Net) -> Result<Net, TooManyValues> {
    let values = count(&net.body).saturating_add(1);
    if values > MAX_VALUES {
        return Err(TooManyValues { values });
    }
    let flat = Unrolled::of(net, &net.body, &[Value::INPUT]);
    let logits = net.output.logits.iter().map(|logits| flat.value(*logits)).collect();
    let penalty = |penalty: &Penalty| Penalty { name: penalty.name.clone(), value: flat.value(penalty.value) };
    Ok(Net {
        name: net.name.clone(),
        input: net.input.clone(),
        params: net.params.clone(),
        per_step: BTreeMap::new(),
        output: Output { name: net.output.name.clone(), logits },
        classes: net.classes,
        penalties: net.penalties.iter().map(penalty).collect(),
        separated: net.separated.clone(),
        values,
        body: flat.nodes.into_iter().map(Stmt::Node).collect(),
    })
}

/// How many nodes the statements are, those of a loop's body counted at every step.
fn count(stmts: &[Stmt]) -> usize {
    // How often the body of each open loop is evaluated; the first entry is for the statements themselves.
    let (mut times, mut nodes) = (vec![1_usize], 0_usize);
    for visit in walk(stmts) {
        let here = times.last().copied().unwrap_or(1);
        match visit {
            Visit::Node(_) => nodes = nodes.saturating_add(here),
            Visit::Enter(looped) => times.push(here.saturating_mul(looped.steps)),
            Visit::Leave(_) => drop(times.pop()),
        }
    }
    nodes
}

/// The name of a value of a loop's body at one step of each loop around it, outermost first. At one step it is what
/// a spec writes, `O@2` for the equation `O'` at step 2; `O@1@2`, of a loop within step 1 of another, is for people alone.
pub fn at_steps(name: &str, steps: &[usize]) -> String {
    let own = if steps.is_empty() { name } else { name.strip_suffix('\'').unwrap_or(name) };
    steps.iter().fold(own.to_owned(), |name, step| format!("{name}@{step}"))
}

/// Statements with their loops written out.
#[derive(Clone, Debug)]
pub struct Unrolled {
    /// The nodes in order of execution. Their values are numbered from the number of inputs on, without gaps.
    pub nodes: Vec<Node>,
    /// For each value that may be read behind the statements, the number that it has here.
    numbers: BTreeMap<Value, Value>,
}

impl Unrolled {
    /// Writes out the loops of some statements of a net. The values that these read from elsewhere are its `inputs`, and
    /// are numbered from 0 in that order.
    ///
    /// There are as many nodes as the loops have steps, without a limit: the caller knows of one.
    pub fn of(net: &Net, stmts: &[Stmt], inputs: &[Value]) -> Self {
        let numbers = inputs.iter().copied().zip((0..).map(Value)).collect();
        let flat = Self { nodes: Vec::new(), numbers };
        let mut unroller = Unroller { net, inputs: inputs.len(), flat, steps: Vec::new() };
        unroller.stmts(stmts);
        unroller.flat
    }

    /// The number here of a value that may be read behind the statements.
    pub fn value(&self, value: Value) -> Value {
        self.numbers[&value]
    }
}

/// Walks through statements, and through the body of a loop once for each step.
struct Unroller<'a> {
    net: &'a Net,
    inputs: usize,
    /// The statements that are written out so far, with the numbers that values of a body have at the present step.
    flat: Unrolled,
    /// The step, from 1, of each loop around the statement at hand, outermost first.
    steps: Vec<usize>,
}

impl Unroller<'_> {
    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Node(node) => self.node(node),
                Stmt::Loop(looped) => self.looped(looped),
            }
        }
    }

    fn node(&mut self, node: &Node) {
        let value = Value(self.inputs + self.flat.nodes.len());
        let op = node.op.renumbered(|read| self.flat.value(read), |id| self.version(id));
        let name = node.name.as_ref().map(|name| at_steps(name, &self.steps));
        self.flat.nodes.push(Node { value, op, shape: node.shape.clone(), name });
        self.flat.numbers.insert(node.value, value);
    }

    /// All states change together: what each becomes is looked up before any of them is.
    fn looped(&mut self, looped: &Loop) {
        let states = &looped.states;
        let mut carried: Vec<Value> = states.iter().map(|state| self.flat.value(state.init)).collect();
        for step in 1..=looped.steps {
            self.steps.push(step);
            self.flat.numbers.extend(states.iter().map(|state| state.current).zip(carried));
            self.stmts(&looped.body);
            for tap in looped.taps.iter().filter(|tap| tap.step == step) {
                let inner = self.flat.value(tap.inner);
                self.flat.numbers.insert(tap.outer, inner);
            }
            carried = states.iter().map(|state| self.flat.value(state.next)).collect();
            self.steps.pop();
        }
        self.flat.numbers.extend(states.iter().map(|state| state.last).zip(carried));
    }

    fn version(&self, id: ParamId) -> ParamId {
        self.steps.last().map_or(id, |step| self.net.version(id, *step))
    }
}
