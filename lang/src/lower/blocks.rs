//! Blocks: each call makes a copy with weights of its own; `repeat` chains copies.

use super::apply::Given;
use super::expr::Place;
use super::inline::MAX_CALLS;
use super::instance::Instance;
use super::{Lowerer, Val};
use crate::diag::{Diagnostic, Label, Span, counted, names, templates, text};
use crate::front::graph::{Block, NodeKind};
use crate::front::known;
use crate::kinds::{self, Inputs};
use crate::syntax::ast::{Call, Expr};
use crate::vocabulary::{Type, Value as Bound};
use petgraph::graph::NodeIndex;

/// How many copies `repeat` may chain.
const COUNT: Type = Type::Count { min: 0, max: 10_000 };

/// Blocks within blocks, at most.
const MAX_OPEN: usize = 64;

/// Calls that a problem inside of a block is shown to come from, at most.
const MAX_SHOWN: usize = 3;

impl<'f, 'a> Lowerer<'f, 'a, '_> {
    /// `repeat n f(x, …)`: `f(f(f(x, …), …), …)`, each copy with weights of its own, named by its number.
    pub(super) fn repeat(&mut self, count: &'a Expr, call: &'a Call, place: &Place<'_>) -> Val {
        let count = self.binding(place, |binder| binder.value("the number of copies", &COUNT, count));
        let Some(Bound::Count(count)) = count else { return Val::Poison };
        let callee = self.resolve(&call.callee.text, place);
        let takes_none = kinds::find(&callee).is_some_and(|kind| kind.inputs == Inputs::None);
        if takes_none || known::measure(&callee).is_some() {
            return self.report(templates::repeats_source(&callee, call.span));
        }
        let Some(first) = call.args.first().filter(|arg| arg.name.is_none()) else {
            return self.report(templates::repeats_nothing(&call.callee.text, call.span));
        };
        let inner = place.inner();
        let mut val = self.expr(&first.value, &inner);
        let base = self.owned_name(&callee, place);
        for n in 0..count {
            if matches!(val, Val::Poison) || self.overrun {
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

    /// Makes a copy of a block.
    pub(super) fn instantiate(&mut self, block: &'f Block<'a>, call: &'a Call, given: Given, place: &Place<'_>) -> Val {
        let name: &'a str = &block.name.text;
        if self.open.contains(&name) {
            return self.report(names::recursive(name, place.at(call.span)));
        }
        if self.open.len() == MAX_OPEN {
            return self.overrun(|| text::blocks_too_deep(place.at(call.span), MAX_OPEN));
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

    /// What a call gives to the parameters of a block, in the caller's own terms.
    fn arguments(
        &mut self,
        block: &Block<'a>,
        call: &'a Call,
        mut first: Option<Val>,
        place: &Place<'_>,
    ) -> Option<Vec<(NodeIndex, Val)>> {
        let name = &block.name.text;
        let known: Vec<&str> = block.params.iter().map(|param| block.graph.nodes[*param].name).collect();
        let mut args: Vec<(NodeIndex, Val, Span)> = Vec::new();
        let mut complete = true;
        for (n, arg) in call.args.iter().enumerate() {
            let found = match &arg.name {
                Some(given) => {
                    let found = known.iter().position(|param| *param == given.text);
                    if found.is_none() {
                        self.diagnostics.push(names::unknown_parameter(name, &given.text, given.span, &known));
                    }
                    found
                }
                None => {
                    let found = (n < known.len()).then_some(n);
                    if found.is_none() {
                        let takes = counted(known.len(), "argument");
                        self.diagnostics.push(names::superfluous(name, &takes, arg.value.span));
                    }
                    found
                }
            };
            let val = first.take().unwrap_or_else(|| self.expr(&arg.value, place));
            match found.map(|found| block.params[found]) {
                Some(param) => match args.iter().find(|(known, ..)| *known == param) {
                    Some((.., span)) => {
                        let param = block.graph.nodes[param].name;
                        self.diagnostics.push(names::duplicate(param, *span, arg.span()));
                        complete = false;
                    }
                    None => args.push((param, val, arg.span())),
                },
                None => complete = false,
            }
        }
        for param in &block.params {
            let node = &block.graph.nodes[*param];
            let is_given = args.iter().any(|(known, ..)| known == param);
            if !is_given && matches!(node.kind, NodeKind::Param { default: None }) {
                self.diagnostics.push(names::missing_param(name, node.name, node.span, place.at(call.span)));
                complete = false;
            }
        }
        complete.then(|| args.into_iter().map(|(param, val, _)| (param, val)).collect())
    }

    fn yielded(&mut self, block: &'f Block<'a>) -> Val {
        let Some(node) = block.result() else { return Val::Poison };
        match block.graph.nodes[node].kind {
            NodeKind::Yield { value } => self.expr(value, &Place::of(&block.graph, node)),
            _ => Val::Poison,
        }
    }

    /// Counts one more call of a function or block. False if there are too many already.
    pub(super) fn counts_call(&mut self, span: Span) -> bool {
        if self.calls == MAX_CALLS {
            self.overrun(|| text::too_many_calls(span, MAX_CALLS));
            return false;
        }
        self.calls += 1;
        true
    }

    /// Adds the call that led to them to the problems found inside of a block. What was found before in another copy is
    /// one problem with several calls.
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
