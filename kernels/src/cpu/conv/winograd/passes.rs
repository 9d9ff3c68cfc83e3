//! The passes of a convolution in tiles over the planes of a block, one row of tiles at a time: pixels to points,
//! products, and points to pixels.
//!
//! `parts` is everywhere the number of vectors that make a cell.

use super::Winograd;
use super::points::{POINTS, TILE, from_points, from_points_backward, to_points};
use crate::cpu::conv::TOGETHER;
use crate::cpu::lanes::{LANES, transpose};
use pulp::{Simd, WithSimd};

/// Transforms row `row` of the tiles of input planes, `[count, height, width]` cells, to points:
/// `[points, planes, tiles]`, where these are planes `first..first + count` of all inputs.
pub struct ToPoints<'a> {
    pub winograd: &'a Winograd,
    pub row: usize,
    /// The first of these planes among all inputs.
    pub first: usize,
    pub from: &'a [f32],
    pub to: &'a mut [f32],
    /// Where the points of each column of pixels go, and a row of zeros.
    pub line: &'a mut [f32],
}

impl WithSimd for ToPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { winograd, row, first, .. } = self;
        let parts = LANES / S::F32_LANES;
        let ([height, width], pad) = (winograd.sizes.from, winograd.sizes.pad);
        let (across, step) = (winograd.tiles()[1], winograd.step(winograd.sizes.inputs));
        let (from, to) = (S::as_simd_f32s(self.from).0, S::as_mut_simd_f32s(self.to).0);
        // The points of each column of pixels, and a row of zeros for where there is none.
        let columns = across * TILE + POINTS - TILE;
        let (line, zeros) = S::as_mut_simd_f32s(self.line).0.split_at_mut(columns * POINTS);
        let zeros = &mut zeros[..width * parts];
        line.fill(s.splat_f32s(0.0));
        zeros.fill(s.splat_f32s(0.0));
        for (plane, from) in from.chunks_exact(height * width * parts).enumerate() {
            let mut rows = [&*zeros; POINTS];
            for (i, pixels) in rows.iter_mut().enumerate() {
                let row = (row * TILE + i).wrapping_sub(pad);
                if row < height {
                    *pixels = &from[row * width * parts..][..width * parts];
                }
            }
            for p in 0..parts {
                for (column, points) in line.chunks_exact_mut(POINTS).skip(pad).take(width).enumerate() {
                    let mut x = [s.splat_f32s(0.0); POINTS];
                    for i in 0..POINTS {
                        x[i] = rows[i][column * parts + p];
                    }
                    points.copy_from_slice(&to_points(s, x));
                }
                for tile in 0..across {
                    let at = ((first + plane) * across + tile) * parts + p;
                    let pixels = &line[tile * TILE * POINTS..][..POINTS * POINTS];
                    for i in 0..POINTS {
                        let mut x = [s.splat_f32s(0.0); POINTS];
                        for j in 0..POINTS {
                            x[j] = pixels[j * POINTS + i];
                        }
                        let values = to_points(s, x);
                        for j in 0..POINTS {
                            to[(i * POINTS + j) * step * parts + at] = values[j];
                        }
                    }
                }
            }
        }
    }
}

/// Multiplies the points of a row of tiles, `x`, `[points, inputs, tiles]`, by those of the kernels, as
/// [`Winograd::prepare`] lays them out, and sums them to `y`, `[points, count, tiles]`, for the outputs `first..first + count`.
pub struct Multiply<'a> {
    pub winograd: &'a Winograd,
    pub kernels: &'a [f32],
    /// The first output.
    pub first: usize,
    /// The number of outputs.
    pub count: usize,
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        for point in 0..POINTS * POINTS {
            let mut o = 0;
            while o < self.count {
                o += if self.count - o >= TOGETHER {
                    self.outputs::<S, TOGETHER>(s, point, o)
                } else {
                    self.outputs::<S, 1>(s, point, o)
                };
            }
        }
    }
}

impl Multiply<'_> {
    /// Computes `M` outputs from output `o` on at one point, and returns `M`.
    #[inline(always)]
    fn outputs<S: Simd, const M: usize>(&mut self, s: S, point: usize, o: usize) -> usize {
        let cells = self.winograd.tiles()[1] * (LANES / S::F32_LANES);
        let mut cell = 0;
        while cell < cells {
            cell += match cells - cell {
                4.. => self.some_products::<S, M, 4>(s, point, o, cell),
                2.. => self.some_products::<S, M, 2>(s, point, o, cell),
                _ => self.some_products::<S, M, 1>(s, point, o, cell),
            };
        }
        M
    }

    /// Sums `N` vectors of `M` outputs in registers, and returns `N`: all that is read serves several sums.
    #[inline(always)]
    fn some_products<S: Simd, const M: usize, const N: usize>(
        &mut self,
        s: S,
        point: usize,
        o: usize,
        cell: usize,
    ) -> usize {
        let parts = LANES / S::F32_LANES;
        let (inputs, outputs) = (self.winograd.sizes.inputs, self.winograd.sizes.outputs);
        let cells = self.winograd.tiles()[1] * parts;
        let [from, to] = [inputs, self.count].map(|planes| point * self.winograd.step(planes) * parts + cell);
        let x = &S::as_simd_f32s(self.x).0[from..];
        let y = &mut S::as_mut_simd_f32s(self.y).0[to..];
        let kernels = &self.kernels[point * inputs * outputs + (self.first + o) * inputs..][..M * inputs];
        let mut sums = [[s.splat_f32s(0.0); N]; M];
        for (c, kernels) in kernels.as_chunks::<M>().0.iter().enumerate() {
            let x = &x[c * cells..][..N];
            for m in 0..M {
                let w = s.splat_f32s(kernels[m]);
                for n in 0..N {
                    sums[m][n] = s.mul_add_f32s(w, x[n], sums[m][n]);
                }
            }
        }
        for m in 0..M {
            y[(o + m) * cells..][..N].copy_from_slice(&sums[m]);
        }
        N
    }
}

/// Transforms the points of one plane of `[points, planes, tiles]` to pixels: up to four rows of the result.
pub struct FromPoints<'a> {
    pub winograd: &'a Winograd,
    /// The plane that the pixels belong to.
    pub plane: usize,
    /// The number of planes that there are points of.
    pub planes: usize,
    pub from: &'a [f32],
    pub to: &'a mut [f32],
}

impl WithSimd for FromPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { winograd, plane, planes, .. } = self;
        let parts = LANES / S::F32_LANES;
        let (width, across, step) = (winograd.sizes.to[1], winograd.tiles()[1], winograd.step(planes));
        let (from, to) = (S::as_simd_f32s(self.from).0, S::as_mut_simd_f32s(self.to).0);
        for tile in 0..across {
            for p in 0..parts {
                let at = (plane * across + tile) * parts + p;
                let mut half = [[s.splat_f32s(0.0); TILE]; POINTS];
                for j in 0..POINTS {
                    let mut column = [s.splat_f32s(0.0); POINTS];
                    for i in 0..POINTS {
                        column[i] = from[(i * POINTS + j) * step * parts + at];
                    }
                    half[j] = from_points(s, column);
                }
                let columns = TILE.min(width - tile * TILE);
                for (i, to) in to.chunks_exact_mut(width * parts).take(TILE).enumerate() {
                    let mut row = [s.splat_f32s(0.0); POINTS];
                    for j in 0..POINTS {
                        row[j] = half[j][i];
                    }
                    let pixels = from_points(s, row);
                    for (pixel, value) in pixels.into_iter().enumerate().take(columns) {
                        to[(tile * TILE + pixel) * parts + p] = value;
                    }
                }
            }
        }
    }
}

/// Transforms the gradients of the results in row `row` of the tiles to gradients of values at points, with an output
/// in each lane and the images one after the other: `[points, tiles, images]`. `from` are up to sixteen planes,
/// `[count, height, width]` cells. What [`Accumulate`] sums over images is then no sum across a vector.
pub struct Gradients<'a> {
    pub winograd: &'a Winograd,
    pub row: usize,
    pub from: &'a [f32],
    pub to: &'a mut [f32],
}

impl WithSimd for Gradients<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { winograd, row, .. } = self;
        let parts = LANES / S::F32_LANES;
        let ([height, width], across) = (winograd.sizes.to, winograd.tiles()[1]);
        let to = S::as_mut_simd_f32s(self.to).0;
        let mut square = [0.0; LANES * LANES];
        let mut pixels = [[0.0; LANES * LANES]; TILE * TILE];
        for tile in 0..across {
            for (n, mirrored) in pixels.iter_mut().enumerate() {
                let (y, x) = (row * TILE + n / TILE, tile * TILE + n % TILE);
                if y < height && x < width {
                    let planes = self.from.chunks_exact(height * width * LANES);
                    for (plane, cell) in planes.zip(square.chunks_exact_mut(LANES)) {
                        cell.copy_from_slice(&plane[(y * width + x) * LANES..][..LANES]);
                    }
                    transpose::<S>(&square, mirrored);
                } else {
                    mirrored.fill(0.0);
                }
            }
            for cell in 0..LANES * parts {
                let mut half = [[s.splat_f32s(0.0); POINTS]; TILE];
                for j in 0..TILE {
                    let mut column = [s.splat_f32s(0.0); TILE];
                    for i in 0..TILE {
                        column[i] = S::as_simd_f32s(&pixels[i * TILE + j]).0[cell];
                    }
                    half[j] = from_points_backward(s, column);
                }
                for i in 0..POINTS {
                    let mut row = [s.splat_f32s(0.0); TILE];
                    for j in 0..TILE {
                        row[j] = half[j][i];
                    }
                    let values = from_points_backward(s, row);
                    for j in 0..POINTS {
                        to[((i * POINTS + j) * across + tile) * LANES * parts + cell] = values[j];
                    }
                }
            }
        }
    }
}

/// Adds a row of tiles to the sums of the kernels' gradients, `[inputs, groups, points, lanes]`, for one group of
/// outputs: `x` is `[points, inputs, tiles]`, and `dy` is what [`Gradients`] makes.
pub struct Accumulate<'a> {
    pub winograd: &'a Winograd,
    pub group: usize,
    pub x: &'a [f32],
    pub dy: &'a [f32],
    pub sums: &'a mut [f32],
}

impl WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let inputs = self.winograd.sizes.inputs;
        for point in 0..POINTS * POINTS {
            let mut c = 0;
            while c < inputs {
                c += match inputs - c {
                    8.. => self.some_inputs::<S, 8>(s, point, c),
                    4.. => self.some_inputs::<S, 4>(s, point, c),
                    _ => self.some_inputs::<S, 1>(s, point, c),
                };
            }
        }
    }
}

impl Accumulate<'_> {
    /// Adds to the sums of `M` inputs from input `c` on at one point, and returns `M`.
    #[inline(always)]
    fn some_inputs<S: Simd, const M: usize>(&mut self, s: S, point: usize, c: usize) -> usize {
        let parts = LANES / S::F32_LANES;
        let (inputs, len) = (self.winograd.sizes.inputs, self.winograd.tiles()[1] * LANES);
        let x = &self.x[point * self.winograd.step(inputs) * LANES + c * len..][..M * len];
        let dy = &S::as_simd_f32s(self.dy).0[point * len * parts..][..len * parts];
        let wide = self.winograd.groups * POINTS * POINTS * parts;
        let sums = &mut S::as_mut_simd_f32s(self.sums).0[c * wide + (self.group * POINTS * POINTS + point) * parts..];
        for p in 0..parts {
            let (mut some, mut planes) = ([s.splat_f32s(0.0); M], [x; M]);
            for m in 0..M {
                some[m] = sums[m * wide + p];
                planes[m] = &x[m * len..][..len];
            }
            for n in 0..len {
                let dy = dy[n * parts + p];
                for m in 0..M {
                    some[m] = s.mul_add_f32s(s.splat_f32s(planes[m][n]), dy, some[m]);
                }
            }
            for m in 0..M {
                sums[m * wide + p] = some[m];
            }
        }
        M
    }
}
