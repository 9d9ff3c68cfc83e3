//! What is done to every image before it reaches the network, training and test alike: one file a transform.

mod colour;
mod grayscale;
mod normalise;
mod resize;

pub(super) use colour::Colour;

use super::{DataError, Image, named};
use crate::schema::{Bound, Callable};
use std::collections::BTreeSet;

/// Something done to one image. The same image always gives the same result.
pub trait Transform: Send + Sync {
    /// The shape (channels, height, width) that an image of the given shape will have afterwards.
    ///
    /// # Errors
    /// If an image of that shape cannot be transformed: what was expected and what was found.
    fn shape(&self, shape: [usize; 3]) -> Result<[usize; 3], String>;

    /// The transformed image, for an image of a shape that [`Transform::shape`] accepts.
    fn apply(&self, image: Image) -> Image;
}

/// A transform that a spec can name.
pub type Kind = named::Kind<dyn Transform>;

/// Every transform there is.
pub const TRANSFORMS: &[Kind] = &[grayscale::KIND, colour::KIND, resize::KIND, normalise::KIND];

/// How each of [`TRANSFORMS`] is called.
pub const CALLABLES: &[Callable] = &named::callables::<_, { TRANSFORMS.len() }>(TRANSFORMS);

/// Transforms, one after the other.
#[derive(Default)]
pub struct Chain(Vec<(&'static str, Box<dyn Transform>)>);

impl Chain {
    /// The transforms that `calls` name.
    ///
    /// # Panics
    /// If a call was not bound against [`CALLABLES`]; no spec can bring that about.
    pub fn new(calls: &[Bound]) -> Self {
        Self(named::build(TRANSFORMS, calls))
    }

    /// The shape (channels, height, width) that an image of the given shape will have after all of them.
    ///
    /// # Errors
    /// If one of them cannot transform what reaches it; `name` says whose shape it is.
    pub fn shape(&self, shape: [usize; 3], name: impl Fn() -> String) -> Result<[usize; 3], DataError> {
        self.0.iter().try_fold(shape, |shape, step| check(step, shape, &name))
    }

    /// The shapes that images of the given shapes have after all of them, without those that a step does not take.
    ///
    /// # Errors
    /// If a step takes none of them: its number, from 0, and why.
    pub fn reachable(&self, mut shapes: BTreeSet<[usize; 3]>) -> Result<BTreeSet<[usize; 3]>, (usize, String)> {
        for (n, (_, step)) in self.0.iter().enumerate() {
            let (mut next, mut refused) = (BTreeSet::new(), String::new());
            for shape in shapes {
                match step.shape(shape) {
                    Ok(shape) => drop(next.insert(shape)),
                    Err(reason) => refused = reason,
                }
            }
            if next.is_empty() {
                return Err((n, refused));
            }
            shapes = next;
        }
        Ok(shapes)
    }

    /// The image after all of them.
    ///
    /// # Errors
    /// If one of them cannot transform what reaches it; `name` says which image it is.
    pub fn apply(&self, image: Image, name: impl Fn() -> String) -> Result<Image, DataError> {
        self.0.iter().try_fold(image, |image, step| {
            check(step, image.shape(), &name)?;
            Ok(step.1.apply(image))
        })
    }
}

fn check(
    (transform, step): &(&'static str, Box<dyn Transform>),
    shape: [usize; 3],
    name: impl Fn() -> String,
) -> Result<[usize; 3], DataError> {
    step.shape(shape).map_err(|reason| DataError::Transform { name: name(), transform, reason })
}
