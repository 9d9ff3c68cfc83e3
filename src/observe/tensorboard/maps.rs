//! The names under which TensorBoard shows the feature maps of a trace.

use lcnnc_lang::ir::{Net, Op, Shape, Stmt, at_steps};

/// Names the values of [`Model::trace`](crate::back::burn::Model::trace), in its order; a value that is no feature map
/// of more than one pixel gets no name. The name of a loop's value has the step behind it, as in `O@2`, which is how a
/// spec asks for it.
pub fn names(net: &Net) -> Vec<Option<String>> {
    let mut names = Vec::new();
    walk(&net.body, None, &mut names);
    names
}

/// Appends the names of the values of a body; `at` is the step of the loop that it is the body of.
fn walk(body: &[Stmt], at: Option<usize>, names: &mut Vec<Option<String>>) {
    for stmt in body {
        match stmt {
            Stmt::Node(node) => match (&node.name, &node.op) {
                // A number is made where it is read, and never traced.
                (None, _) | (Some(_), Op::Number(_)) => {}
                // There is nothing to see in zeros, and the state that begins with them has their name.
                (Some(_), Op::Zeros) => names.push(None),
                (Some(name), _) => names.push(name_of(name, at, &node.shape)),
            },
            Stmt::Loop(looped) => {
                names.extend(looped.states.iter().map(|state| name_of(&state.name, Some(0), &state.shape)));
                for step in 1..=looped.steps {
                    walk(&looped.body, Some(step), names);
                }
            }
        }
    }
}

/// The name of a value at a step of its loop, if it is a feature map of more than one pixel.
fn name_of(name: &str, at: Option<usize>, shape: &Shape) -> Option<String> {
    let Shape::Map([_, height, width]) = shape else { return None };
    (height * width > 1).then(|| at_steps(name, at.as_slice()))
}
