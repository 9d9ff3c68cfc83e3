//! The lowered form of a spec: a small closed set of primitives, every shape known, loops still loops.
//!
//! A [`Net`] carries no source text, no weights and no device: the same net compiles anywhere. [`Builder`] is the only
//! way to make one; it checks and computes each shape as it appends, so a net that exists is a net that runs.

pub mod bounds;
mod builder;
pub mod cost;
mod display;
mod fault;
mod op;
mod param;
pub mod reach;
mod shape;

pub use builder::{Builder, LoopBuilder};
pub use fault::Fault;
pub use op::{Binary, Node, Op, Padding, Pool, Reduce, Region, State, Step, Unary, Value};
pub use param::{Init, Param, ParamClass, ParamId, Role, Sign};
pub use shape::Shape;

/// A network, from the image to its logits and penalties.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub name: String,
    /// The input's name and shape; its value is [`Value::INPUT`].
    pub input: (String, [usize; 3]),
    pub params: Vec<Param>,
    pub body: Vec<Step>,
    /// The output's name and value: one score a class.
    pub output: (String, Value),
    pub classes: usize,
    pub penalties: Vec<Penalty>,
    /// How many values the net has: a back end's table needs this many places.
    pub values: usize,
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

    /// Every node in order of execution, those inside loops once.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        let mut pending: Vec<std::slice::Iter<'_, Step>> = vec![self.body.iter()];
        std::iter::from_fn(move || {
            loop {
                match pending.last_mut()?.next() {
                    None => drop(pending.pop()),
                    Some(Step::Node(node)) => return Some(node),
                    Some(Step::Loop(region)) => pending.push(region.body.iter()),
                }
            }
        })
    }
}
