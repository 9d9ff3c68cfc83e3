//! Expressions, from the grammar's pairs to the tree.

use super::ast::{BinaryOp, Call, CallArg, Expr, ExprKind, Name};
use super::grammar::Rule;
use crate::diag::{Diagnostic, Span, text};
use crate::limits::MAX_OPERATORS;
use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::sync::LazyLock;

/// The ranks of operators: later ones bind tighter.
static RANKS: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let infix = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(infix(Rule::word_or))
        .op(infix(Rule::word_and))
        .op(Op::prefix(Rule::word_not))
        .op(infix(Rule::compare))
        .op(infix(Rule::plus) | infix(Rule::minus))
        .op(infix(Rule::times) | infix(Rule::over))
        .op(Op::prefix(Rule::negative))
});

/// Reads the grammar's pairs of one piece of text. What cannot be read is `None`, and has been reported.
pub struct PairReader<'a> {
    /// Where in the file the piece starts.
    base: usize,
    operators: usize,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> PairReader<'a> {
    pub fn new(base: usize, problems: &'a mut Vec<Diagnostic>) -> Self {
        Self { base, operators: 0, problems }
    }

    /// Reports a problem of the piece.
    pub fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// The span of a pair, in the file.
    pub fn span(&self, pair: &Pair<Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.base + span.start(), self.base + span.end())
    }

    /// The name that a pair is.
    pub fn name(&self, pair: &Pair<Rule>) -> Name {
        Name { text: pair.as_str().to_owned(), span: self.span(pair) }
    }

    /// The expression of a whole statement or setting.
    pub fn value(&mut self, pair: Pair<Rule>) -> Option<Expr> {
        self.operators = 0;
        self.expr(pair)
    }

    fn expr(&mut self, pair: Pair<Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner().filter(|part| part.as_rule() != Rule::arrow);
        let first = parts.next()?;
        match first.as_rule() {
            Rule::choice => return self.choice(first, span),
            Rule::chain => return self.repeat(first, span),
            _ => {}
        }
        let from = self.operation(first)?;
        let Some(to) = parts.next() else { return Some(from) };
        let to = self.operation(to)?;
        let span = from.span.to(to.span);
        Some(Expr { kind: ExprKind::Map { from: Box::new(from), to: Box::new(to) }, span })
    }

    fn choice(&mut self, pair: Pair<Rule>, span: Span) -> Option<Expr> {
        self.count(&pair)?;
        let mut parts = pair.into_inner().filter(|part| matches!(part.as_rule(), Rule::operation | Rule::expr));
        let condition = Box::new(self.operation(parts.next()?)?);
        let then = Box::new(self.expr(parts.next()?)?);
        let otherwise = Box::new(self.expr(parts.next()?)?);
        let span = Span::new(span.start, otherwise.span.end);
        Some(Expr { kind: ExprKind::If { condition, then, otherwise }, span })
    }

    fn repeat(&mut self, pair: Pair<Rule>, span: Span) -> Option<Expr> {
        let mut parts = pair.into_inner().filter(|part| matches!(part.as_rule(), Rule::operation | Rule::named));
        let count = Box::new(self.operation(parts.next()?)?);
        let repeated = self.named(parts.next()?)?;
        let span = Span::new(span.start, repeated.span.end);
        let ExprKind::Call(call) = repeated.kind else {
            self.report(text::repeats_no_call(repeated.span));
            return None;
        };
        Some(Expr { kind: ExprKind::Repeat { count, call }, span })
    }

    /// Reads values and the signs between them.
    fn operation(&mut self, pair: Pair<Rule>) -> Option<Expr> {
        let signs = pair.clone().into_inner().filter(|part| part.as_rule() != Rule::value);
        signs.into_iter().try_for_each(|sign| self.count(&sign))?;
        let base = self.base;
        RANKS
            .map_primary(|value| self.atom(value.into_inner().next()?))
            .map_prefix(|sign, value| {
                let value = value?;
                let span = Span::new(base + sign.as_span().start(), value.span.end);
                let value = Box::new(value);
                let kind =
                    if sign.as_rule() == Rule::negative { ExprKind::Negate(value) } else { ExprKind::Not(value) };
                Some(Expr { kind, span })
            })
            .map_infix(|left, sign, right| {
                let (left, right) = (Box::new(left?), Box::new(right?));
                let (op, span) = (operator(sign.as_str()), left.span.to(right.span));
                Some(Expr { kind: ExprKind::Binary { op, left, right }, span })
            })
            .parse(pair.into_inner())
    }

    fn count(&mut self, sign: &Pair<Rule>) -> Option<()> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            let problem = text::too_long(self.span(sign), MAX_OPERATORS);
            self.report(problem);
            return None;
        }
        Some(())
    }

    fn atom(&mut self, pair: Pair<Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::amount => return self.amount(pair),
            Rule::named => return self.named(pair),
            Rule::group => {
                let inner = pair.into_inner().find(|part| part.as_rule() == Rule::expr)?;
                return Some(Expr { span, ..self.expr(inner)? });
            }
            Rule::list => {
                let values = pair.into_inner().filter(|part| part.as_rule() == Rule::expr);
                ExprKind::List(values.map(|value| self.expr(value)).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some(Expr { kind, span })
    }

    /// Reads a name, alone or with what makes it a call, the value of this step or that of another.
    fn named(&mut self, pair: Pair<Rule>) -> Option<Expr> {
        let mut parts = pair.into_inner();
        let name = self.name(&parts.next()?);
        let Some(behind) = parts.next() else {
            let kind = match name.text.as_str() {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                _ => ExprKind::Name(name.text),
            };
            return Some(Expr { kind, span: name.span });
        };
        let span = name.span.to(self.span(&behind));
        let (kind, span) = match behind.as_rule() {
            Rule::args => (ExprKind::Call(Call { callee: name, args: self.args(behind)?, span }), span),
            Rule::at => {
                let step = Box::new(self.step(parts.next()?)?);
                let span = name.span.to(step.span);
                (ExprKind::At { name, step }, span)
            }
            _ => (ExprKind::Primed(name.text), span),
        };
        Some(Expr { kind, span })
    }

    /// Reads what stands behind `@`: a word, a number or something in brackets.
    fn step(&mut self, pair: Pair<Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::name => Some(Expr { kind: ExprKind::Name(pair.as_str().to_owned()), span }),
            Rule::number => {
                let value = self.number(&pair, None)?;
                Some(Expr { kind: ExprKind::Number { value, unit: None }, span })
            }
            _ => self.atom(pair),
        }
    }

    /// Reads the arguments in brackets.
    pub fn args(&mut self, pair: Pair<Rule>) -> Option<Vec<CallArg>> {
        pair.into_inner().filter(|part| part.as_rule() == Rule::arg).map(|arg| self.arg(arg)).collect()
    }

    fn arg(&mut self, pair: Pair<Rule>) -> Option<CallArg> {
        let mut name = None;
        let mut value = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::expr => value = Some(self.expr(part)?),
                _ => {}
            }
        }
        Some(CallArg { name, value: value? })
    }

    fn amount(&mut self, pair: Pair<Rule>) -> Option<Expr> {
        let mut parts = pair.into_inner();
        let number = parts.next()?;
        let behind = parts.next();
        // The pair of a unit ends behind the white space that was looked past; its name does not.
        let unit = behind.map(|unit| {
            let word = unit.clone().into_inner().next().unwrap_or(unit);
            self.name(&word)
        });
        let span = self.span(&number);
        let value = self.number(&number, unit.as_ref())?;
        let whole = unit.as_ref().map_or(span, |unit| span.to(unit.span));
        Some(Expr { kind: ExprKind::Number { value, unit }, span: whole })
    }

    fn number(&mut self, number: &Pair<Rule>, unit: Option<&Name>) -> Option<f64> {
        let span = self.span(number);
        let glued = unit.filter(|unit| unit.span.start == span.end && unit.text != "%");
        // `1_000`, `0x10` and `1e` are numbers of other languages, or unfinished, and no number with a unit.
        if let Some(tail) =
            glued.filter(|unit| unit.text == "e" || unit.text.contains(|c: char| !c.is_ascii_alphabetic()))
        {
            let all = format!("{}{}", number.as_str(), tail.text);
            self.report(text::bad_number(span.to(tail.span), &all));
            return None;
        }
        match number.as_str().parse::<f64>() {
            Ok(value) if value.is_finite() => return Some(value),
            Ok(_) => self.report(text::number_too_large(span, number.as_str())),
            Err(_) => self.report(text::bad_number(span, number.as_str())),
        }
        None
    }
}

/// The operator of a sign or word.
fn operator(sign: &str) -> BinaryOp {
    match sign {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::Unequal,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::AtMost,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::AtLeast,
        "and" => BinaryOp::And,
        _ => BinaryOp::Or,
    }
}
