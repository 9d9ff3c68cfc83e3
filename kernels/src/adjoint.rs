//! The way back: for every value of a [`Graph`] that a weight or an input bears on, the kernels that make its gradient.

use super::graph::{Graph, Id, Kernel, Map};

/// Whose gradients are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Of each parameter.
    pub params: Vec<bool>,
    /// Of each input.
    pub inputs: Vec<bool>,
}

/// Appends the kernels of the way back, from the gradients of some values.
pub fn adjoint(graph: &mut Graph, seeds: &[(Id, Id)], wanted: &Wanted) {
    let forward = graph.nodes.clone();
    let mut back = Back { needed: needed(graph, wanted), gradients: vec![None; graph.values.len()], wanted, graph };
    for (value, gradient) in seeds {
        back.add(*value, *gradient);
    }
    for node in forward.iter().rev() {
        if let Kernel::Input(place) = node.kernel {
            if wanted.inputs[place] {
                let gradient = back.gradient_or_zeros(node.makes[0]);
                back.graph.effect(Kernel::InputGrad(place), &[gradient]);
            }
        } else if let Kernel::Conv(bank) = node.kernel {
            back.conv(bank, node.reads[0], &node.makes);
        } else if let Some(gradient) = node.makes.first().and_then(|y| back.gradients[*y]) {
            back.node(&node.kernel, &node.reads, node.makes[0], gradient);
        }
    }
}

/// Which values depend on a weight or an input whose gradient is wanted.
fn needed(graph: &Graph, wanted: &Wanted) -> Vec<bool> {
    let mut needed = vec![false; graph.values.len()];
    for node in &graph.nodes {
        let own = match &node.kernel {
            Kernel::Input(place) => wanted.inputs[*place],
            Kernel::Conv(bank) => graph.banks[*bank].members.iter().any(|(slot, _)| wanted.params[*slot]),
            Kernel::Dense(slot) | Kernel::Map(Map::AddChannel(slot) | Map::MulChannel(slot)) => wanted.params[*slot],
            _ => false,
        };
        if own || node.reads.iter().any(|id| needed[*id]) {
            node.makes.iter().for_each(|id| needed[*id] = true);
        }
    }
    needed
}

struct Back<'a> {
    graph: &'a mut Graph,
    wanted: &'a Wanted,
    needed: Vec<bool>,
    /// Of each value of the way there, what of its gradient has been summed so far.
    gradients: Vec<Option<Id>>,
}

impl Back<'_> {
    fn add(&mut self, value: Id, gradient: Id) {
        if self.needed[value] {
            self.gradients[value] = Some(match self.gradients[value] {
                Some(sum) => self.graph.map(Map::Add, &[sum, gradient]),
                None => gradient,
            });
        }
    }

    fn gradient_or_zeros(&mut self, value: Id) -> Id {
        let dims = self.graph.dims(value);
        self.gradients[value].unwrap_or_else(|| self.graph.node(Kernel::Zeros, &[], dims))
    }

    /// `values` are the members'.
    fn conv(&mut self, bank: usize, x: Id, values: &[Id]) {
        if values.iter().all(|value| self.gradients[*value].is_none()) {
            return;
        }
        let gradients = values.iter().map(|value| self.gradient_or_zeros(*value));
        let gradients: Vec<Id> = gradients.collect();
        let reads: Vec<Id> = [x].into_iter().chain(gradients).collect();
        if self.needed[x] {
            let gradient = self.graph.node(Kernel::ConvBack(bank), &reads, self.graph.dims(x));
            self.add(x, gradient);
        } else {
            self.graph.effect(Kernel::ConvBack(bank), &reads);
        }
    }

    fn node(&mut self, kernel: &Kernel, reads: &[Id], y: Id, dy: Id) {
        match kernel {
            Kernel::Pool(window) => {
                let dims = self.graph.dims(reads[0]);
                let dx = self.graph.node(Kernel::PoolBack(*window), &[reads[0], y, dy], dims);
                self.add(reads[0], dx);
            }
            Kernel::Dense(slot) => {
                let reads = [reads[0], dy];
                if self.needed[reads[0]] {
                    let dx = self.graph.node(Kernel::DenseBack(*slot), &reads, self.graph.dims(reads[0]));
                    self.add(reads[0], dx);
                } else {
                    self.graph.effect(Kernel::DenseBack(*slot), &reads);
                }
            }
            Kernel::View => {
                let dx = self.graph.node(Kernel::View, &[dy], self.graph.dims(reads[0]));
                self.add(reads[0], dx);
            }
            Kernel::Concat => {
                let mut first = 0;
                for part in reads {
                    let dims = self.graph.dims(*part);
                    let dx = self.graph.node(Kernel::Part(first), &[dy], dims);
                    self.add(*part, dx);
                    first += dims[0];
                }
            }
            Kernel::Map(map) => self.map(*map, reads, y, dy),
            Kernel::Input(_)
            | Kernel::Zeros
            | Kernel::Conv(_)
            | Kernel::ConvBack(_)
            | Kernel::PoolBack(_)
            | Kernel::DenseBack(_)
            | Kernel::Part(_)
            | Kernel::ChannelSum(_)
            | Kernel::Loss
            | Kernel::Seed(_)
            | Kernel::Output(_)
            | Kernel::InputGrad(_) => {}
        }
    }

    fn map(&mut self, map: Map, reads: &[Id], y: Id, dy: Id) {
        let x = reads[0];
        let one = |back: &mut Self, map: Map, reads: &[Id]| {
            let dx = back.graph.map(map, reads);
            back.add(x, dx);
        };
        match map {
            Map::Negate => one(self, Map::Negate, &[dy]),
            Map::Abs => one(self, Map::AbsBack, &[dy, x]),
            Map::Exp => one(self, Map::Mul, &[dy, y]),
            Map::Log => one(self, Map::Div, &[dy, x]),
            Map::Sqrt => {
                let half = self.graph.map(Map::MulNumber(0.5), &[dy]);
                one(self, Map::Div, &[half, y]);
            }
            Map::Square => {
                let twice = self.graph.map(Map::MulNumber(2.0), &[dy]);
                one(self, Map::Mul, &[twice, x]);
            }
            Map::Relu => one(self, Map::ReluBack, &[dy, y]),
            Map::Tanh => one(self, Map::TanhBack, &[dy, y]),
            Map::Sigmoid => one(self, Map::SigmoidBack, &[dy, y]),
            Map::Softplus => one(self, Map::SoftplusBack, &[dy, x]),
            Map::Reciprocal => {
                let square = self.graph.map(Map::Square, &[y]);
                let product = self.graph.map(Map::Mul, &[dy, square]);
                one(self, Map::Negate, &[product]);
            }
            // A number of 16 bits has a gradient of 16 bits.
            Map::Bf16 => one(self, Map::Bf16, &[dy]),
            Map::AddNumber(_) => self.add(x, dy),
            Map::MulNumber(n) => one(self, Map::MulNumber(n), &[dy]),
            Map::AddChannel(slot) => {
                if self.wanted.params[slot] {
                    self.graph.effect(Kernel::ChannelSum(slot), &[dy]);
                }
                self.add(x, dy);
            }
            Map::MulChannel(slot) => {
                if self.wanted.params[slot] {
                    self.graph.effect(Kernel::ChannelSum(slot), &[dy, x]);
                }
                if self.needed[x] {
                    one(self, Map::MulChannel(slot), &[dy]);
                }
            }
            Map::Add | Map::Sub | Map::Mul | Map::Div => self.two(map, [x, reads[1]], y, dy),
            Map::ReluBack | Map::TanhBack | Map::SigmoidBack | Map::SoftplusBack | Map::AbsBack => {
                unreachable!("only on the way back")
            }
        }
    }

    fn two(&mut self, map: Map, [left, right]: [Id; 2], y: Id, dy: Id) {
        let each = |back: &mut Self, of: Id, map: Map, reads: &[Id]| {
            if back.needed[of] {
                let gradient = back.graph.map(map, reads);
                back.add(of, gradient);
            }
        };
        match map {
            Map::Sub => {
                self.add(left, dy);
                each(self, right, Map::Negate, &[dy]);
            }
            Map::Mul => {
                each(self, left, Map::Mul, &[dy, right]);
                each(self, right, Map::Mul, &[dy, left]);
            }
            Map::Div => {
                let share = self.graph.map(Map::Div, &[dy, right]);
                self.add(left, share);
                if self.needed[right] {
                    let product = self.graph.map(Map::Mul, &[share, y]);
                    each(self, right, Map::Negate, &[product]);
                }
            }
            _ => {
                self.add(left, dy);
                self.add(right, dy);
            }
        }
    }
}
