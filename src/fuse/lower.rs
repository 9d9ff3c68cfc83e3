//! One primitive as kernels, or the reason why it is none: the one place that knows what the kernels of a fused part
//! can do.

use super::limits::MAX_WEIGHTS;
use lcnnc_kernels::graph::{Map, Upsampling, Window};
use lcnnc_kernels::image_norm::{GroupNorm, ImageNorm, ResponseNorm};
use lcnnc_lang::ir::{self, Binary, Net, Node, Op, ParamId, Pool, Unary, Value};
use std::fmt;

/// What runs a fused part. There are kernels for a CPU that a graphics processor does not have yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    Cpu,
    Gpu,
}

impl Processor {
    /// Lets pass what has kernels for a CPU alone.
    fn cpu_alone(self) -> Result<(), Why> {
        match self {
            Processor::Cpu => Ok(()),
            Processor::Gpu => Err(Why::Form("has kernels for a CPU alone")),
        }
    }
}

/// The reason why a primitive is not fused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The kernels have no such function, or not in this form.
    Form(&'static str),
    /// No convolution larger than one pixel, and none without weight sharing, hangs together with it.
    Light,
    /// The part would take that many mebibytes of activity for sixteen images.
    Large(usize),
    /// The part's maps are so large that few of sixteen images fit into a cache, and all of them would take that many mebibytes: its
    /// operations run on whole pictures instead.
    Pictures(usize),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Form(form) => f.write_str(form),
            Why::Light => f.write_str("no convolution by kernels larger than 1 x 1 can be fused with it"),
            Why::Large(size) => {
                write!(f, "the part around it would hold {size} MiB of activity for sixteen images, which is too much")
            }
            Why::Pictures(size) => {
                write!(
                    f,
                    "the pictures are large: the part around it would hold {size} MiB of activity for sixteen of them"
                )
            }
        }
    }
}

/// The reason why a value that is the same for all images is not fused.
const OF_WEIGHTS: Why = Why::Form("works on weights");

/// What a value is to a primitive that reads it. `I` is what images' values are known by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KernelOperand<I> {
    /// Each image of the batch has a value of its own.
    Image(I),
    /// The value is a number that stands in the spec.
    Number(f64),
    /// The value is a parameter as it stands. One that meets an image's value has one number for each channel.
    Param(ParamId),
    /// The value is made of numbers and parameters, or of the whole batch.
    Calculated,
}

impl<I> KernelOperand<I> {
    /// What a node makes, if that is a number or a parameter as it stands: no kernel is needed for it.
    pub fn literal(node: &Node) -> Option<Self> {
        match node.op {
            Op::Param(id) => Some(KernelOperand::Param(id)),
            Op::Number(x) => Some(KernelOperand::Number(x)),
            _ => None,
        }
    }

    /// The value that each image has of its own.
    ///
    /// # Errors
    /// If images have none.
    pub fn image(self) -> Result<I, Why> {
        match self {
            KernelOperand::Image(image) => Ok(image),
            KernelOperand::Number(_) | KernelOperand::Param(_) | KernelOperand::Calculated => Err(OF_WEIGHTS),
        }
    }
}

/// The kernels that one primitive becomes, with what they read.
#[derive(Clone, Debug, PartialEq)]
pub enum KernelForm<I> {
    /// Makes zeros, of the node's shape.
    Zeros,
    /// Convolves `x` and adds the bias.
    Conv { x: I, weight: ParamId, bias: Option<ParamId>, windows: ConvWindows },
    /// Convolves `x` by kernels that differ from place to place and adds the bias, which is one number for each channel or one
    /// for each entry of the result.
    Local { x: I, weight: ParamId, bias: Option<ParamId>, stride: usize, pad: usize },
    /// Multiplies the vector `x` by a matrix and adds the bias.
    Dense { x: I, weight: ParamId, bias: Option<ParamId> },
    /// Pools `x`.
    Pool { x: I, window: Window },
    /// Makes a larger map of `x`.
    Upsample { x: I, upsampling: Upsampling },
    /// Normalises `x` in each image by itself, and then applies functions to each entry, one after the other.
    ImageNorm { x: I, norm: ImageNorm, maps: Vec<Entrywise> },
    /// Gives `x` the node's shape.
    View { x: I },
    /// Puts values one behind the other along the channels.
    Concat { parts: Vec<I> },
    /// Normalises each channel of `x` over the batch, multiplies it by the first parameter and adds the second.
    BatchNorm { x: I, affine: [ParamId; 2], running: Running, epsilon: f64 },
    /// Drops entries of `x` with this probability, in training.
    Dropout { x: I, rate: f64 },
    /// Applies a function of two numbers to each pair of entries of two values.
    Pair { map: Map, left: I, right: I },
    /// Applies functions to each entry of `x`, one after the other.
    Chain { x: I, maps: Vec<Entrywise> },
}

/// The running statistics of a batch normalisation, and the share by which they move to those of each batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    pub mean: ParamId,
    pub variance: ParamId,
    pub momentum: f64,
}

/// The windows of a convolution, and which channels they see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvWindows {
    /// Pixels from one window to the next.
    pub stride: usize,
    /// Zeros around each side of the planes that windows lie on.
    pub pad: usize,
    /// Groups of channels that see nothing of each other.
    pub groups: usize,
    /// Whether windows lie on the result, as those of a transposed convolution do.
    pub on_result: bool,
}

/// A function of one number that is applied entry by entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entrywise {
    /// A function that reads no parameter.
    Map(Map),
    /// Adds a parameter that has one number for each channel.
    AddChannel(ParamId),
    /// Multiplies by a parameter that has one number for each channel.
    MulChannel(ParamId),
    /// Divides by a parameter that has one number for each channel.
    DivChannel(ParamId),
}

/// The kernels that a node becomes in a fused part on a processor; `operand` says what each value is that the node reads.
///
/// # Errors
/// If there are no kernels for the node, or its value is no image's: the reason why it is not fused.
pub fn kernel_of<I>(
    net: &Net,
    node: &Node,
    processor: Processor,
    operand: impl Fn(Value) -> KernelOperand<I>,
) -> Result<KernelForm<I>, Why> {
    if !node.shape.per_image() {
        return Err(OF_WEIGHTS);
    }
    let image = |value: &Value| operand(*value).image();
    match &node.op {
        Op::Zeros => Ok(KernelForm::Zeros),
        Op::Conv { x, weight, bias, stride, padding, groups } => {
            if *stride > 1 || *groups > 1 {
                processor.cpu_alone()?;
            }
            let pad = padding.pixels(net.param(*weight).shape[2]);
            let windows = ConvWindows { stride: *stride, pad, groups: *groups, on_result: false };
            Ok(KernelForm::Conv { x: image(x)?, weight: few(net, *weight)?, bias: *bias, windows })
        }
        Op::Local { x, weight, bias, stride, padding } => {
            processor.cpu_alone()?;
            let pad = padding.pixels(net.param(*weight).shape[4]);
            Ok(KernelForm::Local { x: image(x)?, weight: *weight, bias: *bias, stride: *stride, pad })
        }
        Op::ConvTranspose { x, weight, bias, stride, padding } => {
            processor.cpu_alone()?;
            let pad = padding.pixels(net.param(*weight).shape[2]);
            let windows = ConvWindows { stride: *stride, pad, groups: 1, on_result: true };
            Ok(KernelForm::Conv { x: image(x)?, weight: few(net, *weight)?, bias: *bias, windows })
        }
        Op::Dense { x, weight, bias } => {
            let weight = few(net, *weight)?;
            Ok(KernelForm::Dense { x: image(x)?, weight, bias: *bias })
        }
        Op::Pool { kind, x, kernel, stride, padding } => {
            let (largest, pad) = (*kind == Pool::Max, kernel.map(|side| padding.pixels(side)));
            Ok(KernelForm::Pool { x: image(x)?, window: Window { largest, kernel: *kernel, stride: *stride, pad } })
        }
        Op::Upsample { x, factor, mode } => {
            processor.cpu_alone()?;
            let upsampling = Upsampling { factor: *factor, bilinear: *mode == ir::Upsampling::Bilinear };
            Ok(KernelForm::Upsample { x: image(x)?, upsampling })
        }
        Op::Unary { f, x } => Ok(KernelForm::Chain { x: image(x)?, maps: vec![Entrywise::Map(unary(*f))] }),
        Op::Binary { f, left, right } => binary(*f, operand(*left), operand(*right)),
        Op::Flatten { x } => Ok(KernelForm::View { x: image(x)? }),
        Op::Concat { parts } => Ok(KernelForm::Concat { parts: parts.iter().map(image).collect::<Result<_, Why>>()? }),
        Op::BatchNorm { x, scale, shift, mean, variance, epsilon, momentum } => {
            processor.cpu_alone()?;
            let (affine, running) =
                ([*scale, *shift], Running { mean: *mean, variance: *variance, momentum: *momentum });
            Ok(KernelForm::BatchNorm { x: image(x)?, affine, running, epsilon: *epsilon })
        }
        Op::Dropout { x, rate } => {
            processor.cpu_alone()?;
            Ok(KernelForm::Dropout { x: image(x)?, rate: *rate })
        }
        // To the power 0 everything is 1, and the norm leaves its input as it is.
        Op::Lrn { x, beta: 0.0, .. } => Ok(KernelForm::Chain { x: image(x)?, maps: Vec::new() }),
        Op::Lrn { x, size, alpha, beta, k } => {
            processor.cpu_alone()?;
            let norm = ImageNorm::Response(ResponseNorm { size: *size, alpha: *alpha, beta: *beta, k: *k });
            Ok(KernelForm::ImageNorm { x: image(x)?, norm, maps: Vec::new() })
        }
        Op::GroupNorm { x, groups, scale, shift, epsilon } => {
            processor.cpu_alone()?;
            let norm = ImageNorm::Group(GroupNorm { groups: *groups, epsilon: *epsilon });
            let maps = vec![Entrywise::MulChannel(*scale), Entrywise::AddChannel(*shift)];
            Ok(KernelForm::ImageNorm { x: image(x)?, norm, maps })
        }
        Op::Param(_) | Op::Number(_) | Op::Reduce { .. } => Err(OF_WEIGHTS),
    }
}

/// The weights of a primitive, unless they are too many.
fn few(net: &Net, weight: ParamId) -> Result<ParamId, Why> {
    if net.param(weight).len() > MAX_WEIGHTS {
        Err(Why::Form("it has more than 8 million weights"))
    } else {
        Ok(weight)
    }
}

fn unary(f: Unary) -> Map {
    match f {
        Unary::Negate => Map::Negate,
        Unary::Abs => Map::Abs,
        Unary::Exp => Map::Exp,
        Unary::Log => Map::Log,
        Unary::Sqrt => Map::Sqrt,
        Unary::Square => Map::Square,
        Unary::Relu => Map::Relu,
        Unary::Tanh => Map::Tanh,
        Unary::Sigmoid => Map::Sigmoid,
        Unary::Softplus => Map::Softplus,
        Unary::Gelu => Map::Gelu,
    }
}

fn binary<I>(f: Binary, left: KernelOperand<I>, right: KernelOperand<I>) -> Result<KernelForm<I>, Why> {
    use KernelOperand::{Calculated, Image, Number, Param};
    let (x, maps) = match (left, right) {
        (Image(left), Image(right)) => return Ok(KernelForm::Pair { map: pair(f), left, right }),
        (Image(x), Number(n)) => (x, vec![with_number(f, n)]),
        (Number(n), Image(x)) => (x, number_with(f, n)),
        (Image(x), Param(id)) => (x, with_channels(f, id)),
        (Param(id), Image(x)) => (x, channels_with(f, id)),
        (Image(_), Calculated) | (Calculated, Image(_)) => {
            return Err(Why::Form("what it reads beside a map is calculated from weights, or from the whole batch"));
        }
        (Number(_) | Param(_) | Calculated, Number(_) | Param(_) | Calculated) => return Err(OF_WEIGHTS),
    };
    Ok(KernelForm::Chain { x, maps })
}

fn pair(f: Binary) -> Map {
    match f {
        Binary::Add => Map::Add,
        Binary::Sub => Map::Sub,
        Binary::Mul => Map::Mul,
        Binary::Div => Map::Div,
    }
}

/// The function that makes `x f n` of `x`.
fn with_number(f: Binary, n: f64) -> Entrywise {
    Entrywise::Map(match f {
        Binary::Add => Map::AddNumber(n as f32),
        Binary::Sub => Map::AddNumber(-n as f32),
        Binary::Mul => Map::MulNumber(n as f32),
        Binary::Div => Map::MulNumber(n.recip() as f32),
    })
}

/// The functions that, one after the other, make `n f x` of `x`.
fn number_with(f: Binary, n: f64) -> Vec<Entrywise> {
    let maps = match f {
        Binary::Add => vec![Map::AddNumber(n as f32)],
        Binary::Sub => vec![Map::Negate, Map::AddNumber(n as f32)],
        Binary::Mul => vec![Map::MulNumber(n as f32)],
        Binary::Div => vec![Map::Reciprocal, Map::MulNumber(n as f32)],
    };
    maps.into_iter().map(Entrywise::Map).collect()
}

/// The functions that, one after the other, make `x f w` of `x`, where `w` is a parameter.
fn with_channels(f: Binary, id: ParamId) -> Vec<Entrywise> {
    let negate = Entrywise::Map(Map::Negate);
    match f {
        Binary::Add => vec![Entrywise::AddChannel(id)],
        Binary::Sub => vec![negate, Entrywise::AddChannel(id), negate],
        Binary::Mul => vec![Entrywise::MulChannel(id)],
        Binary::Div => vec![Entrywise::DivChannel(id)],
    }
}

/// The functions that, one after the other, make `w f x` of `x`, where `w` is a parameter.
fn channels_with(f: Binary, id: ParamId) -> Vec<Entrywise> {
    match f {
        Binary::Add => vec![Entrywise::AddChannel(id)],
        Binary::Sub => vec![Entrywise::Map(Map::Negate), Entrywise::AddChannel(id)],
        Binary::Mul => vec![Entrywise::MulChannel(id)],
        Binary::Div => vec![Entrywise::Map(Map::Reciprocal), Entrywise::MulChannel(id)],
    }
}
