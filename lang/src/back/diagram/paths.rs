//! Paths of a figure: the operations between a named value and an equation that reads it.

use super::When;
use crate::ir::{Binary, Kernels, Net, Node, Op, Role, Shape, Unary, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One way from a box to a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// None for what is zero for all images, which comes from nowhere; words and roles of operations on it count all the same.
    pub from: Option<usize>,
    pub when: When,
    /// The steps of the loop whose state it is, for a value of the step before.
    pub steps: usize,
    /// The words of the operations on a path, up to the last weights or window.
    pub lines: Vec<String>,
    pub bundles: Vec<String>,
    pub role: Option<Role>,
    /// The shape behind the last weights or window.
    pub shape: Option<Shape>,
    /// The signs of the arithmetic since then.
    pub signs: Vec<&'static str>,
    /// The words of the functions of single numbers behind the last weights or window of a path.
    pub does: Vec<String>,
}

impl Path {
    pub fn new(from: usize, when: When, steps: usize) -> Self {
        Self { from: Some(from), when, steps, ..Self::nowhere() }
    }

    /// The way to a value that is zero for all images.
    fn nowhere() -> Self {
        let (from, when, steps) = (None, When::Now, 0);
        let (lines, bundles, signs, does) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { from, when, steps, lines, bundles, role: None, shape: None, signs, does }
    }

    /// Whether two paths to one box are drawn alike: both come from the same box, at the same step, with the same words and signs.
    fn is_like(&self, other: &Self) -> bool {
        let key = |path: &Self| (path.from, path.when, path.lines.clone(), path.signs.clone());
        key(self) == key(other)
    }

    pub fn is_plain(&self) -> bool {
        self.lines.is_empty()
    }

    fn sign(&mut self, sign: &'static str) {
        if !self.signs.contains(&sign) {
            self.signs.push(sign);
        }
    }

    /// Goes through weights or a window.
    fn through(&mut self, line: String, shape: &Shape) {
        self.lines.extend(self.shape.take().map(|shape| drawn(&shape)));
        let between: Vec<String> = self.signs.drain(..).map(str::to_owned).chain(self.does.drain(..)).collect();
        if !between.is_empty() {
            self.lines.push(between.join(" "));
        }
        self.lines.push(line);
        self.shape = Some(shape.clone());
    }

    /// The words at the link to a box of that shape.
    pub fn label(&self, shape: &Shape) -> Vec<String> {
        let mut lines = self.lines.clone();
        lines.extend(self.shape.as_ref().filter(|own| own.len() != shape.len()).map(drawn));
        if !self.signs.is_empty() {
            let signs = self.signs.join(" ");
            match lines.first_mut() {
                Some(first) => *first = format!("{signs} {first}"),
                None => lines.push(signs),
            }
        }
        lines
    }
}

/// A shape as a drawing has it: `8 × 48 × 48`.
pub fn drawn(shape: &Shape) -> String {
    match shape {
        Shape::Map(dims) => dims.map(|dim| dim.to_string()).join(" × "),
        Shape::Vector(n) => n.to_string(),
        Shape::Weight(_) | Shape::Scalar => shape.to_string(),
    }
}

/// How many ways may lead to a value that has no name; with more it has a box of its own.
pub const MOST: usize = 8;

/// The ways to each value, and what is known of values that no image has.
pub struct Paths<'a> {
    pub net: &'a Net,
    pub of: BTreeMap<Value, Vec<Path>>,
    /// Numbers and weights that are operands, as words.
    operands: BTreeMap<Value, String>,
    /// The names of equations.
    equations: BTreeSet<&'a str>,
}

impl<'a> Paths<'a> {
    pub fn new(net: &'a Net) -> Self {
        let named = net.nodes().filter_map(|node| node.name.as_deref());
        let equations = named.map(|name| name.trim_end_matches('\'')).collect();
        Self { net, of: BTreeMap::new(), operands: BTreeMap::new(), equations }
    }

    /// Remembers a value that is the same for all images.
    pub fn operand(&mut self, node: &Node) {
        let word = match &node.op {
            Op::Number(x) => crate::vocabulary::real(*x),
            Op::Param(_) => String::new(),
            _ => "…".to_owned(),
        };
        self.operands.insert(node.value, word);
    }

    /// The ways to the value of a node.
    pub fn to(&self, node: &Node) -> Vec<Path> {
        let mut all: Vec<Path> = if node.op == Op::Zeros { vec![Path::nowhere()] } else { Vec::new() };
        for (n, read) in node.op.reads().into_iter().enumerate() {
            for path in self.of.get(&read).into_iter().flatten() {
                let mut path = path.clone();
                self.step(&mut path, node, n);
                match all.iter_mut().find(|known| known.is_like(&path)) {
                    Some(known) if known.does.len() < path.does.len() => *known = path,
                    Some(_) => {}
                    None => all.push(path),
                }
            }
        }
        all
    }

    /// Goes on from the operand `n` of a node to its value.
    fn step(&self, path: &mut Path, node: &Node, n: usize) {
        for id in node.op.params() {
            path.role = path.role.or(self.net.param(id).role);
        }
        if let Some(layer) = node.op.kernels() {
            let line = self.weights(node, layer, path);
            path.through(line, &node.shape);
        }
        match &node.op {
            Op::Pool { kernel: [h, w], stride, .. } => {
                let stride = if stride == h { String::new() } else { format!(" / {stride}") };
                let side = if h == w { h.to_string() } else { format!("{h} × {w}") };
                path.through(format!("{} {side}{stride}", node.op.word()), &node.shape);
            }
            Op::Upsample { factor, .. } => path.through(format!("upsample × {factor}"), &node.shape),
            Op::Binary { f, left, right } => self.arithmetic(path, *f, [*left, *right], n),
            Op::Unary { f: Unary::Negate, .. } => path.sign("−"),
            Op::Unary { .. } | Op::BatchNorm { .. } | Op::GroupNorm { .. } | Op::Lrn { .. } | Op::Dropout { .. } => {
                path.does.push(node.op.word().to_owned());
            }
            Op::Concat { .. } => path.sign("‖"),
            Op::Conv { .. }
            | Op::ConvTranspose { .. }
            | Op::Local { .. }
            | Op::Dense { .. }
            | Op::Param(_)
            | Op::Number(_)
            | Op::Zeros
            | Op::Reduce { .. }
            | Op::Flatten { .. } => {}
        }
    }

    fn arithmetic(&self, path: &mut Path, f: Binary, operands: [Value; 2], n: usize) {
        let [sign, word] = match f {
            Binary::Add => ["+", "shift"],
            Binary::Sub => ["−", "shift"],
            Binary::Mul => ["×", "gain"],
            Binary::Div => ["÷", "gain"],
        };
        let is_right = n == 1;
        match self.operands.get(&operands[1 - n]) {
            Some(weight) if weight.is_empty() => path.does.push(word.to_owned()),
            Some(number) if is_right && matches!(f, Binary::Sub | Binary::Div) => {
                path.does.push(format!("{number} {sign}"));
            }
            Some(number) => path.does.push(format!("{sign} {number}")),
            None => match f {
                Binary::Add => {}
                Binary::Sub | Binary::Div if !is_right => {}
                Binary::Sub | Binary::Div | Binary::Mul => path.sign(sign),
            },
        }
    }

    /// The words on a link whose operation has weights: the bundle, its kind, the kernel and the stride, as in `W_L conv 7 × 7 / 2`.
    fn weights(&self, node: &Node, Kernels { weight, stride, .. }: Kernels, path: &mut Path) -> String {
        let word = node.op.word();
        let owner = self.net.owner(weight);
        path.bundles.push(owner.to_owned());
        let short = last(owner);
        let equation = node.name.as_deref().map_or("", |name| last(name).trim_end_matches('\''));
        let is_bundle = short != word && short != equation && !self.equations.contains(owner);
        let name = if is_bundle { format!("{short} ") } else { String::new() };
        // A matrix has no sides.
        let shape = &self.net.param(weight).shape;
        let kernel = shape.last().filter(|_| shape.len() > 2);
        let side = kernel.map_or(String::new(), |k| format!(" {k} × {k}"));
        let stride = if stride == 1 { String::new() } else { format!(" / {stride}") };
        format!("{name}{word}{side}{stride}")
    }
}

/// The last part of a dotted name.
pub fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
