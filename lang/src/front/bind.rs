//! The binder of declared arguments: what a call is given becomes values of the declared types, and what is not given
//! becomes the default.

use super::const_eval::{self, Const, Meaning, Meanings, describe};
use super::edits::{Edits, Filler};
use super::signature::Signature;
use crate::diag::foreign::{self, At};
use crate::diag::{Diagnostic, Span, among, counted, did_you_mean, misnamed, names, settings, text};
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::vocabulary::{Arg, ArgValue, Bound, Callable, Default, Type, real};
use std::borrow::Cow;

/// Reads arguments: it knows what names mean, and collects what is wrong and what was left to a default.
pub struct Binder<'a> {
    pub meanings: &'a dyn Meanings,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub edits: &'a mut Edits,
}

/// The place of a call.
#[derive(Clone, Copy, Debug)]
pub struct CallSite {
    pub span: Span,
    pub close: Option<usize>,
}

impl Binder<'_> {
    /// Binds what a call is given to the arguments that it declares, which positions count in their order.
    pub fn call(
        &mut self,
        callee: &'static str,
        args: &'static [Arg],
        given: &[ast::CallArg],
        site: CallSite,
    ) -> Option<Bound> {
        self.call_with(callee, [args, &[]], given, site)
    }

    /// Binds what a call is given to the arguments that it declares and to `shared` ones, which many kinds have and
    /// which have no position.
    pub fn call_with(
        &mut self,
        callee: &'static str,
        [args, shared]: [&'static [Arg]; 2],
        given: &[ast::CallArg],
        site: CallSite,
    ) -> Option<Bound> {
        let (positions, args) = (args.len(), args.iter().chain(shared).collect::<Vec<_>>());
        if let Some(problem) = unlisted(&args, given) {
            self.diagnostics.push(problem);
            return None;
        }
        let names: Vec<&str> = args.iter().map(|arg| arg.name).collect();
        let takes = match positions {
            0 => "no settings".to_owned(),
            n => counted(n, "setting"),
        };
        let takes = if positions < args.len() { format!("{takes} without a name") } else { takes };
        let signature = Signature { callee, names: &names, positions, takes: &takes, is_own: false };
        let matched = signature.matched(given, self.diagnostics);
        let places: Vec<Option<&ast::CallArg>> = matched.arguments.iter().map(|n| n.map(|n| &given[n])).collect();
        let mut complete = matched.is_sound;
        let mut bound = Bound { callee, values: Vec::with_capacity(args.len()) };
        let mut filled = Vec::new();
        for (arg, place) in args.iter().zip(&places) {
            let value = match place {
                Some(given) => self.argument(callee, arg, &given.value),
                None if matches!(arg.default, Default::Absent) => continue,
                None => {
                    let value = self.default(callee, (arg, &args), &bound, given, site);
                    filled.extend(value.iter().map(|value| (arg.name, piece(arg, value, &args, &places))));
                    value
                }
            };
            match value {
                Some(value) => bound.values.push((arg.name, value)),
                None => complete = false,
            }
        }
        self.edits.fill(site.span, site.close, filled);
        complete.then_some(bound)
    }

    /// Reads the value of an argument; a value that another framework would take is answered by the table of habits.
    fn argument(&mut self, callee: &str, arg: &'static Arg, value: &Expr) -> Option<ArgValue> {
        let before = self.diagnostics.len();
        let bound = self.value(&format!("`{}` of `{callee}`", arg.name), &arg.ty, value);
        let is_foreign = matches!(
            (&arg.ty, &value.kind),
            (Type::Word(_), ExprKind::Number { .. }) | (Type::Count { .. }, ExprKind::List(_))
        );
        if let (true, Some(row)) = (is_foreign, foreign::find(At::Value, arg.name, &[])) {
            self.diagnostics[before..].iter_mut().for_each(|problem| problem.help = Some(row.say.to_owned()));
        }
        bound
    }

    /// The default of an argument that is not given; none, and a problem, if it must be given.
    fn default(
        &mut self,
        callee: &str,
        (arg, args): (&Arg, &[&Arg]),
        bound: &Bound,
        given: &[ast::CallArg],
        site: CallSite,
    ) -> Option<ArgValue> {
        match &arg.default {
            Default::Value(value) => Some(value.clone()),
            Default::Like(other) => bound.get(other).cloned(),
            Default::LikeWord(other) => match bound.get(other) {
                Some(ArgValue::Word(word)) => Some(ArgValue::Word(word)),
                Some(_) => self.missing(callee, (arg, args), given, site),
                // What it would follow is broken, as is reported.
                None => None,
            },
            Default::Absent => None,
            Default::Required => self.missing(callee, (arg, args), given, site),
        }
    }

    /// Reports an argument that must be given and is not.
    fn missing(
        &mut self,
        callee: &str,
        (arg, args): (&Arg, &[&Arg]),
        given: &[ast::CallArg],
        site: CallSite,
    ) -> Option<ArgValue> {
        // Given under a misspelt name, another framework's or one that nobody knows, it is not missing.
        let meant = |name: &ast::Name| {
            did_you_mean(&name.text, [arg.name]).is_some()
                || foreign::rows(At::Argument, &name.text).any(|row| row.new == Some(arg.name))
        };
        let is_stray = |name: &ast::Name| {
            args.iter().all(|arg| arg.name != name.text)
                && did_you_mean(&name.text, args.iter().map(|arg| arg.name)).is_none()
                && foreign::rows(At::Argument, &name.text).next().is_none()
        };
        if !given.iter().filter_map(|given| given.name.as_ref()).any(|name| meant(name) || is_stray(name)) {
            self.diagnostics.push(names::missing_argument(callee, arg.name, arg.about, site.span));
        }
        None
    }

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
            Type::Milliseconds { min, max } => {
                let expr = self.without_unit(what, &["ms"], "as `30 ms` or `30`", expr)?;
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
        let x = self.number(what, "a whole number", expr)?;
        if x.fract() != 0.0 {
            return self.mistyped(what, "a whole number", &real(x), expr);
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
            ExprKind::Name(name) => Some(const_eval::resolve(name, binder.meanings).to_string()),
            _ => binder.mistyped(what, "`all` or names, as `[stage1, W_L]`,", describe(item), item),
        };
        if items.is_empty() {
            return self.mistyped(what, "`all` or names, as `[stage1, W_L]`,", "an empty list", expr);
        }
        let names: Vec<_> = items.iter().map(|item| name(self, item)).collect();
        names.into_iter().collect()
    }

    fn number(&mut self, what: &str, expected: &str, expr: &Expr) -> Option<f64> {
        if let ExprKind::Number { value, unit: Some(unit) } = &expr.kind {
            let problem = settings::wrong_unit(what, &unit.text, unit.span, "without a unit");
            let share = format!("write the share of 1: `{}`", real(value / 100.0));
            self.diagnostics.push(if unit.text == "%" { problem.help(share) } else { problem });
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

/// Finds a list without its brackets, as in `at: 10, 20`: numbers behind a named argument that takes a list of them.
fn unlisted(args: &[&Arg], given: &[ast::CallArg]) -> Option<Diagnostic> {
    let is_number = |given: &ast::CallArg| given.value.number().is_some();
    let takes_several = |name: &ast::Name| {
        args.iter()
            .any(|arg| arg.name == name.text && matches!(arg.ty, Type::Reals | Type::RealsOr(_) | Type::Range { .. }))
    };
    let at = given.iter().position(|arg| arg.name.as_ref().is_some_and(takes_several) && is_number(arg))?;
    let behind = given[at + 1..].iter().take_while(|arg| arg.name.is_none() && is_number(arg));
    let values: Vec<String> = given[at..=at].iter().chain(behind).map(|arg| arg.value.written()).collect();
    let (name, second) = (given[at].name.as_ref()?, given.get(at + 1).filter(|_| values.len() > 1)?);
    Some(text::unlisted(second.value.span, &name.text, &values.join(", ")))
}

/// The text to fill in for a default. What follows another argument is written as that one is: in a block it may differ
/// from call to call.
fn piece(arg: &Arg, value: &ArgValue, args: &[&Arg], places: &[Option<&ast::CallArg>]) -> Filler {
    let followed = match &arg.default {
        Default::Like(other) | Default::LikeWord(other) => {
            args.iter().position(|arg| arg.name == *other).and_then(|other| places[other])
        }
        Default::Required | Default::Value(_) | Default::Absent => None,
    };
    followed.map_or_else(|| Filler::New(value.to_string()), |given| Filler::Copy(given.value.span))
}
