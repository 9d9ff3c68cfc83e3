//! The values that an analysis of activity looks at.

use super::Cell;
use crate::activity::{Asked, Place, Unasked};
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, Shape};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Type};
use std::collections::BTreeMap;

/// The argument that names them.
pub const OF: Arg = Arg::with(
    "of",
    Type::Names,
    ArgValue::Names(Vec::new()),
    "the values, as in `[A, O]`, each at all of its steps, or at one, as in `O@2` or `O@last`; `all` are the values of loops, and the feature maps of a net without loops, of more than 12 so many from the first to the last",
);

/// Why there is no feature map to see in a net, if there is none.
pub fn has_maps(net: &Net) -> Result<(), String> {
    if watched(net).is_empty() { Err("the net has no feature map with a name".to_owned()) } else { Ok(()) }
}

/// Values that are looked at where none is named.
const MOST: usize = 12;

/// The values that are looked at where none is named: those of loops, or every feature map of a net without loops; of more than
/// [`MOST`], so many from the first to the last one.
pub fn watched(net: &Net) -> Vec<String> {
    let maps: Vec<_> = net.traced().into_iter().filter(|it| matches!(it.shape, Shape::Map(_))).collect();
    let is_looped = maps.iter().any(|map| !map.steps.is_empty());
    let mut names: Vec<String> = Vec::new();
    for map in maps.into_iter().filter(|map| is_looped != map.steps.is_empty() && !map.is_zeros) {
        if !names.contains(&map.name) {
            names.push(map.name);
        }
    }
    let last = names.len().saturating_sub(1);
    let is_kept = |n: usize| last < MOST || (0..MOST).any(|kept| kept * last / (MOST - 1) == n);
    names.into_iter().enumerate().filter(|(n, _)| is_kept(*n)).map(|(_, name)| name).collect()
}

/// The values that are named, or those that are looked at where none is; each at all of its steps, or at those that are named: `O@2`,
/// `O@last`.
///
/// # Errors
/// Of a name or a step that the net does not have.
pub fn asked(net: &Net, names: &[String]) -> Result<Vec<Asked>, TrainError> {
    let names = if names.is_empty() { watched(net) } else { names.to_vec() };
    let mut all: Vec<Asked> = Vec::new();
    for text in &names {
        let found = at_steps(net, text).map_err(TrainError::Unasked)?;
        // Steps of one value are looked at together.
        match all.iter_mut().find(|known| name(known) == name(&found)) {
            Some(known) => join(known, found),
            None => all.push(found),
        }
    }
    Ok(all)
}

/// A value at the steps that its text names, or at all of them.
fn at_steps(net: &Net, text: &str) -> Result<Asked, Unasked> {
    let (name, at) = text.split_once('@').map_or((text, None), |(name, at)| (name, Some(at)));
    let is_looped = net.traced().iter().any(|it| it.name == name && !it.steps.is_empty());
    let whole = || Asked::of(net, &format!("{name}@all"));
    let place = match at {
        _ if !is_looped => return Asked::of(net, text),
        None | Some("all") => return whole(),
        Some(_) => Asked::of(net, text)?.place,
    };
    let mut found = whole()?;
    if let (Place::Traced(all), Place::Traced(meant)) = (&found.place, &place) {
        found.steps =
            all.iter().zip(&found.steps).filter(|(n, _)| meant.contains(n)).map(|(_, at)| at.clone()).collect();
    }
    Ok(Asked { place, ..found })
}

/// Adds steps of a value to others of the same one, in their order.
fn join(known: &mut Asked, other: Asked) {
    if let (Place::Traced(numbers), Place::Traced(more)) = (&known.place, &other.place) {
        let steps = |asked: &Asked, n: usize| asked.steps.get(n).cloned();
        let mut both: BTreeMap<usize, Option<Vec<usize>>> = BTreeMap::new();
        both.extend(numbers.iter().enumerate().map(|(n, number)| (*number, steps(known, n))));
        both.extend(more.iter().enumerate().map(|(n, number)| (*number, steps(&other, n))));
        known.place = Place::Traced(both.keys().copied().collect());
        known.steps = both.into_values().flatten().collect();
    }
}

/// The name of a value without its steps.
pub fn name(asked: &Asked) -> &str {
    asked.text.split('@').next().unwrap_or_default()
}

/// The step of a value as a table has it: that of each loop around it.
pub fn step(asked: &Asked, number: usize) -> Option<String> {
    asked.steps.get(number).map(|at| at.iter().map(usize::to_string).collect::<Vec<_>>().join("@"))
}

/// The step in words, as in `step 3`; nothing outside of loops.
pub fn place(asked: &Asked, number: usize) -> String {
    step(asked, number).map_or(String::new(), |step| format!("step {step}"))
}

/// The value at a step in the words of the language: `O@2`.
pub fn title(asked: &Asked, number: usize) -> String {
    step(asked, number).map_or(name(asked).to_owned(), |step| format!("{}@{step}", name(asked)))
}

/// The channels, the height and the width of a value's maps.
pub fn map_of(asked: &Asked) -> [usize; 3] {
    match *asked.dims.as_slice() {
        [channels, height, width] => [channels, height, width],
        ref dims => [dims.iter().product(), 1, 1],
    }
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
        let name = name(value).to_owned();
        match &value.place {
            Place::Traced(numbers) if !value.steps.is_empty() => {
                let at = numbers.iter().enumerate().map(|(n, number)| {
                    let (place, steps) = (Place::Traced(vec![*number]), vec![value.steps[n].clone()]);
                    Seen { name: name.clone(), step: step(value, n), asked: Asked { place, steps, ..value.clone() } }
                });
                at.collect()
            }
            _ => vec![Seen { name, step: None, asked: value.clone() }],
        }
    };
    values.iter().flat_map(of).collect()
}
