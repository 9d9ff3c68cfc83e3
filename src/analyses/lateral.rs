//! The lateral bundles of a net: kernels that lead from feature maps to feature maps of the same layer.

use lcnnc_lang::ir::{Net, Op, Param, ParamClass, ParamId, Visit};
use std::collections::BTreeSet;

/// The kernels of convolutions with as many maps in as out, that a loop reads or that drive an arm of a branch, in the order of the
/// net.
pub fn bundles(net: &Net) -> Vec<&Param> {
    let (mut depth, mut looped) = (0, BTreeSet::new());
    for visit in net.walk() {
        match visit {
            Visit::Enter(_) => depth += 1,
            Visit::Leave(_) => depth -= 1,
            Visit::Node(node) => {
                if let (true, Op::Conv { weight, .. }) = (depth > 0, &node.op) {
                    looped.extend(net.versions(*weight));
                }
            }
        }
    }
    let is_lateral =
        |(n, param): &(usize, &Param)| is_square(param) && (looped.contains(&ParamId(*n)) || param.role.is_some());
    net.params.iter().enumerate().filter(is_lateral).map(|(_, param)| param).collect()
}

fn is_square(param: &Param) -> bool {
    param.class == ParamClass::Kernel
        && matches!(param.shape.as_slice(), [out, from, height, _] if out == from && *height > 1)
}

/// The afferent kernel of a lateral one: the first of a convolution that is not lateral itself and has as many maps.
pub fn afferent<'n>(net: &'n Net, lateral: &Param) -> Option<&'n Param> {
    let lateral_names: Vec<&str> = bundles(net).iter().map(|param| param.name.as_str()).collect();
    net.params.iter().find(|param| {
        param.class == ParamClass::Kernel
            && param.shape.len() == 4
            && param.shape[0] == lateral.shape[0]
            && !lateral_names.contains(&param.name.as_str())
    })
}

/// Why there is nothing lateral to see in a net, if there is not.
pub fn applies(net: &Net) -> Result<(), String> {
    if bundles(net).is_empty() {
        return Err(
            "the net has no lateral bundle: no convolution in a loop or in a branch has as many maps in as out"
                .to_owned(),
        );
    }
    Ok(())
}
