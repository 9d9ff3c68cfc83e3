//! The lowered form of a spec: a small closed set of primitives, every shape known, loops still loops.
//!
//! A [`Net`] carries no source text, no weights and no device: the same net compiles anywhere. [`Builder`] is the only
//! way to make one; it checks and computes each shape as it appends, so a net that exists is a net that runs.
//!
//! # Meaning
//!
//! A net maps a batch of images to scores and, in training, to penalties. Its body is a list of statements ([`Stmt`]),
//! evaluated one after the other: a statement reads parameters and the values that earlier ones made, and no value is
//! made twice. [`Value::INPUT`] is the batch of images and is there from the start. Only the order of reading and
//! making binds a back end, and that of [`Op::Dropout`], which draws random numbers in the order of the statements.
//!
//! **Shapes.** A value's [`Shape`] leaves the batch out. A map `[C, H, W]` or a vector `[N]` stands for one such block
//! of numbers for each image of the batch; a weight and a scalar are there once for the whole batch. No primitive but
//! [`Op::BatchNorm`], in training, and [`Op::Reduce`] lets one image bear on another.
//!
//! **Loops.** A [`Loop`] evaluates its body once for each of its steps, from 1 to `steps`, all of it anew each time: a
//! value of the body means its value at the step at hand. A loop inside a loop runs from its beginning at every step of
//! the outer one. What may cross a loop's border:
//!
//! * *Into the body* come values made before the loop, the same at every step, and the loop's states. A [`State`] is
//!   read as `current`, which is `init` at step 1 and later what `next` was at the step before. All states change
//!   together, between two steps: within a step every reader of `current` sees the same value, and who wants the new
//!   one reads `next`.
//! * *Out of the body* come `last` of each state, the value of `next` at the last step, and [`Tap`]s, each the value of
//!   something in the body at one step. Nothing else of a body may be read behind its loop.
//!
//! **Parameters** are the same at every step, and gradients of all steps add up in them, unless [`Net::per_step`] lists
//! versions: then the body names the first, and step `t` of the innermost loop around reads version `t`.
//!
//! [`unrolled()`] gives a net that means the same and has no loops and no versions.
//!
//! **Names** of nodes, states and taps are for people; nothing that is computed depends on them.

pub mod bounds;
mod builder;
pub mod cost;
mod display;
mod fault;
pub mod flow;
mod local_layer;
mod masked;
mod op;
mod op_params;
mod param;
pub mod pull;
pub mod reach;
mod shape;
pub mod timing;
mod traced;
mod unrolled;
mod walk;

pub use builder::{Builder, LoopBuilder, LoopId, left_over};
pub use fault::Fault;
pub use local_layer::{LocalLayer, Modules};
pub use op::{Kernels, Loop, Node, Op, State, Stmt, Tap, Value};
pub use op_params::{Binary, Padding, Pool, Reduce, Unary, Upsampling};
pub use param::{Init, Param, ParamClass, ParamId, Role, Sign, one_kernel};
pub use shape::Shape;
pub use traced::Traced;
pub use unrolled::{TooManyValues, Unrolled, at_steps, unrolled};
pub use walk::{Visit, walk};

use std::collections::{BTreeMap, BTreeSet};

/// A network, from the image to its logits and penalties.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub name: String,
    /// The input's name and shape; its value is [`Value::INPUT`].
    pub input: (String, [usize; 3]),
    pub params: Vec<Param>,
    /// The versions of each parameter of which every step of a loop has its own, by the first of them, which is the one
    /// that the loop's body names.
    pub per_step: BTreeMap<ParamId, Vec<ParamId>>,
    pub body: Vec<Stmt>,
    pub output: Output,
    pub classes: usize,
    pub penalties: Vec<Penalty>,
    /// The kernels that penalties push apart, each pair once: the excitatory, then the inhibitory.
    pub separated: Vec<[ParamId; 2]>,
    /// How many values the net has: all are numbered below this, so a back end's table needs as many places.
    pub values: usize,
}

/// The scores that the loss judges.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub name: String,
    /// Vectors of one score a class. The loss is the mean over them: there is one, or one for each step of a loop.
    pub logits: Vec<Value>,
}

impl Output {
    /// The scores that the predicted class is read from: those of the last step.
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
    /// The parameter of that number.
    pub fn param(&self, id: ParamId) -> &Param {
        &self.params[id.0]
    }

    /// The parameters that stand for a parameter at each step of its loop: its versions, or itself alone if it has
    /// none.
    pub fn versions(&self, id: ParamId) -> Vec<ParamId> {
        self.per_step.get(&id).cloned().unwrap_or_else(|| vec![id])
    }

    /// The parameter that stands for a parameter at one step, counted from 1, of the innermost loop around.
    pub fn version(&self, id: ParamId, step: usize) -> ParamId {
        self.per_step.get(&id).and_then(|each| each.get(step.saturating_sub(1))).copied().unwrap_or(id)
    }

    /// The name of the layer or bundle that a parameter, with all its versions, belongs to.
    pub fn owner(&self, id: ParamId) -> &str {
        let owner = self.param(id).owner();
        if self.per_step.contains_key(&id) { owner.rsplit_once('.').map_or(owner, |(owner, _)| owner) } else { owner }
    }

    /// The value, made by a node, that a value is: what a loop hands on is made in its body.
    pub fn origin(&self, mut value: Value) -> Value {
        let handed_on: BTreeMap<Value, Value> = self
            .loops()
            .flat_map(|looped| {
                let states = looped.states.iter().map(|state| (state.last, state.next));
                states.chain(looped.taps.iter().map(|tap| (tap.outer, tap.inner)))
            })
            .collect();
        while let Some(inner) = handed_on.get(&value) {
            value = *inner;
        }
        value
    }

    /// Names the place where a value is calculated, for people: the equation, or the penalty, whose right side it is
    /// part of.
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
