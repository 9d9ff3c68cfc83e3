//! Augmentations and transforms that change the size of an image, against numbers computed elsewhere.

use std::sync::Arc;

use lcnnc::data::Image;
use lcnnc::data::augment::{Augmentations, Views};
use lcnnc::data::transform::Transforms;
use lcnnc_lang::vocabulary::{ArgValue, Bound, augmentations, transforms};

use super::transform::{assert_near, pattern};

fn call(callee: &'static str, values: &[(&'static str, ArgValue)]) -> Bound {
    let known = augmentations::CALLABLES.iter().chain(transforms::CALLABLES);
    let declared = known.into_iter().find(|call| call.name == callee).unwrap();
    Bound { callee, values: values.to_vec() }.completed(declared.args)
}

fn sized(callee: &'static str, size: usize) -> Bound {
    call(callee, &[("size", ArgValue::Count(size))])
}

/// View `number` of an image that is seventh in the third epoch's order, under seed 9.
fn view(calls: &[Bound], image: Image, number: usize) -> Result<Image, String> {
    let views = Views { augmentations: Arc::new(Augmentations::new(calls)), seed: 9, epoch: 3 };
    views.view(image, 7, number, || "image 7".to_owned()).map_err(|error| error.to_string())
}

fn apply(calls: &[Bound], image: Image) -> Result<Image, String> {
    Transforms::new(calls).apply(image, || "image 7".to_owned()).map_err(|error| error.to_string())
}

/// augment.py beside this file made the numbers: torchvision's way to draw a window, torch's `interpolate`.
#[test]
fn windows_are_those_of_another_implementation() {
    let crop = sized("crop", 3);
    let resized = call("crop", &[("size", ArgValue::Count(3)), ("of", ArgValue::Count(4))]);
    let expected = [
        [
            [0.3, 0.6, 0.9, 1.0, 0.2, 0.5, 0.6, 0.9, 0.1],
            [0.5565, 0.4485, 0.4125, 0.548444, 0.425778, 0.58254, 0.474222, 0.424889, 0.528571],
        ],
        [
            [0.7, 1.0, 0.2, 0.3, 0.6, 0.9, 1.0, 0.2, 0.5],
            [0.592593, 0.548444, 0.425778, 0.637566, 0.474222, 0.424889, 0.4875, 0.4515, 0.426],
        ],
    ];
    let windows = [
        [
            0.461224, 0.553571, 0.400595, 0.606122, 0.582857, 0.501, 0.4465, 0.588571, 0.588571, 0.425, 0.541,
            0.525143, 0.463265, 0.477976, 0.541071, 0.548299,
        ],
        [
            0.477551, 0.545714, 0.456571, 0.436735, 0.597619, 0.526, 0.4015, 0.577381, 0.544048, 0.441, 0.487,
            0.595833, 0.538776, 0.36, 0.610286, 0.47551,
        ],
    ];
    for number in [0, 1] {
        let [alone, of] = [&crop, &resized].map(|call| view(std::slice::from_ref(call), pattern(1, 6, 7), number));
        assert_near(&alone.unwrap().pixels, &expected[number][0]);
        assert_near(&of.unwrap().pixels, &expected[number][1]);
        let window = view(&[sized("resized_crop", 4)], pattern(1, 9, 8), number).unwrap();
        assert_eq!(window.shape(), [1, 4, 4]);
        assert_near(&window.pixels, &windows[number]);
    }
}

/// No window of nearly all of such an image has a ratio that is allowed: the middle is taken.
#[test]
fn a_long_image_gives_its_middle() {
    let call = call("resized_crop", &[("size", ArgValue::Count(2)), ("scale", ArgValue::Range([0.9, 1.0]))]);
    for number in [0, 1] {
        let [wide, tall] =
            [[4, 20], [20, 4]].map(|[h, w]| view(std::slice::from_ref(&call), pattern(1, h, w), number).unwrap());
        assert_near(&wide.pixels, &[0.557143, 0.428571, 0.471429, 0.492857]);
        assert_near(&tall.pixels, &[0.421429, 0.514286, 0.421429, 0.592857]);
    }
}

/// Places of a window are even, and all channels have the same one.
#[test]
fn every_window_is_equally_likely() {
    let views = Views { augmentations: Arc::new(Augmentations::new(&[sized("crop", 2)])), seed: 2, epoch: 5 };
    let image = Image { channels: 2, height: 3, width: 4, pixels: (0..24).map(|i| (i % 12) as f32).collect() };
    let mut counts = [0_u32; 12];
    for place in 0..6_000 {
        let view = views.view(image.clone(), place, 0, String::new).unwrap();
        assert_eq!(view.pixels[..4], view.pixels[4..]);
        let corner = view.pixels[0];
        assert_eq!(view.pixels[..4], [0.0, 1.0, 4.0, 5.0].map(|beside| corner + beside));
        counts[corner as usize] += 1;
    }
    // Six places; the standard deviation is 29.
    let [none, some] = [false, true].map(|is_place| {
        let at = counts.iter().enumerate().filter(|(i, _)| (i % 4 < 3 && *i < 8) == is_place);
        at.map(|(_, count)| *count).collect::<Vec<_>>()
    });
    assert!(none.iter().all(|count| *count == 0) && some.iter().all(|count| count.abs_diff(1_000) < 145), "{counts:?}");
}

/// augment.py's centre; Pillow 13, `Image.fromarray(pattern, mode="F").resize((w, h), Image.BILINEAR)` for the sides.
#[test]
fn the_middle_is_cut_out_and_a_ratio_kept() {
    let centre = [0.1, 0.4, 0.7, 0.8, 0.0, 0.3, 0.4, 0.7, 1.0];
    assert_near(&apply(&[sized("centre_crop", 3)], pattern(1, 6, 9)).unwrap().pixels, &centre);
    assert_near(&view(&[sized("centre_crop", 3)], pattern(1, 6, 9), 0).unwrap().pixels, &centre);
    let short = |size| call("resize", &[("size", ArgValue::Count(size)), ("side", ArgValue::Word("short"))]);
    let wide = apply(&[short(4)], pattern(1, 7, 10)).unwrap();
    assert_eq!(wide.shape(), [1, 4, 5]);
    let expected = [
        0.461224, 0.553571, 0.400595, 0.594643, 0.480272, 0.582857, 0.501, 0.4465, 0.5735, 0.503429, 0.588571, 0.425,
        0.541, 0.525, 0.408571, 0.463265, 0.477976, 0.541071, 0.505952, 0.355102,
    ];
    assert_near(&wide.pixels, &expected);
    let tall = apply(&[short(3)], pattern(1, 9, 4)).unwrap();
    assert_eq!(tall.shape(), [1, 6, 3]);
    let expected = [
        0.3525, 0.50625, 0.66, 0.564444, 0.655556, 0.404444, 0.695556, 0.444444, 0.535556, 0.464444, 0.555556,
        0.304444, 0.595556, 0.344444, 0.435556, 0.34, 0.49375, 0.6475,
    ];
    assert_near(&tall.pixels, &expected);
    // One transform, and images of other sizes behind it.
    let one = Transforms::new(&[short(4)]);
    for ([height, width], expected) in [([7, 10], [4, 5]), ([10, 7], [5, 4]), ([4, 4], [4, 4]), ([2, 5], [4, 10])] {
        let image = one.apply(pattern(3, height, width), String::new).unwrap();
        assert_eq!(image.shape(), [3, expected[0], expected[1]]);
        assert!(image.pixels.chunks(expected[0] * expected[1]).all(|plane| plane == &image.pixels[..plane.len()]));
    }
}

#[test]
fn a_border_has_its_value_in_each_channel() {
    let fill = |values: &[f64]| {
        call("pad_crop", &[("border", ArgValue::Count(2)), ("fill", ArgValue::Reals(values.to_vec()))])
    };
    let filled = [
        [0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.0, 0.3, 0.6, 0.25, 0.25, 0.7, 1.0, 0.2, 0.25, 0.25, 0.3, 0.6, 0.9],
        [
            0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.0, 0.3, 0.6, 0.25, 0.25, 0.7,
            1.0, 0.2,
        ],
    ];
    for (number, filled) in filled.iter().enumerate() {
        assert_near(&view(&[fill(&[0.25])], pattern(1, 4, 5), number).unwrap().pixels, filled);
        let three = view(&[fill(&[0.25, 0.5, 0.75])], pattern(3, 4, 5), number).unwrap();
        // The corner is border.
        assert_eq!([0, 20, 40].map(|corner| three.pixels[corner]), [0.25, 0.5, 0.75]);
        // A grey image among coloured ones has the luma.
        let grey = view(&[fill(&[0.25, 0.5, 0.75])], pattern(1, 4, 5), number).unwrap();
        assert_near(&grey.pixels[..1], &[0.299 * 0.25 + 0.587 * 0.5 + 0.114 * 0.75]);
    }
    let message = view(&[fill(&[0.1, 0.2])], pattern(3, 4, 5), 0).unwrap_err();
    assert_eq!(message, "image 7: augmentation `pad_crop`: expected 1 or 3 values of `fill`, found 2");
}

#[test]
fn what_is_too_small_is_refused() {
    let found = "expected at least 6 x 6 pixels, found 5 x 9";
    let message = view(&[sized("crop", 6)], pattern(1, 5, 9), 0).unwrap_err();
    assert_eq!(message, format!("image 7: augmentation `crop`: {found}"));
    let message = apply(&[sized("centre_crop", 6)], pattern(1, 5, 9)).unwrap_err();
    assert_eq!(message, format!("image 7: transform `centre_crop`: {found}"));
    let of = call("crop", &[("size", ArgValue::Count(6)), ("of", ArgValue::Count(5))]);
    let message = view(&[of], pattern(1, 5, 9), 0).unwrap_err();
    assert_eq!(message, "image 7: augmentation `crop`: expected an `of` of at least 6, found 5");
    let long = call("resize", &[("size", ArgValue::Count(8192)), ("side", ArgValue::Word("short"))]);
    let message = apply(&[long], pattern(1, 2, 9)).unwrap_err();
    assert!(
        message.contains("expected sides that differ less: 2 x 9 pixels would become 8192 pixels by 36864"),
        "{message}"
    );
}

#[test]
fn imagenet_has_its_own_numbers() {
    let imagenet = call("normalise", &[("mean", ArgValue::Word("imagenet"))]);
    let image = |channels| Image { channels, height: 1, width: 1, pixels: vec![0.5; channels] };
    let normalised = apply(std::slice::from_ref(&imagenet), image(3)).unwrap();
    assert_near(&normalised.pixels, &[0.015 / 0.229, 0.044 / 0.224, 0.094 / 0.225]);
    let message = apply(&[imagenet], image(1)).unwrap_err();
    let expected = "image 7: transform `normalise`: expected 3 channels for the numbers of ImageNet, found 1";
    assert_eq!(message, expected);
}
