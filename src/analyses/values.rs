//! The values that an analysis of activity looks at.

use super::Cell;
use crate::activity::{Asked, Place};
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

/// A value at one of its times.
pub struct Seen {
    /// The value without its step, as in `O`.
    pub name: String,
    /// The step, as in `3`; none outside of loops.
    pub step: Option<String>,
    /// The value at that step alone.
    pub asked: Asked,
}

impl Seen {
    /// The value and its step in words: `O, step 3`.
    pub fn title(&self) -> String {
        self.step.as_ref().map_or_else(|| self.name.clone(), |step| format!("{}, step {step}", self.name))
    }

    /// The same in a sentence of the terminal, with the name in backticks.
    pub fn quoted(&self) -> String {
        self.step.as_ref().map_or_else(|| format!("`{}`", self.name), |step| format!("`{}`, step {step}", self.name))
    }

    /// As a part of a file's name: `O_3`.
    pub fn stem(&self) -> String {
        self.step.as_ref().map_or_else(|| self.name.clone(), |step| format!("{}_{}", self.name, step.replace('@', "_")))
    }

    /// The two cells of the columns `value` and `step`.
    pub fn cells(&self) -> [Cell; 2] {
        [Cell::Text(self.name.clone()), self.step.clone().map_or(Cell::Absent, Cell::Text)]
    }
}

/// Each step of values as one that is looked at alone, so that no more than one of them need be kept.
pub fn each_step(values: &[Asked]) -> Vec<Seen> {
    let of = |value: &Asked| {
        let name = value.text.split('@').next().unwrap_or_default().to_owned();
        match &value.place {
            Place::Traced(numbers) if !value.steps.is_empty() => {
                let at = numbers.iter().zip(&value.steps).map(|(number, steps)| {
                    let step = steps.iter().map(usize::to_string).collect::<Vec<_>>().join("@");
                    let (place, steps) = (Place::Traced(vec![*number]), vec![steps.clone()]);
                    Seen { name: name.clone(), step: Some(step), asked: Asked { place, steps, ..value.clone() } }
                });
                at.collect()
            }
            _ => vec![Seen { name, step: None, asked: value.clone() }],
        }
    };
    values.iter().flat_map(of).collect()
}
