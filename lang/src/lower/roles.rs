//! Roles: a bundle takes the role of the arm that it drives.

use super::Lowerer;
use super::branch::role;
use super::val::{BundleId, Val};
use crate::diag::{Level, Span, names, roles};
use crate::front::graph::{DefinitionKind, Found};
use crate::ir::{Role, Sign};
use crate::kinds;
use crate::syntax::ast::{BinaryOp, Call, Expr, ExprKind, Name};
use petgraph::graph::NodeIndex;

impl<'a> Lowerer<'_, 'a, '_> {
    /// Gives bundles and layers the roles that the branches of the spec, or of this copy of a block, say, and checks
    /// the branches.
    pub(super) fn arm_roles(&mut self) {
        let graph = self.here.graph;
        for node in graph.nodes.node_indices() {
            match &graph.nodes[node].kind {
                DefinitionKind::Arm { role: word, value } => match role(&word.text) {
                    Some(role) => self.arm_role(node, role, value),
                    None => {
                        let within = graph.nodes[node].within;
                        for (bundle, _) in self.bundles_in(value, within) {
                            self.roles.insert(bundle, None);
                        }
                        let known: Vec<&str> = Role::ALL.map(Role::word).to_vec();
                        self.diagnostics.push(names::unknown_word("role", &word.text, word.span, &known));
                    }
                },
                DefinitionKind::Branch { how, arms } => {
                    self.both_arms(node, arms);
                    arms.iter().for_each(|arm| self.opposed(how, *arm));
                    arms.iter().for_each(|arm| self.takes_away(how, *arm));
                }
                _ => {}
            }
        }
    }

    fn arm_role(&mut self, arm: NodeIndex, role: Role, value: &'a Expr) {
        self.net.set_role(&self.here.path(arm), role);
        let within = self.here.graph.nodes[arm].within;
        for (bundle, span) in self.bundles_in(value, within) {
            match self.roles.get(&bundle) {
                Some(Some(first)) if first.0 != role => {
                    self.diagnostics.push(roles::both(self.bundle(bundle).name, *first, (role, span)));
                }
                Some(_) => {}
                None => {
                    self.roles.insert(bundle, Some((role, span)));
                    let owner = self.bundle(bundle).path.clone();
                    self.net.set_role(&owner, role);
                }
            }
        }
    }

    fn both_arms(&mut self, branch: NodeIndex, arms: &[NodeIndex]) {
        let given: Vec<Option<Role>> = arms
            .iter()
            .map(|arm| match self.here.graph.nodes[*arm].kind {
                DefinitionKind::Arm { role: word, .. } => role(&word.text),
                _ => None,
            })
            .collect();
        // A misspelt role is reported as such; it may well be the one that is missing, as may an arm that cannot be
        // read.
        if given.contains(&None) || !self.front.whole {
            return;
        }
        for missing in Role::ALL.into_iter().filter(|role| !given.contains(&Some(*role))) {
            let node = &self.here.graph.nodes[branch];
            self.diagnostics.push(roles::missing_role(node.name, missing, node.span));
        }
    }

    /// Whether something is wrong with an arm of a branch, or one is missing: which bundles drive which arms is not known
    /// then.
    pub(super) fn has_broken_arms(&self) -> bool {
        let graphs = self.front.blocks.values().map(|block| &block.graph).chain([&self.front.graph]);
        let places = graphs.flat_map(|graph| graph.nodes.node_weights()).filter_map(|node| match &node.kind {
            DefinitionKind::Arm { value, .. } => Some(node.span.to(value.span)),
            _ => None,
        });
        let places: Vec<Span> = places.collect();
        let is_inside = |at: Span| places.iter().any(|place| place.start <= at.start && at.end <= place.end);
        let errors = self.diagnostics.iter().filter(|problem| problem.code.level == Level::Error);
        let mut errors = errors.into_iter();
        errors.any(|problem| {
            problem.code == &roles::MISSING_ROLE || problem.labels.iter().any(|label| is_inside(label.span))
        })
    }

    /// Notes the bundles of an inhibitory arm that a `difference` takes away. Behind a minus they are not.
    fn takes_away(&mut self, how: &Name, arm: NodeIndex) {
        let DefinitionKind::Arm { role: word, value } = self.here.graph.nodes[arm].kind else { return };
        if role(&word.text) != Some(Role::Inhibitory) {
            return;
        }
        let is_taken = how.text == "difference" && !value.parts().any(is_minus);
        for (bundle, _) in self.bundles_in(value, self.here.graph.nodes[arm].within) {
            let known = self.taken_away.entry(bundle).or_insert(Some(how.span));
            *known = known.filter(|_| is_taken);
        }
    }

    /// Reports weights whose sign makes of an arm what its role is not. Behind a minus anything may be meant.
    fn opposed(&mut self, how: &Name, arm: NodeIndex) {
        let DefinitionKind::Arm { role: word, value } = self.here.graph.nodes[arm].kind else { return };
        let opposite = match (how.text.as_str(), role(&word.text)) {
            ("sum", Some(Role::Inhibitory)) => Sign::Nonnegative,
            ("sum", Some(Role::Excitatory)) | ("difference", Some(_)) => Sign::Nonpositive,
            _ => return,
        };
        let Some(role) = role(&word.text).filter(|_| !value.parts().any(is_minus)) else { return };
        let bundles = self.bundles_in(value, self.here.graph.nodes[arm].within);
        let bundles = bundles.into_iter().map(|(id, at)| (self.bundle(id).name, at, self.bundle(id).call));
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

    /// The sign that a bundle or a layer is given, and its span.
    pub(super) fn sign(&self, call: &Call) -> Option<(Sign, Span)> {
        kinds::find(self.front.consts.resolve(&call.callee.text))?;
        let arg = call.args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "sign"))?;
        let ExprKind::Name(word) = &arg.value.kind else { return None };
        let sign = Sign::named(word).or_else(|| Sign::named(self.front.consts.resolve(word)))?;
        Some((sign, arg.span()))
    }

    /// The bundles that an expression names, each with its span.
    fn bundles_in(&self, expr: &Expr, within: Option<NodeIndex>) -> Vec<(BundleId, Span)> {
        let bundle = |part: &Expr| {
            let (name, span) = match &part.kind {
                ExprKind::Name(name) => (name, part.span),
                ExprKind::Call(call) => (&call.callee.text, call.callee.span),
                _ => return None,
            };
            let Found::Node(node) = self.here.graph.find(name, within) else { return None };
            match self.here.values[node.index()] {
                Val::Weights(bundle) => Some((bundle, span)),
                _ => None,
            }
        };
        expr.parts().filter_map(bundle).collect()
    }
}

fn is_minus(part: &Expr) -> bool {
    matches!(part.kind, ExprKind::Negate(_) | ExprKind::Binary { op: BinaryOp::Sub, .. })
}
