//! Lines of Python: expressions, how they are written, and how long lines become short ones.

use std::collections::BTreeSet;
use std::fmt::Write;

/// The longest line, as Black has it.
pub const WIDTH: usize = 88;

/// An expression of Python.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A name, or a chain of names.
    Atom(String),
    /// A parameter of the net.
    Param(String),
    /// A number that is known: Python's own, and no tensor.
    Number(f64),
    /// A call: what is called, what it is given, and what stands behind that, as `, stride=2`.
    Call {
        head: String,
        args: Vec<Expr>,
        more: String,
    },
    /// An expression with something behind it: `.abs()`, `[:, None, None]`.
    Behind {
        of: Box<Expr>,
        what: String,
    },
    Negate(Box<Expr>),
    Infix {
        sign: &'static str,
        left: Box<Expr>,
        right: Box<Expr>,
    },
}

impl Expr {
    pub fn atom(text: impl Into<String>) -> Self {
        Expr::Atom(text.into())
    }

    /// A call with nothing else than these arguments.
    pub fn call(head: impl Into<String>, args: Vec<Expr>) -> Self {
        Expr::Call { head: head.into(), args, more: String::new() }
    }

    /// This expression with something behind it.
    pub fn behind(self, what: &str) -> Self {
        Expr::Behind { of: Box::new(self), what: what.to_owned() }
    }

    /// Two expressions with a sign between them.
    pub fn infix(sign: &'static str, left: Expr, right: Expr) -> Self {
        Expr::Infix { sign, left: Box::new(left), right: Box::new(right) }
    }

    /// How strongly the expression holds together: 1 is a sum, 2 a product, 3 a sign in front, 4 anything else.
    fn strength(&self) -> u8 {
        match self {
            Expr::Infix { sign: "+" | "-", .. } => 1,
            Expr::Infix { .. } => 2,
            Expr::Negate(_) => 3,
            Expr::Number(x) if x.is_sign_negative() => 3,
            Expr::Atom(_) | Expr::Param(_) | Expr::Number(_) | Expr::Call { .. } | Expr::Behind { .. } => 4,
        }
    }

    /// The expression, in brackets if it is weaker than its place.
    fn within(&self, strength: u8) -> String {
        if self.strength() < strength { format!("({})", self.text()) } else { self.text() }
    }

    /// The expression as Black writes it, on one line.
    pub fn text(&self) -> String {
        match self {
            Expr::Atom(text) | Expr::Param(text) => text.clone(),
            Expr::Number(x) => number(*x),
            Expr::Call { head, args, more } => {
                let args: Vec<String> = args.iter().map(Expr::text).collect();
                format!("{head}({}{more})", args.join(", "))
            }
            Expr::Behind { of, what } if matches!(**of, Expr::Number(_)) => format!("({}){what}", of.text()),
            Expr::Behind { of, what } => format!("{}{what}", of.within(4)),
            Expr::Negate(x) => format!("-{}", x.within(3)),
            Expr::Infix { sign, left, right } => {
                let own = self.strength();
                format!("{} {sign} {}", left.within(own), right.within(own + 1))
            }
        }
    }

    /// The expressions that this one is made of.
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Expr::Atom(_) | Expr::Param(_) | Expr::Number(_) => Vec::new(),
            Expr::Call { args, .. } => args.iter().collect(),
            Expr::Behind { of: x, .. } | Expr::Negate(x) => vec![x],
            Expr::Infix { left, right, .. } => vec![left, right],
        }
    }

    pub fn parts_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Expr::Atom(_) | Expr::Param(_) | Expr::Number(_) => Vec::new(),
            Expr::Call { args, .. } => args.iter_mut().collect(),
            Expr::Behind { of: x, .. } | Expr::Negate(x) => vec![x],
            Expr::Infix { left, right, .. } => vec![left, right],
        }
    }

    /// Puts a variable in the place of every reading of a parameter.
    pub fn put(&mut self, param: &str, name: &str) {
        if matches!(self, Expr::Param(known) if known == param) {
            *self = Expr::atom(name);
        }
        self.parts_mut().into_iter().for_each(|part| part.put(param, name));
    }

    /// Whether a variable of that name is read.
    fn reads(&self, name: &str) -> bool {
        matches!(self, Expr::Atom(text) if text == name) || self.parts().into_iter().any(|part| part.reads(name))
    }

    /// Whether a line of its own would be of use.
    fn is_compound(&self) -> bool {
        !self.parts().is_empty()
    }

    /// The length of the longest part that is compound and fits into `room`, or, if none fits, of the shortest.
    fn longest(&self, room: usize) -> Option<usize> {
        let mut lengths = Vec::new();
        let mut open = self.parts();
        while let Some(part) = open.pop() {
            if part.is_compound() {
                lengths.push(part.text().len());
                open.extend(part.parts());
            }
        }
        lengths.iter().filter(|len| **len <= room).max().or(lengths.iter().min()).copied()
    }

    /// Takes out the first compound part of that length, and leaves a variable for it.
    fn take(&mut self, len: usize, name: &str) -> Option<Expr> {
        for part in self.parts_mut() {
            if part.is_compound() && part.text().len() == len {
                return Some(std::mem::replace(part, Expr::atom(name)));
            }
            if let Some(taken) = part.take(len, name) {
                return Some(taken);
            }
        }
        None
    }
}

/// A number in Python: a whole one without a point.
pub fn number(x: f64) -> String {
    match x {
        x if x.is_nan() => "math.nan".to_owned(),
        x if x.is_infinite() => if x > 0.0 { "math.inf" } else { "-math.inf" }.to_owned(),
        x if x == x.trunc() && x.abs() < 1e6 && !(x == 0.0 && x.is_sign_negative()) => format!("{x:.0}"),
        x => {
            let text = crate::vocabulary::real(x);
            if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
        }
    }
}

/// Lines of Python, and how far the next one stands in.
#[derive(Default)]
pub struct Lines {
    text: String,
    pub depth: usize,
}

impl Lines {
    /// No lines yet, the first of which will stand so far in.
    pub fn at(depth: usize) -> Self {
        Self { text: String::new(), depth }
    }

    /// Everything that was written.
    pub fn text(self) -> String {
        self.text
    }

    /// How much was written.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The columns that a line has.
    pub fn room(&self) -> usize {
        WIDTH - 4 * self.depth
    }

    /// Writes a line.
    pub fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.text.push('\n');
        } else {
            // Writing to a `String` does not fail.
            let _ = writeln!(self.text, "{}{line}", "    ".repeat(self.depth));
        }
    }

    /// Writes a comment, broken where it is too long.
    pub fn comment(&mut self, text: &str) {
        for line in wrapped(text, self.room() - 2) {
            self.line(format!("# {line}").trim_end());
        }
    }

    /// Writes a call, with its arguments on a line of their own if it is too long, and a note behind it.
    pub fn call(&mut self, head: &str, args: &str, note: &str) {
        let whole = format!("{head}({args})");
        if whole.chars().count() > self.room() {
            if !note.is_empty() {
                self.comment(note);
            }
            let fits = args.chars().count() <= self.room() - 4 && head.chars().count() < self.room();
            if fits && !args.is_empty() {
                self.line(&format!("{head}("));
                self.depth += 1;
                self.line(args);
                self.depth -= 1;
                return self.line(")");
            }
            return self.line(&format!("{whole}  # fmt: skip"));
        }
        self.noted(&whole, note);
    }

    /// Writes a list, an item on each line if it is too long for one.
    pub fn list(&mut self, head: &str, items: &[String], [open, close]: [&str; 2]) {
        let whole = format!("{head}{open}{}{close}", items.join(", "));
        if whole.chars().count() <= self.room() {
            return self.line(&whole);
        }
        self.line(&format!("{head}{open}"));
        self.depth += 1;
        items.iter().for_each(|item| self.line(&format!("{item},")));
        self.depth -= 1;
        self.line(close);
    }

    /// Writes a call with a list as its only argument, broken as black does where it is too long.
    pub fn nested(&mut self, call: &str, items: &[String]) {
        let whole = format!("{call}([{}])", items.join(", "));
        if whole.chars().count() <= self.room() {
            return self.line(&whole);
        }
        self.line(&format!("{call}("));
        self.depth += 1;
        self.list("", items, ["[", "]"]);
        self.depth -= 1;
        self.line(")");
    }

    /// Writes a line with a note behind it, or above it where it does not fit.
    pub fn noted(&mut self, line: &str, note: &str) {
        if note.is_empty() {
            return self.line(line);
        }
        let both = format!("{line}  # {note}");
        if both.chars().count() <= self.room() {
            return self.line(&both);
        }
        self.comment(note);
        self.line(line);
    }

    /// Writes a statement: what stands before the expression, the expression, and a note. What is too long for a line becomes
    /// several, with variables that are not in `known`.
    pub fn statement(&mut self, head: &str, mut expr: Expr, note: &str, known: &BTreeSet<String>) {
        let note_len = if note.is_empty() { 0 } else { note.chars().count() + 4 };
        let room = self.room();
        loop {
            let len = head.len() + expr.text().len();
            if len + note_len <= room {
                break;
            }
            let fits_alone =
                len <= room && len + note_len > room && expr.parts().iter().all(|part| !part.is_compound());
            let Some(longest) = expr.longest(room - 8).filter(|_| !fits_alone) else { break };
            let Some((name, taken)) = Self::taken(&mut expr, longest, known) else { break };
            self.statement(&format!("{name} = "), taken, "", known);
        }
        let line = format!("{head}{}", expr.text());
        if line.chars().count() <= room {
            return self.noted(&line, note);
        }
        if !note.is_empty() {
            self.comment(note);
        }
        self.line(&format!("{line}  # fmt: skip"));
    }

    /// Takes a part out of an expression, under the first short name that nothing else has.
    fn taken(expr: &mut Expr, len: usize, known: &BTreeSet<String>) -> Option<(String, Expr)> {
        const PLACE: &str = "\0";
        let taken = expr.take(len, PLACE)?;
        let short = ["x", "y", "z", "u", "v", "w"].map(str::to_owned);
        let names = short.into_iter().chain((1..).map(|n| format!("x_{n}")));
        let name = names.into_iter().find(|name| !known.contains(name) && !expr.reads(name))?;
        expr.rename(PLACE, &name);
        Some((name, taken))
    }
}

impl Expr {
    fn rename(&mut self, from: &str, to: &str) {
        if let Expr::Atom(text) = self
            && text == from
        {
            to.clone_into(text);
        }
        self.parts_mut().into_iter().for_each(|part| part.rename(from, to));
    }
}

/// A text in lines of at most so many columns, where words allow.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A text in quotes, as Black has them.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    let letters = text.chars().map(|c| match c {
        '\\' => "\\\\".to_owned(),
        c if c == quote => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    });
    format!("{quote}{}{quote}", letters.collect::<String>())
}
