//! Arguments are taken from a call one by one, against their declarations; what is left over is an error.

use super::consts::Const;
use super::edits::{Edits, Piece};
use super::known::{self, Known, Meaning, describe};
use crate::diag::foreign::{self, At};
use crate::diag::{Diagnostic, Span, among, counted, did_you_mean, misnamed, names, settings, text};
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::vocabulary::{Arg, Bound, Callable, Default, Type, Value, real};

/// Takes arguments: knows what names mean, collects what is wrong and what was left to a default.
pub struct Binder<'a> {
    pub known: &'a dyn Known,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub edits: &'a mut Edits,
}

/// Where a call stands: its words, and the place of its closing bracket, if it has brackets.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub span: Span,
    pub close: Option<usize>,
}

impl Binder<'_> {
    /// Binds what a call was given to what it declares. Positions count from the first declared argument.
    pub fn call(
        &mut self,
        callee: &'static str,
        args: &'static [Arg],
        given: &[ast::Arg],
        site: Site,
    ) -> Option<Bound> {
        self.call_with(callee, [args, &[]], given, site)
    }

    /// The same for a call that also takes arguments which many share, and which have no position.
    pub fn call_with(
        &mut self,
        callee: &'static str,
        [args, shared]: [&'static [Arg]; 2],
        given: &[ast::Arg],
        site: Site,
    ) -> Option<Bound> {
        let (positions, args) = (args.len(), args.iter().chain(shared).collect::<Vec<_>>());
        if let Some(problem) = unlisted(&args, given) {
            self.diagnostics.push(problem);
            return None;
        }
        let mut places: Vec<Option<&ast::Arg>> = vec![None; args.len()];
        let mut complete = true;
        for (n, arg) in given.iter().enumerate() {
            complete &= self.place(callee, (&args, positions), &mut places, n, arg);
        }
        let mut bound = Bound { callee, values: Vec::with_capacity(args.len()) };
        let mut filled = Vec::new();
        for (arg, place) in args.iter().zip(&places) {
            let value = match place {
                Some(given) => self.argument(callee, arg, &given.value),
                None if matches!(arg.default, Default::Absent) => continue,
                None => {
                    let value = self.default(callee, arg, &bound, given, site);
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

    /// Reads the value of an argument; one that another framework would take is answered as that.
    fn argument(&mut self, callee: &str, arg: &'static Arg, value: &Expr) -> Option<Value> {
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

    /// What an argument is that was not given.
    fn default(&mut self, callee: &str, arg: &Arg, bound: &Bound, given: &[ast::Arg], site: Site) -> Option<Value> {
        match &arg.default {
            Default::Value(value) => Some(value.clone()),
            Default::Like(other) => bound.get(other).cloned(),
            Default::Absent => None,
            Default::Required => {
                // Given under a misspelt name, or another framework's, it is not missing.
                let meant = |name: &ast::Name| {
                    did_you_mean(&name.text, [arg.name]).is_some()
                        || foreign::rows(At::Argument, &name.text).any(|row| row.new == Some(arg.name))
                };
                if !given.iter().filter_map(|given| given.name.as_ref()).any(meant) {
                    self.diagnostics.push(names::missing_argument(callee, arg.name, arg.about, site.span));
                }
                None
            }
        }
    }

    /// Finds the declaration that an argument belongs to.
    fn place<'g>(
        &mut self,
        callee: &str,
        (args, positions): (&[&Arg], usize),
        places: &mut [Option<&'g ast::Arg>],
        position: usize,
        given: &'g ast::Arg,
    ) -> bool {
        let found = match &given.name {
            Some(name) => {
                let found = args.iter().position(|arg| arg.name == name.text);
                if found.is_none() {
                    let known: Vec<&str> = args.iter().map(|arg| arg.name).collect();
                    self.diagnostics.push(names::unknown_argument(callee, &name.text, name.span, &known));
                }
                found
            }
            None => {
                let found = (position < positions).then_some(position);
                if found.is_none() {
                    let takes = match positions {
                        0 => "no settings".to_owned(),
                        n => counted(n, "setting"),
                    };
                    let takes = if positions < args.len() { format!("{takes} without a name") } else { takes };
                    self.diagnostics.push(names::superfluous(callee, &takes, given.value.span));
                }
                found
            }
        };
        let Some(found) = found else { return false };
        if let Some(first) = places[found] {
            self.diagnostics.push(names::duplicate_word(args[found].name, first.span(), given.span()));
            return false;
        }
        places[found] = Some(given);
        true
    }

    /// Reads one value of the declared type.
    pub fn value(&mut self, what: &str, ty: &'static Type, expr: &Expr) -> Option<Value> {
        match ty {
            Type::Count { min, max } => self.count(what, *min, *max, expr).map(Value::Count),
            Type::Real { min, max } => self.real(what, *min, *max, expr).map(Value::Real),
            Type::Share => self.share(what, expr).map(Value::Real),
            Type::Bool if self.is_misspelt(expr) => {
                self.word(what, &["true", "false"], expr);
                None
            }
            Type::Bool => match known::eval(expr, self.known, self.diagnostics)? {
                Const::Bool(b) => Some(Value::Bool(b)),
                other => self.mistyped(what, "`true` or `false`", &format!("`{other}`"), expr),
            },
            Type::Word(words) => self.word(what, words, expr).map(Value::Word),
            Type::Reals => self.reals(what, expr).map(Value::Reals),
            Type::Call(choices) => self.choice(what, choices, expr).map(Value::Call),
            Type::Calls(choices) => {
                let items = match &expr.kind {
                    ExprKind::List(items) => items.as_slice(),
                    _ => std::slice::from_ref(expr),
                };
                let bound: Vec<_> = items.iter().map(|item| self.choice(what, choices, item)).collect();
                bound.into_iter().collect::<Option<Vec<_>>>().map(Value::Calls)
            }
        }
    }

    /// Whether it is a name that nothing has, and that no other language has for `true` or `false`.
    fn is_misspelt(&self, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        matches!(self.known.name(name), Meaning::Unknown) && foreign::find(At::Name, name, &[]).is_none()
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

    fn number(&mut self, what: &str, expected: &str, expr: &Expr) -> Option<f64> {
        if let ExprKind::Number { value, unit: Some(unit) } = &expr.kind {
            let problem = settings::wrong_unit(what, &unit.text, unit.span, "without a unit");
            let share = format!("write the share of 1: `{}`", real(value / 100.0));
            self.diagnostics.push(if unit.text == "%" { problem.help(share) } else { problem });
            return None;
        }
        match known::eval(expr, self.known, self.diagnostics)? {
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

    /// A call of one of a few, or its bare name.
    fn choice(&mut self, what: &str, choices: &'static [Callable], expr: &Expr) -> Option<Bound> {
        let (name, span, args, close): (_, _, &[ast::Arg], _) = match &expr.kind {
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
            // What stands for a choice may stand for another, at another call or with `--set`: its defaults are not filled in.
            self.edits.leave(expr.span);
        }
        self.call(choice.name, choice.args, args, Site { span: expr.span, close })
    }

    /// A const that stands for a misspelt word is told of once, and mended where it gets the word.
    fn unknown_choice(&mut self, what: &str, name: &str, span: Span, known: &[&str]) {
        let what = format!("choice for {what}:");
        match self.known.misnamed(name) {
            Some(word) if word.is_told => {}
            Some(word) => self.diagnostics.push(misnamed::choice(&what, &word, span, known)),
            None => self.diagnostics.push(names::unknown_word(&what, name, span, known)),
        }
    }

    /// A choice by its own word, or by that of a const or an argument which stands for it. Its own comes first, so that a
    /// default means the same wherever it is written in.
    fn meant<T>(&self, name: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        find(name).or_else(|| find(&known::resolve(name, self.known)))
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

    /// The value of a const is mended where the const is declared.
    fn with_const(&self, problem: Diagnostic, expr: &Expr) -> Diagnostic {
        match known::declared(expr, self.known) {
            Some(declared) => problem.label(declared, "its value is set here"),
            None => problem,
        }
    }
}

/// `at: 10, 20`: numbers behind one that an argument has by name, where that takes a list of them.
fn unlisted(args: &[&Arg], given: &[ast::Arg]) -> Option<Diagnostic> {
    let is_number = |given: &ast::Arg| given.value.number().is_some();
    let takes_several =
        |name: &ast::Name| args.iter().any(|arg| arg.name == name.text && matches!(arg.ty, Type::Reals));
    let at = given.iter().position(|arg| arg.name.as_ref().is_some_and(takes_several) && is_number(arg))?;
    let behind = given[at + 1..].iter().take_while(|arg| arg.name.is_none() && is_number(arg));
    let values: Vec<String> = given[at..=at].iter().chain(behind).map(|arg| arg.value.written()).collect();
    let (name, second) = (given[at].name.as_ref()?, given.get(at + 1).filter(|_| values.len() > 1)?);
    Some(text::unlisted(second.value.span, &name.text, &values.join(", ")))
}

/// The text of a default. What follows another argument is written as that one is: in a block it may differ from call to
/// call.
fn piece(arg: &Arg, value: &Value, args: &[&Arg], places: &[Option<&ast::Arg>]) -> Piece {
    let followed = match &arg.default {
        Default::Like(other) => args.iter().position(|arg| arg.name == *other).and_then(|other| places[other]),
        Default::Required | Default::Value(_) | Default::Absent => None,
    };
    followed.map_or_else(|| Piece::New(value.to_string()), |given| Piece::Copy(given.value.span))
}
