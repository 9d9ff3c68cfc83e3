//! What can be wrong with a primitive that is appended. There are no spans here: whoever called the builder knows the
//! place.

use super::{Padding, Shape};

/// A fault of a primitive that is appended: an error, unless it is said to be a warning.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A value of the wrong form; `wanted` names the form that was needed: "a feature map", "a vector".
    Wanted { wanted: &'static str, found: Shape },
    /// Weights made for `expected` channels that meet another number of them.
    Channels { expected: usize, found: Shape },
    /// Two values that must have one shape and have two.
    Unequal { left: Shape, right: Shape },
    /// A kernel that does not fit into the map it runs over, padding counted in.
    Window { kernel: usize, height: usize, width: usize },
    /// An even kernel, where padding that keeps the size needs one with a middle pixel.
    EvenKernel { kernel: usize },
    /// Kernels made for other positions than these.
    Positions { expected: [usize; 2], found: [usize; 2] },
    /// Channels that cannot be shared out evenly among groups.
    Groups { groups: usize, channels: usize },
    /// Output channels that are no multiple of the groups that make them, which are the channels that flow in.
    Multiple { of: usize, channels: usize },
    /// A group of a single number, which is its own mean.
    Alone { groups: usize, found: Shape },
    /// An even number of neighbouring channels, where as many stand on either side of one in the middle.
    EvenSpan { size: usize },
    /// A batch norm over maps of one pixel: where a batch holds one image, each channel is its own mean; a warning.
    OneNumber,
    /// Last rows and columns, so many of each, that no window reaches; a warning.
    Dropped { height: usize, width: usize, kernel: usize, stride: usize, padding: Padding, rows: usize, columns: usize },
    /// Windows further apart than they are wide, so that pixels between them reach nothing; a warning.
    Skipped { kernel: usize, stride: usize, padding: Padding },
    /// A bank of filters for a weight of that shape, which holds no filters of an image.
    Unfiltered { shape: Vec<usize> },
    /// One kernel for all places is asked of weights that have no places.
    Placeless,
    /// A tensor of more numbers than `limit`.
    TooLarge { what: String, numbers: u128, limit: usize },
    /// A missing argument that another one makes necessary.
    Missing { argument: &'static str, about: &'static str },
    /// Parameters for each step, where no loop has steps.
    Stepless,
    /// Parameters for each step that two loops share, which have different numbers of steps.
    Steps { known: usize, here: usize },
    /// A concatenation, a reduction or an arithmetic sign over nothing.
    Empty,
}
