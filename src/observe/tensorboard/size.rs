//! How large a run's event file becomes, about.

use super::{IMAGES, MOST_HISTOGRAMS, MOST_MAPS, has_pictures, maps, tiles};
use lcnnc_lang::ir::{Net, Shape};

/// Bytes of the settings at the beginning, and of what is said once of each series.
const START: u128 = 1500;
/// Bytes of the numbers of an epoch.
const SCALARS: u128 = 1250;
/// Bytes of a histogram: its bins, in double precision, and the borders between them.
const HISTOGRAM: u128 = 620;
/// Bytes of a picture beside its pixels.
const PICTURE: usize = 300;
/// Bytes that a pixel of a feature map takes as PNG. Measured: from 0.15 to 0.3, LC-CNN on MNIST and small nets on contours.
const PIXEL: f64 = 0.24;

/// Bytes of the event file of a net that is trained for so many epochs, about: how well pictures become small nobody knows before they
/// are there.
pub fn size(net: &Net, epochs: usize) -> u128 {
    let traced = net.traced();
    let named = maps::names(net).into_iter().zip(&traced).filter(|(name, _)| name.is_some());
    let pixels = |shape: &Shape| match shape {
        Shape::Map([channels, height, width]) => tiles::pixels([IMAGES, *channels, *height, *width]),
        _ => 0,
    };
    let shown: Vec<usize> = named.take(MOST_MAPS).map(|(_, traced)| pixels(&traced.shape)).collect();
    // One more is that of the first kernels.
    let picture = (PICTURE * (shown.len() + 1)) as f64 + PIXEL * shown.iter().sum::<usize>() as f64;
    let pictures = (1..=epochs).filter(|epoch| has_pictures(*epoch)).count();
    let trained = net.params.iter().filter(|param| param.trained()).count().min(MOST_HISTOGRAMS);
    let each = SCALARS + HISTOGRAM * trained as u128;
    START + epochs as u128 * each + (pictures as f64 * picture) as u128
}
