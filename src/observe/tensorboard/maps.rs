//! The names under which TensorBoard shows the feature maps of a trace.

use lcnnc_lang::ir::{Net, Shape, Traced};

/// Names the values of [`Model::trace`](crate::back::burn::Model::trace), in its order; a value that is no feature map
/// of more than one pixel gets no name, and neither do zeros, in which there is nothing to see: the state that begins with them
/// has their name. The name of a loop's value has the step behind it, as in `O@2`, which is how a spec asks for it.
pub fn names(net: &Net) -> Vec<Option<String>> {
    let name = |traced: &Traced| {
        let Shape::Map([_, height, width]) = traced.shape else { return None };
        (height * width > 1 && !traced.is_zeros).then(|| traced.title())
    };
    net.traced().iter().map(name).collect()
}
