//! Faults of the builder, brought to the place in the text that they come from.

use super::Lowerer;
use crate::diag::{Span, loops, names, shape, weights, windows};
use crate::ir::{Fault, Value};
use crate::syntax::ast::{Call, CallArg};

/// A layer that was applied: what to call it and where to point.
pub(super) struct Applied<'p> {
    pub name: &'p str,
    pub span: Span,
    /// The call that holds the layer's arguments: its own, or its bundle's declaration.
    pub call: &'p Call,
    pub inputs: &'p [CallArg],
    /// For a bundle, the span of the mapping `in -> out`.
    pub declared: Option<Span>,
}

impl Applied<'_> {
    /// Whether an argument is given, by its name or at its position behind the inputs.
    fn gives(&self, name: &str, position: usize) -> bool {
        let args = &self.call.args;
        let positional = args.iter().take_while(|arg| arg.name.is_none()).count();
        positional > self.inputs.len() + position
            || args.iter().any(|arg| arg.name.as_ref().is_some_and(|n| n.text == name))
    }

    /// The span of an argument, or of the whole call where it was left to its default or has no name.
    pub(super) fn argument(&self, name: &str) -> Span {
        let named = self.call.args.iter().find(|arg| arg.name.as_ref().is_some_and(|n| n.text == name));
        named.map_or(if self.declared.is_some() { self.call.span } else { self.span }, CallArg::span)
    }
}

impl Lowerer<'_, '_, '_> {
    /// Reports a fault of the builder at the layer that was applied to `inputs`.
    pub(super) fn fault(&mut self, fault: Fault, applied: &Applied<'_>, inputs: &[Value]) {
        let problem = match fault {
            Fault::Wanted { wanted, found } => shape::wrong_form(applied.name, wanted, &found, applied.span),
            // A bundle's own check has come first; what is left are weights reused on another shape.
            Fault::Channels { expected, found } => {
                let span = applied.declared.unwrap_or(applied.call.span);
                let declared = shape::Declared { span, from: expected, to: None };
                shape::channels(applied.name, declared, &found, applied.span)
            }
            Fault::Unequal { left, right } => {
                let other = inputs.iter().position(|input| *self.net.shape(*input) == right).unwrap_or_default();
                let span = |n: usize| applied.inputs.get(n).map_or(applied.span, |arg| arg.value.span);
                let operands = shape::Operands { left: (&left, span(0)), right: (&right, span(other)) };
                shape::unequal(&format!("the parts of `{}`", applied.name), operands)
            }
            Fault::Window { kernel, height, width } => {
                let declared = applied.declared.map(|_| applied.argument("kernel"));
                shape::window(kernel, [height, width], applied.span, declared)
            }
            Fault::Positions { expected, found } => {
                shape::positions(applied.name, expected, found, applied.declared, applied.span)
            }
            Fault::EvenKernel { kernel } => shape::even_kernel(kernel, applied.argument("kernel")),
            Fault::Groups { groups, channels } => shape::groups(groups, channels, applied.argument("groups")),
            Fault::Multiple { of, channels } => shape::multiple(
                applied.name,
                of,
                channels,
                applied.declared.unwrap_or_else(|| applied.argument("channels")),
            ),
            Fault::Alone { groups, found } => shape::alone(groups, &found, applied.argument("groups")),
            Fault::OneNumber => return weights::one_number(applied.name, applied.span, self.diagnostics),
            Fault::EvenSpan { size } => shape::even_span(size, applied.argument("size")),
            Fault::Dropped { height, width, kernel, stride, padding, rows, columns } => {
                let windows = windows::Windows { kernel, stride, padding, follows: !applied.gives("stride", 1) };
                windows::dropped([height, width], &windows, [rows, columns], applied.span)
            }
            Fault::Skipped { kernel, stride, padding } => windows::skipped(kernel, stride, padding, applied.span),
            Fault::Unfiltered { shape } => weights::unfiltered(applied.name, &shape, applied.argument("init")),
            Fault::Placeless => weights::placeless(applied.name, applied.argument("init")),
            Fault::Stepless => loops::per_step_outside(applied.name, applied.argument("per_step")),
            Fault::Steps { known, here } => loops::per_step_differs(applied.name, known, here, applied.span),
            Fault::TooLarge { what, numbers, limit } => shape::too_large(&what, numbers, limit, applied.span),
            Fault::Missing { argument, about } => names::missing_argument(applied.name, argument, about, applied.span),
            Fault::Empty => names::missing_input(applied.name, applied.span, "concat(x, y)"),
        };
        self.diagnostics.push(problem);
    }
}
