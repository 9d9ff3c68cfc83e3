//! What is done at random to training images, and to no other: one file an augmentation.
//!
//! Augmentations work on the picture as the data set gives it, before the transforms: what a shift or a turn uncovers
//! is black, and black is 0 only until `normalise` has been at it.

mod flip;
mod pad_crop;
mod repeat;
mod rotate;

use std::sync::Arc;

use super::kind::{self, Kind};
use super::random::{Stream, Use};
use super::{DataError, Image};
use lcnnc_lang::vocabulary::Bound;

/// An augmentation: something done to one image at random, which keeps the image's shape.
pub trait Augment: Send + Sync {
    /// Whether an image of a shape (channels, height, width) can be augmented.
    ///
    /// # Errors
    /// What was expected and what was found.
    fn check(&self, _shape: [usize; 3]) -> Result<(), String> {
        Ok(())
    }

    /// How many views of each image a batch is to hold.
    fn views(&self) -> usize {
        1
    }

    /// One view of an image that [`Augment::check`] accepts; `stream` decides everything that is random.
    fn apply(&self, image: Image, stream: &mut Stream) -> Image;
}

/// An augmentation that a spec can name.
pub type AugmentKind = Kind<dyn Augment>;

/// How each augmentation of [`CALLABLES`](lcnnc_lang::vocabulary::augmentations::CALLABLES) is made.
pub const KINDS: &[AugmentKind] = &[pad_crop::KIND, flip::KIND, rotate::KIND, repeat::KIND];

/// Augmentations, one after the other.
#[derive(Default)]
pub struct Augmentations(Vec<(&'static str, Box<dyn Augment>)>);

impl Augmentations {
    /// The augmentations that `calls` name.
    ///
    /// # Panics
    /// If a call was not bound against [`CALLABLES`](lcnnc_lang::vocabulary::augmentations::CALLABLES); no spec can bring that about.
    pub fn new(calls: &[Bound]) -> Self {
        Self(calls.iter().map(|call| (call.callee, kind::build(KINDS, call))).collect())
    }

    /// How many views of each image a batch holds.
    pub fn views(&self) -> usize {
        self.0.iter().fold(1, |views, (_, augmentation)| views.saturating_mul(augmentation.views()))
    }

    /// Whether images of a shape (channels, height, width) can be augmented.
    ///
    /// # Errors
    /// If one of them cannot; `name` says whose shape it is.
    pub fn check(&self, shape: [usize; 3], name: impl Fn() -> String) -> Result<(), DataError> {
        self.0.iter().try_for_each(|(callee, augmentation)| {
            let refused = |reason| DataError::Augmentation { name: name(), augmentation: callee, reason };
            augmentation.check(shape).map_err(refused)
        })
    }
}

/// The views that one epoch has of its images.
///
/// A view is fixed by the seed, the epoch, the image's place in the epoch's order and the view's number: not by the
/// thread that makes it, nor by what was made before it.
#[derive(Clone)]
pub struct Views {
    pub augmentations: Arc<Augmentations>,
    pub seed: u64,
    /// The number of the epoch, below 2^24.
    pub epoch: u64,
}

impl Views {
    /// Makes view `number` of the image at a place of the order (below 2^40).
    ///
    /// # Errors
    /// If one of the augmentations cannot take the image; `name` says which image it is.
    pub fn view(
        &self,
        image: Image,
        place: usize,
        number: usize,
        name: impl Fn() -> String,
    ) -> Result<Image, DataError> {
        self.augmentations.check(image.shape(), name)?;
        let when = (self.epoch << 40) + place as u64;
        let augmentations = self.augmentations.0.iter().enumerate();
        Ok(augmentations.fold(image, |image, (index, (_, augmentation))| {
            let part = ((number as u64) << 32) + index as u64;
            augmentation.apply(image, &mut Stream::part(self.seed, Use::Augment, when, part))
        }))
    }
}
