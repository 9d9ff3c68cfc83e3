//! The factors of dropout, which each image draws for itself: the same whatever block it is in, and whatever thread.

use crate::cpu::lanes::LANES;
use crate::draws::Draws;
use crate::graph::Mask;

/// The place in a batch of the images that a block holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchPlace {
    /// The first of them.
    pub first: usize,
    /// How many of them there are.
    pub count: usize,
    /// How many images the batch has.
    pub images: usize,
}

/// Writes the factors of a mask into cells. Lanes without an image draw what the last image draws, of which they are copies.
pub fn factors(Mask { rate, before }: Mask, noise: u64, place: BatchPlace, cells: &mut [f32]) {
    let BatchPlace { first, count, images } = place;
    let len = cells.len() / LANES;
    for lane in 0..LANES {
        let mut draws = Draws::of_dropout(noise).at(images * before + (first + lane.min(count - 1)) * len);
        for cell in cells.chunks_exact_mut(LANES) {
            cell[lane] = draws.factor(rate) as f32;
        }
    }
}
