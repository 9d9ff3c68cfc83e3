//! What is done to every image before it reaches the network, training and test alike: one file a transform.

mod centre_crop;
mod colour;
mod grayscale;
mod normalise;
mod resize;

pub(super) use centre_crop::{CentreCrop, cut};
pub(super) use colour::Colour;
pub use grayscale::LUMA;
pub(super) use resize::Resize;

use super::kind::{self, Kind};
use super::{DataError, Image};
use lcnnc_lang::vocabulary::{Bound, transforms};

/// A transform: something done to one image, with the same result for the same image each time.
pub trait Transform: Send + Sync {
    /// The transformed image, for an image of a shape that [`transforms::shape`] accepts.
    fn apply(&self, image: Image) -> Image;
}

/// A transform that a spec can name.
pub type TransformKind = Kind<dyn Transform>;

/// How each transform of [`transforms::TRANSFORMS`] is made.
pub const KINDS: &[TransformKind] = &[grayscale::KIND, colour::KIND, resize::KIND, centre_crop::KIND, normalise::KIND];

/// Transforms, one after the other.
#[derive(Default)]
pub struct Transforms(Vec<(Bound, Box<dyn Transform>)>);

impl Transforms {
    /// The transforms that `calls` name.
    ///
    /// # Panics
    /// If a call was not bound against [`transforms::CALLABLES`]; no spec can bring that about.
    pub fn new(calls: &[Bound]) -> Self {
        Self(calls.iter().map(|call| (call.clone(), kind::build(KINDS, call))).collect())
    }

    /// The shape (channels, height, width) that an image of the given shape will have after all of them.
    ///
    /// # Errors
    /// If one of them cannot transform what reaches it; `name` says whose shape it is.
    pub fn shape(&self, shape: [usize; 3], name: impl Fn() -> String) -> Result<[usize; 3], DataError> {
        self.0.iter().try_fold(shape, |shape, (call, _)| check(call, shape, &name))
    }

    /// The image after all of them.
    ///
    /// # Errors
    /// If one of them cannot transform what reaches it; `name` says which image it is.
    pub fn apply(&self, image: Image, name: impl Fn() -> String) -> Result<Image, DataError> {
        self.0.iter().try_fold(image, |image, (call, transform)| {
            check(call, image.shape(), &name)?;
            Ok(transform.apply(image))
        })
    }
}

fn check(call: &Bound, shape: [usize; 3], name: impl Fn() -> String) -> Result<[usize; 3], DataError> {
    let refused = |reason| DataError::Transform { name: name(), transform: call.callee, reason };
    transforms::shape(call, shape).map_err(refused)
}
