//! The shapes of values, without the batch.

use std::fmt;

/// The shape of one image's value, or of a weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Feature maps: channels, height, width; one set for each image of a batch.
    Map([usize; 3]),
    /// A vector for each image of a batch.
    Vector(usize),
    /// A weight, the same for every image.
    Weight(Vec<usize>),
    /// One number for the whole batch.
    Scalar,
}

impl Shape {
    /// How many numbers the value has, for one image where each image has its own.
    pub fn len(&self) -> usize {
        match self {
            Shape::Map(dims) => dims.iter().product(),
            Shape::Vector(n) => *n,
            Shape::Weight(dims) => dims.iter().product(),
            Shape::Scalar => 1,
        }
    }

    /// Whether the value has no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether each image of a batch has a value of its own.
    pub fn per_image(&self) -> bool {
        matches!(self, Shape::Map(_) | Shape::Vector(_))
    }

    /// The shape as feature maps: channels, height, width. A vector has one pixel a channel, and so has a number.
    pub fn planes(&self) -> [usize; 3] {
        match self {
            Shape::Map(dims) => *dims,
            Shape::Vector(_) | Shape::Weight(_) | Shape::Scalar => [self.len(), 1, 1],
        }
    }

    /// The number of channels of a feature map, or of entries of a vector.
    pub fn channels(&self) -> usize {
        match self {
            Shape::Map([c, _, _]) => *c,
            Shape::Vector(n) => *n,
            Shape::Weight(dims) => dims.first().copied().unwrap_or(1),
            Shape::Scalar => 1,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: &[usize] = match self {
            Shape::Map(dims) => dims,
            Shape::Vector(n) => std::slice::from_ref(n),
            Shape::Weight(dims) => dims,
            Shape::Scalar => return f.write_str("scalar"),
        };
        let dims: Vec<String> = dims.iter().map(usize::to_string).collect();
        write!(f, "[{}]", dims.join(", "))
    }
}
