//! The made set: its bits, its balance, and that its classes are what they claim, seen from the pixels alone.

use lcnnc::data::{self, DataSet, Image, ImageSource, Request};

const SIZE: usize = 48;

fn contours() -> DataSet {
    data::load("contours", &Request::default()).unwrap()
}

/// The image with rows and columns exchanged.
fn transposed(image: &Image) -> Image {
    let pixels = (0..SIZE * SIZE).map(|i| image.pixels[i % SIZE * SIZE + i / SIZE]).collect();
    Image { pixels, ..*image }
}

/// Whether three lying bars, 7 pixels long and 3 wide, are on one line at even distances.
fn has_lying_path(image: &Image) -> bool {
    let bright = |row: usize, column: usize| {
        (row - 1..=row + 1)
            .all(|r| image.pixels[r * SIZE + column - 3..=r * SIZE + column + 3].iter().all(|&x| x == 1.0))
    };
    let starts = (4..SIZE - 4).flat_map(|row| (4..SIZE - 4).map(move |column| (row, column)));
    let mut paths = starts.flat_map(|(row, column)| (8..=19).map(move |apart| (row, column, apart)));
    paths.any(|(row, column, apart)| {
        column + 2 * apart < SIZE - 4 && (0..3).all(|bar| bright(row, column + bar * apart))
    })
}

#[test]
fn the_class_is_the_direction_of_the_only_path() {
    let set = contours();
    for half in [&set.train, &set.test] {
        for i in 0..half.len() {
            let image = half.image(i).unwrap();
            let lying = has_lying_path(&image);
            let standing = has_lying_path(&transposed(&image));
            assert!(lying != standing, "{} has one path", half.name(i));
            let class = if lying { "horizontal" } else { "vertical" };
            assert_eq!(set.classes[half.label(i)], class, "{}", half.name(i));
        }
    }
}

#[test]
fn classes_are_balanced_and_hardly_an_image_comes_twice() {
    let set = contours();
    assert_eq!((set.train.len(), set.test.len(), set.shape), (2_800, 1_000, Some([1, SIZE, SIZE])));
    for half in [&set.train, &set.test] {
        assert_eq!((0..half.len()).filter(|&i| half.label(i) == 0).count() * 2, half.len());
    }
    let bits =
        |half: &dyn ImageSource, i| half.image(i).unwrap().pixels.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let mut images: Vec<Vec<u32>> = (0..2_800).map(|i| bits(&*set.train, i)).collect();
    images.extend((0..1_000).map(|i| bits(&*set.test, i)));
    images.sort();
    images.dedup();
    // Far paths fit into the image in few ways, so a chance meeting or two is to be expected.
    assert!(images.len() >= 3_795, "{} different images", images.len());
}

/// Bars of both orientations are in every image, so neither brightness nor the amount of an orientation gives the
/// class away.
#[test]
fn amounts_do_not_tell_the_classes_apart() {
    let set = contours();
    let mean = |class: usize, measure: &dyn Fn(&Image) -> f32| {
        let images = (0..set.train.len()).filter(|&i| set.train.label(i) == class);
        images.map(|i| f64::from(measure(&set.train.image(i).unwrap()))).sum::<f64>() / 1_400.0
    };
    let brightness = |image: &Image| image.pixels.iter().sum::<f32>();
    let lying = |image: &Image| image.pixels.windows(2).map(|pair| pair[0] * pair[1]).sum::<f32>();
    let standing = |image: &Image| lying(&transposed(image));
    for measure in [&brightness as &dyn Fn(&Image) -> f32, &lying, &standing] {
        let (first, second) = (mean(0, measure), mean(1, measure));
        assert!((first - second).abs() < 0.02 * first, "{first} and {second}");
    }
}

/// From an implementation of ChaCha8 and of the recipe in Python, written apart from this one.
#[test]
fn bits_are_the_same_on_every_machine() {
    assert_eq!(contours().checksum, "0af7b64b2c7cf224a683da07b0f6ea7abd7a81b5b8e6aed4ec899de2161410bc");
}
