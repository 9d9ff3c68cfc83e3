//! The values that an analysis of activity looks at.

use crate::activity::Asked;
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, Shape};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Type};

/// The argument that names them.
pub const OF: Arg = Arg::with(
    "of",
    Type::Names,
    ArgValue::Names(Vec::new()),
    "the values, each at all of its steps; `all` are the values of loops, and the feature maps of a net without loops",
);

/// Why there is no feature map to see in a net, if there is none.
pub fn has_maps(net: &Net) -> Result<(), String> {
    if watched(net).is_empty() { Err("the net has no feature map with a name".to_owned()) } else { Ok(()) }
}

/// The values that are looked at where none is named: those of loops, or every feature map of a net without loops.
pub fn watched(net: &Net) -> Vec<String> {
    let maps: Vec<_> = net.traced().into_iter().filter(|it| matches!(it.shape, Shape::Map(_))).collect();
    let is_looped = maps.iter().any(|map| !map.steps.is_empty());
    let mut names: Vec<String> = Vec::new();
    for map in maps.into_iter().filter(|map| is_looped != map.steps.is_empty() && !map.is_zeros) {
        if !names.contains(&map.name) {
            names.push(map.name);
        }
    }
    names
}

/// The values that are named, or those that are looked at where none is; each at all of its steps.
///
/// # Errors
/// Of a name that the net does not have.
pub fn asked(net: &Net, names: &[String]) -> Result<Vec<Asked>, TrainError> {
    let names = if names.is_empty() { watched(net) } else { names.to_vec() };
    let of = |name: &String| {
        let is_looped = net.traced().iter().any(|it| it.name == *name && !it.steps.is_empty());
        let text = if is_looped { format!("{name}@all") } else { name.clone() };
        Asked::of(net, &text).map_err(TrainError::Unasked)
    };
    names.iter().map(of).collect()
}

/// A step in words, as in `step 3`; nothing outside of loops.
pub fn at_step(step: Option<&str>) -> String {
    step.map_or(String::new(), |step| format!("step {step}"))
}
