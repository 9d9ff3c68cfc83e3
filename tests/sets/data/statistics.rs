//! The mean and the standard deviation of images, against sums by hand and for any number of threads.

use std::sync::Arc;

use lcnnc::data::augment::{Augmentations, Views};
use lcnnc::data::statistics::statistics;
use lcnnc::data::transform::Transforms;
use lcnnc::data::{DataError, Image, ImageSource, InMemory, Meter};
use lcnnc_lang::vocabulary::{ArgValue, Bound};

/// Nobody is told.
struct Silent;

impl Meter for Silent {
    fn begin(&self, _: usize) {}
    fn advance(&self) {}
    fn finish(&self) {}
}

fn of(source: impl ImageSource + 'static, indices: &[usize], calls: &[Bound]) -> [Vec<f64>; 2] {
    let source: Arc<dyn ImageSource> = Arc::new(source);
    let found = statistics(&source, indices, &Transforms::new(calls), &Silent).unwrap();
    [found.mean, found.sd]
}

fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7), "{found:?} {expected:?}");
}

/// Two images in colour of 1 x 2 pixels, and one that is not looked at.
fn three() -> InMemory {
    let pixels = vec![0, 51, 102, 102, 255, 0, 51, 102, 0, 204, 255, 255, 7, 7, 7, 7, 7, 7];
    InMemory { name: "three".to_owned(), shape: [3, 1, 2], pixels, labels: vec![0; 3] }
}

#[test]
fn each_channel_has_its_mean_and_deviation() {
    let [mean, sd] = of(three(), &[0, 1], &[]);
    // Red 0, 0.2, 0.2, 0.4; green 0.4, 0.4, 0, 0.8; blue 1, 0, 1, 1.
    near(&mean, &[0.2, 0.4, 0.75]);
    near(&sd, &[0.02_f64.sqrt(), 0.08_f64.sqrt(), 0.1875_f64.sqrt()]);
    let [mean, sd] = of(three(), &[0], &[Bound { callee: "grayscale", values: Vec::new() }]);
    // Luma 0.3488 and 0.2946.
    near(&mean, &[0.3217]);
    near(&sd, &[0.0271]);
}

/// A grey image of one pixel, 1, and a coloured one of two.
struct Mixed;

impl ImageSource for Mixed {
    fn len(&self) -> usize {
        2
    }

    fn label(&self, _: usize) -> usize {
        0
    }

    fn image(&self, i: usize) -> Result<Image, DataError> {
        let (channels, width, pixels) =
            if i == 0 { (1, 1, vec![1.0]) } else { (3, 2, vec![0.25, 0.25, 0.5, 0.0, 1.0, 1.0]) };
        Ok(Image { channels, height: 1, width, pixels })
    }
}

#[test]
fn a_grey_image_counts_as_three_equal_channels() {
    near(&of(Mixed, &[0, 1], &[])[0], &[0.5, 0.5, 1.0]);
    near(&of(Mixed, &[1], &[])[0], &[0.25, 0.25, 1.0]);
    near(&of(Mixed, &[0], &[])[0], &[1.0]);
}

#[test]
fn the_bits_do_not_depend_on_threads() {
    let pixels = (0..400 * 12).map(|i| (i * i * 37 % 251) as u8).collect();
    let source = InMemory { name: "many".to_owned(), shape: [3, 2, 2], pixels, labels: vec![0; 400] };
    let indices: Vec<usize> = (0..400).filter(|i| i % 7 != 3).collect();
    let bits = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| of(source.clone(), &indices, &[])).map(|x| x.into_iter().map(f64::to_bits).collect::<Vec<_>>())
    };
    let one = bits(1);
    assert!([2, 3, 5].into_iter().all(|threads| bits(threads) == one));
}

/// Behind a `normalise` with the same mean, what a shift uncovers is exactly 0.
#[test]
fn a_border_of_the_mean_is_zero_once_it_is_normalised() {
    let [mean, sd] = of(three(), &[0, 1], &[]).map(ArgValue::Reals);
    let border = vec![("border", ArgValue::Count(3)), ("fill", mean.clone())];
    let augmentations = Arc::new(Augmentations::new(&[Bound { callee: "pad_crop", values: border }]));
    let normalise = Transforms::new(&[Bound { callee: "normalise", values: vec![("mean", mean), ("sd", sd)] }]);
    let (height, width) = (5, 4);
    let bright = Image { channels: 3, height, width, pixels: vec![1.0; 60] };
    let mut uncovered = 0;
    for place in 0..40 {
        let views = Views { augmentations: augmentations.clone(), seed: 1, epoch: 0 };
        let view = views.view(bright.clone(), place, 0, String::new).unwrap();
        let zeros: Vec<bool> = view.pixels.iter().map(|pixel| *pixel != 1.0).collect();
        let normalised = normalise.apply(view, String::new).unwrap().pixels;
        assert!(zeros.iter().zip(&normalised).all(|(is_border, pixel)| *is_border == (*pixel == 0.0)));
        uncovered += zeros.iter().filter(|is_border| **is_border).count();
    }
    assert!(uncovered > 0);
}
