//! A fused part of a net as a graph of kernels over one image: loops are written out, and every value is made once.

mod bank;
mod local;
mod map;

pub use bank::{Bank, Direction, Member};
pub use local::Local;
pub use map::{Constant, Map};

use super::batch_norm::{BatchNorm, NormPass, Pass};
use super::image_norm::ImageNorm;

/// A value of a [`Graph`]: its index in [`Graph::values`].
pub type Id = usize;

/// A parameter of a fused part: its index among the part's parameters.
pub type Slot = usize;

/// The shape `[channels, height, width]` of what each image has of a value; a vector of `n` numbers is `[n, 1, 1]`.
pub type Dims = [usize; 3];

/// Kernels in the order of execution, the values that they read and make, and the convolutions among them.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The shape of each value, by its [`Id`].
    pub values: Vec<Dims>,
    /// The kernels, each after everything that it reads from.
    pub nodes: Vec<Node>,
    /// Every convolution that nodes refer to, once: several nodes that use the same weights share a bank.
    pub banks: Vec<Bank>,
    /// Every batch normalisation that nodes refer to, each of them in one place of the graph.
    pub norms: Vec<BatchNorm>,
}

/// A kernel in a [`Graph`], with the values that it reads and the values that it makes, in the order that [`Kernel`]
/// says.
#[derive(Clone, Debug)]
pub struct Node {
    pub kernel: Kernel,
    pub reads: Vec<Id>,
    pub makes: Vec<Id>,
}

/// A pooling window: its size, its stride and the border around the input, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// The result is the largest number in the window; otherwise it is their mean.
    pub largest: bool,
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Pixels from one window to the next, on both axes.
    pub stride: usize,
    /// Border above and below the input, and left and right of it; it takes part in no result.
    pub pad: [usize; 2],
}

/// The factors of a dropout; see [`crate::draws::Draws::factor`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask {
    /// The probability of 0.
    pub rate: f64,
    /// How many numbers each image has drawn before. Those of all images come before the next mask's: image `n` of a batch
    /// of `b` begins its `len` numbers at place `b * before + n * len` of the stream.
    pub before: usize,
}

/// How a map becomes larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upsampling {
    /// Pixels that one pixel becomes, on both axes.
    pub factor: usize,
    /// Every pixel is a mean of its neighbours, weighted by distance; otherwise pixels are repeated.
    pub bilinear: bool,
}

/// What a [`Node`] computes.
#[derive(Clone, Debug, PartialEq)]
pub enum Kernel {
    /// Makes the part's input of this index.
    Input(usize),
    /// Makes a value of zeros.
    Zeros,
    /// Makes the factors of a dropout in training, and ones otherwise.
    Mask(Mask),
    /// Convolves `x` by the bank of this index in [`Graph::banks`]; makes one value for each member.
    Conv(usize),
    /// Backward pass of a convolution: reads `x` and the gradient of each member's value; makes the gradient of `x`, if
    /// it makes anything, and adds to the gradients of the kernels.
    ConvBackward(usize),
    /// Convolves `x` by kernels that differ from place to place.
    Local(Local),
    /// Backward pass of such a convolution: reads `x` and the gradient of the result; makes the gradient of `x`, if it makes
    /// anything, and adds to the gradients of the kernels.
    LocalBackward(Local),
    /// Pools `x`.
    Pool(Window),
    /// Backward pass of pooling: reads `x`, the pooled value and its gradient; makes the gradient of `x`.
    PoolBackward(Window),
    /// Makes a larger map of `x`.
    Upsample(Upsampling),
    /// Backward pass of a map that became larger: reads the gradient of the larger map; makes that of the smaller one.
    UpsampleBackward(Upsampling),
    /// Normalises `x` in each image by itself.
    ImageNorm(ImageNorm),
    /// Backward pass of a normalisation: reads `x` and the gradient of the result; makes the gradient of `x`.
    ImageNormBackward(ImageNorm),
    /// Multiplies the vector `x` by a weight `[outputs, inputs]`.
    Dense(Slot),
    /// Backward pass of a dense layer: reads `x` and the gradient of the result; makes the gradient of `x`, if it makes
    /// anything, and adds to the gradient of the weight.
    DenseBackward(Slot),
    /// Makes a value of the same numbers in another shape.
    View,
    /// Reads several values of the same height and width; makes one of all their channels.
    Concat,
    /// Makes a value of the channels of `x` from this one on, as many as its shape says.
    Channels(usize),
    /// Applies a function to every number of a value, or to every pair of numbers of two values.
    Map(Map),
    /// Reads one value, or two to be multiplied; adds the sum over each channel to the gradient of a parameter that has
    /// one number for each channel.
    ChannelSum(Slot),
    /// Reads what a batch normalisation adds up over the batch: forward `x` twice, backward the gradient of the result and
    /// `x`; see [`crate::batch_norm::Sums`].
    BatchSums(NormPass),
    /// Reads the scores of each step; makes their gradients and notes the cross-entropy.
    Loss,
    /// Reads the gradient of the output of this index, which comes from outside: a backward pass begins with it.
    OutputGradient(usize),
    /// Hands out a value as the output of this index.
    Output(usize),
    /// Hands out a value as the gradient of the input of this index.
    InputGradient(usize),
}

impl Kernel {
    /// Whether the kernel does something beside making values, so that it runs even if nothing reads what it makes.
    pub fn has_effect(&self) -> bool {
        match self {
            Kernel::ConvBackward(_)
            | Kernel::LocalBackward(_)
            | Kernel::DenseBackward(_)
            | Kernel::ChannelSum(_)
            | Kernel::BatchSums(_)
            | Kernel::Loss
            | Kernel::Output(_)
            | Kernel::InputGradient(_) => true,
            Kernel::Input(_)
            | Kernel::Zeros
            | Kernel::Mask(_)
            | Kernel::Conv(_)
            | Kernel::Local(_)
            | Kernel::Pool(_)
            | Kernel::PoolBackward(_)
            | Kernel::Upsample(_)
            | Kernel::UpsampleBackward(_)
            | Kernel::ImageNorm(_)
            | Kernel::ImageNormBackward(_)
            | Kernel::Dense(_)
            | Kernel::View
            | Kernel::Concat
            | Kernel::Channels(_)
            | Kernel::Map(_)
            | Kernel::OutputGradient(_) => false,
        }
    }

    /// Whether all blocks of a batch go through the kernel together: its weights are so many that they are read once for the
    /// whole batch, instead of once for each block.
    pub fn is_together(&self) -> bool {
        matches!(self, Kernel::Local(_) | Kernel::LocalBackward(_))
    }

    /// The bank that the kernel convolves with, forward or backward; none if it is no convolution.
    pub fn bank(&self) -> Option<usize> {
        match self {
            Kernel::Conv(bank) | Kernel::ConvBackward(bank) => Some(*bank),
            Kernel::Input(_)
            | Kernel::Zeros
            | Kernel::Mask(_)
            | Kernel::Local(_)
            | Kernel::LocalBackward(_)
            | Kernel::Pool(_)
            | Kernel::PoolBackward(_)
            | Kernel::Upsample(_)
            | Kernel::UpsampleBackward(_)
            | Kernel::ImageNorm(_)
            | Kernel::ImageNormBackward(_)
            | Kernel::Dense(_)
            | Kernel::DenseBackward(_)
            | Kernel::View
            | Kernel::Concat
            | Kernel::Channels(_)
            | Kernel::Map(_)
            | Kernel::ChannelSum(_)
            | Kernel::BatchSums(_)
            | Kernel::Loss
            | Kernel::OutputGradient(_)
            | Kernel::Output(_)
            | Kernel::InputGradient(_) => None,
        }
    }
}

impl Graph {
    /// The values that come from outside, in the order of the part's inputs.
    pub fn inputs(&self) -> Vec<Id> {
        let input =
            |node: &Node| if let Kernel::Input(index) = node.kernel { Some((index, node.makes[0])) } else { None };
        let mut inputs: Vec<(usize, Id)> = self.nodes.iter().filter_map(input).collect();
        inputs.sort_unstable();
        inputs.into_iter().map(|(_, id)| id).collect()
    }

    /// The shape of a value.
    pub fn dims(&self, id: Id) -> Dims {
        self.values[id]
    }

    /// The parameters that a node of a forward pass reads, each with the value that it bears on directly. Nodes of a
    /// backward pass have none: no gradient is taken of a gradient.
    pub fn weights(&self, node: &Node) -> Vec<(Slot, Id)> {
        match &node.kernel {
            Kernel::Conv(bank) => {
                let slots = self.banks[*bank].members.iter().map(|member| member.slot);
                slots.zip(node.makes.iter().copied()).collect()
            }
            Kernel::Dense(slot) => vec![(*slot, node.makes[0])],
            Kernel::Local(local) => {
                std::iter::once(local.weight).chain(local.bias).map(|slot| (slot, node.makes[0])).collect()
            }
            Kernel::Map(Map::Normalise(norm)) => {
                let BatchNorm { scale, shift, .. } = self.norms[*norm];
                [scale, shift].map(|slot| (slot, node.makes[0])).to_vec()
            }
            Kernel::Map(map) => map.slot().map(|slot| (slot, node.makes[0])).into_iter().collect(),
            Kernel::Input(_)
            | Kernel::Zeros
            | Kernel::Mask(_)
            | Kernel::ConvBackward(_)
            | Kernel::LocalBackward(_)
            | Kernel::Pool(_)
            | Kernel::PoolBackward(_)
            | Kernel::Upsample(_)
            | Kernel::UpsampleBackward(_)
            | Kernel::ImageNorm(_)
            | Kernel::ImageNormBackward(_)
            | Kernel::DenseBackward(_)
            | Kernel::View
            | Kernel::Concat
            | Kernel::Channels(_)
            | Kernel::ChannelSum(_)
            | Kernel::BatchSums(_)
            | Kernel::Loss
            | Kernel::OutputGradient(_)
            | Kernel::Output(_)
            | Kernel::InputGradient(_) => Vec::new(),
        }
    }

    /// Whether a parameter is read by kernels that all blocks of a batch go through together.
    pub fn is_together(&self, slot: Slot) -> bool {
        let mut together = self.nodes.iter().filter(|node| node.kernel.is_together());
        together.any(|node| self.weights(node).iter().any(|(other, _)| *other == slot))
    }

    /// Which of `count` parameters bear on at least one of these values.
    pub fn reached(&self, values: &[Id], count: usize) -> Vec<bool> {
        let (mut live, mut reached) = (vec![false; self.values.len()], vec![false; count]);
        values.iter().for_each(|id| live[*id] = true);
        for node in self.nodes.iter().rev() {
            if node.makes.iter().any(|id| live[*id]) {
                self.weights(node).into_iter().for_each(|(slot, value)| reached[slot] |= live[value]);
                node.reads.iter().for_each(|id| live[*id] = true);
            }
        }
        reached
    }

    fn make(&mut self, dims: Dims) -> Id {
        self.values.push(dims);
        self.values.len() - 1
    }

    /// Appends a kernel that makes one value of this shape, and returns the value.
    pub fn node(&mut self, kernel: Kernel, reads: &[Id], dims: Dims) -> Id {
        let id = self.make(dims);
        self.nodes.push(Node { kernel, reads: reads.to_vec(), makes: vec![id] });
        id
    }

    /// Appends a kernel that makes no value and is wanted for its effect; see [`Kernel::has_effect`].
    pub fn effect(&mut self, kernel: Kernel, reads: &[Id]) {
        self.nodes.push(Node { kernel, reads: reads.to_vec(), makes: Vec::new() });
    }

    /// Appends a function that is applied entry by entry to one value or to two of the same shape; returns the result.
    pub fn map(&mut self, map: Map, reads: &[Id]) -> Id {
        let dims = self.dims(reads[0]);
        self.node(Kernel::Map(map), reads, dims)
    }

    /// Appends a batch normalisation of `x`; returns the result.
    pub fn batch_norm(&mut self, x: Id, norm: BatchNorm) -> Id {
        self.norms.push(norm);
        let norm = self.norms.len() - 1;
        self.effect(Kernel::BatchSums(NormPass { norm, pass: Pass::Forward }), &[x, x]);
        self.map(Map::Normalise(norm), &[x])
    }

    /// Appends the cross-entropy of the scores of each step; returns the gradients of the scores.
    pub fn loss(&mut self, scores: &[Id]) -> Vec<Id> {
        let makes: Vec<Id> = scores.iter().map(|id| self.make(self.values[*id])).collect();
        self.nodes.push(Node { kernel: Kernel::Loss, reads: scores.to_vec(), makes: makes.clone() });
        makes
    }

    /// Appends a convolution of `x`; returns the value of each member, in order.
    pub fn conv(&mut self, x: Id, bank: Bank) -> Vec<Id> {
        let [height, width] = bank.to();
        let shapes: Vec<Dims> = bank.members.iter().map(|member| [member.outputs, height, width]).collect();
        let values: Vec<Id> = shapes.into_iter().map(|shape| self.make(shape)).collect();
        self.conv_into(x, bank, &values);
        values
    }

    /// Appends a convolution of `x` that makes these values, one for each member, which [`Graph::values`] already
    /// lists.
    pub fn conv_into(&mut self, x: Id, bank: Bank, values: &[Id]) {
        let index = self.banks.iter().position(|other| *other == bank).unwrap_or(self.banks.len());
        if index == self.banks.len() {
            self.banks.push(bank);
        }
        self.nodes.push(Node { kernel: Kernel::Conv(index), reads: vec![x], makes: values.to_vec() });
    }
}
