//! Helpers that the tests of the kernels share: numbers, choices, and convolutions as the sum they are defined by.

use lcnnc_kernels::graph::Bank;

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

/// One image through kernels `[outputs, inputs, kernel, kernel]`, and the gradients `dy` of its results back.
pub fn defined(bank: &Bank, x: &[f64], w: &[f32], dy: &[f64]) -> Sums {
    let ([height, width], [down, across]) = (bank.from, bank.to());
    let (k, taps) = (bank.kernel, bank.kernel * bank.kernel);
    let mut sums = Sums { y: vec![0.0; dy.len()], dx: vec![0.0; x.len()], dw: vec![0.0; w.len()] };
    for (place, dy) in dy.iter().enumerate() {
        let (o, row, column) = (place / (down * across), place / across % down, place % across);
        for tap in 0..bank.inputs * taps {
            let (c, i, j) = (tap / taps, row + tap / k % k, column + tap % k);
            let inside = i >= bank.pad && i < height + bank.pad && j >= bank.pad && j < width + bank.pad;
            if inside {
                let from = (c * height + i - bank.pad) * width + j - bank.pad;
                let kernel = o * bank.inputs * taps + tap;
                sums.y[place] += f64::from(w[kernel]) * x[from];
                sums.dx[from] += f64::from(w[kernel]) * dy;
                sums.dw[kernel] += x[from] * dy;
            }
        }
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
