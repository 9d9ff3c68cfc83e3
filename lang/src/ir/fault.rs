//! What can be wrong with a shape. No source, no spans: whoever called the builder knows the place.

use super::{Padding, Shape};

#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// `wanted` names the shape that was needed: "a feature map", "a vector".
    Wanted { wanted: &'static str, found: Shape },
    /// Weights made for `expected` channels meet `found`.
    Channels { expected: usize, found: Shape },
    /// Two values that must have one shape have two.
    Unequal { left: Shape, right: Shape },
    /// A kernel that does not fit into the map it runs over, padding counted in.
    Window { kernel: usize, height: usize, width: usize },
    /// Padding that keeps the size needs a middle pixel.
    EvenKernel { kernel: usize },
    /// Kernels made for other positions than these.
    Positions { expected: [usize; 2], found: [usize; 2] },
    /// Channels that cannot be shared out evenly among groups.
    Groups { groups: usize, channels: usize },
    /// Output channels that are no multiple of the groups that make them, which are the channels that flow in.
    Multiple { of: usize, channels: usize },
    /// A group of a single number, which is its own mean.
    Alone { groups: usize, found: Shape },
    /// Neighbouring channels, as many on either side, need one in the middle.
    EvenSpan { size: usize },
    /// A batch norm over maps of one pixel: where a batch holds one image, each channel is its own mean; a warning.
    OneNumber,
    /// As many last rows and columns that no window reaches; a warning.
    Dropped { height: usize, width: usize, kernel: usize, stride: usize, padding: Padding, rows: usize, columns: usize },
    /// A bank of filters in weights of that shape, which are no filters of an image.
    Unfiltered { shape: Vec<usize> },
    /// More numbers in one tensor than `limit`.
    TooLarge { what: String, numbers: u128, limit: usize },
    /// An argument that another one makes necessary.
    Missing { argument: &'static str, about: &'static str },
    /// Parameters for each step, where no loop has steps.
    Stepless,
    /// The same in two loops, which have as many steps.
    Steps { known: usize, here: usize },
    /// A reduction or an arithmetic sign over nothing.
    Empty,
}
