//! Separations: penalties that push excitatory and inhibitory weights apart, the bundles in them, and whether they do
//! push them apart.

use super::Lowerer;
use super::branch::role;
use super::val::{BundleId, Val};
use crate::diag::{Diagnostic, Span, roles};
use crate::front::const_eval;
use crate::front::consts::CLASSES;
use crate::front::graph::{DefinitionKind, Found};
use crate::front::settings::RESERVED;
use crate::ir::pull::{self, Pull};
use crate::ir::{Net, ParamId, Role, Sign, Value};
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind};

/// The parameters that mark a `fn` as pushing excitatory and inhibitory weights apart.
const SEPARATION: [&str; 2] = ["e", "i"];

/// A call of such a `fn` on an excitatory and an inhibitory bundle.
pub(super) struct Separation<'a> {
    /// The index of its penalty, in order of the text.
    penalty: usize,
    callee: String,
    call: Span,
    /// The excitatory bundle, then the inhibitory one.
    pair: [Separated<'a>; 2],
}

struct Separated<'a> {
    name: &'a str,
    /// The dotted name that the bundle's parameters go by.
    path: String,
    named: Span,
    /// The side of zero that the bundle keeps to, and where that is written.
    sign: Option<(Sign, Span)>,
    /// The word `difference`, if all arms that the bundle drives are taken away by one.
    taken_away: Option<Span>,
}

impl<'a> Lowerer<'_, 'a, '_> {
    /// Finds the separations in all penalties, and checks the roles of their bundles.
    pub(super) fn separations(&mut self) -> Vec<Separation<'a>> {
        let mut found = Vec::new();
        let penalties = self.here.graph.nodes.node_weights().filter_map(|node| match node.kind {
            DefinitionKind::Penalty { value } => Some(value),
            _ => None,
        });
        for (penalty, value) in penalties.enumerate() {
            for call in self.calls_taken(value) {
                let callee = self.front.consts.resolve(&call.callee.text);
                let function = self.front.functions.get(callee);
                let separates = function.is_some_and(|f| f.params.iter().map(|p| p.text.as_str()).eq(SEPARATION));
                if separates && call.args.len() == SEPARATION.len() {
                    let pair = self.separates(callee, call, self.turns(value, call));
                    found.extend(pair.map(|pair| Separation {
                        penalty,
                        callee: callee.to_owned(),
                        call: call.span,
                        pair,
                    }));
                }
            }
        }
        found
    }

    /// Whether the signs in front of a call turn it round; none where the text does not tell.
    fn turns(&self, expr: &Expr, call: &Call) -> Option<bool> {
        let holds = |part: &Expr| part.parts().any(|part| part.span == call.span);
        match &expr.kind {
            ExprKind::Call(_) if expr.span == call.span => Some(false),
            ExprKind::Negate(x) => self.turns(x, call).map(|turns| !turns),
            ExprKind::Binary { op: op @ (BinaryOp::Add | BinaryOp::Sub), left, right } => match holds(left) {
                true => self.turns(left, call),
                false => self.turns(right, call).map(|turns| turns != (*op == BinaryOp::Sub)),
            },
            ExprKind::Binary { op: op @ (BinaryOp::Mul | BinaryOp::Div), left, right } => {
                let (inner, factor) = if holds(left) { (left, right) } else { (right, left) };
                let is_divided_by = *op == BinaryOp::Div && !holds(left);
                let factor =
                    const_eval::number(factor, &self.front.consts, &mut Vec::new()).filter(|_| !is_divided_by)?;
                self.turns(inner, call).map(|turns| turns != (factor < 0.0))
            }
            _ => None,
        }
    }

    /// The calls in an expression, without those in branches that are not taken.
    fn calls_taken(&self, expr: &'a Expr) -> Vec<&'a Call> {
        let (mut pending, mut calls) = (vec![expr], Vec::new());
        while let Some(expr) = pending.pop() {
            if let ExprKind::If { condition, then, otherwise } = &expr.kind {
                // What is wrong with the condition is reported where the penalty is lowered.
                match const_eval::truth(condition, &self.front.consts, &mut Vec::new()) {
                    Some(truth) => pending.push(if truth { then } else { otherwise }),
                    None => pending.extend([&**then, &**otherwise]),
                }
                continue;
            }
            if let ExprKind::Call(call) = &expr.kind {
                calls.push(call);
            }
            pending.extend(expr.nearest());
        }
        calls.sort_by_key(|call| call.span);
        calls
    }

    fn separates(&mut self, callee: &str, call: &'a Call, turns: Option<bool>) -> Option<[Separated<'a>; 2]> {
        let is_known = self.front.whole && !self.has_broken_arms();
        let (mut swapped, mut separated, mut has_arm) = (Vec::new(), Vec::new(), false);
        for (arg, wanted) in call.args.iter().zip(Role::ALL) {
            let Some((name, bundle)) = self.bundle_named(&arg.value) else {
                match self.arm_named(&arg.value) {
                    Some((name, is)) if is != wanted => {
                        has_arm = true;
                        swapped.push((name, is, arg.value.span));
                    }
                    Some(_) => {}
                    None => self.group_named(callee, &arg.value, wanted),
                }
                continue;
            };
            match self.roles.get(&bundle) {
                None if !is_known => {}
                Some(Some((is, _))) if *is != wanted && !is_known => {}
                None => self.diagnostics.push(roles::no_role(callee, name, wanted, arg.value.span)),
                Some(Some((is, _))) if *is != wanted => swapped.push((name, *is, arg.value.span)),
                Some(Some(_)) => {
                    let (path, sign) = (self.bundle(bundle).path.clone(), self.sign(self.bundle(bundle).call));
                    let taken_away = self.taken_away.get(&bundle).copied().flatten();
                    separated.push(Separated { name, path, named: arg.value.span, sign, taken_away });
                }
                Some(None) => {}
            }
        }
        if !swapped.is_empty() {
            self.diagnostics.push(roles::swapped(callee, &swapped, if has_arm { "arm" } else { "weights" }, turns));
        }
        separated.try_into().ok()
    }

    /// The arm of a branch that an expression names, and its role.
    fn arm_named(&self, expr: &'a Expr) -> Option<(&'a str, Role)> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        let Found::Node(node) = self.here.graph.find(name, None) else { return None };
        match self.here.graph.nodes[node].kind {
            DefinitionKind::Arm { role: word, .. } => Some((name, role(&word.text)?)),
            _ => None,
        }
    }

    /// Reports `weights` and `parameters` in the place of a bundle: they hold those of both roles.
    fn group_named(&mut self, callee: &str, expr: &Expr, wanted: Role) {
        let ExprKind::Name(name) = &expr.kind else { return };
        let groups = RESERVED.iter().filter(|(reserved, _)| *reserved != CLASSES);
        if let Some(group) = groups.copied().find(|(group, _)| group == name) {
            self.diagnostics.push(roles::no_one_role(callee, group, wanted, expr.span));
        }
    }

    fn bundle_named(&self, expr: &'a Expr) -> Option<(&'a str, BundleId)> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        let Found::Node(node) = self.here.graph.find(name, None) else { return None };
        match self.here.values[node.index()] {
            Val::Weights(bundle) => Some((name, bundle)),
            _ => None,
        }
    }
}

/// The kernels that penalties do push apart. Reports separations that do something else.
pub(super) fn check(net: &Net, found: &[Separation<'_>], diagnostics: &mut Vec<Diagnostic>) -> Vec<[ParamId; 2]> {
    let kernel = |bundle: &Separated<'_>| {
        let name = format!("{}.weight", bundle.path);
        net.params.iter().position(|param| param.name == name).map(ParamId)
    };
    let mut apart: Vec<[ParamId; 2]> = Vec::new();
    for separation in found {
        let [excitatory, inhibitory] = &separation.pair;
        let (Some(e), Some(i)) = (kernel(excitatory), kernel(inhibitory)) else { continue };
        let Some(penalty) = net.penalties.get(separation.penalty).map(|penalty| penalty.value) else { continue };
        match pull::of(net, penalty, [e, i]) {
            Pull::Apart => pressed(net, separation, penalty, [e, i], diagnostics),
            Pull::Unclear => {}
            Pull::Nowhere => continue,
            across @ (Pull::Together | Pull::Across) => {
                let names = [excitatory.name, inhibitory.name];
                diagnostics.push(roles::turned(&separation.callee, names, across == Pull::Across, separation.call));
                continue;
            }
        }
        if !apart.contains(&[e, i]) {
            apart.push([e, i]);
        }
    }
    apart
}

/// Reports weights that a penalty drives against the zero which they may not cross, or beyond a zero where they turn
/// their arm's role around.
fn pressed(
    net: &Net,
    separation: &Separation<'_>,
    penalty: Value,
    pair: [ParamId; 2],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for ((bundle, id), role) in separation.pair.iter().zip(pair).zip(Role::ALL) {
        let against = match role {
            Role::Excitatory => Sign::Nonpositive,
            Role::Inhibitory => Sign::Nonnegative,
        };
        if !net.param(id).trained() || !pull::crosses_zero(net, penalty, pair, role) {
            continue;
        }
        match (bundle.sign, bundle.taken_away) {
            (Some((sign, signed)), taken_away)
                // A sign that is against the role is the first thing to change.
                if sign == against && !diagnostics.iter().any(|problem| problem.is_opposed_at(signed)) =>
            {
                let is_taken_away = taken_away.is_some();
                let found = roles::Pressed { penalty: &separation.callee, name: bundle.name, sign, is_taken_away };
                diagnostics.push(roles::pressed(&found, bundle.named, signed));
            }
            (None, Some(how)) => {
                diagnostics.push(roles::taken_twice(&separation.callee, bundle.name, bundle.named, how));
            }
            _ => {}
        }
    }
}
