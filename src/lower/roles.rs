//! Roles: a bundle takes the role of the arm it drives, and penalties are held against it.

use super::Lowerer;
use super::branch::role;
use crate::diag::{Span, names, roles};
use crate::front::graph::{Found, NodeKind};
use crate::ir::{Role, Sign};
use crate::kinds;
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind, Name};
use petgraph::graph::NodeIndex;
use std::collections::BTreeMap;

/// The parameters that mark a `fn` as pushing excitatory and inhibitory weights apart.
const SEPARATION: [&str; 2] = ["e", "i"];

/// None where an arm's word is no role: it is reported, and the bundle's role cannot be known.
type Roles = BTreeMap<NodeIndex, Option<(Role, Span)>>;

impl<'a> Lowerer<'_, 'a, '_> {
    pub(super) fn roles(&mut self) {
        let mut roles = Roles::new();
        for node in self.front.graph.nodes.node_indices() {
            match &self.front.graph.nodes[node].kind {
                NodeKind::Arm { role: word, value } => match role(&word.text) {
                    Some(role) => self.arm_roles(node, role, value, &mut roles),
                    None => {
                        let within = self.front.graph.nodes[node].within;
                        roles.extend(self.bundles_in(value, within).into_iter().map(|(bundle, _)| (bundle, None)));
                        let known: Vec<&str> = Role::ALL.map(Role::word).to_vec();
                        self.diagnostics.push(names::unknown_word("role", &word.text, word.span, &known));
                    }
                },
                NodeKind::Branch { how, arms } => {
                    self.both_arms(node, arms);
                    arms.iter().for_each(|arm| self.opposed(how, *arm));
                }
                _ => {}
            }
        }
        for node in self.front.graph.nodes.node_indices() {
            if let NodeKind::Penalty { value } = self.front.graph.nodes[node].kind {
                self.separation(value, &roles);
            }
        }
    }

    fn arm_roles(&mut self, arm: NodeIndex, role: Role, value: &'a Expr, roles: &mut Roles) {
        let own = self.front.graph.path(arm);
        self.net.set_role(&own, role);
        let within = self.front.graph.nodes[arm].within;
        for (bundle, span) in self.bundles_in(value, within) {
            match roles.get(&bundle) {
                Some(Some(first)) if first.0 != role => {
                    let name = self.front.graph.nodes[bundle].name;
                    self.diagnostics.push(roles::both(name, *first, (role, span)));
                }
                Some(_) => {}
                None => {
                    roles.insert(bundle, Some((role, span)));
                    let owner = self.front.graph.path(bundle);
                    self.net.set_role(&owner, role);
                }
            }
        }
    }

    fn both_arms(&mut self, branch: NodeIndex, arms: &[NodeIndex]) {
        let given: Vec<Option<Role>> = arms
            .iter()
            .map(|arm| match self.front.graph.nodes[*arm].kind {
                NodeKind::Arm { role: word, .. } => role(&word.text),
                _ => None,
            })
            .collect();
        // A misspelt role is reported as such; it may well be the one that is missing, as may an arm that cannot be read.
        if given.contains(&None) || !self.front.whole {
            return;
        }
        for missing in Role::ALL.into_iter().filter(|role| !given.contains(&Some(*role))) {
            let node = &self.front.graph.nodes[branch];
            self.diagnostics.push(roles::missing_role(node.name, missing, node.span));
        }
    }

    /// Weights whose sign makes of an arm what its role is not. Behind a minus anything may be meant.
    fn opposed(&mut self, how: &Name, arm: NodeIndex) {
        let NodeKind::Arm { role: word, value } = self.front.graph.nodes[arm].kind else { return };
        let opposite = match (how.text.as_str(), role(&word.text)) {
            ("sum", Some(Role::Inhibitory)) => Sign::Nonnegative,
            ("sum", Some(Role::Excitatory)) | ("difference", Some(_)) => Sign::Nonpositive,
            _ => return,
        };
        let minus = |part: &Expr| matches!(part.kind, ExprKind::Negate(_) | ExprKind::Binary { op: BinaryOp::Sub, .. });
        let Some(role) = role(&word.text).filter(|_| !value.parts().any(minus)) else { return };
        let bundles =
            self.bundles_in(value, self.front.graph.nodes[arm].within).into_iter().filter_map(|(node, at)| {
                let NodeKind::Weights { call } = self.front.graph.nodes[node].kind else { return None };
                Some((self.front.graph.nodes[node].name, at, call))
            });
        let layers = value.parts().filter_map(|part| match &part.kind {
            ExprKind::Call(call) => Some((call.callee.text.as_str(), call.callee.span, call)),
            _ => None,
        });
        let mut found: Vec<(&str, Span, Span)> = Vec::new();
        for (name, at, call) in bundles.chain(layers) {
            let Some((sign, written)) = self.sign(call) else { continue };
            if sign == opposite && found.iter().all(|(.., other)| *other != written) {
                found.push((name, at, written));
            }
        }
        for (name, at, written) in found {
            let found = roles::Opposed { name, sign: opposite, role, how: &how.text };
            self.diagnostics.push(roles::opposed(&found, at, written));
        }
    }

    /// The sign that a bundle or a layer is given, and where.
    fn sign(&self, call: &Call) -> Option<(Sign, Span)> {
        kinds::find(self.front.consts.resolve(&call.callee.text))?;
        let arg = call.args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "sign"))?;
        let ExprKind::Name(word) = &arg.value.kind else { return None };
        Some((Sign::named(self.front.consts.resolve(word))?, arg.span()))
    }

    /// Calls of `fn f(e, i)` in a penalty, their bundles held against the roles they have.
    fn separation(&mut self, expr: &'a Expr, roles: &Roles) {
        for part in expr.parts() {
            let ExprKind::Call(call) = &part.kind else { continue };
            let callee = self.front.consts.resolve(&call.callee.text);
            let function = self.front.graph.functions.get(callee);
            let separates = function.is_some_and(|f| f.params.iter().map(|p| p.text.as_str()).eq(SEPARATION));
            if separates && call.args.len() == SEPARATION.len() {
                self.separates(callee, call, roles);
            }
        }
    }

    fn separates(&mut self, callee: &str, call: &Call, roles: &Roles) {
        let mut swapped = Vec::new();
        for (arg, wanted) in call.args.iter().zip(Role::ALL) {
            let ExprKind::Name(name) = &arg.value.kind else { continue };
            let Found::Node(bundle) = self.front.graph.find(name, None) else { continue };
            if !matches!(self.front.graph.nodes[bundle].kind, NodeKind::Weights { .. }) {
                continue;
            }
            match roles.get(&bundle) {
                None if !self.front.whole => {}
                None => self.diagnostics.push(roles::no_role(callee, name, wanted, arg.value.span)),
                Some(Some((is, _))) if *is != wanted => swapped.push((name.as_str(), *is, arg.value.span)),
                Some(_) => {}
            }
        }
        if !swapped.is_empty() {
            self.diagnostics.push(roles::swapped(callee, &swapped));
        }
    }

    /// The bundles that an expression names, each with its place.
    fn bundles_in(&self, expr: &'a Expr, within: Option<NodeIndex>) -> Vec<(NodeIndex, Span)> {
        let bundle = |part: &Expr| {
            let ExprKind::Name(name) = &part.kind else { return None };
            let Found::Node(node) = self.front.graph.find(name, within) else { return None };
            matches!(self.front.graph.nodes[node].kind, NodeKind::Weights { .. }).then_some((node, part.span))
        };
        expr.parts().filter_map(bundle).collect()
    }
}
