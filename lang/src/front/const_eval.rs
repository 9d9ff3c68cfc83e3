//! Evaluation of what is known before the run: arithmetic, comparisons and choices over consts and over the sizes of
//! feature maps.

use crate::diag::misnamed::Misnamed;
use crate::diag::{Diagnostic, Span, did_you_mean, enough, names, settings, templates};
use crate::functions;
use crate::ir::Shape;
use crate::kinds::{self, KINDS};
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind};
use crate::vocabulary::settings::BLOCKS;
use crate::vocabulary::{self, Type, real};
use std::fmt;

/// What a const may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    Number(f64),
    Bool(bool),
    /// A word that stands for a kind, a function or a choice.
    Word(String),
}

impl Const {
    /// What kind of value the const has, in words.
    pub fn is(&self) -> &'static str {
        match self {
            Const::Number(_) => "a number",
            Const::Bool(_) => "`true` or `false`",
            Const::Word(_) => "a word",
        }
    }

    /// Reads what stands behind `--set name=`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "true" => return Some(Const::Bool(true)),
            "false" => return Some(Const::Bool(false)),
            _ => {}
        }
        if let Ok(x) = text.parse::<f64>()
            && x.is_finite()
        {
            return Some(Const::Number(x));
        }
        let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        word.then(|| Const::Word(text.to_owned()))
    }
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Const::Number(x) => f.write_str(&real(*x)),
            Const::Bool(b) => write!(f, "{b}"),
            Const::Word(word) => f.write_str(word),
        }
    }
}

/// What names mean at the place of an expression: among consts alone, or inside a definition that is being lowered.
pub trait Meanings {
    fn name(&self, name: &str) -> Meaning;

    /// The shape of the feature map that a name stands for; none if nothing of that name has one, and `Some(None)` if
    /// it is broken, which is reported.
    fn shape(&self, name: &str) -> Option<Option<Shape>>;

    /// The place where the const of that name is declared.
    fn declared(&self, name: &str) -> Option<Span>;

    /// The const of that name, if its word means nothing in the language.
    fn misnamed(&self, name: &str) -> Option<Misnamed>;

    /// Every name with a known value, for suggestions.
    fn names(&self) -> Vec<&str>;
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    Const(Const),
    /// Something whose definition is broken, which is reported where it stands.
    Broken,
    /// Something that is not known before the run, in words: "a feature map".
    Thing(&'static str),
    Unknown,
}

/// A size of a feature map, asked for as `channels(x)`.
#[derive(Debug)]
pub struct Measure {
    pub name: &'static str,
    pub about: &'static str,
    of: fn(&Shape) -> Option<usize>,
}

/// Every measure of a feature map.
pub const MEASURES: &[Measure] = &[
    Measure {
        name: "channels",
        about: "channels of a feature map, entries of a vector; known before the run",
        of: |shape| shape.per_image().then(|| shape.channels()),
    },
    Measure {
        name: "height",
        about: "height of a feature map, in pixels; known before the run",
        of: |s| Some(map(s)?[1]),
    },
    Measure {
        name: "width",
        about: "width of a feature map, in pixels; known before the run",
        of: |s| Some(map(s)?[2]),
    },
];

fn map(shape: &Shape) -> Option<[usize; 3]> {
    match shape {
        Shape::Map(dims) => Some(*dims),
        Shape::Vector(_) | Shape::Weight(_) | Shape::Scalar => None,
    }
}

/// The measure of that name, if there is one.
pub fn measure(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

/// Whether that is the name of a kind or a function, which a word can stand for.
pub fn is_callable(name: &str) -> bool {
    kinds::find(name).is_some() || functions::find(name).is_some()
}

/// Whether that is a word of the language: of a choice of some kind or of a setting.
pub fn is_word(word: &str) -> bool {
    let of = |arg: &vocabulary::Arg| match &arg.ty {
        Type::Word(words) | Type::RealsOr(words) => words.contains(&word),
        Type::Call(choices) | Type::Calls(choices) => choices.iter().any(|choice| choice.name == word),
        Type::Count { .. }
        | Type::Real { .. }
        | Type::Share
        | Type::Batches { .. }
        | Type::Epochs { .. }
        | Type::Milliseconds { .. }
        | Type::Names
        | Type::Bool
        | Type::Reals
        | Type::Range { .. } => false,
    };
    let settings = BLOCKS.iter().flat_map(|block| block.keys);
    KINDS.iter().flat_map(|kind| kind.args.iter().chain(kind.weights)).chain(settings).any(of)
}

/// Evaluates an expression that must be known before the run; reports what stands in the way.
pub fn eval(expr: &Expr, meanings: &dyn Meanings, diagnostics: &mut Vec<Diagnostic>) -> Option<Const> {
    match &expr.kind {
        ExprKind::Number { value, unit: None } => Some(Const::Number(*value)),
        ExprKind::Number { unit: Some(unit), .. } => {
            diagnostics.push(settings::wrong_unit("this number", &unit.text, unit.span, "without a unit"));
            None
        }
        ExprKind::Bool(b) => Some(Const::Bool(*b)),
        ExprKind::Name(name) => match meanings.name(name) {
            Meaning::Const(value) => Some(value),
            Meaning::Broken => None,
            Meaning::Thing(is) => {
                diagnostics.push(not_known(&format!("`{name}`"), is, expr.span));
                None
            }
            Meaning::Unknown => {
                let names = if enough(diagnostics) { Vec::new() } else { meanings.names() };
                diagnostics.push(names::unknown_name(name, expr.span, &names));
                None
            }
        },
        ExprKind::Negate(x) => number(x, meanings, diagnostics).map(|x| Const::Number(-x)),
        ExprKind::Not(x) => truth(x, meanings, diagnostics).map(|x| Const::Bool(!x)),
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
            let (left, right) = (truth(left, meanings, diagnostics), truth(right, meanings, diagnostics));
            let (left, right) = (left?, right?);
            Some(Const::Bool(if *op == BinaryOp::And { left && right } else { left || right }))
        }
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (eval(left, meanings, diagnostics), eval(right, meanings, diagnostics));
            let (a, b) = (a?, b?);
            if *op == BinaryOp::Div && is_zero(&b) {
                diagnostics.push(names::out_of_range("a divisor", "other than 0", "0", right.span));
                return None;
            }
            let result = binary(*op, &a, &b);
            if result.is_none() {
                diagnostics.push(templates::operands(op.sign(), expr.span));
            }
            result
        }
        ExprKind::If { condition, then, otherwise } => {
            let condition = truth(condition, meanings, diagnostics)?;
            eval(if condition { then } else { otherwise }, meanings, diagnostics)
        }
        ExprKind::Call(call) if measure(&call.callee.text).is_some() => {
            size(&call.callee.text, call, meanings, diagnostics)
        }
        ExprKind::Primed(_)
        | ExprKind::At { .. }
        | ExprKind::List(_)
        | ExprKind::Call(_)
        | ExprKind::Repeat { .. }
        | ExprKind::Map { .. } => unknowable(expr, diagnostics),
    }
}

fn unknowable(expr: &Expr, diagnostics: &mut Vec<Diagnostic>) -> Option<Const> {
    let problem = not_known("this", describe(expr), expr.span);
    let callee = match &expr.kind {
        ExprKind::Call(call) if !is_callable(&call.callee.text) => call.callee.text.as_str(),
        _ => "",
    };
    diagnostics.push(match did_you_mean(callee, MEASURES.iter().map(|measure| measure.name)) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem,
    });
    None
}

fn not_known(what: &str, is: &str, span: Span) -> Diagnostic {
    let help = "numbers, consts, `channels(x)`, `height(x)`, `width(x)` and what is calculated from them are known before \
                the run";
    names::misused(what, is, "a value known before the run", span, help)
}

/// Evaluates an expression that must be a finite number, known before the run.
pub fn number(expr: &Expr, meanings: &dyn Meanings, diagnostics: &mut Vec<Diagnostic>) -> Option<f64> {
    match eval(expr, meanings, diagnostics)? {
        Const::Number(x) if x.is_finite() => Some(x),
        Const::Number(x) => {
            diagnostics.push(names::out_of_range("this", "a finite number", &x.to_string(), expr.span));
            None
        }
        other => {
            let found = format!("`{other}`");
            diagnostics.push(names::wrong_type("this", "a number", &found, expr.span, "write a number".to_owned()));
            None
        }
    }
}

/// Evaluates an expression that must be true or false, known before the run.
pub fn truth(expr: &Expr, meanings: &dyn Meanings, diagnostics: &mut Vec<Diagnostic>) -> Option<bool> {
    match eval(expr, meanings, diagnostics)? {
        Const::Bool(truth) => Some(truth),
        other => {
            diagnostics.push(templates::no_condition(&other.to_string(), expr.span));
            None
        }
    }
}

pub fn is_zero(known: &Const) -> bool {
    *known == Const::Number(0.0)
}

/// What an operator makes of two known values; none if it does not go with their types.
pub fn binary(op: BinaryOp, left: &Const, right: &Const) -> Option<Const> {
    if let (BinaryOp::Equal | BinaryOp::Unequal, true) = (op, left.is() == right.is()) {
        return Some(Const::Bool((left == right) == (op == BinaryOp::Equal)));
    }
    let (Const::Number(a), Const::Number(b)) = (left, right) else { return None };
    Some(match op {
        BinaryOp::Add => Const::Number(a + b),
        BinaryOp::Sub => Const::Number(a - b),
        BinaryOp::Mul => Const::Number(a * b),
        BinaryOp::Div => Const::Number(a / b),
        BinaryOp::Less => Const::Bool(a < b),
        BinaryOp::AtMost => Const::Bool(a <= b),
        BinaryOp::Greater => Const::Bool(a > b),
        BinaryOp::AtLeast => Const::Bool(a >= b),
        BinaryOp::Equal | BinaryOp::Unequal | BinaryOp::And | BinaryOp::Or => return None,
    })
}

/// Evaluates a call of a measure, `channels(x)`, under whatever name it was called by.
pub fn size(name: &str, call: &Call, meanings: &dyn Meanings, diagnostics: &mut Vec<Diagnostic>) -> Option<Const> {
    let measure = measure(name)?;
    let [arg] = call.args.as_slice() else {
        diagnostics.push(templates::measures_a_name(measure.name, call.span));
        return None;
    };
    let (ExprKind::Name(name) | ExprKind::Primed(name)) = &arg.value.kind else {
        diagnostics.push(templates::measures_a_name(measure.name, arg.value.span));
        return None;
    };
    let name = if matches!(arg.value.kind, ExprKind::Primed(_)) { format!("{name}'") } else { name.clone() };
    match meanings.shape(&name) {
        Some(None) => None,
        Some(Some(shape)) => {
            let size = (measure.of)(&shape);
            if size.is_none() {
                diagnostics.push(templates::no_such_size(measure.name, &name, &shape, arg.value.span));
            }
            size.map(|size| Const::Number(size as f64))
        }
        None if matches!(meanings.name(&name), Meaning::Broken) => None,
        None => {
            diagnostics.push(templates::nothing_to_measure(measure.name, &name, arg.value.span));
            None
        }
    }
}

/// The place where the const that an expression names is declared.
pub fn declared(expr: &Expr, meanings: &dyn Meanings) -> Option<Span> {
    let ExprKind::Name(name) = &expr.kind else { return None };
    meanings.declared(name)
}

/// The name that a word stands for: that of the word which a const of this name holds, or the word itself.
pub fn resolve(name: &str, meanings: &dyn Meanings) -> String {
    match meanings.name(name) {
        Meaning::Const(Const::Word(word)) => word,
        _ => name.to_owned(),
    }
}

/// What an expression is, in words.
pub fn describe(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Number { .. } => "a number",
        ExprKind::Bool(_) => "`true` or `false`",
        ExprKind::Name(_) => "a word",
        ExprKind::Primed(_) | ExprKind::At { .. } => "the value of a step",
        ExprKind::List(_) => "a list",
        ExprKind::Call(_) | ExprKind::Repeat { .. } => "a call",
        ExprKind::If { .. } => "a choice",
        ExprKind::Negate(_) | ExprKind::Not(_) | ExprKind::Binary { .. } => "a calculation",
        ExprKind::Map { .. } => "a mapping `in -> out`",
    }
}
