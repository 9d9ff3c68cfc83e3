//! Helpers that the tests of the kernels share: numbers, choices, and convolutions as the sum they are defined by.

use lcnnc_kernels::graph::{Bank, Direction};

/// Numbers without pattern between -1 and 1, the same every time.
pub fn numbers(len: usize, salt: usize) -> Vec<f32> {
    let number = |n: usize| ((n * 7919 + salt * 104_729 + 13) as f64 * 0.618_033_988_749_895).fract() * 2.0 - 1.0;
    (0..len).map(|n| number(n) as f32).collect()
}

/// A stream of choices without pattern.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x55);
        dice.roll(2);
        dice
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }
}

/// The results of one image's convolution, or the gradients of what it reads, in double precision.
#[derive(Default)]
pub struct Sums {
    pub y: Vec<f64>,
    pub dx: Vec<f64>,
    pub dw: Vec<f64>,
}

/// One image through the kernels of all members, one after the other, and the gradients `dy` of its results back.
pub fn defined(bank: &Bank, x: &[f64], w: &[f32], dy: &[f64]) -> Sums {
    let mut sums = Sums { y: vec![0.0; dy.len()], dx: vec![0.0; x.len()], dw: vec![0.0; w.len()] };
    let (k, taps, pad) = (bank.kernel, bank.kernel * bank.kernel, bank.pad);
    // The planes that windows lie on, and those that have a pixel for each window.
    let ([height, width], [down, across]) = match bank.direction {
        Direction::Gather => (bank.from, bank.to()),
        Direction::Spread { to } => (to, bank.from),
    };
    let (mut first, mut kernel) = (0, 0);
    for outputs in bank.members.iter().map(|member| member.outputs) {
        let (windows, channels) = match bank.direction {
            Direction::Gather => (outputs, bank.inputs / bank.groups),
            Direction::Spread { .. } => (bank.inputs, outputs),
        };
        for place in 0..windows * down * across {
            let (window, row, column) = (place / (down * across), place / across % down, place % across);
            for tap in 0..channels * taps {
                let (i, j) = (row * bank.stride + tap / k % k, column * bank.stride + tap % k);
                let inside = i >= pad && i < height + pad && j >= pad && j < width + pad;
                let pixel = |channel: usize| (channel * height + i - pad) * width + j - pad;
                let [from, to] = match bank.direction {
                    _ if !inside => continue,
                    Direction::Gather => {
                        let group = window / (outputs / bank.groups);
                        [pixel(group * channels + tap / taps), first * down * across + place]
                    }
                    Direction::Spread { .. } => [place, pixel(first + tap / taps)],
                };
                let w = f64::from(w[kernel + window * channels * taps + tap]);
                sums.y[to] += w * x[from];
                sums.dx[from] += w * dy[to];
                sums.dw[kernel + window * channels * taps + tap] += x[from] * dy[to];
            }
        }
        first += outputs;
        kernel += windows * channels * taps;
    }
    sums
}

/// Numbers of single precision in double precision.
pub fn double(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().copied().map(f64::from).collect()
}

/// The largest difference over the largest number.
pub fn distance(found: &[f32], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let largest = wanted.iter().fold(1e-30, |most: f64, x| most.max(x.abs()));
    found.iter().zip(wanted).fold(0.0, |most: f64, (x, y)| most.max((f64::from(*x) - y).abs())) / largest
}

/// Fails unless what is zero by definition is exactly zero, and the rest is as defined.
pub fn compare(found: &[f32], wanted: &[f64], what: &str) {
    let close = distance(found, wanted);
    assert!(close < 1e-5, "{what}: {close:.1e}");
    let tiny = found.iter().zip(wanted).find(|(found, wanted)| **wanted == 0.0 && **found != 0.0);
    assert!(tiny.is_none(), "{what}: {tiny:?}");
}

/// Planes that are black but for one rectangle; now and then black altogether, or not at all.
pub fn planes(dice: &mut Dice, [channels, height, width]: [usize; 3], salt: usize) -> Vec<f32> {
    let mut numbers = numbers(channels * height * width, salt);
    let (mut rows, mut columns) = (0..height, 0..width);
    match dice.roll(6) {
        0 => rows = 0..0,
        1 => {}
        _ => {
            let (top, left) = (dice.roll(height), dice.roll(width));
            rows = top..top + 1 + dice.roll((height - top).min(4));
            columns = left..left + 1 + dice.roll((width - left).min(4));
        }
    }
    for (n, x) in numbers.iter_mut().enumerate() {
        if !(rows.contains(&(n / width % height)) && columns.contains(&(n % width))) {
            // Either zero is a zero.
            *x = if dice.roll(2) == 0 { 0.0 } else { -0.0 };
        }
    }
    numbers
}
