//! Products of matrices, by the crate `gemm`.

use gemm::Parallelism;

/// A matrix whose entries lie in a slice: that of a row and a column at `row * strides[0] + column * strides[1]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    pub entries: &'a [f32],
    /// How many rows there are, and how many columns.
    pub dims: [usize; 2],
    pub strides: [usize; 2],
}

impl Matrix<'_> {
    /// Ends the program where an entry would lie outside of the slice.
    fn check(&self) {
        let [rows, columns] = self.dims.map(|dim| dim.checked_sub(1));
        if let (Some(row), Some(column)) = (rows, columns) {
            let last = row * self.strides[0] + column * self.strides[1];
            assert!(last < self.entries.len(), "the last entry {last} of {}", self.entries.len());
        }
    }
}

/// Writes the product of two matrices row by row into `sums`, or adds it to what is there. It runs on the thread that calls it;
/// the order of each sum depends on the number of its factors alone.
#[expect(unsafe_code, reason = "the crate takes pointers; that all entries lie in the slices is checked before")]
pub fn multiply(sums: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, add: bool) {
    let ([rows, depth], [also_depth, columns]) = (left.dims, right.dims);
    assert_eq!(depth, also_depth, "columns of the left matrix and rows of the right one");
    assert_eq!(sums.len(), rows * columns, "sums");
    left.check();
    right.check();
    let stride = |n: usize| isize::try_from(n).unwrap_or_else(|_| unreachable!("a slice is no longer than that"));
    // SAFETY: every entry of the three matrices lies in its slice, which was checked above, and nobody else writes to `sums`.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            sums.as_mut_ptr(),
            1,
            stride(columns),
            add,
            left.entries.as_ptr(),
            stride(left.strides[1]),
            stride(left.strides[0]),
            right.entries.as_ptr(),
            stride(right.strides[1]),
            stride(right.strides[0]),
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
