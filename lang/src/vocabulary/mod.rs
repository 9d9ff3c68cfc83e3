//! The vocabulary: what a call or a settings block may be given. Each argument is declared once, with its type, its
//! range, its default and a line of documentation; layer kinds, optimizers, transforms and settings all declare theirs
//! this way.

pub mod augmentations;
pub mod images;
pub mod optimizers;
pub mod schedules;
pub mod settings;
pub mod sharing;
pub mod transforms;
pub mod words;

use std::fmt;

/// One argument of a kind, an optimizer, a transform or a settings block.
#[derive(Debug)]
pub struct Arg {
    pub name: &'static str,
    /// One line on what the argument means, with its unit.
    pub about: &'static str,
    pub ty: Type,
    /// What the argument is where the author says nothing.
    pub default: Default,
}

/// What an argument is where the author says nothing.
#[derive(Debug)]
pub enum Default {
    /// There is no default: the argument must be given.
    Required,
    Value(ArgValue),
    /// The default is the value of another argument, declared before this one.
    Like(&'static str),
    /// The default is the word that another argument, declared before this one, has; where that one has no word, the
    /// argument must be given.
    LikeWord(&'static str),
    /// The argument may be left out, and is then not there.
    Absent,
}

impl Arg {
    /// An argument that must be given.
    pub const fn required(name: &'static str, ty: Type, about: &'static str) -> Self {
        Self { name, about, ty, default: Default::Required }
    }

    /// An argument that may be left out, and is then not there.
    pub const fn optional(name: &'static str, ty: Type, about: &'static str) -> Self {
        Self { name, about, ty, default: Default::Absent }
    }

    /// An argument whose default is the value of the argument `other`, declared before it.
    pub const fn like(name: &'static str, ty: Type, other: &'static str, about: &'static str) -> Self {
        Self { name, about, ty, default: Default::Like(other) }
    }

    /// An argument whose default is the word of the argument `other`, declared before it.
    pub const fn like_word(name: &'static str, ty: Type, other: &'static str, about: &'static str) -> Self {
        Self { name, about, ty, default: Default::LikeWord(other) }
    }

    /// An argument with a default of its own.
    pub const fn with(name: &'static str, ty: Type, default: ArgValue, about: &'static str) -> Self {
        Self { name, about, ty, default: Default::Value(default) }
    }
}

/// What an argument may be.
#[derive(Debug)]
pub enum Type {
    /// A whole number, bounds included.
    Count {
        min: usize,
        max: usize,
    },
    /// A real number, bounds included.
    Real {
        min: f64,
        max: f64,
    },
    /// A part of a whole, of at least 0 and less than 1: `15%` or `0.15`.
    Share,
    /// A whole number of batches, bounds included: `10 batches` or `10`.
    Batches {
        min: usize,
        max: usize,
    },
    /// A whole number of epochs, bounds included: `5 epochs` or `5`.
    Epochs {
        min: usize,
        max: usize,
    },
    /// A time in milliseconds, bounds included: `30 ms` or `30`.
    Milliseconds {
        min: f64,
        max: f64,
    },
    /// Names of the spec, as `[stage1, W_L]` or a single one; `all` stands for all that there are.
    Names,
    Bool,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A list of numbers, as `[0.5, 0.5]`, or a single one.
    Reals,
    /// A list of numbers or a single one, or one of a few words.
    RealsOr(&'static [&'static str]),
    /// Two numbers in rising order, bounds included: `[0.08, 1]`.
    Range {
        min: f64,
        max: f64,
    },
    /// A call of something declared, as `sgd(lr: 1e-2)`.
    Call(&'static [Callable]),
    /// A list of calls of something declared; one without arguments is just its name.
    Calls(&'static [Callable]),
}

/// Something that is called by name with declared arguments and is not a layer: an optimizer, a transform.
#[derive(Clone, Copy, Debug)]
pub struct Callable {
    pub name: &'static str,
    pub about: &'static str,
    pub args: &'static [Arg],
}

/// An argument's value, of its declared type and within its range.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgValue {
    Count(usize),
    Real(f64),
    Bool(bool),
    Word(&'static str),
    Reals(Vec<f64>),
    Range([f64; 2]),
    Call(Bound),
    Calls(Vec<Bound>),
    /// Names of the spec; none of them stand for all that there are.
    Names(Vec<String>),
}

impl fmt::Display for ArgValue {
    /// Writes the value as a spec has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgValue::Count(n) => write!(f, "{n}"),
            ArgValue::Real(x) => f.write_str(&real(*x)),
            ArgValue::Bool(b) => write!(f, "{b}"),
            ArgValue::Word(word) => f.write_str(word),
            ArgValue::Reals(xs) => write!(f, "[{}]", xs.iter().map(|x| real(*x)).collect::<Vec<_>>().join(", ")),
            ArgValue::Range([low, high]) => write!(f, "[{}, {}]", real(*low), real(*high)),
            ArgValue::Call(call) => call.fmt(f),
            ArgValue::Calls(calls) => {
                write!(f, "[{}]", calls.iter().map(Bound::to_string).collect::<Vec<_>>().join(", "))
            }
            ArgValue::Names(names) if names.is_empty() => f.write_str("all"),
            ArgValue::Names(names) => write!(f, "[{}]", names.join(", ")),
        }
    }
}

/// A number as people write it: `0.15`, `1e-5`, never `0.00001`.
pub fn real(x: f64) -> String {
    if x != 0.0 && (x.abs() < 1e-2 || x.abs() >= 1e6) { format!("{x:e}") } else { x.to_string() }
}

/// A call with the values of its arguments in declared order: every one of them, but for those that may be left out and
/// are.
///
/// The getters take names that the caller declared itself; a name it did not declare is a mistake in lcnnc, which the
/// tests that walk the registries find.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub callee: &'static str,
    pub values: Vec<(&'static str, ArgValue)>,
}

impl Bound {
    /// This call with every declared argument that it leaves out at its default.
    pub fn completed(&self, args: &'static [Arg]) -> Self {
        let mut complete = Self { callee: self.callee, values: Vec::with_capacity(args.len()) };
        for arg in args {
            let value = self.get(arg.name).or(match &arg.default {
                Default::Required | Default::Absent => None,
                Default::Value(value) => Some(value),
                Default::Like(other) => complete.get(other),
                Default::LikeWord(other) => complete.get(other).filter(|value| matches!(value, ArgValue::Word(_))),
            });
            complete.values.extend(value.cloned().map(|value| (arg.name, value)));
        }
        complete
    }

    /// The value of an argument, if it has one.
    pub fn get(&self, name: &str) -> Option<&ArgValue> {
        self.values.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    fn undeclared(&self, name: &str, what: &str) -> ! {
        unreachable!("`{}` declares no {what} `{name}`", self.callee)
    }

    /// The value of a whole number.
    pub fn count(&self, name: &str) -> usize {
        match self.get(name) {
            Some(ArgValue::Count(n)) => *n,
            _ => self.undeclared(name, "count"),
        }
    }

    /// The count of an optional argument; none if it was left out.
    pub fn maybe_count(&self, name: &str) -> Option<usize> {
        match self.get(name) {
            Some(ArgValue::Count(n)) => Some(*n),
            None => None,
            Some(_) => self.undeclared(name, "count"),
        }
    }

    /// The value of a real number or a share.
    pub fn real(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(ArgValue::Real(x)) => *x,
            _ => self.undeclared(name, "number"),
        }
    }

    /// The value of an argument that is true or false.
    pub fn bool(&self, name: &str) -> bool {
        match self.get(name) {
            Some(ArgValue::Bool(b)) => *b,
            _ => self.undeclared(name, "true-or-false"),
        }
    }

    /// The value of an argument that is one of a few words.
    pub fn word(&self, name: &str) -> &'static str {
        match self.get(name) {
            Some(ArgValue::Word(word)) => word,
            _ => self.undeclared(name, "word"),
        }
    }

    /// The word of an optional argument; none if it was left out.
    pub fn maybe_word(&self, name: &str) -> Option<&'static str> {
        self.get(name).map(|_| self.word(name))
    }

    /// The value of an optional argument that is true or false; none if it was left out.
    pub fn maybe_bool(&self, name: &str) -> Option<bool> {
        self.get(name).map(|_| self.bool(name))
    }

    /// The value of an optional number; none if it was left out.
    pub fn maybe_real(&self, name: &str) -> Option<f64> {
        self.get(name).map(|_| self.real(name))
    }

    /// The value of an optional argument that is a call; none if it was left out.
    pub fn maybe_call(&self, name: &str) -> Option<&Bound> {
        self.get(name).map(|_| self.call(name))
    }

    /// The value of an argument that is a list of numbers.
    pub fn reals(&self, name: &str) -> &[f64] {
        match self.get(name) {
            Some(ArgValue::Reals(xs)) => xs,
            _ => self.undeclared(name, "list of numbers"),
        }
    }

    /// The value of an argument that is a list of names; empty for all that there are.
    pub fn names(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(ArgValue::Names(names)) => names,
            _ => self.undeclared(name, "list of names"),
        }
    }

    /// The value of an argument that may be a list of numbers; none if it is something else or was left out.
    pub fn maybe_reals(&self, name: &str) -> Option<&[f64]> {
        match self.get(name) {
            Some(ArgValue::Reals(xs)) => Some(xs),
            _ => None,
        }
    }

    /// The value of an argument that is two numbers in rising order.
    pub fn range(&self, name: &str) -> [f64; 2] {
        match self.get(name) {
            Some(ArgValue::Range(range)) => *range,
            _ => self.undeclared(name, "range"),
        }
    }

    /// The list of calls of an optional argument; none if it was left out.
    pub fn maybe_calls(&self, name: &str) -> Option<&[Bound]> {
        self.get(name).map(|_| self.calls(name))
    }

    /// The value of an argument that is a call.
    pub fn call(&self, name: &str) -> &Bound {
        match self.get(name) {
            Some(ArgValue::Call(call)) => call,
            _ => self.undeclared(name, "call"),
        }
    }

    /// The value of an argument that is a list of calls.
    pub fn calls(&self, name: &str) -> &[Bound] {
        match self.get(name) {
            Some(ArgValue::Calls(calls)) => calls,
            _ => self.undeclared(name, "list of calls"),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.callee)?;
        if self.values.is_empty() {
            return Ok(());
        }
        let args: Vec<String> = self.values.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        write!(f, "({})", args.join(", "))
    }
}
