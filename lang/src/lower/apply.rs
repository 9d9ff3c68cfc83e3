//! Calls of layers, which own their weights, and of functions, measures, bundles and blocks.

use super::Lowerer;
use super::faults::Applied;
use super::place::Place;
use super::val::Val;
use crate::diag::{Diagnostic, loops, names, penalty, weights};
use crate::front::bind::CallSite;
use crate::front::const_eval;
use crate::front::graph::DefinitionKind;
use crate::front::settings::is_reserved;
use crate::front::signature::Signature;
use crate::functions::{self, Apply};
use crate::ir::Value;
use crate::kinds::{self, Inputs, Kind};
use crate::syntax::ast::{Call, CallArg, Expr, ExprKind};
use crate::vocabulary::{ArgValue, Bound};

/// What a `repeat` gives to the call that it repeats.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// The value that takes the place of the first argument.
    pub first: Option<Val>,
    /// The name that the weights of what is called go by.
    pub owner: Option<String>,
}

impl<'a> Lowerer<'_, 'a, '_> {
    /// Lowers a call.
    pub(super) fn call(&mut self, call: &'a Call, place: &Place<'_>) -> Val {
        self.call_given(call, Given::default(), place)
    }

    /// Lowers a call, some of which a `repeat` may give.
    pub(super) fn call_given(&mut self, call: &'a Call, given: Given, place: &Place<'_>) -> Val {
        if !self.has_room(place.at(call.span)) {
            return Val::Poison;
        }
        let callee = self.resolve(&call.callee.text, place);
        let bundle = match self.local(&call.callee.text, place) {
            Some(Val::Weights(bundle)) => Some(bundle),
            _ => None,
        };
        let kind = kinds::find(&callee).filter(|_| bundle.is_none());
        if kind.is_none() || !self.is_own_word(&call.callee.text, place) {
            self.leave_defaults(call, place);
        }
        if let Some(kind) = kind {
            return self.layer(kind, call, given, place);
        }
        let (functions, blocks) = (&self.front.functions, &self.front.blocks);
        if let Some(bundle) = bundle {
            self.call_bundle(bundle, call, given.first, place)
        } else if let Some(function) = functions::find(&callee) {
            self.built_in(function, call, given.first, place)
        } else if const_eval::measure(&callee).is_some() {
            let measured =
                self.binding(place, |binder| const_eval::size(&callee, call, binder.meanings, binder.diagnostics));
            measured.map_or(Val::Poison, Val::Const)
        } else if let Some(function) = functions.get(callee.as_str()) {
            self.inline(function, call, given.first, place)
        } else if let Some(block) = blocks.get(callee.as_str()) {
            self.instantiate(block, call, given, place)
        } else {
            self.uncallable(call, place)
        }
    }

    /// Whether a kind's name stands for the kind itself. A const or a parameter of that name may stand for another
    /// kind, at another call or with `--set`.
    pub(super) fn is_own_word(&self, name: &str, place: &Place<'_>) -> bool {
        self.local(name, place).is_none() && self.front.consts.get(name).is_none()
    }

    /// Leaves a call as it is written where its defaults are not those of every reading of its text.
    pub(super) fn leave_defaults(&mut self, call: &Call, place: &Place<'_>) {
        if !place.is_in_prelude() {
            self.edits.leave(call.span);
        }
    }

    /// Reports a parameter of a block or a function that is called but stands for nothing to call. Other unknown
    /// callees were reported when names were looked up.
    fn uncallable(&mut self, call: &Call, place: &Place<'_>) -> Val {
        let is = match self.local(&call.callee.text, place) {
            Some(Val::Const(known)) => known.is(),
            Some(Val::Value(_) | Val::Series(_)) => "a feature map",
            Some(Val::Poison | Val::Weights(_) | Val::Group(_)) | None => return Val::Poison,
        };
        let help = "hand over the name of a layer kind, a function, a block or a bundle";
        let name = format!("`{}`", call.callee.text);
        self.report(names::misused(&name, is, "something to call", place.at(call.callee.span), help))
    }

    #[inline(never)] // As `layer`.
    fn built_in(
        &mut self,
        function: &functions::BuiltIn,
        call: &'a Call,
        first: Option<Val>,
        place: &Place<'_>,
    ) -> Val {
        let signature = Signature::nameless(function.name, 1, "one argument");
        if !signature.matched(&call.args, self.diagnostics).is_sound {
            return Val::Poison;
        }
        let Some(arg) = call.args.first() else {
            return self.report(names::missing_input(function.name, call.span, &format!("{}(x)", function.name)));
        };
        let inner = place.inner();
        let x = first.unwrap_or_else(|| self.expr(&arg.value, &inner));
        match (function.apply, x) {
            (Apply::Entrywise(f), x) => self.entrywise(f, x, arg.value.span, &inner),
            (_, Val::Poison) => Val::Poison,
            (Apply::Reduce(_), _) if !place.penalty => {
                self.report(penalty::in_equation(function.name, place.at(call.span)))
            }
            (Apply::Reduce(f), x) => self.reduce(f, x, arg.value.span, &inner),
            (Apply::Steps(how), Val::Series(values)) => self.combine(how, &values).map_or(Val::Poison, Val::Value),
            (Apply::Steps(_), _) => self.report(loops::not_steps(function.name, place.at(arg.value.span))),
        }
    }

    #[inline(never)] // `call_given` is on the stack a thousand times where functions call each other: it must be small.
    fn layer(&mut self, kind: &'static Kind, call: &'a Call, given: Given, place: &Place<'_>) -> Val {
        let positional = call.args.iter().take_while(|arg| arg.name.is_none()).count();
        let inputs = match kind.inputs {
            Inputs::None => 0,
            Inputs::One => positional.min(1),
            Inputs::Several => positional,
        };
        if inputs == 0 && kind.inputs != Inputs::None {
            return self.report(names::missing_input(kind.name, place.at(call.span), kind.example));
        }
        let (taken, rest) = call.args.split_at(inputs);
        let inner = place.inner();
        let mut first = given.first;
        let vals: Vec<Val> =
            taken.iter().map(|arg| first.take().unwrap_or_else(|| self.expr(&arg.value, &inner))).collect();
        if let (Inputs::One, Some(Val::Weights(bundle)), false) = (kind.inputs, vals.first(), place.penalty) {
            // What else the brackets hold is likely what the weights were to be applied to.
            self.value(Val::Weights(*bundle), taken[0].value.span, &inner);
            return Val::Poison;
        }
        if let Some(problem) = rest.iter().find_map(|arg| self.bundle_given(kind, taken, arg, place)) {
            return self.report(problem);
        }
        let misread = self.misread(kind, (taken, rest), vals.first(), place);
        let before = self.diagnostics.len();
        let val = self.applied(kind, call, (taken, rest, vals), given.owner, place);
        match misread {
            None => {}
            Some(misread) if self.diagnostics.len() > before => {
                // What else is wrong with the call follows from that.
                self.diagnostics.truncate(before);
                self.diagnostics.push(misread.problem);
            }
            Some(misread) => self.diagnostics.extend(misread.doubt),
        }
        val
    }

    /// The problem of a bundle that is handed to a layer, as functions of other tools take their weights.
    fn bundle_given(&self, kind: &Kind, taken: &[CallArg], arg: &CallArg, place: &Place<'_>) -> Option<Diagnostic> {
        let ExprKind::Name(name) = &arg.value.kind else { return None };
        let Some(Val::Weights(_)) = self.local(name, place).filter(|_| arg.name.is_none()) else { return None };
        let input = taken.first().map_or_else(|| "x".to_owned(), |input| input.value.written());
        let help = format!("weights of their own are applied without a layer: `{name} * {input}`");
        let needed = format!("an argument of `{}`", kind.name);
        Some(names::misused(&format!("`{name}`"), "a weight bundle", &needed, place.at(arg.value.span), help))
    }

    /// Applies a layer to values that are there: its arguments are bound, its weights made.
    fn applied(
        &mut self,
        kind: &'static Kind,
        call: &'a Call,
        (taken, rest, mut vals): (&'a [CallArg], &'a [CallArg], Vec<Val>),
        owner: Option<String>,
        place: &Place<'_>,
    ) -> Val {
        let inner = place.inner();
        let site = CallSite { span: call.span, close: Some(call.close()) };
        let before = self.diagnostics.len();
        let bound = self.binding(place, |binder| binder.call_with(kind.name, [kind.args, kind.weights], rest, site));
        if taken.first().is_some_and(|input| self.is_unknown(&input.value, place)) {
            // What seems to be missing may well be joined to a name that nobody knows: `conv(image8, kernel: 3)`.
            names::forget_missing(self.diagnostics, before);
        }
        let Some(bound) = bound else { return Val::Poison };
        self.idle(kind, rest, &bound, place);
        // A layer without weights needs no name, and takes none from one that does.
        let owns = !kind.weights.is_empty();
        let owner = owner.unwrap_or_else(|| if owns { self.owned_name(kind.name, place) } else { String::new() });
        let applied = Applied { name: kind.name, span: place.at(call.span), call, inputs: taken, declared: None };
        if kind.inputs == Inputs::One
            && let Some(x) = vals.pop()
        {
            return self.over(x, kind, &owner, &bound, &applied, &inner);
        }
        // The steps of a series are as many inputs.
        let mut values: Vec<Option<Value>> = Vec::with_capacity(vals.len());
        for (val, arg) in vals.into_iter().zip(taken) {
            match val {
                Val::Series(steps) => values.extend(steps.into_iter().map(Some)),
                val => values.push(self.value(val, arg.value.span, &inner)),
            }
        }
        let values = values.into_iter().collect::<Option<Vec<_>>>();
        values
            .and_then(|values| self.lower_kind(kind, &owner, &bound, &values, &applied))
            .map_or(Val::Poison, Val::Value)
    }

    /// Whether an expression is a name that nothing has, as was reported when names were looked up.
    pub(super) fn is_unknown(&self, expr: &Expr, place: &Place<'_>) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        let is_word = is_reserved(name) || self.front.is_callable(name);
        !is_word && self.local(name, place).is_none() && self.front.consts.get(name).is_none()
    }

    /// Applies a layer to one input, to each weight of a group, or to each step of a series.
    fn over(
        &mut self,
        x: Val,
        kind: &Kind,
        owner: &str,
        bound: &Bound,
        applied: &Applied<'_>,
        place: &Place<'_>,
    ) -> Val {
        if let Val::Group(group) = x {
            let mapped = group.into_iter().map(|x| self.lower_kind(kind, owner, bound, &[x], applied));
            return mapped.collect::<Option<Vec<_>>>().map_or(Val::Poison, Val::Group);
        }
        let help = format!("apply `{}` to a feature map, as in `{}`", kind.name, kind.example);
        let span = applied.inputs.first().map_or(applied.span, |arg| arg.value.span);
        self.over_steps(x, |lowerer, x| {
            let x = lowerer.feature_map(x, span, &help, place)?;
            let out = lowerer.lower_kind(kind, owner, bound, &[x], applied)?;
            // A layer that keeps the shape and adds no weights is an activation: what was lateral still is.
            if lowerer.net.shape(out) == lowerer.net.shape(x) {
                lowerer.stays_lateral(x, out);
            }
            Some(out)
        })
    }

    /// The name that the weights of a call go by: `h` for the layer or block that is all of equation `h`, `h.conv` for
    /// one inside it, `h.conv_2` for the next.
    pub(super) fn owned_name(&mut self, callee: &str, place: &Place<'_>) -> String {
        let path = self.here.path(place.node);
        // A layer that is all that a block yields goes by the name that the block's call took.
        if place.outermost && matches!(self.here.graph.nodes[place.node].kind, DefinitionKind::Yield { .. }) {
            return path;
        }
        let name = if place.outermost { path } else { format!("{path}.{callee}") };
        let count = self.layers.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { name } else { format!("{name}_{count}") }
    }

    /// Appends what a kind is lowered to; reports the builder's faults and warnings.
    pub(super) fn lower_kind(
        &mut self,
        kind: &Kind,
        owner: &str,
        bound: &Bound,
        inputs: &[Value],
        applied: &Applied<'_>,
    ) -> Option<Value> {
        self.check_spread(bound, applied);
        let mut site = kinds::Site { net: &mut self.net, owner, traits: kinds::Traits::of(bound) };
        let made = (kind.lower)(&mut site, bound, inputs);
        for warning in self.net.take_warnings() {
            self.fault(warning, applied, inputs);
        }
        made.map_err(|fault| self.fault(fault, applied, inputs)).ok()
    }

    /// Warns of random initial values of which each is the same.
    fn check_spread(&mut self, bound: &Bound, applied: &Applied<'_>) {
        let Some(ArgValue::Call(init)) = bound.get("init") else { return };
        let init = init.maybe_call("start").unwrap_or(init);
        let value = match init.callee {
            "normal" if init.real("sd") == 0.0 => init.real("mean"),
            "uniform" if init.real("bound") == 0.0 => 0.0,
            _ => return,
        };
        self.diagnostics.push(weights::no_spread(applied.name, init.callee, value, applied.argument("init")));
    }
}
