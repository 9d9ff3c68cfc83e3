//! Where an expression stands while it is lowered.

use super::val::Val;
use crate::diag::Span;
use crate::front::graph::{DefinitionKind, Graph};
use petgraph::graph::NodeIndex;

/// Where an expression stands: in which definition, inside which loop, in the body of which function.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// The definition whose value the expression is, or is a part of.
    pub node: NodeIndex,
    /// The innermost loop around it.
    pub within: Option<NodeIndex>,
    /// Whether this is a penalty, which may look at weights and at the whole batch; equations may not.
    pub penalty: bool,
    /// True for the whole right side of a definition, false for what that is made of. A layer that is all of an
    /// equation goes by the equation's name.
    pub outermost: bool,
    /// The call of a `fn` whose body this is.
    pub frame: Option<&'p Frame<'p>>,
}

/// A call of a `fn` that is being written out.
pub(super) struct Frame<'p> {
    pub name: &'p str,
    /// The function's parameters, each with what the call gives.
    pub args: Vec<(&'p str, Val)>,
    /// For a function that the author cannot see into: the call that stands for every place inside it.
    pub site: Option<Span>,
    /// The call whose body this call stands in.
    pub caller: Option<&'p Frame<'p>>,
}

impl Place<'_> {
    /// The place of a definition's whole value.
    pub fn of(graph: &Graph<'_>, node: NodeIndex) -> Self {
        Self {
            node,
            within: graph.nodes[node].within,
            penalty: matches!(graph.nodes[node].kind, DefinitionKind::Penalty { .. }),
            outermost: true,
            frame: None,
        }
    }

    /// The place of what the expression at this place is made of.
    pub fn inner(self) -> Self {
        Self { outermost: false, ..self }
    }

    /// The span to report for one in this place: inside a function of the prelude, which is no text of the author's,
    /// its call.
    pub fn at(&self, span: Span) -> Span {
        self.frame.and_then(|frame| frame.site).unwrap_or(span)
    }

    /// Whether this is the body of a function that comes with the compiler.
    pub fn is_in_prelude(&self) -> bool {
        self.frame.is_some_and(|frame| frame.site.is_some())
    }
}
