//! The tree of a spec: what was written and where, before any name is looked up.

use crate::diag::Span;

/// A word of the text with its span.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// The tree of a whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ast {
    /// The `//!` lines at the head of the file, without their marks.
    pub doc: Vec<String>,
    pub items: Vec<Item>,
    /// Names that statements which could not be read would have given: whoever misses one of them stays silent.
    pub broken: Vec<Name>,
    /// False if anything could not be read, named or not: what seems to be missing may well stand there.
    pub whole: bool,
    /// True if a statement that could not be read may define a name that nobody can tell: whoever misses a name may
    /// mean that.
    pub nameless: bool,
}

impl Ast {
    /// The span of the input's shape; the file's start if there is none.
    pub fn input_span(&self) -> Span {
        let shapes = self.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Input { shape, .. } => Some(shape.span),
            _ => None,
        });
        shapes.min().unwrap_or_default()
    }

    /// This tree with every span left out: two texts that say the same have the same one.
    pub fn without_places(mut self) -> Self {
        let nowhere = |_| Span::default();
        self.items.iter_mut().for_each(|item| item.shift(&nowhere));
        self.broken.iter_mut().for_each(|name| name.shift(&nowhere));
        self
    }
}

/// A statement of the spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub kind: ItemKind,
    pub span: Span,
    /// The `///` lines above the statement, without their marks.
    pub doc: Vec<String>,
}

/// The forms of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// The statement `model Name`.
    Model(Name),
    /// The statement `const name = value`.
    Const { name: Name, value: Expr },
    /// The statement `input name: [C, H, W]`.
    Input { name: Name, shape: Expr },
    /// The statement `weights name: kind(in -> out, …)`.
    Weights { name: Name, call: Call },
    /// The equation `name = value`, or `name' = value` inside a loop.
    Equation { name: Name, primed: bool, value: Expr },
    /// The statement `loop name(steps: n) { … }`.
    Loop { name: Name, args: Vec<CallArg>, body: Vec<Item> },
    /// The statement `state name = value`, inside a loop.
    State { name: Name, init: Expr },
    /// The statement `branch name = how { … }`.
    Branch { name: Name, how: Name, arms: Vec<Item> },
    /// The arm `role name = value`, inside a branch; the role is looked up later.
    Arm { role: Name, name: Name, value: Expr },
    /// The statement `penalty name = value`.
    Penalty { name: Name, value: Expr },
    /// The statement `fn name(a, b) = body`.
    Fn { name: Name, params: Vec<Name>, body: Expr },
    /// The statement `block name(x, n, m: default) { … }`.
    Block { name: Name, params: Vec<BlockParam>, body: Vec<Item> },
    /// The statement `yield value`, at the end of a block.
    Yield { value: Expr },
    /// The statement `allow name`, or `allow [name, name]`: problems that the spec is meant to have. The names are
    /// looked up later.
    Allow(Vec<Name>),
    /// The statement `output value`.
    Output { value: Expr },
    /// A settings block, `word { key: value … }`. The word is looked up later; `close` is the byte of its closing
    /// brace.
    Settings { word: Name, entries: Vec<Entry>, close: usize },
}

/// One parameter of a block: `planes`, or `stride: 1` with a default.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockParam {
    pub name: Name,
    pub default: Option<Expr>,
}

/// A setting, `key: value`, in a settings block.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Name,
    pub value: Expr,
}

/// A call, `callee(args)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub callee: Name,
    pub args: Vec<CallArg>,
    pub span: Span,
}

impl Call {
    /// The byte of the closing bracket.
    pub fn close(&self) -> usize {
        self.span.end.saturating_sub(1)
    }
}

/// An argument of a call, `value` or `name: value`.
#[derive(Clone, Debug, PartialEq)]
pub struct CallArg {
    pub name: Option<Name>,
    pub value: Expr,
}

impl CallArg {
    /// The span of the argument, its name included.
    pub fn span(&self) -> Span {
        self.name.as_ref().map_or(self.value.span, |name| name.span.to(self.value.span))
    }
}

/// An expression with its span.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number: `3`, `1e-3`, `15%`, `10 batches`. The unit is the word or the `%` behind it.
    Number {
        value: f64,
        unit: Option<Name>,
    },
    /// A truth: `true` or `false`.
    Bool(bool),
    /// A word: the name of a feature map, a bundle, a const, a kind or a choice. It is looked up later.
    Name(String),
    /// The value of a state at this step: `O'`.
    Primed(String),
    /// The value of one step, or of every step: `O@2`, `O@all`.
    At {
        name: Name,
        step: Box<Expr>,
    },
    /// A list: `[a, b, c]`.
    List(Vec<Expr>),
    Call(Call),
    /// A negated value: `-x`.
    Negate(Box<Expr>),
    /// A negated truth: `not a`.
    Not(Box<Expr>),
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// A choice: `if a then b else c`.
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// A chain of copies: `repeat n f(x, …)`.
    Repeat {
        count: Box<Expr>,
        call: Call,
    },
    /// A mapping: `8 -> 16`, what a bundle maps and onto what.
    Map {
        from: Box<Expr>,
        to: Box<Expr>,
    },
}

impl Expr {
    /// This expression and every expression inside it, in no order to rely on.
    pub fn parts(&self) -> impl Iterator<Item = &Expr> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            let expr = pending.pop()?;
            pending.extend(expr.nearest());
            Some(expr)
        })
    }

    /// The number that the expression is, if it is written as one.
    pub fn number(&self) -> Option<f64> {
        match &self.kind {
            ExprKind::Number { value, unit: None } => Some(*value),
            ExprKind::Negate(x) => x.number().map(|x| -x),
            _ => None,
        }
    }

    /// The expression as it is written, for a help line: what is longer than a name, a number or a product of those is
    /// left out.
    pub fn written(&self) -> String {
        match &self.kind {
            ExprKind::Number { value, unit: None } => crate::vocabulary::real(*value),
            ExprKind::Name(name) => name.clone(),
            ExprKind::Primed(name) => format!("{name}'"),
            ExprKind::Call(call) => match call.args.as_slice() {
                [CallArg { name: None, value }] => format!("{}({})", call.callee.text, value.written()),
                _ => format!("{}(…)", call.callee.text),
            },
            ExprKind::Negate(x) => format!("-{}", x.written()),
            ExprKind::Binary { op: op @ (BinaryOp::Mul | BinaryOp::Div), left, right } => {
                format!("{} {} {}", left.written(), op.sign(), right.written())
            }
            _ => "…".to_owned(),
        }
    }

    /// Whether the expression is that name, the value of a step of it, or a call of it; what stands in the call's
    /// brackets is not looked at.
    pub fn is_named(&self, name: &str) -> bool {
        match &self.kind {
            ExprKind::Name(is) | ExprKind::Primed(is) => is == name,
            ExprKind::At { name: is, .. } => is.text == name,
            ExprKind::Call(call) | ExprKind::Repeat { call, .. } => call.callee.text == name,
            _ => false,
        }
    }

    /// The expressions that this one is directly made of, in order.
    pub fn nearest(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number { .. } | ExprKind::Bool(_) | ExprKind::Name(_) | ExprKind::Primed(_) => Vec::new(),
            ExprKind::List(items) => items.iter().collect(),
            ExprKind::Call(call) => call.args.iter().map(|arg| &arg.value).collect(),
            ExprKind::Negate(x) | ExprKind::Not(x) | ExprKind::At { step: x, .. } => vec![x],
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
            ExprKind::Repeat { count, call } => {
                std::iter::once(&**count).chain(call.args.iter().map(|arg| &arg.value)).collect()
            }
            ExprKind::Binary { left, right, .. } | ExprKind::Map { from: left, to: right } => vec![left, right],
        }
    }
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    And,
    Or,
}

impl BinaryOp {
    /// The sign or the word of the operator, as it is written.
    pub fn sign(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Equal => "==",
            BinaryOp::Unequal => "!=",
            BinaryOp::Less => "<",
            BinaryOp::AtMost => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::AtLeast => ">=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
        }
    }

    /// Whether the operator gives a number; the others give `true` or `false`.
    pub fn is_arithmetic(self) -> bool {
        matches!(self, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div)
    }
}
