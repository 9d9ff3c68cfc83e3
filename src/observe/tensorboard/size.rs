//! How large a run's event file becomes, about.

use super::{IMAGES, MOST_HISTOGRAMS, MOST_MAPS, has_pictures, maps, tiles};
use lcnnc_lang::ir::{Net, Shape};

/// Bytes of the numbers of an epoch.
const SCALARS: u128 = 900;
/// Bytes of a histogram: its bins, in double precision, and the borders between them.
const HISTOGRAM: u128 = 620;
/// Bytes that a pixel of a feature map takes as PNG. Measured: LC-CNN on MNIST from 0.15 to 0.3.
const PIXEL: f64 = 0.22;

/// Bytes of the event file of a net that is trained for so many epochs, about: how well pictures become small nobody knows before they
/// are there.
pub fn size(net: &Net, epochs: usize) -> u128 {
    let traced = net.traced();
    let named = maps::names(net).into_iter().zip(&traced).filter(|(name, _)| name.is_some());
    let pixels = |shape: &Shape| match shape {
        Shape::Map([channels, height, width]) => tiles::pixels([IMAGES, *channels, *height, *width]),
        _ => 0,
    };
    let shown: usize = named.take(MOST_MAPS).map(|(_, traced)| pixels(&traced.shape)).sum();
    let pictures = (1..=epochs).filter(|epoch| has_pictures(*epoch)).count();
    let trained = net.params.iter().filter(|param| param.trained()).count().min(MOST_HISTOGRAMS);
    let each = SCALARS + HISTOGRAM * trained as u128;
    epochs as u128 * each + (PIXEL * (pictures * shown) as f64) as u128
}
