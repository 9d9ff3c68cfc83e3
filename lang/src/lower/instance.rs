//! The spec, or one copy of a block: its definitions and what each of them comes to.

use super::bundles::LateralUse;
use super::steps::ClosedLoop;
use super::val::Val;
use crate::front::graph::Graph;
use crate::ir::Value;
use petgraph::graph::NodeIndex;
use std::collections::{BTreeMap, BTreeSet};

/// The spec or one copy of a block, while it is lowered.
pub(super) struct Instance<'f, 'a> {
    pub graph: &'f Graph<'a>,
    /// The dotted name of the copy, which those of its weights begin with; empty for the spec itself.
    pub path: String,
    /// What each definition comes to, by the index of its node.
    pub values: Vec<Val>,
    /// The parameters that the call gives.
    pub given: BTreeSet<NodeIndex>,
    pub laterals: BTreeMap<Value, LateralUse>,
    /// The definitions of each scope in the order in which they are lowered.
    pub order: BTreeMap<Option<NodeIndex>, Vec<NodeIndex>>,
    /// The loops that are closed: their steps can be asked for.
    pub loops: BTreeMap<NodeIndex, ClosedLoop>,
}

impl<'f, 'a> Instance<'f, 'a> {
    pub fn new(graph: &'f Graph<'a>, path: String) -> Self {
        let mut order: BTreeMap<Option<NodeIndex>, Vec<NodeIndex>> = BTreeMap::new();
        for node in graph.order() {
            order.entry(graph.nodes[node].within).or_default().push(node);
        }
        Self {
            graph,
            path,
            values: vec![Val::Poison; graph.nodes.node_count()],
            given: BTreeSet::new(),
            laterals: BTreeMap::new(),
            order,
            loops: BTreeMap::new(),
        }
    }

    /// A name inside the copy, behind the copy's own.
    pub fn name(&self, name: &str) -> String {
        match (self.path.is_empty(), name.is_empty()) {
            (true, _) => name.to_owned(),
            (false, true) => self.path.clone(),
            (false, false) => format!("{}.{name}", self.path),
        }
    }

    /// The dotted name of a definition, which its weights go by.
    pub fn path(&self, node: NodeIndex) -> String {
        self.name(&self.graph.path(node))
    }
}
