//! Numbers of a call in the order of other tools, which tell a layer how much flows into it before what it makes.

use super::Lowerer;
use super::place::Place;
use super::val::Val;
use crate::diag::Diagnostic;
use crate::diag::misread::{self, InputsGiven};
use crate::front::const_eval;
use crate::kinds::Kind;
use crate::syntax::ast::{CallArg, ExprKind};
use crate::vocabulary::{Arg, Default, Type};

/// What a call may mean whose first number is that of the channels, or entries, that flow in.
pub(super) struct Misread {
    /// The problem to report where the call is wrong as it stands.
    pub problem: Diagnostic,
    /// The warning where the call compiles, and could be meant in either order.
    pub doubt: Option<Diagnostic>,
}

/// A number of a call without a name: its value, and how it is written.
type Number = (f64, String);

impl<'a> Lowerer<'_, 'a, '_> {
    /// Whether the first of a layer's numbers may be that of the channels, or entries, that flow in.
    pub(super) fn misread(
        &self,
        kind: &Kind,
        (taken, rest): (&'a [CallArg], &'a [CallArg]),
        x: Option<&Val>,
        place: &Place<'_>,
    ) -> Option<Misread> {
        let Some(Val::Value(x)) = x else { return None };
        let flows_in = kind.bundle?(self.net.shape(*x));
        let numbers: Vec<Number> = rest.iter().map_while(|arg| self.nameless(arg, place)).collect();
        let ([(first, _), own @ ..], [at, next, ..]) = (numbers.as_slice(), rest) else { return None };
        if *first != flows_in as f64 || !is_complete(kind, own, rest) || !is_likely(kind, own, rest) {
            return None;
        }
        let call = |numbers: &[Number]| {
            let input = taken.first().map_or_else(|| "x".to_owned(), |input| input.value.written());
            format!("{}({input}, {})", kind.name, spelled(kind, numbers, rest).join(", "))
        };
        let (call, as_it_stands) = (call(own), call(&numbers));
        let given = InputsGiven {
            callee: kind.name,
            flows_in,
            at: at.value.span,
            next: next.value.span.start,
            call: &call,
            as_it_stands: &as_it_stands,
        };
        if !is_likely(kind, &numbers, rest) {
            return Some(Misread { problem: misread::inputs_given(&given), doubt: None });
        }
        // As it stands it may be meant too, and surely is where the kernel would be a single pixel without that number.
        let side = of(kind, "kernel", own, rest).filter(|side| *side >= 3.0)?;
        let is_doubtful = side % 2.0 == 1.0;
        is_doubtful
            .then(|| Misread { problem: misread::either_order(&given), doubt: Some(misread::two_orders(&given)) })
    }

    /// The value of an argument without a name, if it is a number that the text tells.
    fn nameless(&self, arg: &CallArg, place: &Place<'_>) -> Option<Number> {
        let value = match &arg.value.kind {
            _ if arg.name.is_some() => return None,
            ExprKind::Number { value, unit: None } => *value,
            ExprKind::Name(name) if self.local(name, place).is_none() => {
                const_eval::number(&arg.value, &self.front.consts, &mut Vec::new())?
            }
            _ => return None,
        };
        Some((value, arg.value.written()))
    }
}

/// The named argument of that name.
fn named<'r>(name: &str, rest: &'r [CallArg]) -> Option<&'r CallArg> {
    rest.iter().find(|given| given.name.as_ref().is_some_and(|given| given.text == name))
}

/// Whether these numbers and the named arguments are all that a call needs, and no argument is given twice.
fn is_complete(kind: &Kind, numbers: &[Number], rest: &[CallArg]) -> bool {
    let is_given = |(n, arg): (usize, &Arg)| {
        let is_needed = matches!(arg.default, Default::Required);
        match named(arg.name, rest) {
            Some(_) => n >= numbers.len(),
            None => n < numbers.len() || !is_needed,
        }
    };
    !numbers.is_empty() && kind.args.iter().enumerate().all(is_given)
}

/// The number that an argument of that name has, by its place or by its name.
fn of(kind: &Kind, name: &str, numbers: &[Number], rest: &[CallArg]) -> Option<f64> {
    let place = kind.args.iter().position(|arg| arg.name == name)?;
    numbers.get(place).map(|(value, _)| *value).or_else(|| named(name, rest)?.value.number())
}

/// Whether a person who writes these numbers in the order of the layer's arguments may mean them. A number of pixels
/// around the map and a 0 or 1 for `bias` are how other tools write those.
fn is_likely(kind: &Kind, numbers: &[Number], rest: &[CallArg]) -> bool {
    let side = of(kind, "kernel", numbers, rest);
    let fits = |(arg, (value, _)): (&Arg, &Number)| match &arg.ty {
        Type::Count { min, max } => value.fract() == 0.0 && (*min as f64..=*max as f64).contains(value),
        Type::Word(_) => value.fract() == 0.0 && *value >= 0.0 && side.is_none_or(|side| *value < side),
        Type::Bool => *value == 0.0 || *value == 1.0,
        _ => false,
    };
    let is_even = side.is_some_and(|side| side % 2.0 == 0.0);
    numbers.len() <= kind.args.len()
        && is_complete(kind, numbers, rest)
        && kind.args.iter().zip(numbers).all(fits)
        && (!is_even || halves(kind, numbers, rest))
}

/// Whether an even kernel goes with its stride, as those of 2 at every 2 and of 4 at every 2 pixels do.
fn halves(kind: &Kind, numbers: &[Number], rest: &[CallArg]) -> bool {
    let number = |name| of(kind, name, numbers, rest);
    let (Some(side), Some(stride)) = (number("kernel"), number("stride")) else { return false };
    match number("padding") {
        Some(around) => 2.0 * around == side - stride,
        None => side == stride || side == 2.0 * stride,
    }
}

/// The arguments of a call as they are to be written: the first by its place, the others by their names.
fn spelled(kind: &Kind, numbers: &[Number], rest: &[CallArg]) -> Vec<String> {
    let side = of(kind, "kernel", numbers, rest).unwrap_or_default();
    let write = |(n, arg): (usize, &Arg)| {
        let given = named(arg.name, rest);
        let (value, text) = match (numbers.get(n), given) {
            (Some((value, text)), _) => (Some(*value), text.clone()),
            (None, Some(given)) => (given.value.number(), given.value.written()),
            (None, None) => return None,
        };
        match (&arg.ty, value) {
            (Type::Word(_), Some(0.0)) if side > 1.0 => Some(format!("{}: valid", arg.name)),
            (Type::Word(_), Some(_)) => None,
            (Type::Bool, Some(value)) => Some(format!("{}: {}", arg.name, value != 0.0)),
            _ if n == 0 && given.is_none() => Some(text),
            _ => Some(format!("{}: {text}", arg.name)),
        }
    };
    let own = kind.args.iter().enumerate().filter_map(write);
    let is_shared =
        |given: &&CallArg| given.name.as_ref().is_some_and(|name| kind.args.iter().all(|arg| arg.name != name.text));
    // They stay as they are.
    let shared = rest.iter().any(|given| is_shared(&given)).then(|| "…".to_owned());
    own.chain(shared).collect()
}
