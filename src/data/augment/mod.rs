//! What is done at random to training images, and to no other: one file an augmentation.
//!
//! Augmentations work on the picture as the data set gives it, before the transforms: what a shift or a turn uncovers
//! is black, and black is 0 only until `normalise` has been at it.

mod centre_crop;
mod crop;
mod flip;
mod pad_crop;
mod repeat;
mod resized_crop;
mod rotate;

use std::sync::Arc;

use super::kind::{self, Kind};
use super::random::{Stream, Use};
use super::{DataError, Image};
use lcnnc_lang::vocabulary::{Bound, augmentations};

/// An augmentation: something done to one image at random.
pub trait Augment: Send + Sync {
    /// How many views of each image a batch is to hold.
    fn views(&self) -> usize {
        1
    }

    /// One view of an image of a shape that [`augmentations::shape`] accepts; `stream` decides everything that is random.
    fn apply(&self, image: Image, stream: &mut Stream) -> Image;
}

/// An augmentation that a spec can name.
pub type AugmentKind = Kind<dyn Augment>;

/// How each augmentation of [`augmentations::AUGMENTATIONS`] is made.
pub const KINDS: &[AugmentKind] =
    &[pad_crop::KIND, crop::KIND, centre_crop::KIND, resized_crop::KIND, flip::KIND, rotate::KIND, repeat::KIND];

/// Augmentations, one after the other.
#[derive(Default)]
pub struct Augmentations(Vec<(Bound, Box<dyn Augment>)>);

impl Augmentations {
    /// The augmentations that `calls` name.
    ///
    /// # Panics
    /// If a call was not bound against [`augmentations::CALLABLES`]; no spec can bring that about.
    pub fn new(calls: &[Bound]) -> Self {
        Self(calls.iter().map(|call| (call.clone(), kind::build(KINDS, call))).collect())
    }

    /// How many views of each image a batch holds.
    pub fn views(&self) -> usize {
        self.0.iter().fold(1, |views, (_, augmentation)| views.saturating_mul(augmentation.views()))
    }

    /// The shape (channels, height, width) that an image of the given shape will have after all of them.
    ///
    /// # Errors
    /// If one of them cannot augment what reaches it; `name` says whose shape it is.
    pub fn shape(&self, shape: [usize; 3], name: impl Fn() -> String) -> Result<[usize; 3], DataError> {
        self.0.iter().try_fold(shape, |shape, (call, _)| {
            let refused = |reason| DataError::Augmentation { name: name(), augmentation: call.callee, reason };
            augmentations::shape(call, shape).map_err(refused)
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
        self.augmentations.shape(image.shape(), name)?;
        let when = (self.epoch << 40) + place as u64;
        let augmentations = self.augmentations.0.iter().enumerate();
        Ok(augmentations.fold(image, |image, (index, (_, augmentation))| {
            let part = ((number as u64) << 32) + index as u64;
            augmentation.apply(image, &mut Stream::part(self.seed, Use::Augment, when, part))
        }))
    }
}
