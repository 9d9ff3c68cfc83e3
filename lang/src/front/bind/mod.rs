//! The binder of declared arguments: what a call is given becomes values of the declared types, and what is not given
//! becomes the default.

mod values;

use super::const_eval::Meanings;
use super::edits::{Edits, Filler};
use super::signature::Signature;
use crate::diag::foreign::{self, At};
use crate::diag::{Diagnostic, Span, counted, did_you_mean, names, text};
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::vocabulary::{Arg, ArgValue, Bound, Default, Type};

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
