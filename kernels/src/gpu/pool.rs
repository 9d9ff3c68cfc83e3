//! Pooling, forward and backward.

use super::math::is_number;
use super::memory::Memory;
use super::program::{Address, PoolBackward};
use crate::graph::{Dims, Window};
use cubecl::prelude::*;

/// The first of the rows, or columns, that the window at `place` sees of an input of this size, and the one behind the
/// last.
#[cube]
fn seen(place: usize, #[comptime] window: Window, #[comptime] axis: usize, #[comptime] size: usize) -> (usize, usize) {
    let start = place * window.stride;
    let pad = comptime!(window.pad[axis]);
    let end = start + window.kernel[axis];
    let start = select(start < pad, pad, start) - pad;
    let end = select(end < pad, pad, end) - pad;
    (least(start, size), least(end, size))
}

/// The smaller of two numbers.
#[cube]
fn least(n: usize, #[comptime] most: usize) -> usize {
    select(n < most, n, most)
}

/// Pools `x` of the shape `from` to `y` of the shape `to`.
#[cube]
pub fn pool(
    memory: &mut Memory<'_>,
    #[comptime] window: Window,
    #[comptime] from: Dims,
    #[comptime] to: Dims,
    #[comptime] x: Address,
    #[comptime] y: Address,
) {
    for n in range_stepped(UNIT_POS as usize, comptime!(to[0] * to[1] * to[2]), memory.units) {
        let channel = n / comptime!(to[1] * to[2]);
        let (top, bottom) = seen(n / to[2] % to[1], window, 0usize, comptime!(from[1]));
        let (left, right) = seen(n % to[2], window, 1usize, comptime!(from[2]));
        let mut sum = f32::new(0.0);
        let mut fresh = true;
        for row in top..bottom {
            for column in left..right {
                let value = memory.load((channel * from[1] + row) * from[2] + column, x);
                if comptime!(window.largest) {
                    // NaN wins: comparisons with it are false, and it would go unnoticed.
                    let larger = is_number(sum) && value > sum;
                    sum = select(fresh || larger || !is_number(value), value, sum);
                    fresh = false;
                } else {
                    sum += value;
                }
            }
        }
        if comptime!(!window.largest) {
            let count = (bottom - top) * (right - left);
            sum /= f32::cast_from(select(count > 0, count, 1));
        }
        memory.store(n, sum, y);
    }
}

/// Computes the gradient of each cell that was pooled, from the windows that see it: the first of the largest numbers
/// in a window gets all of its gradient, or, for a mean, every number an equal share. Each cell is one unit's, so that
/// no two units add to the same number.
#[cube]
pub fn pool_backward(memory: &mut Memory<'_>, #[comptime] of: PoolBackward) {
    let window = comptime!(of.window);
    let from = comptime!(of.from);
    let to = comptime!(of.to);
    for n in range_stepped(UNIT_POS as usize, comptime!(from[0] * from[1] * from[2]), memory.units) {
        let channel = n / comptime!(from[1] * from[2]);
        let (row, column) = (n / from[2] % from[1], n % from[2]);
        let (top, bottom) = seeing(row, window, 0usize, comptime!(to[1]));
        let (left, right) = seeing(column, window, 1usize, comptime!(to[2]));
        let own = memory.load(n, comptime!(of.x));
        let mut sum = f32::new(0.0);
        for i in top..bottom {
            for j in left..right {
                let at = (channel * to[1] + i) * to[2] + j;
                let dy = memory.load(at, comptime!(of.dy));
                let (first, end) = seen(i, window, 0usize, comptime!(from[1]));
                let (begin, last) = seen(j, window, 1usize, comptime!(from[2]));
                if comptime!(window.largest) {
                    let largest = memory.load(at, comptime!(of.y));
                    // NaN equals nothing, and yet it is what the window has handed on.
                    let mut won = own == largest || !is_number(own);
                    // An equal one before it has it all.
                    for r in first..row + 1 {
                        for c in begin..last {
                            let before = r < row || c < column;
                            let other = memory.load((channel * from[1] + r) * from[2] + c, comptime!(of.x));
                            won = won && !(before && (other == largest || !is_number(other)));
                        }
                    }
                    sum += select(won, dy, 0.0);
                } else {
                    let count = (end - first) * (last - begin);
                    sum += dy / f32::cast_from(count);
                }
            }
        }
        memory.store(n, sum, comptime!(of.dx));
    }
}

/// The first of the windows that see a row, or a column, of the input, and the one behind the last; there are `count`.
#[cube]
fn seeing(
    place: usize,
    #[comptime] window: Window,
    #[comptime] axis: usize,
    #[comptime] count: usize,
) -> (usize, usize) {
    let place = place + window.pad[axis];
    let kernel = comptime!(window.kernel[axis]);
    // One stride behind the last window that ends before it.
    let first = (select(place < kernel, kernel, place) - kernel + window.stride) / window.stride;
    let first = select(place < kernel, 0, first);
    (least(first, count), least(place / window.stride + 1, count))
}
