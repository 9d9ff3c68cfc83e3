//! Names that mean nothing where they stand, and what their author likely meant.

use super::{Resolver, Viewpoint};
use crate::diag::{Span, did_you_mean, enough, misnamed, names};
use crate::front::const_eval::{Meanings, is_word};
use crate::front::graph::{DefinitionKind, Found};
use crate::front::settings::RESERVED;
use crate::syntax::ast::Name;
use std::ops::Bound;

/// Names that inputs often have.
const INPUTS: [&str; 9] = ["x", "img", "im", "image", "images", "imgs", "input", "inputs", "pixels"];

impl<'a> Resolver<'a, '_, '_> {
    /// Reports a call of something that does not exist.
    pub(super) fn unknown_call(&mut self, callee: &Name) {
        let callables = self.look.callables;
        let (language, own) = match enough(self.diagnostics) {
            true => (Vec::new(), Vec::new()),
            false => (callables.of_language(), callables.own()),
        };
        match self.look.consts.misnamed(&callee.text) {
            Some(word) if word.is_told => {}
            Some(word) => self.diagnostics.push(misnamed::call(&word, callee.span, &language, &own)),
            None => self.diagnostics.push(names::unknown_call(&callee.text, callee.span, &language, &own)),
        }
    }

    /// Reports a name that nothing has, unless its definition may be lost.
    pub(super) fn unknown(&mut self, name: &str, span: Span, viewpoint: Viewpoint<'_>) {
        if let Some(defined) = self.look.outside.and_then(|outside| outside.get(name)) {
            return self.diagnostics.push(names::outside_of_block(name, span, *defined));
        }
        if is_word(name) && did_you_mean(name, self.graph.visible(viewpoint.within)).is_none() {
            let is_taken = |name: &&str| {
                self.look.consts.get(name).is_some() || self.graph.find(name, viewpoint.within) != Found::Nothing
            };
            let free = ["choice", "chosen", "my_choice"].into_iter().find(|name| !is_taken(name)).unwrap_or("c");
            return self.diagnostics.push(names::choice_as_value(name, span, free));
        }
        // A sign that is missing can have joined it to the word behind it: `weights W_Aconv(…)`.
        let behind = self.look.lost.range::<str, _>((Bound::Included(name), Bound::Unbounded)).next();
        if behind.is_some_and(|lost| lost.starts_with(name)) {
            return;
        }
        let visible = if enough(self.diagnostics) { Vec::new() } else { self.visible(viewpoint) };
        if self.sees || did_you_mean(name, visible.iter().copied()).is_some() {
            let problem = names::unknown_name(name, span, &visible);
            let problem = match self.input().filter(|_| INPUTS.contains(&name) && problem.fix.is_empty()) {
                Some(input) => names::input_is_called(problem, input),
                None => problem,
            };
            let is_doubtful = |name: &str| {
                self.would_share(name, viewpoint)
                    || self.stands_beside(name, viewpoint)
                    || !self.gives_value(name, viewpoint)
            };
            let is_certain = problem.is_safe() && !problem.fix.iter().any(|edit| is_doubtful(&edit.new));
            self.diagnostics.push(problem.certain_if(is_certain));
        }
    }

    /// The name of the spec's input.
    fn input(&self) -> Option<&str> {
        let mut nodes = self.graph.nodes.node_weights();
        nodes.find(|node| matches!(node.kind, DefinitionKind::Input { .. })).map(|node| node.name)
    }

    /// Whether the statement reads `name` already: one of two places would then come to be the other.
    fn stands_beside(&self, name: &str, viewpoint: Viewpoint<'_>) -> bool {
        let value = viewpoint.node.and_then(|node| self.graph.nodes[node].kind.value());
        value.is_some_and(|value| value.parts().any(|part| part.is_named(name)))
    }

    /// Whether what has that name can stand in an expression: a loop and a penalty cannot.
    fn gives_value(&self, name: &str, viewpoint: Viewpoint<'_>) -> bool {
        let Found::Node(found) = self.graph.find(name, viewpoint.within) else { return true };
        !matches!(self.graph.nodes[found].kind, DefinitionKind::Loop { .. } | DefinitionKind::Penalty { .. })
    }

    fn visible<'n>(&'n self, viewpoint: Viewpoint<'n>) -> Vec<&'n str> {
        let mut visible = self.graph.visible(viewpoint.within);
        visible.extend(self.look.consts.names());
        visible.extend(RESERVED.iter().map(|(name, _)| *name));
        visible.extend(viewpoint.params.iter().map(|param| param.text.as_str()));
        visible
    }

    /// Whether an equation that read the bundle of that name would share its weights with another equation.
    fn would_share(&self, name: &str, viewpoint: Viewpoint<'_>) -> bool {
        let is_bundle = |kind: &DefinitionKind<'_>| matches!(kind, DefinitionKind::Weights { .. });
        let Found::Node(found) = self.graph.find(name, viewpoint.within) else { return false };
        let judges =
            viewpoint.node.is_some_and(|node| matches!(self.graph.nodes[node].kind, DefinitionKind::Penalty { .. }));
        is_bundle(&self.graph.nodes[found].kind) && !judges && self.graph.mentions(name)
    }
}
