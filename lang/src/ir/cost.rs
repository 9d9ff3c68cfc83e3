//! What a net costs: parameters, arithmetic and memory, read off its shapes.

use super::{Net, Node, Op, Padding, Shape, Visit};
use crate::vocabulary::{Bound, optimizers};

/// One layer's cost for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerCost {
    /// The equation, or the primitive where the author gave no name.
    pub layer: String,
    pub shape: Shape,
    /// The number of trained parameters, counted at their first use only.
    pub parameters: u128,
    /// Multiply-adds for one image, all steps of a loop together.
    pub multiply_adds: u128,
    /// Bytes of activity for one image in single precision, as training keeps it: every step of a loop.
    pub activation: u128,
}

/// What each named layer of a net costs; the penalties, which cost per batch and not per image, are left out.
pub fn table(net: &Net) -> Vec<LayerCost> {
    let mut rows = CostTable { net, seen: vec![false; net.params.len()], rows: Vec::new(), open: Cost::default() };
    rows.all();
    rows.rows
}

/// What a whole net costs for one image, in the units of [`LayerCost`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub parameters: u128,
    pub multiply_adds: u128,
    pub activation: u128,
}

impl Cost {
    /// The cost of all these layers together.
    pub fn sum(rows: &[LayerCost]) -> Self {
        rows.iter().fold(Self::default(), |sum, row| Self {
            parameters: sum.parameters.saturating_add(row.parameters),
            multiply_adds: sum.multiply_adds.saturating_add(row.multiply_adds),
            activation: sum.activation.saturating_add(row.activation),
        })
    }
}

/// The bytes that the trained weights take while they are trained in single precision: each with its gradient and with what the
/// optimizer remembers of it.
pub fn weights_in_training(net: &Net, optimizer: &Bound) -> u128 {
    let trained = net.params.iter().filter(|param| param.trained());
    let numbers = 2 + optimizers::remembered(optimizer) as u128;
    trained.map(|param| 4 * numbers * param.len() as u128).sum()
}

struct CostTable<'a> {
    net: &'a Net,
    seen: Vec<bool>,
    rows: Vec<LayerCost>,
    /// The cost of primitives without a name, until the equation that they belong to ends.
    open: Cost,
}

impl CostTable<'_> {
    fn all(&mut self) {
        // How often the body of each open loop is evaluated, for one image; the first entry is the net's body.
        let mut times = vec![1u128];
        for visit in self.net.walk() {
            let here = times.last().copied().unwrap_or(1);
            match visit {
                Visit::Node(node) => self.node(node, here),
                Visit::Enter(looped) => times.push(here.saturating_mul(looped.steps as u128)),
                Visit::Leave(_) => drop(times.pop()),
            }
        }
    }

    fn node(&mut self, node: &Node, times: u128) {
        for id in node.op.params().into_iter().flat_map(|id| self.net.versions(id)) {
            if !std::mem::replace(&mut self.seen[id.0], true) && self.net.param(id).trained() {
                self.open.parameters += self.net.param(id).len() as u128;
            }
        }
        if !node.shape.per_image() {
            return;
        }
        self.open.multiply_adds += self.multiply_adds(node).saturating_mul(times);
        self.open.activation += (4 * node.shape.len() as u128).saturating_mul(times);
        if let Some(name) = &node.name {
            let Cost { parameters, multiply_adds, activation } = std::mem::take(&mut self.open);
            let (layer, shape) = (name.clone(), node.shape.clone());
            self.rows.push(LayerCost { layer, shape, parameters, multiply_adds, activation });
        }
    }

    /// The multiply-adds of one evaluation of the primitive, for one image; only sums of products count, as in the
    /// field's tables.
    fn multiply_adds(&self, node: &Node) -> u128 {
        match &node.op {
            Op::Conv { weight, .. } => {
                let taps: usize = self.net.param(*weight).shape.iter().skip(1).product();
                (taps as u128).saturating_mul(node.shape.len() as u128)
            }
            // Every pixel of the input meets the whole kernel.
            Op::ConvTranspose { weight, stride, padding, .. } => {
                let (weight, Shape::Map([_, height, width])) = (self.net.param(*weight), &node.shape) else { return 0 };
                let along = |size: usize| match padding {
                    Padding::Same => size / stride,
                    Padding::Valid => (size - weight.shape[2]) / stride + 1,
                };
                (weight.len() as u128).saturating_mul((along(*height) * along(*width)) as u128)
            }
            Op::Dense { weight, .. } | Op::Local { weight, .. } => self.net.param(*weight).len() as u128,
            Op::Param(_)
            | Op::Number(_)
            | Op::Zeros
            | Op::Pool { .. }
            | Op::Upsample { .. }
            | Op::BatchNorm { .. }
            | Op::GroupNorm { .. }
            | Op::Lrn { .. }
            | Op::Dropout { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Reduce { .. }
            | Op::Flatten { .. }
            | Op::Concat { .. } => 0,
        }
    }
}

/// A count in words, with the prefix that leaves three digits: `1.23 M`.
pub fn scaled(n: u128) -> String {
    with_prefix(n, 1000.0, &["", " k", " M", " G", " T", " P"])
}

/// A number of bytes in words: `1.23 MiB`.
pub fn bytes(n: u128) -> String {
    with_prefix(n, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB", " PiB"])
}

fn with_prefix(n: u128, base: f64, prefixes: &[&str]) -> String {
    let (mut x, mut power) = (n as f64, 0);
    while x >= base && power + 1 < prefixes.len() {
        x /= base;
        power += 1;
    }
    let digits = if power == 0 || x >= 100.0 {
        0
    } else if x >= 10.0 {
        1
    } else {
        2
    };
    format!("{x:.digits$}{}", prefixes[power])
}
