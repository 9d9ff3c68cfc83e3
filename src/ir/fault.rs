//! What can be wrong with a shape. No source, no spans: whoever called the builder knows the place.

use super::Shape;

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
    /// As many last rows and columns that no window reaches; a warning.
    Dropped { height: usize, width: usize, kernel: usize, stride: usize, rows: usize, columns: usize },
    /// A bank of filters in weights of that shape, which are no filters of an image.
    Unfiltered { shape: Vec<usize> },
    /// More numbers in one tensor than `limit`.
    TooLarge { what: String, numbers: u128, limit: usize },
    /// A reduction or an arithmetic sign over nothing.
    Empty,
}
