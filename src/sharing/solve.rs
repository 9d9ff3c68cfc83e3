//! Small systems of linear equations with a symmetric matrix.

use super::dot;

/// A symmetric matrix with positive eigenvalues as a product `L L^T`, with which equations are soon solved (Cholesky).
#[derive(Debug)]
pub struct Cholesky {
    /// `L`, `[n, n]`; nothing above its diagonal is read.
    factor: Vec<f64>,
    n: usize,
}

impl Cholesky {
    /// The factors of a matrix `[n, n]`, of which the part above the diagonal is not read. There are none where an
    /// eigenvalue is not positive, or so small beside the largest that rounding hides it.
    pub fn new(mut matrix: Vec<f64>, n: usize) -> Option<Self> {
        /// What rounding leaves of an eigenvalue of 0, for every row and as a share of the largest number.
        const ROUNDED: f64 = 1e-14;
        assert_eq!(matrix.len(), n * n, "the matrix is square");
        let largest = matrix.iter().step_by(n + 1).copied().fold(0.0, f64::max);
        for i in 0..n {
            let (above, row) = matrix.split_at_mut(i * n);
            for j in 0..i {
                let other = &above[j * n..=j * n + j];
                row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            }
            let square = row[i] - dot(&row[..i], &row[..i]);
            // Also false for what is not a number.
            let is_positive = square > n as f64 * ROUNDED * largest;
            if !is_positive {
                return None;
            }
            row[i] = square.sqrt();
        }
        Some(Self { factor: matrix, n })
    }

    /// Puts the solution `x` of `A x = b` in the place of `b`.
    pub fn solve(&self, b: &mut [f64]) {
        let (n, factor) = (self.n, &self.factor);
        assert_eq!(b.len(), n, "there is a number for each equation");
        for i in 0..n {
            let row = &factor[i * n..=i * n + i];
            b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
        }
        for i in (0..n).rev() {
            let row = &factor[i * n..=i * n + i];
            b[i] /= row[i];
            let x = b[i];
            b[..i].iter_mut().zip(row).for_each(|(b, l)| *b -= l * x);
        }
    }
}
