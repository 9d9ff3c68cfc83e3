//! How the arguments of a call are matched with the parameters of what is called: the one place that knows, for layers,
//! functions, blocks, bundles and settings alike.

use crate::diag::{Diagnostic, names};
use crate::syntax::ast::CallArg;

/// What a call may be given.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'s> {
    /// The name of what is called, for messages.
    pub callee: &'s str,
    /// The names that an argument may be given by.
    pub names: &'s [&'s str],
    /// How many parameters may be given without a name. A nameless argument goes by where it stands among all that are
    /// given: as the second it is the second parameter, whether or not the first has a name.
    pub positions: usize,
    /// What is taken without a name, in words: "2 arguments".
    pub takes: &'s str,
    /// Whether the author of the spec made up the names, as those of a block's parameters.
    pub is_own: bool,
}

/// The arguments of a call, sorted to the parameters that they belong to.
#[derive(Debug)]
pub struct Matched {
    /// For each parameter the index of its argument among those given; none where it is left out.
    pub arguments: Vec<Option<usize>>,
    /// False if some argument belongs to no parameter, or to one that has an argument already; that is reported.
    pub is_sound: bool,
}

impl<'s> Signature<'s> {
    /// The signature of what takes `positions` arguments and none by name; `takes` says so in words.
    pub fn nameless(callee: &'s str, positions: usize, takes: &'s str) -> Self {
        Self { callee, names: &[], positions, takes, is_own: false }
    }

    /// Finds the parameter of each argument. Reports names that no parameter has, arguments that are one too many and
    /// parameters that are given twice; what is missing is the caller's to report, who knows the defaults.
    pub fn matched(&self, given: &[CallArg], diagnostics: &mut Vec<Diagnostic>) -> Matched {
        let mut arguments: Vec<Option<usize>> = vec![None; self.names.len().max(self.positions)];
        let mut is_sound = true;
        for (n, arg) in given.iter().enumerate() {
            let problem = match self.parameter(n, arg) {
                Ok(parameter) => match arguments[parameter].replace(n) {
                    None => continue,
                    Some(first) => {
                        arguments[parameter] = Some(first);
                        self.duplicate(parameter, &given[first], arg)
                    }
                },
                Err(problem) => problem,
            };
            diagnostics.push(problem);
            is_sound = false;
        }
        Matched { arguments, is_sound }
    }

    /// The index of the parameter of the argument at `position`, or what is wrong with that argument.
    fn parameter(&self, position: usize, arg: &CallArg) -> Result<usize, Diagnostic> {
        let found = parameter(self.names.iter().copied(), self.positions, position, arg);
        found.ok_or_else(|| match &arg.name {
            None => names::superfluous(self.callee, self.takes, arg.value.span),
            Some(name) => {
                let unknown = if self.is_own { names::unknown_parameter } else { names::unknown_argument };
                let unknown = unknown(self.callee, &name.text, name.span, self.names);
                names::around(unknown, &name.text, &arg.value.written())
            }
        })
    }

    fn duplicate(&self, parameter: usize, first: &CallArg, again: &CallArg) -> Diagnostic {
        let name = self.names.get(parameter).copied().unwrap_or_default();
        if first.name.is_none() && again.name.is_some() {
            return names::given_by_place(name, first.span(), again.span());
        }
        let duplicate = if self.is_own { names::duplicate } else { names::duplicate_word };
        duplicate(name, first.span(), again.span())
    }
}

/// The index of the parameter that an argument at `position` belongs to: by its name, among `names`, or else by its
/// position, of which the first `positions` count.
pub fn parameter<'n>(
    names: impl IntoIterator<Item = &'n str>,
    positions: usize,
    position: usize,
    arg: &CallArg,
) -> Option<usize> {
    match &arg.name {
        Some(name) => names.into_iter().position(|known| known == name.text),
        None => (position < positions).then_some(position),
    }
}
