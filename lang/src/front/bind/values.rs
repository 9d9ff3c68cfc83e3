//! Values of arguments and settings, each read as the type that it is declared to be.

use super::{Binder, CallSite};
use crate::diag::foreign::{self, At};
use crate::diag::{Diagnostic, Span, among, counted, misnamed, names, settings};
use crate::front::const_eval::{self, Const, Meaning, describe};
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::vocabulary::{ArgValue, Bound, Callable, Type, real};
use std::borrow::Cow;

/// The words for the number that a count has to be, as messages have them.
const WHOLE: &str = "a whole number";

impl Binder<'_> {
    /// Reads a value of a declared type; `what` names the argument in messages.
    pub fn value(&mut self, what: &str, ty: &'static Type, expr: &Expr) -> Option<ArgValue> {
        match ty {
            Type::Count { min, max } => self.count(what, *min, *max, expr).map(ArgValue::Count),
            Type::Real { min, max } => self.real(what, *min, *max, expr).map(ArgValue::Real),
            Type::Share => self.share(what, expr).map(ArgValue::Real),
            Type::Batches { min, max } => {
                let expr = self.without_unit(what, &["batches", "batch"], "as `10 batches` or `10`", expr)?;
                self.count(what, *min, *max, &expr).map(ArgValue::Count)
            }
            Type::Epochs { min, max } => {
                let expr = self.without_unit(what, &["epochs", "epoch"], "as `5 epochs` or `5`", expr)?;
                self.count(what, *min, *max, &expr).map(ArgValue::Count)
            }
            Type::Milliseconds { min, max } => {
                let expr =
                    self.without_unit(what, &["ms"], "in milliseconds, as `30 ms` or `30`: 1 s is `1000 ms`", expr)?;
                self.real(what, *min, *max, &expr).map(ArgValue::Real)
            }
            Type::Names => self.names(what, expr).map(ArgValue::Names),
            Type::Bool if self.is_misspelt(expr) => {
                self.word(what, &["true", "false"], expr);
                None
            }
            Type::Bool => match const_eval::eval(expr, self.meanings, self.diagnostics)? {
                Const::Bool(b) => Some(ArgValue::Bool(b)),
                other => self.mistyped(what, "`true` or `false`", &format!("`{other}`"), expr),
            },
            Type::Word(words) => self.word(what, words, expr).map(ArgValue::Word),
            Type::Reals => self.reals(what, expr).map(ArgValue::Reals),
            Type::RealsOr(words) => self.reals_or(what, words, expr),
            Type::Range { min, max } => self.range(what, [*min, *max], expr).map(ArgValue::Range),
            Type::Call(choices) => self.choice(what, choices, expr).map(ArgValue::Call),
            Type::Calls(choices) => {
                let items = match &expr.kind {
                    ExprKind::List(items) => items.as_slice(),
                    _ => std::slice::from_ref(expr),
                };
                let bound: Vec<_> = items.iter().map(|item| self.choice(what, choices, item)).collect();
                bound.into_iter().collect::<Option<Vec<_>>>().map(ArgValue::Calls)
            }
        }
    }

    /// Whether an expression is a name that nothing has and that no other language has for `true` or `false`, so that
    /// one of those may be misspelt.
    fn is_misspelt(&self, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        matches!(self.meanings.name(name), Meaning::Unknown) && foreign::find(At::Name, name, &[]).is_none()
    }

    fn count(&mut self, what: &str, min: usize, max: usize, expr: &Expr) -> Option<usize> {
        let x = self.number(what, WHOLE, expr)?;
        if x.fract() != 0.0 {
            return self.mistyped(what, WHOLE, &real(x), expr);
        }
        if x < min as f64 || x > max as f64 {
            let range = format!("from {min} to {max}");
            self.out_of_range(what, &range, &real(x), expr);
            return None;
        }
        Some(x as usize)
    }

    fn real(&mut self, what: &str, min: f64, max: f64, expr: &Expr) -> Option<f64> {
        let x = self.number(what, "a number", expr)?;
        if x < min || x > max {
            let range = format!("from {} to {}", real(min), real(max));
            self.out_of_range(what, &range, &real(x), expr);
            return None;
        }
        Some(x)
    }

    fn share(&mut self, what: &str, expr: &Expr) -> Option<f64> {
        let (x, written) = match &expr.kind {
            ExprKind::Number { value, unit: Some(unit) } if unit.text == "%" => (value / 100.0, format!("{value}%")),
            ExprKind::Number { unit: Some(unit), .. } => {
                let allowed = "as `15%` or `0.15`";
                self.diagnostics.push(settings::wrong_unit(what, &unit.text, unit.span, allowed));
                return None;
            }
            ExprKind::Negate(of) if matches!(&of.kind, ExprKind::Number { unit: Some(unit), .. } if unit.text == "%") =>
            {
                self.out_of_range(what, "at least 0% and less than 100%", "one below it", expr);
                return None;
            }
            _ => self.number(what, "a share such as `15%`", expr).map(|x| (x, real(x)))?,
        };
        if !(0.0..1.0).contains(&x) {
            self.out_of_range(what, "at least 0% and less than 100%", &written, expr);
            // Without its sign, a share is one of 1 and not of a hundred.
            if let (1.0..100.0, Some(problem), ExprKind::Number { unit: None, .. }) =
                (x, self.diagnostics.last_mut(), &expr.kind)
            {
                problem.help = Some(format!("a share has its sign: write `{written}%`"));
            }
            return None;
        }
        Some(x)
    }

    /// The expression without its unit, which has to be one of these if there is one.
    fn without_unit<'e>(&mut self, what: &str, units: &[&str], allowed: &str, expr: &'e Expr) -> Option<Cow<'e, Expr>> {
        match &expr.kind {
            ExprKind::Number { value, unit: Some(unit) } => {
                if !units.contains(&unit.text.as_str()) {
                    self.diagnostics.push(settings::wrong_unit(what, &unit.text, unit.span, allowed));
                    return None;
                }
                Some(Cow::Owned(Expr { kind: ExprKind::Number { value: *value, unit: None }, span: expr.span }))
            }
            _ => Some(Cow::Borrowed(expr)),
        }
    }

    /// Reads names of the spec; `all` is none of them.
    fn names(&mut self, what: &str, expr: &Expr) -> Option<Vec<String>> {
        let items = match &expr.kind {
            ExprKind::Name(name) if const_eval::resolve(name, self.meanings) == "all" => return Some(Vec::new()),
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(expr),
        };
        let name = |binder: &mut Self, item: &Expr| match &item.kind {
            ExprKind::Name(name) => Some(const_eval::resolve(name, binder.meanings)),
            _ => binder.mistyped(what, "`all` or names such as `[stage1, W_L]`", describe(item), item),
        };
        if items.is_empty() {
            return self.mistyped(what, "`all` or names such as `[stage1, W_L]`", "an empty list", expr);
        }
        let names: Vec<_> = items.iter().map(|item| name(self, item)).collect();
        names.into_iter().collect()
    }

    fn number(&mut self, what: &str, expected: &str, expr: &Expr) -> Option<f64> {
        if let ExprKind::Number { value, unit: Some(unit) } = &expr.kind {
            let problem = settings::wrong_unit(what, &unit.text, unit.span, "without a unit");
            let share = format!("write the share of 1: `{}`", real(value / 100.0));
            // A share of 1 is no whole number.
            let is_share = unit.text == "%" && expected != WHOLE;
            self.diagnostics.push(if is_share { problem.help(share) } else { problem });
            return None;
        }
        match const_eval::eval(expr, self.meanings, self.diagnostics)? {
            Const::Number(x) if x.is_finite() => Some(x),
            Const::Number(x) => self.mistyped(what, expected, &x.to_string(), expr),
            other => self.mistyped(what, expected, &format!("`{other}`"), expr),
        }
    }

    fn word(&mut self, what: &str, words: &'static [&'static str], expr: &Expr) -> Option<&'static str> {
        let choices = || among(words.iter().copied());
        let ExprKind::Name(name) = &expr.kind else {
            return self.mistyped(what, &format!("one of {}", choices()), describe(expr), expr);
        };
        let chosen = self.meant(name, |meant| words.iter().find(|word| **word == meant));
        if chosen.is_none() {
            self.unknown_choice(what, name, expr.span, words);
        }
        chosen.copied()
    }

    fn reals(&mut self, what: &str, expr: &Expr) -> Option<Vec<f64>> {
        let items = match &expr.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(expr),
        };
        let bound: Vec<_> = items.iter().map(|item| self.number(what, "a list of numbers", item)).collect();
        bound.into_iter().collect()
    }

    /// Reads numbers, or one of a few words in their place. A name that nothing has is most likely such a word.
    fn reals_or(&mut self, what: &str, words: &'static [&'static str], expr: &Expr) -> Option<ArgValue> {
        let ExprKind::Name(name) = &expr.kind else { return self.reals(what, expr).map(ArgValue::Reals) };
        let word = self.meant(name, |meant| words.iter().find(|word| **word == meant));
        match self.meanings.name(name) {
            _ if word.is_some() => word.map(|word| ArgValue::Word(word)),
            Meaning::Unknown => self.word(what, words, expr).map(ArgValue::Word),
            _ => self.reals(what, expr).map(ArgValue::Reals),
        }
    }

    fn range(&mut self, what: &str, [min, max]: [f64; 2], expr: &Expr) -> Option<[f64; 2]> {
        let expected = "two numbers, the smaller one first, as in `[0.5, 1]`";
        let items = match &expr.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => return self.mistyped(what, expected, describe(expr), expr),
        };
        let [low, high] = items else {
            return self.mistyped(what, expected, &counted(items.len(), "value"), expr);
        };
        let [low, high] = [low, high].map(|item| self.real(what, min, max, item));
        let (low, high) = (low?, high?);
        if low > high {
            return self.mistyped(what, expected, "the larger one first", expr);
        }
        Some([low, high])
    }

    /// Reads one of several declared calls, or the bare name of one.
    fn choice(&mut self, what: &str, choices: &'static [Callable], expr: &Expr) -> Option<Bound> {
        let (name, span, args, close): (_, _, &[ast::CallArg], _) = match &expr.kind {
            ExprKind::Name(name) => (name.as_str(), expr.span, &[], None),
            ExprKind::Call(call) => (call.callee.text.as_str(), call.callee.span, &call.args, Some(call.close())),
            _ => {
                let known = among(choices.iter().map(|choice| choice.name));
                return self.mistyped(what, &format!("one of {known}"), describe(expr), expr);
            }
        };
        let Some(choice) = self.meant(name, |meant| choices.iter().find(|choice| choice.name == meant)) else {
            let known: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
            self.unknown_choice(what, name, span, &known);
            return None;
        };
        if choice.name != name {
            // What stands for a choice may stand for another, at another call or with `--set`: its defaults are not
            // filled in.
            self.edits.leave(expr.span);
        }
        self.call(choice.name, choice.args, args, CallSite { span: expr.span, close })
    }

    /// Reports a word that is none of the choices. Where a const stands for the word, that is reported once for the
    /// const, and mended where the const gets it.
    fn unknown_choice(&mut self, what: &str, name: &str, span: Span, known: &[&str]) {
        let what = format!("choice for {what}:");
        match self.meanings.misnamed(name) {
            Some(word) if word.is_told => {}
            // What it stands for is broken, as is reported.
            None if matches!(self.meanings.name(name), Meaning::Broken) => {}
            Some(word) => self.diagnostics.push(misnamed::choice(&what, &word, span, known)),
            None => self.diagnostics.push(names::unknown_word(&what, name, span, known)),
        }
    }

    /// Finds a choice by its own word, or by the word that a const or an argument of that name stands for. Its own word
    /// comes first, so that a default means the same wherever it is written in.
    fn meant<T>(&self, name: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        find(name).or_else(|| find(&const_eval::resolve(name, self.meanings)))
    }

    fn mistyped<T>(&mut self, what: &str, expected: &str, found: &str, expr: &Expr) -> Option<T> {
        let help = format!("write {expected}");
        let problem = names::wrong_type(what, expected, found, expr.span, help);
        self.diagnostics.push(self.with_const(problem, expr));
        None
    }

    fn out_of_range(&mut self, what: &str, range: &str, found: &str, expr: &Expr) {
        let problem = names::out_of_range(what, range, found, expr.span);
        self.diagnostics.push(self.with_const(problem, expr));
    }

    /// Adds the place where a const gets its value to the problem of that value: it is mended there.
    fn with_const(&self, problem: Diagnostic, expr: &Expr) -> Diagnostic {
        match const_eval::declared(expr, self.meanings) {
            Some(declared) => problem.label(declared, "its value is set here"),
            None => problem,
        }
    }
}
