//! Layers that do nothing, and arguments of layers that change nothing or seem to be of another tool.
//!
//! Only what is written as a plain number or word is judged: a const may have been given its value for one run alone.

use super::Lowerer;
use super::place::Place;
use crate::diag::weights;
use crate::kinds::Kind;
use crate::syntax::ast::{CallArg, Expr, ExprKind};
use crate::vocabulary::Bound;

/// Layers that give what they are given where an argument is that number.
const WITHOUT_EFFECT: &[(&str, &str, f64)] =
    &[("dropout", "rate", 0.0), ("upsample", "factor", 1.0), ("max_pool", "kernel", 1.0), ("avg_pool", "kernel", 1.0)];

/// From here on a batch norm's `epsilon` is not small, and its `momentum` most likely Keras's.
const LARGE_EPSILON: f64 = 0.1;
const LARGE_MOMENTUM: f64 = 0.9;

impl Lowerer<'_, '_, '_> {
    /// Reports what is idle about a layer or a bundle of that kind, called or declared with these arguments behind its
    /// inputs.
    pub(super) fn idle(&mut self, kind: &'static Kind, args: &[CallArg], bound: &Bound, place: &Place<'_>) {
        let written = |name: &str| {
            let position = kind.args.iter().position(|arg| arg.name == name);
            args.iter().enumerate().find_map(|(n, arg)| match &arg.name {
                Some(given) => (given.text == name).then_some(arg),
                None => (position == Some(n)).then_some(arg),
            })
        };
        let number = |name: &str| written(name).and_then(|arg| Some((arg.value.number()?, place.at(arg.span()))));
        for (layer, name, value) in WITHOUT_EFFECT.iter().filter(|(layer, ..)| *layer == kind.name) {
            let is_spread = kind.args.iter().any(|arg| arg.name == "stride") && bound.count("stride") > 1;
            if let Some((_, span)) = number(name).filter(|(is, _)| is == value && !is_spread) {
                self.diagnostics.push(weights::idle_layer(layer, &format!("{name}: {value}"), span));
            }
        }
        if kind.name == "batch_norm" {
            let epsilon = number("epsilon").filter(|(epsilon, _)| *epsilon >= LARGE_EPSILON);
            let momentum = number("momentum").filter(|(momentum, _)| *momentum >= LARGE_MOMENTUM);
            self.diagnostics.extend(epsilon.map(|(epsilon, span)| weights::large_epsilon(epsilon, span)));
            self.diagnostics.extend(momentum.map(|(momentum, span)| weights::large_momentum(momentum, span)));
        }
        let is_true = |arg: &&CallArg| matches!(arg.value, Expr { kind: ExprKind::Bool(true), .. });
        if let (Some(frozen), Some(lr)) = (written("frozen").filter(is_true), written("lr")) {
            let at = [lr, frozen].map(|arg| place.at(arg.span()));
            self.diagnostics.push(weights::frozen_rate(kind.name, at[0], at[1]));
        }
        let is_false = |arg: &&CallArg| matches!(arg.value, Expr { kind: ExprKind::Bool(false), .. });
        if let (Some(none), Some(by_place)) =
            (written("bias").filter(is_false), written("bias_by_place").filter(is_true))
        {
            let at = [by_place, none].map(|arg| place.at(arg.span()));
            self.diagnostics.push(weights::no_bias(kind.name, at[0], at[1]));
        }
    }
}
