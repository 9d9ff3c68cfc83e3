//! `centre_crop` of training images alone: nothing about it is random, but what is may come behind it.

use super::{Augment, AugmentKind};
use crate::data::Image;
use crate::data::random::Stream;
use crate::data::transform::{CentreCrop, Transform};
use lcnnc_lang::vocabulary::Bound;
use lcnnc_lang::vocabulary::images::CENTRE_CROP;

pub const KIND: AugmentKind =
    AugmentKind { name: CENTRE_CROP.call.name, build: |call: &Bound| Box::new(CentreCrop::new(call)) };

impl Augment for CentreCrop {
    fn apply(&self, image: Image, _stream: &mut Stream) -> Image {
        Transform::apply(self, image)
    }
}
