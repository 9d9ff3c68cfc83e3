//! Transforms against numbers computed elsewhere.

use std::collections::BTreeSet;

use lcnnc::data::transform::{KINDS, Transforms};
use lcnnc::data::{DataError, Image};
use lcnnc_lang::vocabulary::{ArgValue, Bound, transforms};

fn built(callee: &'static str, values: &[(&'static str, ArgValue)]) -> Transforms {
    Transforms::new(&[Bound { callee, values: values.to_vec() }])
}

fn apply(transforms: &Transforms, image: Image) -> Result<Image, DataError> {
    transforms.apply(image, || "image 7".to_owned())
}

fn resize(image: Image, size: usize) -> Image {
    apply(&built("resize", &[("size", ArgValue::Count(size))]), image).unwrap()
}

/// An image without symmetry; the same pattern was given to Pillow.
pub fn pattern(channels: usize, height: usize, width: usize) -> Image {
    let value = |i: usize| ((i / width % height * 7 + i % width * 3) % 11) as f32 / 10.0;
    Image { channels, height, width, pixels: (0..channels * height * width).map(value).collect() }
}

#[track_caller]
pub fn assert_near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let near = |(a, b): (&f32, &f32)| (a - b).abs() < 2e-6;
    assert!(found.iter().zip(expected).all(near), "expected {expected:?}\nfound {found:?}");
}

/// Pillow 13, `Image.fromarray(pattern, mode="F").resize((n, n), Image.BILINEAR)`.
#[test]
fn resize_is_that_of_pillow() {
    let shrunk = [
        0.483333, 0.506857, 0.49181, 0.52381, 0.58, 0.44448, 0.5528, 0.508, 0.556, 0.45648, 0.54368, 0.436, 0.457143,
        0.50381, 0.539048, 0.371429,
    ];
    assert_near(&resize(pattern(1, 7, 10), 4).pixels, &shrunk);
    let mixed = [
        0.2625, 0.4125, 0.54375, 0.46875, 0.6, 0.75, 0.511111, 0.6, 0.677778, 0.633333, 0.466667, 0.311111, 0.788889,
        0.633333, 0.466667, 0.422222, 0.5, 0.588889, 0.411111, 0.5, 0.577778, 0.533333, 0.366667, 0.211111, 0.688889,
        0.533333, 0.366667, 0.322222, 0.4, 0.488889, 0.25, 0.4, 0.53125, 0.45625, 0.5875, 0.7375,
    ];
    assert_near(&resize(pattern(1, 9, 4), 6).pixels, &mixed);
    let enlarged = resize(pattern(1, 5, 6), 8).pixels;
    assert_near(&enlarged[..8], &[0.0, 0.1875, 0.4125, 0.6375, 0.8625, 0.4, 0.2125, 0.4]);
    assert_near(&enlarged[56..], &[0.6, 0.7875, 0.6, 0.1375, 0.3625, 0.5875, 0.8125, 1.0]);
    assert_near(&resize(pattern(1, 3, 3), 1).pixels, &[0.55102]);
}

#[test]
fn resize_works_channel_by_channel_and_on_images_of_many_sizes() {
    let resize = built("resize", &[("size", ArgValue::Count(4))]);
    let one = apply(&resize, pattern(1, 7, 10)).unwrap();
    for _ in 0..2 {
        let three = apply(&resize, pattern(3, 7, 10)).unwrap();
        assert_eq!(three.shape(), [3, 4, 4]);
        assert!(three.pixels.chunks(16).all(|plane| plane == one.pixels));
        assert_eq!(apply(&resize, pattern(2, 3, 9)).unwrap().shape(), [2, 4, 4]);
        assert_eq!(apply(&resize, pattern(1, 10, 7)).unwrap().shape(), [1, 4, 4]);
    }
    assert_eq!(apply(&resize, pattern(2, 4, 4)).unwrap(), pattern(2, 4, 4));
}

#[test]
fn resize_keeps_a_flat_image_flat() {
    for (from, to) in [(1, 9), (9, 1), (28, 48), (48, 28), (3, 7), (100, 3)] {
        let flat = Image { channels: 1, height: from, width: from, pixels: vec![0.625; from * from] };
        assert_near(&resize(flat, to).pixels, &vec![0.625; to * to]);
    }
}

#[test]
fn grayscale_weighs_red_green_and_blue() {
    let image = Image { channels: 3, height: 1, width: 3, pixels: vec![1., 0., 0.5, 0., 1., 0.5, 0., 0., 0.5] };
    let grayscale = built("grayscale", &[]);
    let grey = apply(&grayscale, image).unwrap();
    assert_near(&grey.pixels, &[0.299, 0.587, 0.5]);
    assert_eq!(grey.shape(), [1, 1, 3]);
    assert_eq!(apply(&grayscale, pattern(1, 2, 2)).unwrap(), pattern(1, 2, 2));
}

#[test]
fn colour_is_three_times_the_grey() {
    let colour = built("colour", &[]);
    let image = apply(&colour, pattern(1, 2, 3)).unwrap();
    assert_eq!((image.shape(), &image.pixels), ([3, 2, 3], &pattern(3, 2, 3).pixels));
    assert!(image.pixels.chunks(6).all(|plane| plane == pattern(1, 2, 3).pixels));
    assert_eq!(apply(&colour, pattern(3, 2, 3)).unwrap(), pattern(3, 2, 3));
    let message = apply(&colour, pattern(2, 2, 3)).unwrap_err().to_string();
    assert_eq!(message, "image 7: transform `colour`: expected 1 or 3 channels, found 2");
}

#[test]
fn normalise_takes_one_value_or_one_a_channel() {
    let values = |mean: &[f64], sd: &[f64]| {
        built("normalise", &[("mean", ArgValue::Reals(mean.to_vec())), ("sd", ArgValue::Reals(sd.to_vec()))])
    };
    let image = || Image { channels: 2, height: 1, width: 2, pixels: vec![0.0, 0.5, 0.5, 1.0] };
    assert_near(&apply(&values(&[0.5], &[0.25]), image()).unwrap().pixels, &[-2.0, 0.0, 0.0, 2.0]);
    assert_near(&apply(&values(&[0.0, 0.5], &[1.0, 0.5]), image()).unwrap().pixels, &[0.0, 0.5, 0.0, 1.0]);
    let faults: [(&[f64], &[f64], &str); 4] = [
        (&[0.5], &[0.0], "expected an `sd` above 0, found 0"),
        (&[0.5; 3], &[1.0], "expected 1 or 2 values of `mean`, found 3"),
        (&[0.5], &[], "expected 1 or 2 values of `sd`, found 0"),
        (&[f64::INFINITY], &[1.0], "expected a finite `mean`, found inf"),
    ];
    for (mean, sd, expected) in faults {
        let message = apply(&values(mean, sd), image()).unwrap_err().to_string();
        assert_eq!(message, format!("image 7: transform `normalise`: {expected}"));
    }
}

#[test]
fn a_chain_foretells_the_shape() {
    let calls = [("grayscale", vec![]), ("resize", vec![("size", ArgValue::Count(5))])];
    let calls: Vec<Bound> = calls.into_iter().map(|(callee, values)| Bound { callee, values }).collect();
    let transforms = Transforms::new(&calls);
    for shape in [[3, 8, 9], [1, 2, 2], [1, 1, 1]] {
        let [channels, height, width] = shape;
        assert_eq!(transforms.shape(shape, String::new).unwrap(), [1, 5, 5]);
        assert_eq!(apply(&transforms, pattern(channels, height, width)).unwrap().shape(), [1, 5, 5]);
    }
    let message = transforms.shape([4, 8, 8], || "cifar10".to_owned()).unwrap_err().to_string();
    assert_eq!(message, "cifar10: transform `grayscale`: expected 1 or 3 channels, found 4");
    assert!(transforms.shape([1, 0, 8], String::new).is_err());
}

#[test]
fn every_transform_can_be_called() {
    let names: Vec<&str> = transforms::CALLABLES.iter().map(|call| call.name).collect();
    assert_eq!(names, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}
