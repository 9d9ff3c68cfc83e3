//! The backward pass of a [`Graph`]: for every value that a wanted parameter or input bears on, the kernels that make
//! its gradient, appended behind the forward pass.

use super::batch_norm::{NormPass, Pass};
use super::graph::{Graph, Id, Kernel, Map, Node, Slot};

/// The parameters and inputs whose gradients a backward pass makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// One flag for each parameter: true if the backward pass makes its gradient.
    pub params: Vec<bool>,
    /// One flag for each input of the graph: true if the backward pass makes its gradient.
    pub inputs: Vec<bool>,
}

/// Appends the kernels of the backward pass; `output_gradients` pairs each output with the value that holds its
/// gradient.
pub fn adjoint(graph: &mut Graph, output_gradients: &[(Id, Id)], wanted: &Wanted) {
    let forward = graph.nodes.clone();
    let (needed, gradients) = (needed(graph, wanted), vec![None; graph.values.len()]);
    let mut backward = BackwardPass { graph, wanted, needed, gradients };
    for (value, gradient) in output_gradients {
        backward.add(*value, *gradient);
    }
    // Readers come after what they read, so from the last node to the first every gradient is complete when it is used.
    forward.iter().rev().for_each(|node| backward.node(node));
}

/// Which values depend on a parameter or an input whose gradient is wanted. For all others no gradient is computed:
/// most of the backward pass of the first layer is saved by that, since nobody asks for the gradient of the image.
fn needed(graph: &Graph, wanted: &Wanted) -> Vec<bool> {
    let mut needed = vec![false; graph.values.len()];
    for node in &graph.nodes {
        let input = if let Kernel::Input(index) = node.kernel { wanted.inputs[index] } else { false };
        let weight = graph.weights(node).iter().any(|(slot, _)| wanted.params[*slot]);
        if input || weight || node.reads.iter().any(|id| needed[*id]) {
            node.makes.iter().for_each(|id| needed[*id] = true);
        }
    }
    needed
}

/// A backward pass that is being appended to a graph.
struct BackwardPass<'a> {
    graph: &'a mut Graph,
    wanted: &'a Wanted,
    /// Which values of the forward pass need a gradient.
    needed: Vec<bool>,
    /// For each value of the forward pass, the value that holds the sum of its gradients so far.
    gradients: Vec<Option<Id>>,
}

impl BackwardPass<'_> {
    /// Adds to the gradient of a value, if it is needed.
    fn add(&mut self, value: Id, gradient: Id) {
        if self.needed[value] {
            self.gradients[value] = Some(match self.gradients[value] {
                Some(sum) => self.graph.map(Map::Add, &[sum, gradient]),
                None => gradient,
            });
        }
    }

    /// Appends a function whose result is added to the gradient of `value`, if that is needed.
    fn add_map(&mut self, value: Id, map: Map, reads: &[Id]) {
        if self.needed[value] {
            let gradient = self.graph.map(map, reads);
            self.add(value, gradient);
        }
    }

    /// Appends a kernel of which one result, the gradient of `x`, may not be needed while its effect is.
    fn add_with_effect(&mut self, x: Id, kernel: Kernel, reads: &[Id]) {
        if self.needed[x] {
            let gradient = self.graph.node(kernel, reads, self.graph.dims(x));
            self.add(x, gradient);
        } else {
            self.graph.effect(kernel, reads);
        }
    }

    fn gradient_or_zeros(&mut self, value: Id) -> Id {
        let dims = self.graph.dims(value);
        self.gradients[value].unwrap_or_else(|| self.graph.node(Kernel::Zeros, &[], dims))
    }

    /// The gradient that has come to the first value that a node makes.
    fn gradient(&self, node: &Node) -> Option<Id> {
        node.makes.first().and_then(|y| self.gradients[*y])
    }

    /// Appends the backward pass of one node; nothing, if no gradient has come to what it makes.
    fn node(&mut self, node: &Node) {
        let reads = &node.reads;
        match &node.kernel {
            Kernel::Input(index) => {
                if self.wanted.inputs[*index] {
                    let gradient = self.gradient_or_zeros(node.makes[0]);
                    self.graph.effect(Kernel::InputGradient(*index), &[gradient]);
                }
            }
            Kernel::Conv(bank) => self.conv(*bank, reads[0], &node.makes),
            Kernel::Local(local) => {
                let Some(dy) = self.gradient(node) else { return };
                self.add_with_effect(reads[0], Kernel::LocalBackward(*local), &[reads[0], dy]);
            }
            Kernel::Pool(window) => {
                let Some(dy) = self.gradient(node) else { return };
                let dims = self.graph.dims(reads[0]);
                let dx = self.graph.node(Kernel::PoolBackward(*window), &[reads[0], node.makes[0], dy], dims);
                self.add(reads[0], dx);
            }
            Kernel::Upsample(upsampling) => {
                let Some(dy) = self.gradient(node) else { return };
                let dx = self.graph.node(Kernel::UpsampleBackward(*upsampling), &[dy], self.graph.dims(reads[0]));
                self.add(reads[0], dx);
            }
            Kernel::ImageNorm(norm) => {
                let Some(dy) = self.gradient(node) else { return };
                let dims = self.graph.dims(reads[0]);
                let dx = self.graph.node(Kernel::ImageNormBackward(*norm), &[reads[0], dy], dims);
                self.add(reads[0], dx);
            }
            Kernel::Dense(slot) => {
                let Some(dy) = self.gradient(node) else { return };
                self.add_with_effect(reads[0], Kernel::DenseBackward(*slot), &[reads[0], dy]);
            }
            Kernel::View => {
                let Some(dy) = self.gradient(node) else { return };
                let dx = self.graph.node(Kernel::View, &[dy], self.graph.dims(reads[0]));
                self.add(reads[0], dx);
            }
            Kernel::Concat => {
                let Some(dy) = self.gradient(node) else { return };
                let mut first = 0;
                for read in reads {
                    let dims = self.graph.dims(*read);
                    let dx = self.graph.node(Kernel::Channels(first), &[dy], dims);
                    self.add(*read, dx);
                    first += dims[0];
                }
            }
            Kernel::Map(map) => {
                let Some(dy) = self.gradient(node) else { return };
                self.map(*map, reads, node.makes[0], dy);
            }
            // Zeros and masks depend on nothing, outputs make no value, and the rest is what a backward pass itself is made of.
            Kernel::Zeros
            | Kernel::Mask(_)
            | Kernel::ConvBackward(_)
            | Kernel::LocalBackward(_)
            | Kernel::PoolBackward(_)
            | Kernel::UpsampleBackward(_)
            | Kernel::ImageNormBackward(_)
            | Kernel::DenseBackward(_)
            | Kernel::Channels(_)
            | Kernel::ChannelSum(_)
            | Kernel::BatchSums(_)
            | Kernel::Loss
            | Kernel::OutputGradient(_)
            | Kernel::Output(_)
            | Kernel::InputGradient(_) => {}
        }
    }

    /// Appends the backward pass of a convolution of `x` that makes one value for each member of its bank. If some of
    /// them have no gradient, zeros stand for it: the bank is one kernel, and its members share the transforms of `x`.
    fn conv(&mut self, bank: usize, x: Id, values: &[Id]) {
        if values.iter().all(|value| self.gradients[*value].is_none()) {
            return;
        }
        let gradients: Vec<Id> = values.iter().map(|value| self.gradient_or_zeros(*value)).collect();
        let reads: Vec<Id> = [x].into_iter().chain(gradients).collect();
        self.add_with_effect(x, Kernel::ConvBackward(bank), &reads);
    }

    /// Appends the backward pass of a function that makes `y`, whose gradient is `dy`.
    fn map(&mut self, map: Map, reads: &[Id], y: Id, dy: Id) {
        // For a function of one number, `other` is not used.
        let (x, other) = (reads[0], reads.get(1).copied().unwrap_or(reads[0]));
        match map {
            Map::Negate => self.add_map(x, Map::Negate, &[dy]),
            Map::Abs => self.add_map(x, Map::AbsBackward, &[dy, x]),
            Map::Exp => self.add_map(x, Map::Mul, &[dy, y]),
            Map::Log => self.add_map(x, Map::Div, &[dy, x]),
            Map::Sqrt => {
                let half = self.graph.map(Map::MulNumber(0.5), &[dy]);
                self.add_map(x, Map::Div, &[half, y]);
            }
            Map::Square => {
                let twice = self.graph.map(Map::MulNumber(2.0), &[dy]);
                self.add_map(x, Map::Mul, &[twice, x]);
            }
            // From the result where that is enough: what a layer read is then free as soon as it was read.
            Map::Relu => self.add_map(x, Map::ReluBackward, &[dy, y]),
            Map::Tanh => self.add_map(x, Map::TanhBackward, &[dy, y]),
            Map::Sigmoid => self.add_map(x, Map::SigmoidBackward, &[dy, y]),
            Map::Softplus => self.add_map(x, Map::SoftplusBackward, &[dy, x]),
            Map::Gelu => self.add_map(x, Map::GeluBackward, &[dy, x]),
            Map::Reciprocal => {
                let square = self.graph.map(Map::Square, &[y]);
                let product = self.graph.map(Map::Mul, &[dy, square]);
                self.add_map(x, Map::Negate, &[product]);
            }
            // A number of 16 bits has a gradient of 16 bits.
            Map::Bf16 => self.add_map(x, Map::Bf16, &[dy]),
            Map::AddNumber(_) => self.add(x, dy),
            Map::MulNumber(n) => self.add_map(x, Map::MulNumber(n), &[dy]),
            Map::AddChannel(slot) => {
                self.channel_sum(slot, &[dy]);
                self.add(x, dy);
            }
            Map::MulChannel(slot) => {
                self.channel_sum(slot, &[dy, x]);
                self.add_map(x, Map::MulChannel(slot), &[dy]);
            }
            Map::DivChannel(slot) => {
                let share = self.graph.map(Map::DivChannel(slot), &[dy]);
                if self.wanted.params[slot] {
                    let less = self.graph.map(Map::Negate, &[share]);
                    self.channel_sum(slot, &[less, y]);
                }
                self.add(x, share);
            }
            Map::Add => {
                self.add(x, dy);
                self.add(other, dy);
            }
            Map::Sub => {
                self.add(x, dy);
                self.add_map(other, Map::Negate, &[dy]);
            }
            Map::Mul => {
                self.add_map(x, Map::Mul, &[dy, other]);
                self.add_map(other, Map::Mul, &[dy, x]);
            }
            Map::Div => {
                let share = self.graph.map(Map::Div, &[dy, other]);
                self.add(x, share);
                if self.needed[other] {
                    let product = self.graph.map(Map::Mul, &[share, y]);
                    self.add_map(other, Map::Negate, &[product]);
                }
            }
            Map::Normalise(norm) => {
                self.graph.effect(Kernel::BatchSums(NormPass { norm, pass: Pass::Backward }), &[dy, x]);
                self.add_map(x, Map::NormaliseBackward(norm), &[dy, x]);
            }
            Map::ReluBackward
            | Map::TanhBackward
            | Map::SigmoidBackward
            | Map::SoftplusBackward
            | Map::GeluBackward
            | Map::AbsBackward
            | Map::NormaliseBackward(_) => {
                unreachable!("a forward pass has no functions of a backward pass")
            }
        }
    }

    /// Adds the sums over channels, of one value or of the product of two, to a parameter's gradient, if it is wanted.
    fn channel_sum(&mut self, slot: Slot, reads: &[Id]) {
        if self.wanted.params[slot] {
            self.graph.effect(Kernel::ChannelSum(slot), reads);
        }
    }
}
