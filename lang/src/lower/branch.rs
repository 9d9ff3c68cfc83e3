//! Branches: arms of one shape, brought together.

use super::Lowerer;
use super::place::Place;
use super::val::Val;
use crate::diag::{names, shape};
use crate::front::graph::DefinitionKind;
use crate::ir::{Binary, Fault, Role, Value};
use crate::syntax::ast::Name;
use petgraph::graph::NodeIndex;

/// The ways to combine a branch's arms, as written before its brace.
pub const COMBINATIONS: &[&str] = &["sum", "difference", "product", "concat"];

/// The role that a word in front of an arm names, if it names one.
pub(super) fn role(word: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.word() == word)
}

impl Lowerer<'_, '_, '_> {
    /// Lowers a branch: brings the values of its arms together.
    pub(super) fn branch(&mut self, node: NodeIndex, how: &Name, arms: &[NodeIndex]) -> Val {
        if !COMBINATIONS.contains(&how.text.as_str()) {
            return self.report(names::unknown_word("way to combine arms:", &how.text, how.span, COMBINATIONS));
        }
        let values: Option<Vec<Value>> = arms.iter().map(|arm| self.arm(*arm)).collect();
        let Some(values) = values.filter(|values| !values.is_empty()) else { return Val::Poison };
        let made = match how.text.as_str() {
            "concat" => self.net.concat(values.clone()),
            "product" => self.fold(&values, |_| Binary::Mul),
            "difference" => self.difference(&values, arms),
            _ => self.fold(&values, |_| Binary::Add),
        };
        match made {
            Ok(value) => {
                let lateral = values.iter().find_map(|arm| self.here.laterals.get(arm)).cloned();
                if let Some(lateral) = lateral {
                    self.here.laterals.insert(value, lateral);
                }
                self.net.name(value, &self.here.name(self.here.graph.nodes[node].name));
                Val::Value(value)
            }
            Err(fault) => {
                self.arms_differ(&fault, &values, arms, &Place::of(self.here.graph, node));
                Val::Poison
            }
        }
    }

    fn arm(&mut self, arm: NodeIndex) -> Option<Value> {
        let graph = self.here.graph;
        let DefinitionKind::Arm { value, .. } = graph.nodes[arm].kind else { return None };
        let (val, place) = (self.here.values[arm.index()].clone(), Place::of(graph, arm));
        self.feature_map(val, value.span, "arms are feature maps or vectors of one shape", &place)
    }

    fn is_inhibitory(&self, arm: NodeIndex) -> bool {
        match self.here.graph.nodes[arm].kind {
            DefinitionKind::Arm { role: word, .. } => role(&word.text) == Some(Role::Inhibitory),
            _ => false,
        }
    }

    /// The excitatory arms less the inhibitory ones, whatever their order in the text.
    fn difference(&mut self, values: &[Value], arms: &[NodeIndex]) -> Result<Value, Fault> {
        let mut sorted: Vec<(bool, Value)> =
            arms.iter().zip(values).map(|(arm, value)| (self.is_inhibitory(*arm), *value)).collect();
        sorted.sort_by_key(|(inhibitory, _)| *inhibitory);
        let (inhibitory, values): (Vec<bool>, Vec<Value>) = sorted.into_iter().unzip();
        self.fold(&values, |n| if inhibitory[n] { Binary::Sub } else { Binary::Add })
    }

    fn fold(&mut self, values: &[Value], with: impl Fn(usize) -> Binary) -> Result<Value, Fault> {
        let mut all = *values.first().ok_or(Fault::Empty)?;
        for (n, value) in values.iter().enumerate().skip(1) {
            all = self.net.binary(with(n), all, *value)?;
        }
        Ok(all)
    }

    fn arms_differ(&mut self, fault: &Fault, values: &[Value], arms: &[NodeIndex], place: &Place<'_>) {
        let Fault::Unequal { left, right } = fault else { return };
        let span = |arm: NodeIndex| match self.here.graph.nodes[arm].kind {
            DefinitionKind::Arm { value, .. } => value.span,
            _ => self.here.graph.nodes[arm].span,
        };
        let other = values.iter().position(|value| self.net.shape(*value) == right).unwrap_or(arms.len() - 1);
        let operands = shape::Operands { left: (left, span(arms[0])), right: (right, span(arms[other])) };
        let lateral = values.iter().find_map(|arm| {
            let other = if self.net.shape(*arm) == left { right } else { left };
            self.lateral_mismatch(*arm, other, place)
        });
        let problem = lateral.unwrap_or_else(|| shape::unequal("the arms of a branch", operands));
        self.diagnostics.push(problem);
    }
}
