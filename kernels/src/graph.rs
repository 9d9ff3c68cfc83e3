//! A fused part as kernels over one block of images: no loops, every value made once.

/// A value's place in [`Graph::values`].
pub type Id = usize;

/// A parameter's place among those of the fused part.
pub type Slot = usize;

/// Channels, height, width of what each image has of a value; a vector of `n` is `[n, 1, 1]`.
pub type Dims = [usize; 3];

/// Kernels in order of execution.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The shape of each value.
    pub values: Vec<Dims>,
    pub nodes: Vec<Node>,
    /// Convolutions that share a read of their input, and all uses of the same weights.
    pub banks: Vec<Bank>,
}

/// Kernels of one size, which read the same input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    pub inputs: usize,
    pub kernel: usize,
    pub pad: usize,
    /// Height and width of an input plane.
    pub from: [usize; 2],
    /// Weights `[outputs, inputs, kernel, kernel]`, and how many outputs each has.
    pub members: Vec<(Slot, usize)>,
}

impl Bank {
    /// Height and width of an output plane.
    pub fn to(&self) -> [usize; 2] {
        self.from.map(|size| size + 2 * self.pad + 1 - self.kernel)
    }

    /// Outputs of all members together.
    pub fn outputs(&self) -> usize {
        self.members.iter().map(|(_, outputs)| outputs).sum()
    }
}

#[derive(Clone, Debug)]
pub struct Node {
    pub kernel: Kernel,
    pub reads: Vec<Id>,
    pub makes: Vec<Id>,
}

/// A pooling window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub largest: bool,
    pub kernel: [usize; 2],
    pub stride: usize,
    pub pad: [usize; 2],
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kernel {
    /// What comes from outside, by its place among the inputs.
    Input(usize),
    Zeros,
    /// Reads `x`; makes one value a member.
    Conv(usize),
    /// Reads `x` and one gradient a member; makes the gradient of `x` and adds to those of the weights.
    ConvBack(usize),
    Pool(Window),
    /// Reads `x`, the pooled value and its gradient; makes that of `x`.
    PoolBack(Window),
    /// Reads `x`; the weight is `[outputs, inputs]`.
    Dense(Slot),
    /// Reads `x` and the gradient of the result; makes that of `x` and adds to that of the weight.
    DenseBack(Slot),
    /// The same numbers in another shape.
    View,
    /// Reads maps; makes one of all their channels.
    Concat,
    /// Reads maps; makes the channels of it from the given one on.
    Part(usize),
    /// Entry by entry.
    Map(Map),
    /// Reads one value, or two to be multiplied; adds the sum over each channel to a parameter's gradient.
    ChannelSum(Slot),
    /// Reads scores, one value a step; makes their gradients and takes down the cross-entropy.
    Loss,
    /// The gradient of an output, by its place among them.
    Seed(usize),
    /// Hands out an output.
    Output(usize),
    /// Hands out the gradient of an input.
    InputGrad(usize),
}

/// What is done entry by entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Map {
    Negate,
    Abs,
    Exp,
    Log,
    Sqrt,
    Square,
    Relu,
    Tanh,
    Sigmoid,
    Softplus,
    Reciprocal,
    /// To the nearest number of bfloat16, which keeps eight bits of the mantissa; ties to even.
    Bf16,
    AddNumber(f32),
    MulNumber(f32),
    /// Each channel has its own number.
    AddChannel(Slot),
    MulChannel(Slot),
    Add,
    Sub,
    Mul,
    Div,
    /// The gradient where the result, read second, is not zero.
    ReluBack,
    /// The gradient times `1 - y^2`.
    TanhBack,
    /// The gradient times `y * (1 - y)`.
    SigmoidBack,
    /// The gradient times the sigmoid of what softplus read.
    SoftplusBack,
    /// The gradient times the sign of what was read, which is 0 at 0.
    AbsBack,
}

impl Eq for Map {}

impl std::hash::Hash for Map {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Map::AddNumber(x) | Map::MulNumber(x) => x.to_bits().hash(state),
            Map::AddChannel(slot) | Map::MulChannel(slot) => slot.hash(state),
            _ => {}
        }
    }
}

impl Graph {
    /// The values that come from outside, by their places.
    pub fn inputs(&self) -> Vec<Id> {
        let place =
            |node: &Node| if let Kernel::Input(place) = node.kernel { Some((place, node.makes[0])) } else { None };
        let mut inputs: Vec<(usize, Id)> = self.nodes.iter().filter_map(place).collect();
        inputs.sort_unstable();
        inputs.into_iter().map(|(_, id)| id).collect()
    }

    pub fn dims(&self, id: Id) -> Dims {
        self.values[id]
    }

    /// Which of `count` parameters bear on some of these values.
    pub fn reached(&self, values: &[Id], count: usize) -> Vec<bool> {
        let (mut live, mut reached) = (vec![false; self.values.len()], vec![false; count]);
        values.iter().for_each(|id| live[*id] = true);
        for node in self.nodes.iter().rev() {
            if node.makes.iter().all(|id| !live[*id]) {
                continue;
            }
            match &node.kernel {
                Kernel::Conv(bank) => {
                    for ((slot, _), value) in self.banks[*bank].members.iter().zip(&node.makes) {
                        reached[*slot] |= live[*value];
                    }
                }
                Kernel::Dense(slot) | Kernel::Map(Map::AddChannel(slot) | Map::MulChannel(slot)) => {
                    reached[*slot] = true;
                }
                _ => {}
            }
            node.reads.iter().for_each(|id| live[*id] = true);
        }
        reached
    }

    fn make(&mut self, dims: Dims) -> Id {
        self.values.push(dims);
        self.values.len() - 1
    }

    /// Appends a kernel that makes one value.
    pub fn node(&mut self, kernel: Kernel, reads: &[Id], dims: Dims) -> Id {
        let id = self.make(dims);
        self.nodes.push(Node { kernel, reads: reads.to_vec(), makes: vec![id] });
        id
    }

    /// Appends a kernel for what it does besides.
    pub fn effect(&mut self, kernel: Kernel, reads: &[Id]) {
        self.nodes.push(Node { kernel, reads: reads.to_vec(), makes: Vec::new() });
    }

    /// Appends what is done entry by entry to values of one shape.
    pub fn map(&mut self, map: Map, reads: &[Id]) -> Id {
        let dims = self.dims(reads[0]);
        self.node(Kernel::Map(map), reads, dims)
    }

    /// Appends the scores' gradients.
    pub fn loss(&mut self, scores: &[Id]) -> Vec<Id> {
        let makes: Vec<Id> = scores.iter().map(|id| self.make(self.values[*id])).collect();
        self.nodes.push(Node { kernel: Kernel::Loss, reads: scores.to_vec(), makes: makes.clone() });
        makes
    }

    /// Appends convolutions of one input; the values of the members, in order.
    pub fn conv(&mut self, x: Id, bank: Bank) -> Vec<Id> {
        let [height, width] = bank.to();
        let shapes: Vec<Dims> = bank.members.iter().map(|(_, n)| [*n, height, width]).collect();
        let values: Vec<Id> = shapes.into_iter().map(|shape| self.make(shape)).collect();
        self.conv_into(x, bank, &values);
        values
    }

    /// Appends convolutions of one input that make values which have a place already.
    pub fn conv_into(&mut self, x: Id, bank: Bank, values: &[Id]) {
        let place = self.banks.iter().position(|known| *known == bank).unwrap_or(self.banks.len());
        if place == self.banks.len() {
            self.banks.push(bank);
        }
        self.nodes.push(Node { kernel: Kernel::Conv(place), reads: vec![x], makes: values.to_vec() });
    }
}
