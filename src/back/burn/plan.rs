//! What can be known of a net before it runs: which parts of it run fused, and when each value is read for the last time.
//!
//! A tensor that is handed on instead of copied is free to be overwritten, which saves a buffer for every activation.

use super::on_weights::OnWeights;
use crate::fuse::cut::{Cut, Part};
use crate::fuse::graph::{self, Lowered};
use crate::fuse::lower::Running;
use lcnnc_kernels::Vectors;
use lcnnc_lang::ir::{Net, Op, ParamId, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Plan {
    pub pieces: Vec<Piece>,
    /// How often each value is read after it is made and before it is made anew.
    pub reads: Vec<usize>,
    /// The literal numbers: made where they are needed and never kept.
    pub numbers: Vec<Option<f64>>,
    /// The net's penalties, where one fused part makes all the scores and they are functions of weights.
    pub penalties: Option<Arc<OnWeights>>,
}

/// What runs in one go, in order of execution.
#[derive(Debug)]
pub(super) enum Piece {
    Node(lcnnc_lang::ir::Node),
    Loop(lcnnc_lang::ir::Loop, Vec<Piece>),
    Fused(Fused),
}

/// A fused part, and how it hangs together with the rest.
#[derive(Debug)]
pub(super) struct Fused {
    pub engine: Arc<lcnnc_kernels::Engine>,
    pub inputs: Vec<Value>,
    pub outputs: Vec<(Value, [usize; 3])>,
    pub params: Vec<ParamId>,
    /// Which of them are rounded to 16 bits before.
    pub rounded: Vec<bool>,
    /// The batch normalisations, in the order in which the engine tells of them.
    pub norms: Vec<Running>,
}

impl Plan {
    /// Fused parts round what they multiply to 16 bits if `bf16`.
    pub fn of(net: &Net, cut: Cut, vectors: Vectors, bf16: bool) -> Self {
        let (made, reads, numbers) = (vec![1; net.values], vec![0; net.values], vec![None; net.values]);
        let pieces = pieces(net, cut.parts, vectors, bf16);
        let mut walk = Walk { made, plan: Plan { pieces: Vec::new(), reads, numbers, penalties: None } };
        walk.pieces(&pieces, 1);
        net.output.logits.iter().for_each(|logits| walk.read(*logits, 1));
        for penalty in &net.penalties {
            walk.read(penalty.value, 1);
        }
        let plan = Self { pieces, ..walk.plan };
        let nodes =
            plan.pieces.iter().filter_map(|piece| if let Piece::Node(node) = piece { Some(node) } else { None });
        let penalties = plan.whole(net).and_then(|_| OnWeights::of(net, nodes)).map(Arc::new);
        Self { penalties, ..plan }
    }

    /// The fused part that makes all the scores from the image, if nothing else works on images.
    pub fn whole(&self, net: &Net) -> Option<&Fused> {
        let mut fused = None;
        let mut constants: BTreeSet<Value> = BTreeSet::new();
        for piece in &self.pieces {
            match piece {
                // Made of numbers and weights alone.
                Piece::Node(node) if node.op.reads().iter().all(|value| constants.contains(value)) => {
                    constants.insert(node.value);
                }
                Piece::Fused(part) if fused.is_none() => fused = Some(part),
                Piece::Node(_) | Piece::Loop(..) | Piece::Fused(_) => return None,
            }
        }
        let outputs = |fused: &&Fused| fused.outputs.iter().map(|(value, _)| *value).collect::<Vec<Value>>();
        fused.filter(|fused| outputs(fused) == net.output.logits && fused.inputs == [Value::INPUT])
    }
}

fn pieces(net: &Net, parts: Vec<Part>, vectors: Vectors, bf16: bool) -> Vec<Piece> {
    let piece = |part: Part| match part {
        Part::Node { node, .. } => Piece::Node(node),
        Part::Loop { looped, body } => Piece::Loop(looped, pieces(net, body, vectors, bf16)),
        Part::Fused(fused) => {
            let Lowered { engine, rounded, norms } = graph::engine(net, &fused, vectors, bf16);
            let inputs = fused.inputs.into_iter().map(|(value, _)| value).collect();
            let outputs = fused.outputs.into_iter().map(|(value, shape)| (value, shape.planes())).collect();
            Piece::Fused(Fused { engine: Arc::new(engine), inputs, outputs, params: fused.params, rounded, norms })
        }
    };
    parts.into_iter().map(piece).collect()
}

struct Walk {
    /// How often the body that makes each value runs.
    made: Vec<usize>,
    plan: Plan,
}

impl Walk {
    fn read(&mut self, value: Value, times: usize) {
        self.plan.reads[value.0] += times.checked_div(self.made[value.0]).unwrap_or(0);
    }

    fn pieces(&mut self, pieces: &[Piece], times: usize) {
        for piece in pieces {
            match piece {
                Piece::Node(node) => {
                    node.op.reads().into_iter().for_each(|value| self.read(value, times));
                    self.made[node.value.0] = times;
                    if let Op::Number(x) = node.op {
                        self.plan.numbers[node.value.0] = Some(x);
                    }
                }
                Piece::Fused(fused) => {
                    fused.inputs.iter().for_each(|value| self.read(*value, times));
                    fused.outputs.iter().for_each(|(value, _)| self.made[value.0] = times);
                }
                Piece::Loop(looped, body) => {
                    let inside = times.saturating_mul(looped.steps);
                    for state in &looped.states {
                        self.read(state.init, times);
                        self.made[state.current.0] = inside;
                        self.made[state.last.0] = times;
                    }
                    looped.taps.iter().for_each(|tap| self.made[tap.outer.0] = times);
                    self.pieces(body, inside);
                    // At any step it may be the last time: what a step leaves over, the next one makes anew.
                    looped.taps.iter().for_each(|tap| self.read(tap.inner, inside));
                    looped.states.iter().for_each(|state| self.read(state.next, inside));
                }
            }
        }
    }
}
