//! Augmentations against numbers computed elsewhere, their odds, and that nothing but the seed decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use lcnnc::data::augment::{Augmentations, KINDS, Views};
use lcnnc::data::loader::{Batch, Feed, Loader};
use lcnnc::data::{Image, InMemory};
use lcnnc_lang::vocabulary::{ArgValue, Bound, augmentations};

use super::transform::{assert_near, pattern};

fn call(callee: &'static str, value: ArgValue) -> Bound {
    let declared = augmentations::CALLABLES.iter().find(|call| call.name == callee).unwrap();
    Bound { callee, values: vec![(declared.args[0].name, value)] }.completed(declared.args)
}

fn pad_crop(border: usize) -> Bound {
    call("pad_crop", ArgValue::Count(border))
}

fn flip(p: f64) -> Bound {
    call("flip", ArgValue::Real(p))
}

fn rotate(degrees: f64) -> Bound {
    call("rotate", ArgValue::Real(degrees))
}

fn several(count: usize) -> Bound {
    call("repeat", ArgValue::Count(count))
}

fn views(calls: &[Bound], seed: u64, epoch: u64) -> Views {
    Views { augmentations: Arc::new(Augmentations::new(calls)), seed, epoch }
}

/// View `number` of the pattern of 4 x 5 pixels, seventh in the third epoch's order, under seed 9.
fn seventh(calls: &[Bound], number: usize) -> Vec<f32> {
    let view = views(calls, 9, 3).view(pattern(1, 4, 5), 7, number, String::new).unwrap();
    assert_eq!(view.shape(), [1, 4, 5]);
    view.pixels
}

/// augment.py beside this file made the numbers: ChaCha8 and the drawing in Python, `grid_sample` of torch 2.15.
#[test]
#[allow(clippy::approx_constant, reason = "0.30102 is a pixel, no logarithm")]
fn views_are_those_of_another_implementation() {
    let cropped = [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.6, 0.0, 0.0, 0.7, 1.0, 0.2, 0.0, 0.0, 0.3, 0.6, 0.9],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.6, 0.0, 0.0, 0.7, 1.0, 0.2],
    ];
    // By 29.008 and 21.993 degrees.
    let turned = [
        [
            0.064071, 0.390898, 0.74295, 0.59489, 0.385708, 0.213012, 0.580994, 0.299917, 0.316044, 0.38474, 0.679721,
            0.783956, 0.800083, 0.519006, 0.381436, 0.190141, 0.50511, 0.35705, 0.382667, 0.170857,
        ],
        [
            0.076422, 0.360243, 0.724859, 0.575504, 0.409066, 0.30102, 0.65202, 0.274148, 0.369994, 0.465592, 0.588529,
            0.730006, 0.825852, 0.44798, 0.275979, 0.23312, 0.524496, 0.375141, 0.447888, 0.203793,
        ],
    ];
    let all = [
        [
            0.0, 0.0, 0.000409, 0.039835, 0.113215, 0.0, 0.0, 0.017969, 0.385103, 0.492134, 0.0, 0.0, 0.660833,
            0.940845, 0.383902, 0.0, 0.0, 0.254934, 0.496432, 0.675099,
        ],
        [
            0.0, 0.0, 0.0, 0.0, 0.0, 0.256637, 0.076228, 0.000413, 0.0, 0.0, 0.455609, 0.405704, 0.0, 0.0, 0.0,
            0.30043, 0.728307, 0.449937, 0.0, 0.0,
        ],
    ];
    for number in [0, 1] {
        assert_near(&seventh(&[pad_crop(2)], number), &cropped[number]);
        assert_near(&seventh(&[rotate(40.0)], number), &turned[number]);
        assert_near(&seventh(&[pad_crop(2), flip(0.5), rotate(15.0)], number), &all[number]);
    }
    let image = pattern(1, 4, 5);
    let flipped = |place| views(&[flip(0.5)], 9, 3).view(image.clone(), place, 0, String::new).unwrap() != image;
    let expected = [1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0].map(|bit| bit == 1);
    assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map(flipped), expected);
}

/// A quarter turn to the left, by hand; whichever angle is drawn, the centre stays.
#[test]
fn a_picture_turns_about_its_centre() {
    let dot =
        |at: usize| Image { channels: 1, height: 3, width: 3, pixels: (0..9).map(|i| f32::from(i == at)).collect() };
    for place in 0..50 {
        let turned = |at| views(&[rotate(180.0)], 1, 0).view(dot(at), place, 0, String::new).unwrap().pixels;
        assert!((turned(4)[4] - 1.0).abs() < 1e-6);
        // Opposite dots land opposite, whatever the angle.
        let (above, below) = (turned(1), turned(7));
        assert_near(&above, &below.into_iter().rev().collect::<Vec<_>>());
    }
}

/// Every channel of an image gets the same.
#[test]
fn channels_go_together() {
    for calls in [[pad_crop(3)], [flip(0.5)], [rotate(90.0)]] {
        for place in 0..20 {
            let view = views(&calls, 4, 1).view(pattern(3, 6, 5), place, 0, String::new).unwrap();
            let one = views(&calls, 4, 1).view(pattern(1, 6, 5), place, 0, String::new).unwrap();
            assert!(view.pixels.chunks(30).all(|plane| plane == one.pixels));
        }
    }
}

#[test]
fn every_shift_is_equally_likely() {
    // One bright pixel: where it lands says which shift it was, and with border 1 it never leaves the picture.
    let image = Image { channels: 1, height: 3, width: 3, pixels: (0..9).map(|i| f32::from(i == 4)).collect() };
    let views = views(&[pad_crop(1)], 2, 5);
    let mut counts = [0_u32; 9];
    for place in 0..9_000 {
        let view = views.view(image.clone(), place, 0, String::new).unwrap();
        counts[view.pixels.iter().position(|&x| x == 1.0).unwrap()] += 1;
    }
    // The standard deviation is 30.
    assert!(counts.iter().all(|&count| count.abs_diff(1_000) < 150), "{counts:?}");
}

#[test]
fn as_many_are_mirrored_as_was_asked_for() {
    let image = pattern(1, 2, 3);
    let mirrored = Image { pixels: [2, 1, 0, 5, 4, 3].map(|i: usize| image.pixels[i]).to_vec(), ..image };
    for (p, least, most) in [(0.0, 0, 0), (0.5, 850, 1_150), (0.1, 120, 280), (1.0, 2_000, 2_000)] {
        let views = views(&[flip(p)], 0, 0);
        let view = |place| views.view(image.clone(), place, 0, String::new).unwrap();
        let count = (0..2_000).map(view).filter(|view| *view == mirrored).count();
        assert!((least..=most).contains(&count), "p = {p}: {count} of 2000");
    }
}

/// Angles are even between the bounds: of a point far out, the height over the centre tells the sine.
#[test]
fn angles_are_even_and_within_their_bounds() {
    // A horizontal ramp: the centre of the turned picture's right edge has the ramp's value at cos(angle), its top at
    // sin(angle).
    let side = 101;
    let ramp =
        Image { channels: 1, height: side, width: side, pixels: (0..side * side).map(|i| (i % side) as f32).collect() };
    let views = views(&[rotate(30.0)], 3, 0);
    let angle = |place| {
        let turned = views.view(ramp.clone(), place, 0, String::new).unwrap();
        let at = |row: usize, column: usize| f64::from(turned.pixels[row * side + column]) - 50.0;
        at(30, 50).atan2(at(50, 70)).to_degrees()
    };
    let angles: Vec<f64> = (0..600).map(angle).collect();
    assert!(angles.iter().all(|angle| angle.abs() <= 30.001), "{angles:?}");
    for part in 0..6 {
        let low = -30.0 + 10.0 * f64::from(part);
        let count = angles.iter().filter(|angle| (low..low + 10.0).contains(*angle)).count();
        // The standard deviation is 9.
        assert!((60..140).contains(&count), "{count} of 600 from {low} degrees on");
    }
}

#[test]
fn seed_epoch_place_view_and_step_each_matter() {
    let shifts = |views: Views, place, number| views.view(pattern(1, 32, 32), place, number, String::new).unwrap();
    let crop = || vec![pad_crop(8)];
    let one = shifts(views(&crop(), 1, 1), 1, 1);
    assert_eq!(one, shifts(views(&crop(), 1, 1), 1, 1));
    for (seed, epoch, place, number) in [(2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 1), (1, 1, 1, 2)] {
        assert_ne!(one, shifts(views(&crop(), seed, epoch), place, number));
    }
    // Two steps that drew the same numbers would mirror and mirror back.
    let mirrored = |place| shifts(views(&[flip(0.5), flip(0.5)], 1, 1), place, 0) != pattern(1, 32, 32);
    let count = (0..100).filter(|&place| mirrored(place)).count();
    // The standard deviation is 5.
    assert!((25..75).contains(&count), "{count} of 100");
}

#[test]
fn a_border_as_wide_as_the_picture_is_refused() {
    let views = views(&[pad_crop(4)], 0, 0);
    let message = views.view(pattern(1, 9, 4), 0, 0, || "image 7".to_owned()).unwrap_err().to_string();
    let expected = "image 7: augmentation `pad_crop`: expected a border narrower than the image, 9 x 4 pixels, found 4";
    assert_eq!(message, expected);
}

/// Ten images of 5 x 5 pixels.
fn feed(calls: &[Bound]) -> Feed {
    let pixels = (0..250).map(|i| (i * 37 % 256) as u8).collect();
    let source = InMemory { name: "ten".to_owned(), shape: [1, 5, 5], pixels, labels: (0..10).collect() };
    Feed {
        source: Arc::new(source),
        order: vec![3, 1, 4, 5, 9, 2, 6, 8, 7, 0],
        augment: Some(views(calls, 5, 2)),
        transforms: Arc::default(),
        shape: [1, 5, 5],
        batch: 3,
        first: 0,
    }
}

fn batches(feed: Feed, workers: usize) -> Vec<Batch> {
    Loader::with_workers(feed, workers).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_batch_holds_every_view_and_no_thread_or_start_changes_one() {
    let calls = [pad_crop(2), several(2), flip(0.5), rotate(20.0), several(2)];
    let whole = batches(feed(&calls), 1);
    assert_eq!((feed(&calls).batches(), feed(&calls).images()), (4, 40));
    assert_eq!(whole.iter().map(|batch| batch.shape[0]).collect::<Vec<_>>(), [12, 12, 12, 4]);
    assert_eq!(whole[0].labels, [3, 3, 3, 3, 1, 1, 1, 1, 4, 4, 4, 4]);
    let different: BTreeSet<Vec<u32>> = whole
        .iter()
        .flat_map(|batch| batch.images.chunks(25))
        .map(|view| view.iter().map(|x| x.to_bits()).collect())
        .collect();
    assert!(different.len() >= 38, "{} different views of 40", different.len());
    for workers in [1, 2, 3, 7] {
        for first in 0..=5 {
            let rest = batches(Feed { first, ..feed(&calls) }, workers);
            assert_eq!(rest, whole[first.min(4)..], "{workers} threads from batch {first} on");
        }
    }
    let later = batches(Feed { augment: Some(views(&calls, 5, 3)), ..feed(&calls) }, 1);
    assert_ne!(later, whole, "an epoch has views of its own");
}

#[test]
fn a_batch_that_no_machine_can_hold_is_an_error() {
    // 2^40 views of 25 values.
    let calls = [1_024; 4].map(several);
    let message = Loader::new(feed(&calls)).unwrap().next().unwrap().unwrap_err().to_string();
    let expected = "a batch of 3298534883328 images (views included) of [1, 5, 5] values does not fit in memory";
    assert!(message.contains(expected) && message.contains("lower `batch`"), "{message}");
}

#[test]
fn without_a_call_pictures_stay_as_they_are() {
    assert_eq!(batches(feed(&[]), 2), batches(Feed { augment: None, ..feed(&[]) }, 2));
}

#[test]
fn every_augmentation_can_be_called() {
    let names: Vec<&str> = augmentations::CALLABLES.iter().map(|call| call.name).collect();
    assert_eq!(names, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
}
