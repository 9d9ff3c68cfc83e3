//! The lateral bundles of a net: kernels that lead from feature maps to feature maps of the same layer.

use lcnnc_lang::ir::{LocalLayer, Net, Op, Param, ParamClass, ParamId, Visit};
use std::collections::BTreeSet;

/// The kernels of convolutions with as many maps in as out, that a loop reads or that drive an arm of a branch, in the order of the
/// net.
pub fn bundles(net: &Net) -> Vec<&Param> {
    let is_meant = |param: &&Param| is_square(param);
    lateral(net).into_iter().map(|id| net.param(id)).filter(is_meant).collect()
}

/// The same of layers without weight sharing, `[height, width, maps, maps, kernel, kernel]`.
pub fn local_bundles(net: &Net) -> Vec<&Param> {
    let (lateral, layers) = (lateral(net), net.local_layers());
    let is_meant = |layer: &&LocalLayer| layer.inputs == layer.outputs && lateral.contains(&layer.weight);
    layers.iter().filter(is_meant).map(|layer| net.param(layer.weight)).collect()
}

/// The parameters of layers that a loop reads, and those that drive an arm of a branch, in the order of the net.
fn lateral(net: &Net) -> BTreeSet<ParamId> {
    let mut depth = 0;
    let mut found: BTreeSet<ParamId> =
        (0..net.params.len()).map(ParamId).filter(|id| net.param(*id).role.is_some()).collect();
    for visit in net.walk() {
        match visit {
            Visit::Enter(_) => depth += 1,
            Visit::Leave(_) => depth -= 1,
            Visit::Node(node) => {
                if let (true, Op::Conv { weight, .. } | Op::Local { weight, .. }) = (depth > 0, &node.op) {
                    found.extend(net.versions(*weight));
                }
            }
        }
    }
    found
}

fn is_square(param: &Param) -> bool {
    param.class == ParamClass::Kernel
        && matches!(param.shape.as_slice(), [out, from, height, _] if out == from && *height > 1)
}

/// The afferent kernel of a lateral one: the first that is not lateral itself and leads to as many maps, of a convolution, or for
/// a lateral layer without weight sharing of another one at the same places.
pub fn afferent<'n>(net: &'n Net, bundle: &Param) -> Option<&'n Param> {
    let lateral = lateral(net);
    let leads = |param: &Param| match (param.shape.as_slice(), bundle.shape.as_slice()) {
        ([out, _, _, _], [maps, _, _, _] | [_, _, maps, _, _, _]) => out == maps,
        ([height, width, out, _, _, _], [rows, columns, maps, _, _, _]) => {
            [height, width, out] == [rows, columns, maps]
        }
        _ => false,
    };
    let is_meant = |(n, param): &(usize, &Param)| {
        param.class == ParamClass::Kernel && !lateral.contains(&ParamId(*n)) && leads(param)
    };
    net.params.iter().enumerate().find(is_meant).map(|(_, param)| param)
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
