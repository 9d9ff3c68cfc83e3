//! Where the named values of a spec are found in a net that was exported to PyTorch. A value has a submodule, which a hook can be put
//! on; and each call of that submodule is a step of the net.

use super::modules::Modules;
use super::values::Values;
use crate::ir::flow::shapes;
use crate::ir::{Net, Shape, State, Stmt, Value, timing};

/// A named value, as a hook on its module sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The name as `lcnnc activations` has it: `V4.S`.
    pub name: String,
    /// The dotted path in the net, with the loop: `V4.time.S`.
    pub path: String,
    /// The module's dotted name in PyTorch.
    pub module: String,
    pub shape: Shape,
    /// The steps of the loops around the value, outermost first.
    pub loops: Vec<usize>,
    /// Whether a named value is a state of a loop. The first call of a state's module shows the state before the first step.
    pub is_state: bool,
    /// The first call that holds something of the image; none if no call does.
    pub live: Option<usize>,
}

impl Place {
    /// How often its module is called in a pass.
    pub fn calls(&self) -> usize {
        let outer: usize = self.loops.iter().rev().skip(1).product();
        outer * (self.loops.last().copied().unwrap_or(1) + usize::from(self.is_state))
    }

    /// The step of its loop that a call is.
    pub fn step(&self, call: usize) -> usize {
        call + usize::from(!self.loops.is_empty() && !self.is_state)
    }
}

/// The class of the exported module.
pub fn class_of(net: &Net) -> String {
    super::names::class(&net.name)
}

/// All named values of a net, in its order.
pub fn places(net: &Net) -> Vec<Place> {
    let values = Values::of(net);
    let modules = Modules::of(net, &values);
    let reached = timing::reached(net);
    let mut finder = Finder { values, modules, shapes: shapes(net), reached, loops: Vec::new(), found: Vec::new() };
    finder.body(&net.body);
    finder.found
}

struct Finder {
    values: Values,
    modules: Modules,
    shapes: Vec<Shape>,
    /// The step at which the image is first in each value, where it comes there at all; none where that is not known.
    reached: Option<Vec<Option<usize>>>,
    loops: Vec<usize>,
    found: Vec<Place>,
}

impl Finder {
    fn body(&mut self, body: &[Stmt]) {
        for stmt in body {
            match stmt {
                Stmt::Node(node) => {
                    let live = self.step(node.value).map(|step| step.saturating_sub(1));
                    if let (Some(name), true) = (&node.name, node.shape.per_image()) {
                        self.add(node.value, name.trim_end_matches('\''), false, live);
                    }
                }
                Stmt::Loop(looped) => {
                    self.loops.push(looped.steps);
                    for state in &looped.states {
                        let live = self.of_state(state);
                        self.add(state.current, &state.name, true, live);
                    }
                    self.body(&looped.body);
                    self.loops.pop();
                }
            }
        }
    }

    /// The first call at which a state holds something of the image.
    fn of_state(&self, state: &State) -> Option<usize> {
        let outside = self.step(state.init).map(|_| 0);
        outside.or_else(|| self.step(state.next))
    }

    /// The step at which the image is first in a value. What is too large to say is taken to be reached at once.
    fn step(&self, value: Value) -> Option<usize> {
        self.reached.as_ref().map_or(Some(0), |reached| reached[value.0])
    }

    fn add(&mut self, value: Value, name: &str, is_state: bool, live: Option<usize>) {
        let Some(path) = self.values.paths.get(&value) else { return };
        let Some(module) = self.modules.all.get(path).map(|module| module.name.clone()) else { return };
        let (name, path, shape) = (name.to_owned(), path.clone(), self.shapes[value.0].clone());
        self.found.push(Place { name, path, module, shape, loops: self.loops.clone(), is_state, live });
    }
}
