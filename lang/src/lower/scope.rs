//! Scopes: what names mean, before the run, at the place of an expression.

use super::Lowerer;
use super::instance::Instance;
use super::place::Place;
use super::val::Val;
use crate::diag::Span;
use crate::diag::misnamed::Misnamed;
use crate::front::Front;
use crate::front::bind::Binder;
use crate::front::const_eval::{self, Const, Meaning, Meanings};
use crate::front::edits::Edits;
use crate::front::graph::{DefinitionKind, Found};
use crate::ir::{Builder, Shape};
use crate::syntax::ast::Expr;

struct Scope<'s, 'f, 'a> {
    front: &'f Front<'a>,
    here: &'s Instance<'f, 'a>,
    net: &'s Builder,
    place: &'s Place<'s>,
}

impl Scope<'_, '_, '_> {
    /// What a name stands for among the arguments of a `fn`, or among definitions.
    fn val(&self, name: &str) -> Option<&Val> {
        if let Some(frame) = self.place.frame {
            return frame.args.iter().find(|(param, _)| *param == name).map(|(_, val)| val);
        }
        let (name, is_primed) = name.strip_suffix('\'').map_or((name, false), |name| (name, true));
        let Found::Node(node) = self.here.graph.find(name, self.place.within) else { return None };
        match self.here.graph.nodes[node].kind {
            DefinitionKind::State { next: Some(next), .. } if is_primed => Some(&self.here.values[next.index()]),
            DefinitionKind::Loop { .. } | DefinitionKind::Output { .. } | DefinitionKind::Penalty { .. } => None,
            _ => Some(&self.here.values[node.index()]),
        }
    }
}

impl Meanings for Scope<'_, '_, '_> {
    fn name(&self, name: &str) -> Meaning {
        match self.val(name) {
            Some(Val::Const(value)) => Meaning::Const(value.clone()),
            Some(Val::Poison) => Meaning::Broken,
            Some(Val::Value(_) | Val::Series(_)) => Meaning::Thing("a feature map"),
            Some(Val::Weights(_)) => Meaning::Thing("a weight bundle"),
            Some(Val::Group(_)) => Meaning::Thing("every kernel of the net"),
            None => match self.front.consts.name(name) {
                Meaning::Unknown if self.front.is_callable(name) => Meaning::Const(Const::Word(name.to_owned())),
                meaning => meaning,
            },
        }
    }

    fn shape(&self, name: &str) -> Option<Option<Shape>> {
        match self.val(name)? {
            Val::Poison => Some(None),
            Val::Value(value) => Some(Some(self.net.shape(*value).clone())),
            Val::Series(values) => values.first().map(|value| Some(self.net.shape(*value).clone())),
            Val::Const(_) | Val::Weights(_) | Val::Group(_) => None,
        }
    }

    fn declared(&self, name: &str) -> Option<Span> {
        if self.val(name).is_some() { None } else { self.front.consts.declared(name) }
    }

    fn misnamed(&self, name: &str) -> Option<Misnamed> {
        if self.val(name).is_some() { None } else { self.front.consts.misnamed(name) }
    }

    fn names(&self) -> Vec<&str> {
        let local: Vec<&str> = match self.place.frame {
            Some(frame) => frame.args.iter().map(|(name, _)| *name).collect(),
            None => self.here.graph.visible(self.place.within),
        };
        let is_known = |name: &&str| matches!(self.val(name), Some(Val::Const(_)));
        Meanings::names(&self.front.consts).into_iter().chain(local.into_iter().filter(is_known)).collect()
    }
}

impl<'f, 'a> Lowerer<'f, 'a, '_> {
    /// Runs something that reads arguments at a place, with a binder that knows what names mean there.
    pub(super) fn binding<T>(&mut self, place: &Place<'_>, bind: impl FnOnce(&mut Binder<'_>) -> T) -> T {
        let scope = Scope { front: self.front, here: &self.here, net: &self.net, place };
        // The functions that come with the compiler have a text of their own, which is not the author's to be filled
        // in.
        let mut elsewhere = Edits::default();
        let edits = if place.is_in_prelude() { &mut elsewhere } else { &mut *self.edits };
        bind(&mut Binder { meanings: &scope, diagnostics: &mut *self.diagnostics, edits })
    }

    /// Evaluates an expression that must be known before the run.
    pub(super) fn known(&mut self, expr: &Expr, place: &Place<'_>) -> Option<Const> {
        self.binding(place, |binder| const_eval::eval(expr, binder.meanings, binder.diagnostics))
    }

    /// Evaluates a condition, which must be true or false before the run.
    pub(super) fn truth(&mut self, expr: &Expr, place: &Place<'_>) -> Option<bool> {
        self.binding(place, |binder| const_eval::truth(expr, binder.meanings, binder.diagnostics))
    }

    /// The name that a callee stands for: that of the word which a const or an argument holds, or its own.
    pub(super) fn resolve(&self, name: &str, place: &Place<'_>) -> String {
        let scope = Scope { front: self.front, here: &self.here, net: &self.net, place };
        const_eval::resolve(name, &scope)
    }

    /// What a name stands for at a place, if it is an argument or a definition.
    pub(super) fn local(&self, name: &str, place: &Place<'_>) -> Option<Val> {
        Scope { front: self.front, here: &self.here, net: &self.net, place }.val(name).cloned()
    }
}
