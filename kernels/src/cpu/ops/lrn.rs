//! Local response normalisation of a block's maps, forward and backward.
//!
//! The numbers of neighbouring channels at one pixel lie a whole plane apart. So the work goes in tiles of a few pixels, of
//! which all channels together fit into the first-level cache.

use super::math;
use crate::image_norm::ResponseNorm;
use pulp::{Simd, WithSimd};

/// The vectors of a tile.
const TILE: usize = 4;

/// Normalises the cells `x`, `[channels, height, width]`, to `y`.
pub struct Lrn<'a> {
    pub norm: &'a ResponseNorm,
    pub channels: usize,
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl WithSimd for Lrn<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { norm, channels, x, y } = self;
        let (x, y) = (S::as_simd_f32s(x).0, S::as_mut_simd_f32s(y).0);
        if y.len() / channels < TILE {
            forward::<S, 1>(s, norm, channels, x, y);
        } else {
            forward::<S, TILE>(s, norm, channels, x, y);
        }
    }
}

/// Computes `dx`, the gradient of what was normalised, from `dy`, that of the result; all are `[channels, height,
/// width]` cells.
///
/// With `p = k + alpha * mean(x^2)`, a number bears on its own result as a factor, and on those of all channels whose
/// mean it is in: `dx = dy * p^-beta - 2 alpha beta / size * x * sum(dy * x * p^(-beta - 1))`.
pub struct LrnBackward<'a> {
    pub norm: &'a ResponseNorm,
    pub channels: usize,
    pub x: &'a [f32],
    pub dy: &'a [f32],
    pub dx: &'a mut [f32],
}

impl WithSimd for LrnBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { norm, channels, x, dy, dx } = self;
        let (x, dy, dx) = (S::as_simd_f32s(x).0, S::as_simd_f32s(dy).0, S::as_mut_simd_f32s(dx).0);
        if dx.len() / channels < TILE {
            backward::<S, 1>(s, norm, channels, [x, dy], dx);
        } else {
            backward::<S, TILE>(s, norm, channels, [x, dy], dx);
        }
    }
}

#[inline(always)]
fn forward<S: Simd, const N: usize>(s: S, norm: &ResponseNorm, channels: usize, x: &[S::f32s], y: &mut [S::f32s]) {
    let divisor = Divisor::<S>::new(s, norm);
    let window = Window::new(norm, channels);
    let mut sums = window.memory::<S, N>(s);
    let plane = y.len() / channels;
    for first in (0..plane).step_by(N) {
        // The last tile begins early enough to be a whole one, and does some vectors once more.
        let first = first.min(plane - N);
        window.sum_squares(s, x, plane, first, &mut sums);
        for (channel, sums) in sums.iter().enumerate().take(channels) {
            let at = channel * plane + first;
            let (x, y) = (&x[at..][..N], &mut y[at..][..N]);
            for i in 0..N {
                let [factor, _] = divisor.factors(s, sums[i]);
                y[i] = s.mul_f32s(x[i], factor);
            }
        }
    }
}

#[inline(always)]
fn backward<S: Simd, const N: usize>(
    s: S,
    norm: &ResponseNorm,
    channels: usize,
    [x, dy]: [&[S::f32s]; 2],
    dx: &mut [S::f32s],
) {
    let divisor = Divisor::<S>::new(s, norm);
    let window = Window::new(norm, channels);
    let mirrored = window.mirrored();
    let slope = s.splat_f32s((2.0 * norm.alpha * norm.beta / norm.size as f64) as f32);
    let mut sums = window.memory::<S, N>(s);
    let plane = dx.len() / channels;
    for first in (0..plane).step_by(N) {
        let first = first.min(plane - N);
        window.sum_squares(s, x, plane, first, &mut sums);
        // From the last channel to the first: what is written lies behind the sums that are still to be read.
        for channel in (0..channels).rev() {
            let at = channel * plane + first;
            let (x, dy, dx) = (&x[at..][..N], &dy[at..][..N], &mut dx[at..][..N]);
            let sums_here = sums[channel];
            let products = &mut sums[mirrored.before + channel];
            for i in 0..N {
                let [factor, factor_over_divisor] = divisor.factors(s, sums_here[i]);
                dx[i] = s.mul_f32s(dy[i], factor);
                products[i] = s.mul_f32s(s.mul_f32s(dy[i], x[i]), factor_over_divisor);
            }
        }
        mirrored.sum(s, &mut sums);
        for (channel, sums) in sums.iter().enumerate().take(channels) {
            let at = channel * plane + first;
            let (x, dx) = (&x[at..][..N], &mut dx[at..][..N]);
            for i in 0..N {
                dx[i] = s.negate_mul_add_f32s(s.mul_f32s(x[i], slope), sums[i], dx[i]);
            }
        }
    }
}

/// The divisor `(k + alpha * mean(x^2))^beta` as a function of the sum of the squares.
struct Divisor<S: Simd> {
    /// The factor `alpha / size` of the sum of squares.
    share: S::f32s,
    k: S::f32s,
    power: Power,
}

/// How a number is raised to the power `-beta`.
#[derive(Clone, Copy)]
enum Power {
    /// The power -1/2, which a root gives.
    Half,
    /// The power -3/4, which two roots give.
    ThreeQuarters,
    /// The power of any other `beta`, which is held here; it goes by the logarithm.
    Any(f32),
}

impl<S: Simd> Divisor<S> {
    #[inline(always)]
    fn new(s: S, norm: &ResponseNorm) -> Self {
        let power = match norm.beta {
            0.5 => Power::Half,
            0.75 => Power::ThreeQuarters,
            beta => Power::Any(beta as f32),
        };
        let share = s.splat_f32s((norm.alpha / norm.size as f64) as f32);
        Self { share, k: s.splat_f32s(norm.k as f32), power }
    }

    /// One over the divisor, and the same over `k + alpha * mean(x^2)` once more. The power is one of the reciprocal: an
    /// infinite sum then gives two zeros, as it should, and a product of powers of its own would not.
    #[inline(always)]
    fn factors(&self, s: S, sum: S::f32s) -> [S::f32s; 2] {
        let inverse = s.div_f32s(s.splat_f32s(1.0), s.mul_add_f32s(sum, self.share, self.k));
        let factor = match self.power {
            Power::Half => s.sqrt_f32s(inverse),
            Power::ThreeQuarters => {
                let root = s.sqrt_f32s(inverse);
                s.mul_f32s(root, s.sqrt_f32s(root))
            }
            Power::Any(beta) => math::exp(s, s.mul_f32s(s.splat_f32s(beta), math::log(s, inverse))),
        };
        [factor, s.mul_f32s(factor, inverse)]
    }
}

/// The neighbours of a channel, of which there are no more than there are channels.
#[derive(Clone, Copy)]
struct Window {
    channels: usize,
    /// Neighbours before a channel.
    before: usize,
    /// Neighbours behind a channel.
    behind: usize,
}

impl Window {
    fn new(norm: &ResponseNorm, channels: usize) -> Self {
        let most = |neighbours: usize| neighbours.min(channels - 1);
        Self { channels, before: most(norm.size / 2), behind: most((norm.size - 1) / 2) }
    }

    /// The channels that have a channel for a neighbour, instead of those that it has.
    fn mirrored(self) -> Self {
        Self { before: self.behind, behind: self.before, ..self }
    }

    /// Memory for a number of each channel in a tile, and for zeros before the first and behind the last.
    #[inline(always)]
    fn memory<S: Simd, const N: usize>(self, s: S) -> Vec<[S::f32s; N]> {
        vec![[s.splat_f32s(0.0); N]; self.before + self.channels + self.behind]
    }

    /// Sums the squares of a tile, which begins `first` vectors into each `plane`, over every channel's neighbours; see
    /// [`Self::sum`].
    #[inline(always)]
    fn sum_squares<S: Simd, const N: usize>(
        self,
        s: S,
        x: &[S::f32s],
        plane: usize,
        first: usize,
        sums: &mut [[S::f32s; N]],
    ) {
        for (channel, squares) in sums[self.before..].iter_mut().enumerate().take(self.channels) {
            let x = &x[channel * plane + first..][..N];
            for i in 0..N {
                squares[i] = s.mul_f32s(x[i], x[i]);
            }
        }
        self.sum(s, sums);
    }

    /// Sums the numbers that stand from entry `before` on, one of each channel, over every channel's neighbours; the sums
    /// stand from entry 0 on.
    ///
    /// The entries fall into stretches as long as a window. Then a window is the end of one stretch and the beginning of
    /// the next, and both are summed as one goes along (van Herk, 1992, Pattern Recognition Letters 13:517-521): three
    /// additions a number, however many neighbours there are. A running sum from which is taken off what leaves the
    /// window would cost two, but keeps the rounding errors of large numbers that are gone, and infinity for good.
    #[inline(always)]
    fn sum<S: Simd, const N: usize>(self, s: S, entries: &mut [[S::f32s; N]]) {
        let zeros = [s.splat_f32s(0.0); N];
        entries[..self.before].fill(zeros);
        entries[self.before + self.channels..].fill(zeros);
        let size = self.before + 1 + self.behind;
        for first in (0..self.channels).step_by(size) {
            let mut end = zeros;
            for entry in entries[first..first + size].iter_mut().rev() {
                for i in 0..N {
                    end[i] = s.add_f32s(end[i], entry[i]);
                }
                *entry = end;
            }
            let mut beginning = zeros;
            for n in first + 1..(first + size).min(self.channels) {
                let next = entries[n + size - 1];
                for i in 0..N {
                    beginning[i] = s.add_f32s(beginning[i], next[i]);
                    entries[n][i] = s.add_f32s(entries[n][i], beginning[i]);
                }
            }
        }
    }
}
