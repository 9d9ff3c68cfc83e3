//! The values of a net that have names, in the order in which a run makes them.

use super::{Net, Op, Shape, Stmt, Value, at_steps};

/// A named value at one time of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// The name without the `'` of a next value: a state and its next value are one.
    pub name: String,
    /// The step of each loop around the value, outermost first; none for a value outside of loops. A state before the first step
    /// of its own loop is at step 0 of it.
    pub steps: Vec<usize>,
    pub shape: Shape,
    /// The value in the body around it; of a state before the first step the one that the state starts from.
    pub value: Value,
    /// Whether the value is made by `zeros`, so that all its numbers are zero whatever the image is.
    pub is_zeros: bool,
}

impl Traced {
    /// The value as people name it: `A`, and `O@2` for the state `O` after step 2.
    pub fn title(&self) -> String {
        at_steps(&self.name, &self.steps)
    }
}

impl Net {
    /// Every named value of a run, those of a loop's body once a step, in the order in which they are made. Numbers are left
    /// out: they are made where they are read.
    pub fn traced(&self) -> Vec<Traced> {
        let mut traced = Vec::new();
        walk(&self.body, &[], &mut traced);
        traced
    }
}

/// Appends the values of a body at a step of each loop around it.
fn walk(body: &[Stmt], steps: &[usize], traced: &mut Vec<Traced>) {
    for stmt in body {
        match stmt {
            Stmt::Node(node) => match (&node.name, &node.op) {
                (None, _) | (Some(_), Op::Number(_)) => {}
                (Some(name), op) => traced.push(Traced {
                    name: name.strip_suffix('\'').unwrap_or(name).to_owned(),
                    steps: steps.to_vec(),
                    shape: node.shape.clone(),
                    value: node.value,
                    is_zeros: matches!(op, Op::Zeros),
                }),
            },
            Stmt::Loop(looped) => {
                let at = |step: usize| [steps, &[step]].concat();
                traced.extend(looped.states.iter().map(|state| Traced {
                    name: state.name.clone(),
                    steps: at(0),
                    shape: state.shape.clone(),
                    value: state.init,
                    is_zeros: false,
                }));
                for step in 1..=looped.steps {
                    walk(&looped.body, &at(step), traced);
                }
            }
        }
    }
}
