//! The lowered form of a spec: a small closed set of primitives, every shape known, loops still loops.
//!
//! A [`Net`] carries no source text, no weights and no device: the same net compiles anywhere. [`Builder`] is the only
//! way to make one; it checks and computes each shape as it appends, so a net that exists is a net that runs.

pub mod bounds;
mod builder;
mod choice;
pub mod cost;
mod display;
mod fault;
pub mod flow;
mod op;
mod param;
pub mod pull;
pub mod reach;
mod shape;
pub mod timing;

pub use builder::{Builder, LoopBuilder, LoopId};
pub use choice::{Binary, Padding, Pool, Reduce, Unary, Upsampling};
pub use fault::Fault;
pub use op::{Loop, Node, Op, State, Stmt, Tap, Value};
pub use param::{Init, Param, ParamClass, ParamId, Role, Sign};
pub use shape::Shape;

use std::collections::{BTreeMap, BTreeSet};

/// A network, from the image to its logits and penalties.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub name: String,
    /// The input's name and shape; its value is [`Value::INPUT`].
    pub input: (String, [usize; 3]),
    pub params: Vec<Param>,
    /// Parameters of which each step of a loop has its own: its body names the first of them.
    pub per_step: BTreeMap<ParamId, Vec<ParamId>>,
    pub body: Vec<Stmt>,
    pub output: Output,
    pub classes: usize,
    pub penalties: Vec<Penalty>,
    /// The kernels that penalties push apart, each pair once: the excitatory, then the inhibitory.
    pub separated: Vec<[ParamId; 2]>,
    /// How many values the net has: a back end's table needs this many places.
    pub values: usize,
}

/// What the loss judges.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub name: String,
    /// One score a class, of each step that the loss is the mean of: one value, or as many as a loop has steps.
    pub logits: Vec<Value>,
}

impl Output {
    /// The scores that name the class: those of the last step.
    pub fn answer(&self) -> Value {
        self.logits.last().copied().unwrap_or(Value::INPUT)
    }
}

/// A scalar added to the loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Penalty {
    pub name: String,
    pub value: Value,
}

impl Net {
    pub fn param(&self, id: ParamId) -> &Param {
        &self.params[id.0]
    }

    /// What a parameter is at each step; only itself if it is the same at all.
    pub fn versions(&self, id: ParamId) -> Vec<ParamId> {
        self.per_step.get(&id).cloned().unwrap_or_else(|| vec![id])
    }

    /// The layer or bundle that a parameter belongs to, with all its versions.
    pub fn owner(&self, id: ParamId) -> &str {
        let owner = self.param(id).owner();
        if self.per_step.contains_key(&id) { owner.rsplit_once('.').map_or(owner, |(owner, _)| owner) } else { owner }
    }

    /// Every node in order of execution, those inside loops once.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        let mut pending: Vec<std::slice::Iter<'_, Stmt>> = vec![self.body.iter()];
        std::iter::from_fn(move || {
            loop {
                match pending.last_mut()?.next() {
                    None => drop(pending.pop()),
                    Some(Stmt::Node(node)) => return Some(node),
                    Some(Stmt::Loop(looped)) => pending.push(looped.body.iter()),
                }
            }
        })
    }

    /// Where a value is calculated, for people: the equation, or the penalty, whose right side it is part of.
    pub fn equation(&self, value: Value) -> String {
        let mut parts = BTreeSet::from([value]);
        for node in self.nodes() {
            if node.value == value || node.op.reads().iter().any(|read| parts.contains(read)) {
                if let Some(name) = &node.name {
                    return format!("`{name}`");
                }
                parts.insert(node.value);
            }
        }
        let penalty = self.penalties.iter().find(|penalty| parts.contains(&penalty.value));
        penalty.map_or_else(|| "the net".to_owned(), |penalty| format!("the penalty `{}`", penalty.name))
    }
}
