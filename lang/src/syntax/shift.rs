//! Spans moved throughout a tree: a value that is parsed alone stood behind a head of its own, and trees are compared
//! without places.

use super::ast::{BlockParam, Call, CallArg, Entry, Expr, ExprKind, Item, ItemKind, Name};
use crate::diag::Span;

impl Name {
    pub(super) fn shift(&mut self, to: &impl Fn(Span) -> Span) {
        self.span = to(self.span);
    }
}

impl Item {
    pub(super) fn shift(&mut self, to: &impl Fn(Span) -> Span) {
        self.span = to(self.span);
        match &mut self.kind {
            ItemKind::Model(name) => name.shift(to),
            ItemKind::Const { name, value }
            | ItemKind::Input { name, shape: value }
            | ItemKind::Equation { name, value, .. }
            | ItemKind::State { name, init: value }
            | ItemKind::Penalty { name, value } => {
                name.shift(to);
                value.shift(to);
            }
            ItemKind::Weights { name, call } => {
                name.shift(to);
                call.shift(to);
            }
            ItemKind::Loop { name, args, body } => {
                name.shift(to);
                args.iter_mut().for_each(|arg| arg.shift(to));
                body.iter_mut().for_each(|item| item.shift(to));
            }
            ItemKind::Branch { name, how, arms } => {
                name.shift(to);
                how.shift(to);
                arms.iter_mut().for_each(|arm| arm.shift(to));
            }
            ItemKind::Arm { role, name, value } => {
                role.shift(to);
                name.shift(to);
                value.shift(to);
            }
            ItemKind::Fn { name, params, body } => {
                name.shift(to);
                params.iter_mut().for_each(|param| param.shift(to));
                body.shift(to);
            }
            ItemKind::Block { name, params, body } => {
                name.shift(to);
                params.iter_mut().for_each(|param| param.shift(to));
                body.iter_mut().for_each(|item| item.shift(to));
            }
            ItemKind::Allow(names) => names.iter_mut().for_each(|name| name.shift(to)),
            ItemKind::Yield { value } | ItemKind::Output { value } => value.shift(to),
            ItemKind::Settings { word, entries, close } => {
                word.shift(to);
                entries.iter_mut().for_each(|entry| entry.shift(to));
                *close = to(Span::new(*close, *close)).start;
            }
        }
    }
}

impl BlockParam {
    pub(super) fn shift(&mut self, to: &impl Fn(Span) -> Span) {
        self.name.shift(to);
        self.default.iter_mut().for_each(|default| default.shift(to));
    }
}

impl Entry {
    pub(super) fn shift(&mut self, to: &impl Fn(Span) -> Span) {
        self.key.shift(to);
        self.value.shift(to);
    }
}

impl Call {
    pub(super) fn shift(&mut self, to: &impl Fn(Span) -> Span) {
        self.span = to(self.span);
        self.callee.shift(to);
        self.args.iter_mut().for_each(|arg| arg.shift(to));
    }
}

impl CallArg {
    pub(super) fn shift(&mut self, to: &impl Fn(Span) -> Span) {
        self.name.iter_mut().for_each(|name| name.shift(to));
        self.value.shift(to);
    }
}

impl Expr {
    pub(super) fn shift(&mut self, to: &impl Fn(Span) -> Span) {
        self.span = to(self.span);
        match &mut self.kind {
            ExprKind::Number { unit, .. } => unit.iter_mut().for_each(|unit| unit.shift(to)),
            ExprKind::Bool(_) | ExprKind::Name(_) | ExprKind::Primed(_) => {}
            ExprKind::List(items) => items.iter_mut().for_each(|item| item.shift(to)),
            ExprKind::Call(call) => call.shift(to),
            ExprKind::Negate(x) | ExprKind::Not(x) => x.shift(to),
            ExprKind::At { name, step } => {
                name.shift(to);
                step.shift(to);
            }
            ExprKind::If { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|part| part.shift(to));
            }
            ExprKind::Repeat { count, call } => {
                count.shift(to);
                call.shift(to);
            }
            ExprKind::Binary { left, right, .. } | ExprKind::Map { from: left, to: right } => {
                left.shift(to);
                right.shift(to);
            }
        }
    }
}
