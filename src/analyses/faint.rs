//! Feature maps that training has all but switched off. A penalty on absolute weights shrinks kernels that do not help, and plain
//! gradient descent then leaves them trembling around zero, so that none of them is exactly zero.

/// What is below this share of the largest is faint.
const SHARE: f64 = 0.01;

/// Which of some sizes are faint beside the largest of them; one that is exactly 0 is so too.
pub fn faint(sizes: &[f64]) -> Vec<bool> {
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    sizes.iter().map(|size| *size < SHARE * largest || *size == 0.0).collect()
}
