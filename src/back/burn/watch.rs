//! The notes that a run of the primitives takes while its numbers are looked at one by one: see [`super::non_finite`].

use super::non_finite::{Operand, Place};
use super::read;
use burn::tensor::Tensor;
use lcnnc_lang::ir::{Net, Node, Op, Value};

/// Takes down the first value that is not finite; or, with probes, every operation and what it reads.
#[derive(Default)]
pub(super) struct Watch {
    /// Are gradients looked at, in place of the values?
    probing: bool,
    pub found: Option<(Seen, f64)>,
    pub seen: Vec<Seen>,
    /// The loops that run, the outermost first, and their steps from 1.
    loops: Vec<(String, usize)>,
    /// The operation that runs.
    now: Option<Seen>,
}

/// One run of an operation.
pub(super) struct Seen {
    pub node: Node,
    pub loops: Vec<(String, usize)>,
    /// The values that the operation read, but for literal numbers.
    pub read: Vec<Tensor<4>>,
    /// Zeros that were added to each value read: their gradients are those that the operation hands back.
    pub probes: Vec<Tensor<4>>,
}

impl Watch {
    pub fn of_gradients() -> Self {
        Self { probing: true, ..Self::default() }
    }

    pub fn enter(&mut self, name: &str) {
        self.loops.push((name.to_owned(), 0));
    }

    pub fn step(&mut self, step: usize) {
        if let Some((_, now)) = self.loops.last_mut() {
            *now = step;
        }
    }

    pub fn leave(&mut self) {
        self.loops.pop();
    }

    pub fn begin(&mut self, node: &Node) {
        let (loops, read, probes) = (self.loops.clone(), Vec::new(), Vec::new());
        // A literal number is made where it is read.
        let runs = !matches!(node.op, Op::Number(_));
        self.now = runs.then(|| Seen { node: node.clone(), loops, read, probes });
    }

    /// What the operation is handed instead of what it reads.
    pub fn read(&mut self, tensor: Tensor<4>) -> Tensor<4> {
        let Some(now) = &mut self.now else { return tensor };
        now.read.push(tensor.clone());
        if !self.probing {
            return tensor;
        }
        let probe = Tensor::zeros(tensor.dims(), (&tensor.device(), tensor.dtype())).require_grad();
        now.probes.push(probe.clone());
        tensor + probe
    }

    pub fn end(&mut self, made: &Tensor<4>) {
        let Some(now) = self.now.take() else { return };
        if self.probing {
            self.seen.push(now);
        } else if self.found.is_none()
            && let Some(number) = strange(made.clone())
        {
            self.found = Some((now, number));
        }
    }
}

/// The first number of a tensor that is not finite; none if the device fails.
pub(super) fn strange(tensor: Tensor<4>) -> Option<f64> {
    read(tensor).ok()?.iter::<f64>().find(|x| !x.is_finite())
}

impl Seen {
    pub fn place(self, net: &Net) -> Place {
        let Self { node, loops, read, .. } = self;
        let numbers = |value: &Value| {
            net.nodes().find_map(|node| match node.op {
                Op::Number(x) if node.value == *value => Some(Operand::of([x])),
                _ => None,
            })
        };
        let mut read = read.into_iter().map(|tensor| super::read(tensor).map(|data| Operand::of(data.iter::<f64>())));
        let operands =
            node.op.reads().iter().filter_map(|value| numbers(value).or_else(|| read.next()?.ok())).collect();
        Place { op: node.op.word(), equation: net.equation(node.value), loops, operands }
    }
}
