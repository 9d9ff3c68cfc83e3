//! Convolutions of one input by the kernels of several parameters.

use super::Slot;

/// A convolution of one input by the kernels of several parameters, all of the same size: a bank of filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    /// Channels of the input.
    pub inputs: usize,
    /// Height, and width, of a kernel in pixels.
    pub kernel: usize,
    /// Pixels from one window to the next, on both axes.
    pub stride: usize,
    /// Zeros around each side of the planes that windows lie on, in pixels; fewer than a kernel has.
    pub pad: usize,
    /// Equal groups that the channels of the input, and those of each member's result, fall into: the results of one
    /// group see the inputs of that one. There is one group unless the direction is [`Direction::Gather`].
    pub groups: usize,
    /// Which way the kernels are applied.
    pub direction: Direction,
    /// Height and width of an input plane.
    pub from: [usize; 2],
    /// The parameters, each of which makes a value of its own.
    pub members: Vec<Member>,
}

/// Which way a [`Bank`] applies its kernels: one way is the gradient of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A convolution: a pixel of the result is the sum over a window of the input.
    Gather,
    /// A transposed convolution: a pixel of the input is spread over a window of the result, whose planes have this
    /// height and width.
    Spread { to: [usize; 2] },
}

/// A parameter of a [`Bank`]: kernels `[outputs, inputs / groups, kernel, kernel]`, or, if they spread pixels,
/// `[inputs, outputs, kernel, kernel]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The parameter that holds the kernels.
    pub slot: Slot,
    /// Channels that these kernels make.
    pub outputs: usize,
}

impl Bank {
    /// A convolution that takes every window of its input, and whose results see all inputs.
    pub fn plain(inputs: usize, kernel: usize, pad: usize, from: [usize; 2], members: Vec<Member>) -> Self {
        Self { inputs, kernel, stride: 1, pad, groups: 1, direction: Direction::Gather, from, members }
    }

    /// Whether the bank is one that [`Bank::plain`] makes.
    pub fn is_plain(&self) -> bool {
        self.stride == 1 && self.groups == 1 && self.direction == Direction::Gather
    }

    /// Height and width of an output plane.
    pub fn to(&self) -> [usize; 2] {
        match self.direction {
            Direction::Gather => self.from.map(|size| (size + 2 * self.pad - self.kernel) / self.stride + 1),
            Direction::Spread { to } => to,
        }
    }

    /// Channels that all members make together.
    pub fn outputs(&self) -> usize {
        self.members.iter().map(|member| member.outputs).sum()
    }

    /// The number of weights in all kernels.
    pub fn weights(&self) -> usize {
        self.inputs * self.outputs() * self.kernel * self.kernel / self.groups
    }
}
