//! The choices within a primitive, and the word for each.

/// What is put around a map before a kernel or a window runs over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Half a kernel on every side, so that at stride 1 the output is as large as the input: zeros for a convolution,
    /// nothing that pooling takes notice of. A transposed convolution at stride `s` gives exactly `s` times the size.
    Same,
    /// Nothing is put around the map: the output shrinks by the kernel less one.
    Valid,
}

impl Padding {
    pub fn word(self) -> &'static str {
        match self {
            Padding::Same => "same",
            Padding::Valid => "valid",
        }
    }

    /// The number of pixels on each side, for a kernel of odd size.
    pub fn pixels(self, kernel: usize) -> usize {
        match self {
            Padding::Same => kernel / 2,
            Padding::Valid => 0,
        }
    }
}

/// What pooling makes of a window: its largest value or its mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    Max,
    Average,
}

impl Pool {
    pub fn word(self) -> &'static str {
        match self {
            Pool::Max => "max_pool",
            Pool::Average => "avg_pool",
        }
    }
}

/// How upsampling finds the values of the new pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upsampling {
    /// Each pixel becomes a square of pixels like it.
    Nearest,
    /// Each pixel is a weighted mean of the four pixels whose centres are around it; beyond the outermost centres their
    /// pixels go on.
    Bilinear,
}

impl Upsampling {
    pub fn word(self) -> &'static str {
        match self {
            Upsampling::Nearest => "nearest",
            Upsampling::Bilinear => "bilinear",
        }
    }
}

/// A function of one number, applied entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
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
    /// `x` times the share of a standard normal distribution that lies below `x`: the exact form, by the error
    /// function.
    Gelu,
}

impl Unary {
    /// The name of the function, as a spec calls it.
    pub fn word(self) -> &'static str {
        match self {
            Unary::Negate => "negate",
            Unary::Abs => "abs",
            Unary::Exp => "exp",
            Unary::Log => "log",
            Unary::Sqrt => "sqrt",
            Unary::Square => "square",
            Unary::Relu => "relu",
            Unary::Tanh => "tanh",
            Unary::Sigmoid => "sigmoid",
            Unary::Softplus => "softplus",
            Unary::Gelu => "gelu",
        }
    }
}

/// An arithmetic operation, applied entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}

impl Binary {
    pub fn word(self) -> &'static str {
        match self {
            Binary::Add => "add",
            Binary::Sub => "sub",
            Binary::Mul => "mul",
            Binary::Div => "div",
        }
    }
}

/// How all entries of a value become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    Sum,
    Mean,
    Min,
    Max,
}

impl Reduce {
    pub fn word(self) -> &'static str {
        match self {
            Reduce::Sum => "sum",
            Reduce::Mean => "mean",
            Reduce::Min => "min",
            Reduce::Max => "max",
        }
    }
}
