//! Shapes: what flows into what, in channels and in height x width.

use crate::diag::{Code, Diagnostic, Span, counted};
use crate::ir::Shape;

/// The codes of shapes.
pub const CODES: &[&Code] = &[
    &CHANNELS,
    &UNEQUAL,
    &LATERAL,
    &WINDOW,
    &DROPPED,
    &WRONG_FORM,
    &EVEN_KERNEL,
    &TOO_LARGE,
    &OUTPUT,
    &IMAGE,
    &GROUPS,
    &MULTIPLE,
    &ALONE,
    &EVEN_SPAN,
    &POSITIONS,
    &WIDE,
    &COSTLY,
    &CHANNELS_LAST,
    &ACTIVATED,
];

/// The code of a bundle that is applied to other channels than it is declared for.
pub const CHANNELS: Code =
    Code::error("L0201", "A bundle declared for 8 channels has weights for 8 channels and no others.").mended(
        "The fix declares the bundle for what flows into it. It is unsafe: two numbers disagree, and either may be the one that \
         is meant.",
    );
const UNEQUAL: Code =
    Code::error("L0202", "Feature maps are added and multiplied entry by entry, so they must have one shape.");
const LATERAL: Code = Code::error(
    "L0203",
    "A loop feeds a state back into its lateral weights at every step, so what they give must have the state's shape.",
)
.mended(
    "The fix lets the bundle map the state's channels onto as many, unless it takes others elsewhere. It is safe where the bundle is applied there alone and takes \
     the state's channels already, so that only what it gives is wrong, and no other bundle may lead from there back to the state; \
     otherwise nothing says which number is meant.",
);
const WINDOW: Code = Code::error("L0204", "A kernel or pooling window must fit into the map it runs over.");
pub const DROPPED: Code =
    Code::warning("L0205", "dropped", "Rows or columns that no window reaches are silently lost to the network.");
const WRONG_FORM: Code = Code::error(
    "L0206",
    "Convolution and pooling need feature maps `[C, H, W]`; a dense layer's output is a vector `[N]`.",
);
const EVEN_KERNEL: Code =
    Code::error("L0207", "`same` padding centres the kernel on each pixel, and an even kernel has no centre.");
const TOO_LARGE: Code =
    Code::error("L0208", "A tensor of more than 2^30 numbers (4 GB) an image is almost always a slip of a digit.");
const OUTPUT: Code = Code::error("L0209", "Cross-entropy compares one score for each class with the label.");
const IMAGE: Code = Code::error("L0210", "An image has channels, height and width: `[1, 48, 48]`.");
const GROUPS: Code = Code::error("L0211", "Groups of channels are of one size, so they must divide the channels.");
const MULTIPLE: Code = Code::error(
    "L0212",
    "A depthwise layer makes as many channels of each that flows in: 8 become 8, 16, 24 and so on.",
);
const ALONE: Code = Code::error("L0213", "A number alone is its own mean: normalised, it is zero whatever flows in.");
const EVEN_SPAN: Code =
    Code::error("L0214", "A span of neighbours has as many on either side, so with the one in the middle it is odd.");
const POSITIONS: Code = Code::error(
    "L0215",
    "Weights that are not shared belong to positions, so a bundle of them fits maps of one size and stride.",
);

const WIDE: Code = Code::warning(
    "L0216",
    "wide_kernel",
    "A lateral kernel wider than the map joins every position to every other, and its outer weights meet little but the \
     zeros around the map.",
);
const COSTLY: Code = Code::unless_allowed(
    "L0217",
    "costly",
    "A net of more than 10^9 parameters, 8 GiB of activity an image or 10^13 multiply-adds an image is most often a slip of a \
     digit, and otherwise a decision. So are more than 8 GiB for weights in training, with their gradients and what the optimizer \
     remembers: layers without weight sharing have a kernel for each position.",
);

const CHANNELS_LAST: Code = Code::unless_allowed(
    "L0218",
    "channels_last",
    "An image is channels, height, width. A last number of 1 or 3 behind two large ones is most often that of the channels, which \
     TensorFlow and MATLAB write last; as it stands it is an image one or three pixels wide.",
)
.mended("The fix writes the channels first. It is unsafe: an image as narrow as that may be meant.");

const ACTIVATED: Code = Code::warning(
    "L0219",
    "activated",
    "Cross-entropy takes a score of any size for each class, and turns all of them into probabilities itself. Scores that are \
     cut off at zero, kept within bounds or dropped at random can say less.",
);

/// The mapping `from -> to` that a bundle declares, and its place.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    pub span: Span,
    pub from: usize,
    /// The channels that it gives; none for what is declared without an arrow.
    pub to: Option<usize>,
}

impl Declared {
    /// Adds the fix: the bundle declared for as many as flow in, or the other way round, if that is how many it gives.
    fn mended(self, problem: Diagnostic, flows_in: usize, what: &str) -> Diagnostic {
        let Self { span, from, to } = self;
        let counted = counted(flows_in, what);
        let Some(to) = to else {
            return problem.help(format!("declare it for {counted}, or change what flows into it"));
        };
        let is_turned = flows_in == to;
        let new = if is_turned { format!("{to} -> {from}") } else { format!("{flows_in} -> {to}") };
        let help = if is_turned {
            format!("what flows in stands first: if the two are the wrong way round, write `{new}`")
        } else {
            format!("declare it for {counted}, `{new}`, or change what flows into it")
        };
        problem.help(help).edit(span, format!("{from} -> {to}"), new)
    }
}

/// A bundle or shared weights applied to another number of channels than they are made for.
pub fn channels(name: &str, declared: Declared, found: &Shape, applied: Span) -> Diagnostic {
    let (from, got) = (declared.from, found.channels());
    let problem = format!("`{name}` takes {}, but is applied to {got}", counted(from, "channel"));
    let problem = Diagnostic::new(&CHANNELS, problem)
        .label(applied, format!("applied to {found}"))
        .label(declared.span, format!("declared for {from}"));
    declared.mended(problem, got, "channel")
}

/// A dense bundle that is applied to another number of inputs than it is declared for: it counts every entry of a map.
pub fn inputs(name: &str, declared: Declared, found: &Shape, applied: Span) -> Diagnostic {
    let (from, got) = (declared.from, found.len());
    let problem = format!("`{name}` takes {}, but is applied to {got}", counted(from, "input"));
    let problem = Diagnostic::new(&CHANNELS, problem)
        .label(applied, format!("applied to {found}, {}", counted(got, "number")))
        .label(declared.span, format!("declared for {from}"));
    declared.mended(problem, got, "input")
}

/// Two operands and their places.
#[derive(Clone, Copy, Debug)]
pub struct Operands<'a> {
    pub left: (&'a Shape, Span),
    pub right: (&'a Shape, Span),
}

/// Operands of different shapes where they must have one; `what` says what they are: "the arms of a branch".
pub fn unequal(what: &str, operands: Operands<'_>) -> Diagnostic {
    let ((left, at_left), (right, at_right)) = (operands.left, operands.right);
    Diagnostic::new(&UNEQUAL, format!("{what} need one shape, found {left} and {right}"))
        .label(at_left, format!("this is {left}"))
        .label(at_right, format!("this is {right}"))
        .help(difference(left, right))
}

/// A help line on what would make two shapes one.
fn difference(left: &Shape, right: &Shape) -> String {
    match (left, right) {
        (Shape::Map([c, h, w]), Shape::Map([d, i, j])) if (h, w) == (i, j) => {
            format!("heights and widths agree; give both the same number of channels, {c} or {d}")
        }
        (Shape::Map([c, h, w]), Shape::Map([d, i, j])) if c == d => {
            format!("channels agree; {h}x{w} became {i}x{j} through a stride, a pooling layer or `padding: valid`")
        }
        _ => "bring both to one shape with a `conv` or a pooling layer".to_owned(),
    }
}

/// All that is known of lateral weights which do not map their state onto itself.
#[derive(Clone, Debug)]
pub struct Lateral<'a> {
    pub state: (&'a str, &'a Shape, Span),
    /// Where the bundle says `in -> out`.
    pub map: Span,
    pub from: usize,
    pub to: usize,
    pub kind: &'a str,
    /// The place where the bundle is applied.
    pub applied: Span,
    pub gives: Option<&'a Shape>,
    /// Whether the bundle is applied nowhere else.
    pub is_alone: bool,
    /// Whether another bundle may lead from what this one gives back to the state.
    pub may_go_on: bool,
}

/// Lateral weights that do not map their state onto itself.
pub fn lateral(what: &Lateral<'_>) -> Diagnostic {
    let (state, shape, at) = what.state;
    let channels = shape.channels();
    let resized = what.from == what.to && what.from == channels;
    // Declared for the state, a bundle that takes other channels elsewhere would be wrong there.
    let is_shared = !what.is_alone && what.from != channels;
    let declared = if resized {
        "keeps the channels, but not height and width".to_owned()
    } else {
        format!("maps {} to {}", counted(what.from, "channel"), what.to)
    };
    let so = what
        .gives
        .map_or_else(|| format!("takes {}", counted(what.from, "channel")), |gives| format!("so this is {gives}"));
    let fix = if resized {
        "give it `stride: 1` and `padding: same`".to_owned()
    } else if is_shared {
        format!("apply a bundle of its own to {state}, declared as `{}({channels} -> {channels}, …)`", what.kind)
    } else {
        format!("write `{}({channels} -> {channels}, …)`", what.kind)
    };
    let problem = Diagnostic::new(&LATERAL, "lateral weights must map a state onto itself")
        .label(what.map, declared)
        .label(what.applied, so)
        .label(at, format!("but {state} is {shape}"))
        .help(format!("a loop feeds {state} back into its lateral weights at every step; {fix}"));
    if resized || is_shared {
        return problem;
    }
    problem
        .edit(what.map, format!("{} -> {}", what.from, what.to), format!("{channels} -> {channels}"))
        .certain_if(what.is_alone && !what.may_go_on && what.from == channels)
}

/// Kernels of their own for each position, applied to a map that has other positions.
pub fn positions(name: &str, made: [usize; 2], here: [usize; 2], declared: Option<Span>, span: Span) -> Diagnostic {
    let ([rows, columns], [height, width]) = (made, here);
    let problem =
        format!("`{name}` has a kernel for each of {rows}x{columns} positions, but is applied at {height}x{width}");
    let problem = Diagnostic::new(&POSITIONS, problem).label(span, format!("{height}x{width} positions"));
    let problem = declared.into_iter().fold(problem, |problem, at| problem.label(at, "one bundle for both"));
    problem.help("declare a bundle for each size of map, or apply it to maps of one size")
}

/// A window larger than the map it runs over, padding counted in; `declared` is where a bundle says how large its
/// kernel is.
pub fn window(kernel: usize, [height, width]: [usize; 2], span: Span, declared: Option<Span>) -> Diagnostic {
    let problem = format!("a window of {kernel}x{kernel} does not fit into a map of {height}x{width}");
    let problem =
        Diagnostic::new(&WINDOW, problem).label(span, format!("{height}x{width} in, {kernel}x{kernel} wanted"));
    let problem = declared.into_iter().fold(problem, |problem, at| problem.label(at, "declared here"));
    problem.help(format!("choose a kernel of at most {}, or pool less before it", height.min(width)))
}

/// A value of the wrong form, such as a vector where feature maps are needed.
pub fn wrong_form(callee: &str, wanted: &str, found: &Shape, span: Span) -> Diagnostic {
    let is = match found {
        Shape::Map(_) => "the feature maps",
        Shape::Vector(_) => "the vector",
        Shape::Weight(_) => "the weight",
        Shape::Scalar => "the",
    };
    Diagnostic::new(&WRONG_FORM, format!("`{callee}` needs {wanted}, found {is} {found}"))
        .label(span, format!("given {found}"))
        .help(match found {
            Shape::Vector(_) => "move it before the layer that flattens, or leave it out",
            Shape::Map(_) | Shape::Weight(_) | Shape::Scalar => "apply it to what it needs",
        })
}

/// An even kernel with padding that keeps the size.
pub fn even_kernel(kernel: usize, span: Span) -> Diagnostic {
    let (below, above) = (kernel.saturating_sub(1).max(1), kernel + 1);
    Diagnostic::new(&EVEN_KERNEL, format!("a kernel of {kernel}x{kernel} has no centre for `padding: same`"))
        .label(span, "even kernel")
        .help(format!("choose {below} or {above}, or write `padding: valid`"))
}

/// Groups that do not divide the channels.
pub fn groups(groups: usize, channels: usize, span: Span) -> Diagnostic {
    let divides = |n: &usize| channels.is_multiple_of(*n);
    let below = (1..groups).rev().find(divides).unwrap_or(1);
    let above = (groups..=channels).find(divides).map_or(String::new(), |n| format!(" or {n}"));
    Diagnostic::new(
        &GROUPS,
        format!("{} cannot be shared out among {}", counted(channels, "channel"), counted(groups, "group")),
    )
    .label(span, format!("{groups} does not divide {channels}"))
    .help(format!("choose {below}{above}"))
}

/// A depthwise layer that is to make a number of channels which is no multiple of the `of` channels that flow in.
pub fn multiple(name: &str, of: usize, channels: usize, span: Span) -> Diagnostic {
    let above = channels.next_multiple_of(of.max(1));
    let choices = if channels > of { format!("{} or {above}", above - of) } else { above.to_string() };
    Diagnostic::new(&MULTIPLE, format!("`{name}` cannot make {} of {of}", counted(channels, "channel")))
        .label(span, format!("{channels} is not a multiple of {of}"))
        .help(format!("choose {choices}, or a `conv`, whose outputs see every channel"))
}

/// Groups of a single number, which is its own mean.
pub fn alone(groups: usize, found: &Shape, span: Span) -> Diagnostic {
    Diagnostic::new(&ALONE, format!("each group would be a single number: {} of {found}", counted(groups, "group")))
        .label(span, "normalised to zero, whatever flows in")
        .help("choose fewer groups, or normalise before the layer that leaves one number a channel")
}

/// An even span of neighbouring channels, which has none in the middle.
pub fn even_span(size: usize, span: Span) -> Diagnostic {
    let (below, above) = (size.saturating_sub(1).max(1), size + 1);
    Diagnostic::new(&EVEN_SPAN, format!("a span of {} has none in the middle", counted(size, "channel")))
        .label(span, "even size")
        .help(format!("choose {below} or {above}"))
}

/// A tensor of more numbers than `limit`.
pub fn too_large(what: &str, numbers: u128, limit: usize, span: Span) -> Diagnostic {
    Diagnostic::new(&TOO_LARGE, format!("{what} holds {}, more than {limit}", counted(numbers, "number")))
        .label(span, "too large")
        .help("check the digits: channels, kernel, height and width multiply")
}

/// Lateral weights of `kernel` pixels on a map that is narrower.
pub fn wide(name: &str, kernel: usize, [height, width]: [usize; 2], applied: Span, declared: Span) -> Diagnostic {
    let widest = height.min(width);
    let odd = if widest.is_multiple_of(2) { widest.saturating_sub(1).max(1) } else { widest };
    Diagnostic::new(&WIDE, format!("`{name}` has a kernel of {kernel}x{kernel} on a map of {height}x{width}"))
        .label(applied, format!("a map of {height}x{width}"))
        .label(declared, "wider than that")
        .help(format!("choose a kernel of at most {odd}, or a larger map"))
}

/// A net whose cost is above a limit; `found` and `limit` are numbers with their units.
pub fn costly(found: &str, limit: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&COSTLY, format!("this net has {found}, more than {limit}"))
        .label(span, "all that the output is made of")
        .help("check the digits of channels, kernels and steps; if all of it is meant, write `allow costly`")
}

/// An output that is not a vector of one score for each class.
pub fn output(found: &Shape, classes: usize, span: Span) -> Diagnostic {
    Diagnostic::new(&OUTPUT, format!("the output must be a vector of {}, found {found}", counted(classes, "class")))
        .label(span, format!("this is {found}"))
        .help("end with a layer such as `logits = dense(x, classes)`")
}

/// Scores that come out of an activation, or of a dropout.
pub fn activated(layer: &str, span: Span) -> Diagnostic {
    let does = if layer == "dropout" { "drops scores at random" } else { "bends the scores" };
    Diagnostic::new(&ACTIVATED, format!("the output is what `{layer}` gives"))
        .label(span, does)
        .help(format!("leave `{layer}` out, and end with a layer such as `logits = dense(x, classes)`"))
}

/// An input whose shape is not three whole numbers.
pub fn image(span: Span) -> Diagnostic {
    Diagnostic::new(&IMAGE, "an input's shape is `[channels, height, width]`")
        .label(span, "not three whole numbers of at least 1")
        .help("write `[1, 48, 48]` for a gray image of 48 x 48 pixels")
}

/// An input whose channels seem to stand behind its height and width.
pub fn channels_last([height, width, channels]: [usize; 3], span: Span) -> Diagnostic {
    let (old, new) = (format!("[{height}, {width}, {channels}]"), format!("[{channels}, {height}, {width}]"));
    Diagnostic::new(
        &CHANNELS_LAST,
        format!("`{old}` is an image of {height} channels, {width} high and {channels} wide"),
    )
    .label(span, "channels, height, width")
    .help(format!(
        "channels come first: write `{new}`; if the image is meant to be that narrow, write `allow channels_last`"
    ))
    .edit(span, old, new)
}
