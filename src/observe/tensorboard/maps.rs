//! What the values of a trace are called where they are shown.

use lcnnc_lang::ir::{Net, Op, Shape, Stmt, at_steps};

/// For each value of [`Model::trace`](crate::back::burn::Model::trace), in its order, its name if it is a feature map of
/// more than one pixel: of a loop's values with the step, as in `O@2`, which is how a spec would ask for it.
pub fn labels(net: &Net) -> Vec<Option<String>> {
    let mut labels = Vec::new();
    walk(&net.body, None, &mut labels);
    labels
}

/// `at` is the step of the loop whose body this is.
fn walk(body: &[Stmt], at: Option<usize>, labels: &mut Vec<Option<String>>) {
    for stmt in body {
        match stmt {
            Stmt::Node(node) => match (&node.name, &node.op) {
                // A number is made where it is read, and never traced.
                (None, _) | (Some(_), Op::Number(_)) => {}
                // There is nothing to see in zeros, and the state that begins with them has their name.
                (Some(_), Op::Zeros) => labels.push(None),
                (Some(name), _) => labels.push(label(name, at, &node.shape)),
            },
            Stmt::Loop(looped) => {
                labels.extend(looped.states.iter().map(|state| label(&state.name, Some(0), &state.shape)));
                for step in 1..=looped.steps {
                    walk(&looped.body, Some(step), labels);
                }
            }
        }
    }
}

/// The label of a value, if it is a feature map of more than one pixel.
fn label(name: &str, at: Option<usize>, shape: &Shape) -> Option<String> {
    let Shape::Map([_, height, width]) = shape else { return None };
    (height * width > 1).then(|| at_steps(name, at.as_slice()))
}
