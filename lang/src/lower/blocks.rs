//! Blocks: each call makes a copy with weights of its own; `repeat` chains copies.

use super::Lowerer;
use super::apply::Given;
use super::instance::Instance;
use super::place::Place;
use super::val::Val;
use crate::diag::{Diagnostic, Label, Span, counted, names, templates, text};
use crate::front::const_eval;
use crate::front::graph::{Block, DefinitionKind};
use crate::front::signature::Signature;
use crate::kinds::{self, Inputs};
use crate::limits::{MAX_COPIES, MAX_OPEN_BLOCKS};
use crate::syntax::ast::{Call, Expr};
use crate::vocabulary::{ArgValue, Type};
use petgraph::graph::NodeIndex;

/// The type of the number of copies that `repeat` chains.
const COUNT: Type = Type::Count { min: 0, max: MAX_COPIES };

/// How many calls are shown at most for a problem inside a block.
const MAX_SHOWN: usize = 3;

impl<'f, 'a> Lowerer<'f, 'a, '_> {
    /// Lowers `repeat n f(x, …)`, which is `f(f(f(x, …), …), …)`: each copy has weights of its own, named by its
    /// number.
    pub(super) fn repeat(&mut self, count: &'a Expr, call: &'a Call, place: &Place<'_>) -> Val {
        let count = self.binding(place, |binder| binder.value("the number of copies", &COUNT, count));
        let Some(ArgValue::Count(count)) = count else { return Val::Poison };
        let callee = self.resolve(&call.callee.text, place);
        let takes_none = kinds::find(&callee).is_some_and(|kind| kind.inputs == Inputs::None);
        if takes_none || const_eval::measure(&callee).is_some() {
            return self.report(templates::repeats_source(&callee, call.span));
        }
        let Some(first) = call.args.first().filter(|arg| arg.name.is_none()) else {
            return self.report(templates::repeats_nothing(&call.callee.text, call.span));
        };
        let inner = place.inner();
        let mut val = self.expr(&first.value, &inner);
        let base = self.owned_name(&callee, place);
        for n in 0..count {
            if matches!(val, Val::Poison) || self.budget.is_overrun {
                return Val::Poison;
            }
            let owner = format!("{base}.{n}");
            val = self.call_given(call, Given { first: Some(val), owner: Some(owner.clone()) }, &inner);
            if let (Val::Value(value), true) = (&val, n + 1 < count) {
                self.net.name(*value, &owner);
            }
        }
        val
    }

    /// Makes a copy of a block, lowers it in place of the call, and gives what it yields.
    pub(super) fn instantiate(&mut self, block: &'f Block<'a>, call: &'a Call, given: Given, place: &Place<'_>) -> Val {
        let name: &'a str = &block.name.text;
        if self.open.contains(&name) {
            return self.report(names::recursive(name, place.at(call.span)));
        }
        if self.open.len() == MAX_OPEN_BLOCKS {
            return self.overrun(|| text::blocks_too_deep(place.at(call.span), MAX_OPEN_BLOCKS));
        }
        if !self.counts_call(place.at(call.span)) {
            return Val::Poison;
        }
        let inner = place.inner();
        let before = self.diagnostics.len();
        let args = self.arguments(block, call, given.first, &inner);
        if call.args.iter().any(|arg| self.is_unknown(&arg.value, &inner)) {
            names::forget_missing(self.diagnostics, before);
        }
        let Some(args) = args else { return Val::Poison };
        // Behind its arguments: copies are numbered as layers are, inner ones first.
        let owner = given.owner.unwrap_or_else(|| self.owned_name(name, place));
        let mut copy = Instance::new(&block.graph, owner);
        for (param, val) in args {
            copy.values[param.index()] = val;
            copy.given.insert(param);
        }
        let before = self.diagnostics.len();
        let outside = std::mem::replace(&mut self.here, copy);
        self.open.push(name);
        self.scope(None);
        let val = self.yielded(block);
        self.arm_roles();
        self.open.pop();
        self.here = outside;
        self.led_here(before, name, place.at(call.span));
        val
    }

    /// The values that a call gives to the parameters of a block, each with its parameter; none if something is wrong.
    fn arguments(
        &mut self,
        block: &Block<'a>,
        call: &'a Call,
        mut first: Option<Val>,
        place: &Place<'_>,
    ) -> Option<Vec<(NodeIndex, Val)>> {
        let name = &block.name.text;
        let names: Vec<&str> = block.params.iter().map(|param| block.graph.nodes[*param].name).collect();
        let takes = counted(names.len(), "argument");
        let signature = Signature { callee: name, names: &names, positions: names.len(), takes: &takes, is_own: true };
        let matched = signature.matched(&call.args, self.diagnostics);
        // Every argument is looked into, even one that belongs to no parameter, for what else is wrong in it.
        let vals: Vec<Val> =
            call.args.iter().map(|arg| first.take().unwrap_or_else(|| self.expr(&arg.value, place))).collect();
        let mut complete = matched.is_sound;
        let mut args = Vec::with_capacity(vals.len());
        for (param, given) in block.params.iter().zip(matched.arguments) {
            let node = &block.graph.nodes[*param];
            match given {
                Some(n) => args.push((*param, vals[n].clone())),
                None if matches!(node.kind, DefinitionKind::Param { default: None }) => {
                    self.diagnostics.push(names::missing_param(name, node.name, node.span, place.at(call.span)));
                    complete = false;
                }
                None => {}
            }
        }
        complete.then_some(args)
    }

    fn yielded(&mut self, block: &'f Block<'a>) -> Val {
        let Some(node) = block.result() else { return Val::Poison };
        match block.graph.nodes[node].kind {
            DefinitionKind::Yield { value } => self.expr(value, &Place::of(&block.graph, node)),
            _ => Val::Poison,
        }
    }

    /// Adds the call that led there to each problem found inside a block since `before`. What was found before in
    /// another copy becomes one problem with several calls.
    fn led_here(&mut self, before: usize, block: &str, call: Span) {
        let label = format!("in this call of `{block}`");
        for mut found in self.diagnostics.split_off(before) {
            let is_same = |known: &&mut Diagnostic| {
                known.code == found.code
                    && known.message == found.message
                    && known.labels.first().map(|label| label.span) == found.labels.first().map(|label| label.span)
            };
            match self.diagnostics[..before].iter_mut().find(is_same) {
                Some(known) => {
                    let is_shown = known.labels.iter().any(|known| known.span == call);
                    let calls = known.labels.iter().filter(|known| known.text.starts_with("in this call")).count();
                    if !is_shown && calls < MAX_SHOWN {
                        known.labels.push(Label { span: call, text: label.clone() });
                    }
                }
                None => {
                    found = found.label(call, label.clone());
                    self.diagnostics.push(found);
                }
            }
        }
    }
}
