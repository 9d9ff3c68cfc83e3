//! Contours: images in which a path of aligned oriented elements decides the class.
//!
//! Six short bars on black, three lying and three standing. Either the lying ones are on one line or the standing ones
//! are, and which it is makes the class; those of the other direction are shifted sideways against each other. A
//! bar's place and orientation have the same distribution in either class, so no bar tells anything on its own: what
//! tells is how bars continue each other. Joining such paths is what lateral connections are thought to serve.
//!
//! In half of the images the bars of a path are near each other, in the other half 12 black pixels lie between them. Two
//! layers with kernels of 7 see windows of 13 x 13 pixels, and no such window holds parts of two far bars: it looks the
//! same in either class. So a feed-forward network of that depth can be right in three quarters of the images, by the
//! near half and by guessing the rest; lateral steps widen the window by 6 pixels each.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Set, Takes};
use crate::data::random::{Stream, Use};
use crate::data::{DataError, DataSet, InMemory, Request, sha256};

pub const SET: Set = Set {
    name: "contours",
    about: "made, not read: 2,800 + 1,000 grey images of 48 x 48 pixels; do the lying or the standing bars form a path?",
    takes: Takes::Nothing,
    published: None,
    load,
};

const SIZE: usize = 48;
const TRAIN: usize = 2_800;
const TEST: usize = 1_000;
/// The seed of the images. It is not the run's, so that they are the same for every run.
const SEED: u64 = 2025;

/// Bars of a direction.
const PATH: usize = 3;
/// Pixels from a bar's centre to its ends and to its sides: bars are 7 long and 3 wide.
const LENGTH: usize = 3;
const WIDTH: usize = 1;
/// Where centres lie, so that every bar is whole.
const MARGIN: usize = 4;
const ROOM: usize = SIZE - 2 * MARGIN;
/// Pixels between the centres of neighbours, measured along the path: from and to, near and far.
const APART: [[usize; 2]; 2] = [[8, 10], [19, 19]];
/// Pixels that neighbours which are not on a line are shifted sideways, at least.
const SHIFT: usize = 5;

fn load(_: &Request) -> Result<DataSet, DataError> {
    let (train, test) = rayon::join(|| half(0, TRAIN), || half(1, TEST));
    let checksum = sha256([&train, &test].into_iter().flat_map(|half| [&half.pixels[..], &half.labels[..]]));
    Ok(DataSet {
        name: SET.name.to_owned(),
        classes: vec!["horizontal".to_owned(), "vertical".to_owned()],
        shape: Some([1, SIZE, SIZE]),
        train: Arc::new(train),
        test: Arc::new(test),
        checksum,
        files: None,
        told: Vec::new(),
    })
}

/// The images of a half (0: training, 1: test); the classes take turns.
fn half(half: u64, count: usize) -> InMemory {
    let mut pixels = vec![0; count * SIZE * SIZE];
    pixels.par_chunks_mut(SIZE * SIZE).enumerate().for_each(|(i, image)| {
        let mut stream = Stream::new(SEED, Use::Contours, (half << 32) + i as u64);
        draw_image(image, label(i), &mut stream);
    });
    let name = format!("contours, {} half", if half == 0 { "training" } else { "test" });
    InMemory { name, shape: [1, SIZE, SIZE], pixels, labels: (0..count).map(label).collect() }
}

fn label(i: usize) -> u8 {
    (i % 2) as u8
}

fn draw_image(image: &mut [u8], label: u8, stream: &mut Stream) {
    let apart = APART[stream.below(APART.len())];
    for direction in [0, 1] {
        for [along, across] in path(label == direction, apart, stream) {
            let (lying, standing) = ([across, along], [along, across]);
            if direction == 0 {
                draw(image, lying, [WIDTH, LENGTH]);
            } else {
                draw(image, standing, [LENGTH, WIDTH]);
            }
        }
    }
}

/// The centres of three parallel bars, along their direction and across it.
///
/// Shifts go round at the border: that makes every bar's place across as even as the first one's.
fn path(aligned: bool, [least, most]: [usize; 2], stream: &mut Stream) -> [[usize; 2]; PATH] {
    let apart = stream.between(least, most);
    let first = stream.below(ROOM - apart * (PATH - 1));
    let mut across = stream.below(ROOM);
    std::array::from_fn(|bar| {
        let place = [MARGIN + first + bar * apart, MARGIN + across];
        if !aligned {
            across = (across + stream.between(SHIFT, ROOM - SHIFT)) % ROOM;
        }
        place
    })
}

/// Draws a bar around `[row, column]` that reaches so far up and down and to both sides.
fn draw(image: &mut [u8], [row, column]: [usize; 2], [height, width]: [usize; 2]) {
    for r in row - height..=row + height {
        image[r * SIZE + column - width..=r * SIZE + column + width].fill(u8::MAX);
    }
}
