//! Products of matrices, and what is asked of a symmetric one.
#![expect(unsafe_code, reason = "the crate `gemm` takes pointers; here, lengths are checked before it is called")]

use super::dot;
use gemm::{Parallelism, gemm};

/// A matrix whose rows lie one after the other, or the transpose of one.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    values: &'a [f64],
    rows: usize,
    columns: usize,
    /// How far apart the next row and the next column are.
    strides: [isize; 2],
}

impl<'a> Matrix<'a> {
    /// Reads numbers as rows of so many columns.
    pub fn new(values: &'a [f64], columns: usize) -> Self {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "every row has {columns} numbers");
        Self { values, rows: values.len() / columns, columns, strides: [columns as isize, 1] }
    }

    /// The same numbers with rows as columns.
    pub fn transposed(self) -> Self {
        let Self { values, rows, columns, strides: [down, right] } = self;
        Self { values, rows: columns, columns: rows, strides: [right, down] }
    }
}

/// Sets `into` to `keep * into + factor * left right`, on the thread that calls. With `keep` 0 it does not matter what
/// `into` held.
pub fn product(into: &mut [f64], keep: f64, factor: f64, left: Matrix, right: Matrix) {
    let [rows, inner, columns] = [left.rows, left.columns, right.columns];
    assert_eq!(inner, right.rows, "the left matrix has as many columns as the right one has rows");
    assert_eq!(into.len(), rows * columns, "the product has a place for every row and column");
    for matrix in [left, right] {
        assert_eq!(matrix.values.len(), matrix.rows * matrix.columns, "a matrix holds all its numbers");
    }
    // SAFETY: `into` is borrowed alone, and by the lengths above every number that the strides lead to is there.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            into.as_mut_ptr(),
            1,
            columns as isize,
            keep != 0.0,
            left.values.as_ptr(),
            left.strides[1],
            left.strides[0],
            right.values.as_ptr(),
            right.strides[1],
            right.strides[0],
            keep,
            factor,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// The second moments `C = mean(x x^T)` of patterns `[patterns, inputs]`, `[inputs, inputs]`.
pub fn second_moments(patterns: &[f64], inputs: usize) -> Vec<f64> {
    let x = Matrix::new(patterns, inputs);
    let mut moments = vec![0.0; inputs * inputs];
    product(&mut moments, 0.0, (x.rows as f64).recip(), x.transposed(), x);
    moments
}

/// The largest eigenvalue of a symmetric matrix `[n, n]` that has no negative ones, by power iteration.
///
/// It stops where an iteration changes the value by less than 1e-14 of it, or after 10,000. What it gives is never above the
/// largest eigenvalue but by rounding, and is below it by a fraction only where the largest two are almost the same.
pub fn largest_eigenvalue(matrix: &[f64], n: usize) -> f64 {
    const ITERATIONS: usize = 10_000;
    const CHANGE: f64 = 1e-14;
    assert_eq!(matrix.len(), n * n, "the matrix is square");
    // Multiples of the golden ratio: no eigenvector that anyone makes is at right angles to them.
    let mut vector: Vec<f64> = (1..=n).map(|i| 0.5 + (i as f64 * 1.618_033_988_749_895).fract()).collect();
    let mut value = 0.0;
    for _ in 0..ITERATIONS {
        let length = dot(&vector, &vector).sqrt();
        if length == 0.0 {
            return 0.0;
        }
        vector.iter_mut().for_each(|x| *x /= length);
        let image: Vec<f64> = matrix.chunks_exact(n.max(1)).map(|row| dot(row, &vector)).collect();
        let before = value;
        value = dot(&image, &vector);
        vector = image;
        if (value - before).abs() <= CHANGE * value.abs() {
            break;
        }
    }
    value
}
