//! Which values of a net are asked for, in the words of the language.

use lcnnc_lang::diag::{among, did_you_mean};
use lcnnc_lang::ir::{Net, Shape, Traced};
use std::collections::BTreeSet;
use std::fmt;

/// A value that is asked for: `A`, `O@3`, `O@last` or `O@all`.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The words by which it was asked for.
    pub text: String,
    pub place: Place,
    /// The steps of the value, each in the loops around it, outermost first; empty where one time alone is meant.
    pub steps: Vec<Vec<usize>>,
    /// The dimensions of one image at one time: `[channels, height, width]` or `[numbers]`.
    pub dims: Vec<usize>,
}

/// Where a value is had.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// The images themselves, as the net takes them.
    Input,
    /// Named values of the net, by their numbers in [`Net::traced`].
    Traced(Vec<usize>),
}

impl Place {
    /// The numbers of the named values; none for the images.
    pub fn numbers(&self) -> &[usize] {
        match self {
            Self::Input => &[],
            Self::Traced(numbers) => numbers,
        }
    }
}

/// A value that cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub struct Unasked {
    text: String,
    reason: String,
}

impl fmt::Display for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, reason } = self;
        write!(f, "`{text}` cannot be had: {reason}")
    }
}

impl std::error::Error for Unasked {}

impl Asked {
    /// Finds the value of a net that a text means.
    ///
    /// # Errors
    /// Why there is no such value, and what to write.
    pub fn of(net: &Net, text: &str) -> Result<Self, Unasked> {
        let refused = |reason: String| Unasked { text: text.to_owned(), reason };
        let traced = net.traced();
        let (name, at) = text.split_once('@').map_or((text, None), |(name, at)| (name, Some(at)));
        let mut of_name: Vec<usize> = (0..traced.len()).filter(|n| traced[*n].name == name).collect();
        // The layer by which a state begins has its name too, outside of the loop.
        let depth = of_name.iter().map(|n| traced[*n].steps.len()).max().unwrap_or_default();
        of_name.retain(|n| traced[*n].steps.len() == depth);
        let Some(first) = of_name.first() else {
            let (input, shape) = &net.input;
            return match at {
                None if name == input => {
                    let (text, dims) = (text.to_owned(), shape.to_vec());
                    Ok(Self { text, place: Place::Input, steps: Vec::new(), dims })
                }
                Some(_) if name == input => Err(refused(format!("the input has no steps: write `{input}`"))),
                _ => Err(refused(unknown(net, &traced, name))),
            };
        };
        let dims = match &traced[*first].shape {
            Shape::Map(dims) => dims.to_vec(),
            Shape::Vector(len) => vec![*len],
            Shape::Weight(_) | Shape::Scalar => {
                return Err(refused(format!("`{name}` is the same for every image; weights are in the run's files")));
            }
        };
        let is_looped = !traced[*first].steps.is_empty();
        let chosen: Vec<usize> = match at {
            None => of_name.last().copied().into_iter().collect(),
            Some("last") if is_looped => of_name.last().copied().into_iter().collect(),
            Some(_) if !is_looped => {
                return Err(refused(format!("`{name}` is outside of loops and has no steps: write `{name}`")));
            }
            Some("all") => of_name.clone(),
            Some(at) => {
                let steps: Option<Vec<usize>> = at.split('@').map(|step| step.parse().ok()).collect();
                of_name.iter().copied().filter(|n| Some(&traced[*n].steps) == steps.as_ref()).collect()
            }
        };
        if chosen.is_empty() {
            return Err(refused(no_step(&traced, &of_name)));
        }
        let steps =
            if at == Some("all") { chosen.iter().map(|n| traced[*n].steps.clone()).collect() } else { Vec::new() };
        Ok(Self { text: text.to_owned(), place: Place::Traced(chosen), steps, dims })
    }

    /// The dimensions of the array of one image: a step axis in front where all steps are asked for.
    pub fn shape(&self) -> Vec<usize> {
        let steps = (!self.steps.is_empty()).then_some(self.steps.len());
        steps.into_iter().chain(self.dims.iter().copied()).collect()
    }

    /// What the axes of the array are, that of the images first.
    pub fn axes(&self) -> Vec<&'static str> {
        let steps = (!self.steps.is_empty()).then_some("step");
        let own: &[&str] = if self.dims.len() == 3 { &["channel", "row", "column"] } else { &["number"] };
        ["image"].into_iter().chain(steps).chain(own.iter().copied()).collect()
    }
}

/// Why a name is none of a value, and which are.
fn unknown(net: &Net, traced: &[Traced], name: &str) -> String {
    let known: BTreeSet<&str> = traced
        .iter()
        .filter(|it| it.shape.per_image())
        .map(|it| it.name.as_str())
        .chain([net.input.0.as_str()])
        .collect();
    let area = format!("{name}.");
    let own: Vec<&str> = known.iter().copied().filter(|known| known.starts_with(&area)).collect();
    if !own.is_empty() {
        return format!("`{name}` is an area and no value; its values are {}", among(own));
    }
    let looped = net.loops().find(|it| it.name == name || it.name.ends_with(&format!(".{name}")));
    if let Some(looped) = looped {
        let states = looped.states.iter().map(|state| state.name.as_str());
        return format!("`{name}` is a loop and no value; its states are {}", among(states));
    }
    match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("the net has no value `{name}`; did you mean `{near}`?"),
        None => format!("the net has no value `{name}`; its values are {}", among(known)),
    }
}

/// Which steps a value has.
fn no_step(traced: &[Traced], of_name: &[usize]) -> String {
    let ends = [of_name.first(), of_name.last()].map(|n| n.map_or(String::new(), |n| traced[*n].title()));
    format!(
        "its steps go from `{}` to `{}`; `@last` is the last one, and `@all` stands for all of them",
        ends[0], ends[1]
    )
}
