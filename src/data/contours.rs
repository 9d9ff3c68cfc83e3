//! Contours: images whose class no small window of them shows.
//!
//! Four short bars on black, two lying and two standing. Either the two lying ones are on one line or the two standing
//! ones are, and which it is makes the class; the other two are shifted sideways against each other. The bars of a pair
//! are so far apart that a window of 13 x 13 pixels (the receptive field of two layers with kernels of 7) never sees
//! both, and a bar's place and orientation have the same distribution in either class. So every such window looks the
//! same in both: the class must be found by carrying something across the image.

use std::sync::Arc;

use rayon::prelude::*;

use super::random::{Stream, Use};
use super::{DataError, DataSet, Packed, Request, Set, digest};

pub const SET: Set = Set {
    name: "contours",
    about: "made, not read: 2,800 + 1,000 grey images of 48 x 48 pixels; are the lying or the standing bars on a line?",
    takes_path: false,
    load,
};

const SIZE: usize = 48;
const TRAIN: usize = 2_800;
const TEST: usize = 1_000;
/// Not the run's seed: the images are the same for every run.
const SEED: u64 = 2025;

/// Pixels from a bar's centre to where it has faded to nothing, along it and across.
const REACH: [usize; 2] = [5, 2];
/// Where centres lie, so that every bar is whole.
const LOW: usize = REACH[0];
const HIGH: usize = SIZE - 1 - REACH[0];
/// Pixels between the centres of a pair, measured along the bars: 14 or more from end to end.
const APART: [usize; 2] = [22, 28];
/// Least sideways shift of the pair that is not on a line.
const SHIFT: usize = 6;

fn load(_: &Request) -> Result<DataSet, DataError> {
    let (train, test) = rayon::join(|| half(0, TRAIN), || half(1, TEST));
    let checksum = digest::sha256([&train, &test].into_iter().flat_map(|half| [&half.pixels[..], &half.labels[..]]));
    Ok(DataSet {
        name: SET.name.to_owned(),
        classes: vec!["horizontal".to_owned(), "vertical".to_owned()],
        shape: Some([1, SIZE, SIZE]),
        train: Arc::new(train),
        test: Arc::new(test),
        checksum,
    })
}

/// The images of a half (0: training, 1: test); the classes take turns.
fn half(half: u64, count: usize) -> Packed {
    let mut pixels = vec![0; count * SIZE * SIZE];
    pixels.par_chunks_mut(SIZE * SIZE).enumerate().for_each(|(i, image)| {
        let mut stream = Stream::new(SEED, Use::Contours, (half << 32) + i as u64);
        draw_image(image, label(i), &mut stream);
    });
    let name = format!("contours, {} half", if half == 0 { "training" } else { "test" });
    Packed { name, shape: [1, SIZE, SIZE], pixels, labels: (0..count).map(label).collect() }
}

fn label(i: usize) -> u8 {
    (i % 2) as u8
}

fn draw_image(image: &mut [u8], label: u8, stream: &mut Stream) {
    for direction in [0, 1] {
        for [along, across] in pair(label == direction, stream) {
            draw_bar(image, if direction == 0 { [across, along] } else { [along, across] }, direction);
        }
    }
}

/// The centres of two parallel bars, along their direction and across it.
///
/// The shift goes round at the border: that makes the second bar's place across as even as the first one's.
fn pair(aligned: bool, stream: &mut Stream) -> [[usize; 2]; 2] {
    let apart = stream.between(APART[0], APART[1]);
    let along = stream.between(LOW, HIGH - apart);
    let room = HIGH - LOW + 1;
    let across = stream.below(room);
    let shift = stream.between(SHIFT, room - SHIFT);
    let other = if aligned { across } else { (across + shift) % room };
    [[along, LOW + across], [along + apart, LOW + other]]
}

/// Draws a bar around `[row, column]`, lying if `direction` is 0; where bars cross, the brighter one shows.
fn draw_bar(image: &mut [u8], [row, column]: [usize; 2], direction: u8) {
    let [height, width] = if direction == 0 { [REACH[1], REACH[0]] } else { REACH };
    for r in row - height..=row + height {
        for c in column - width..=column + width {
            let value = fade(r.abs_diff(row), height) * fade(c.abs_diff(column), width);
            let pixel = &mut image[r * SIZE + c];
            *pixel = (*pixel).max((value * 255.0).round() as u8);
        }
    }
}

/// From 1 at the centre smoothly to 0 at `reach`. A Gaussian's look, made of exactly rounded operations only, so that
/// every machine draws the same bits.
fn fade(distance: usize, reach: usize) -> f64 {
    let part = distance as f64 / reach as f64;
    (1.0 - part * part).powi(2)
}
