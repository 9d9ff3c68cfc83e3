//! Products, equations and eigenvalues, by what defines them.

use crate::{apart, normal};
use lcnnc::sharing::matrix::{Matrix, largest_eigenvalue, product, second_moments};
use lcnnc::sharing::solve::Cholesky;

#[test]
fn products_are_sums_of_products() {
    let (rows, inner, columns) = (5, 7, 3);
    let [a, b, c] = [normal(0, rows * inner, 0.0), normal(1, inner * columns, 0.0), normal(2, rows * columns, 0.0)];
    let at = |i: usize, j: usize| (0..inner).map(|k| a[i * inner + k] * b[k * columns + j]).sum::<f64>();
    let expected: Vec<f64> = (0..rows * columns).map(|n| 0.5 * c[n] - 2.0 * at(n / columns, n % columns)).collect();
    let turned = |m: &[f64], columns: usize| -> Vec<f64> {
        (0..m.len()).map(|n| m[n % (m.len() / columns) * columns + n / (m.len() / columns)]).collect()
    };
    let (at, bt) = (turned(&a, inner), turned(&b, columns));
    for (left, right) in [
        (Matrix::new(&a, inner), Matrix::new(&b, columns)),
        (Matrix::new(&at, rows).transposed(), Matrix::new(&bt, inner).transposed()),
    ] {
        let mut made = c.clone();
        product(&mut made, 0.5, -2.0, left, right);
        assert!(apart(&made, &expected) < 1e-14);
    }
}

#[test]
fn a_product_does_not_read_what_it_replaces() {
    let mut made = [f64::NAN];
    product(&mut made, 0.0, 1.0, Matrix::new(&[2.0], 1), Matrix::new(&[3.0], 1));
    assert_eq!(made, [6.0]);
}

#[test]
fn solutions_solve_their_equations() {
    let n = 20;
    let matrix = second_moments(&normal(3, 2 * n * n, 0.0), n);
    let b = normal(4, n, 0.0);
    let mut x = b.clone();
    Cholesky::new(matrix.clone(), n).unwrap().solve(&mut x);
    let mut back = vec![0.0; n];
    product(&mut back, 0.0, 1.0, Matrix::new(&matrix, n), Matrix::new(&x, 1));
    assert!(apart(&back, &b) < 1e-11);
}

#[test]
fn a_singular_matrix_has_no_factors() {
    // Fewer patterns than inputs.
    assert!(Cholesky::new(second_moments(&normal(5, 3 * 4, 0.0), 4), 4).is_none());
    assert!(Cholesky::new(vec![f64::NAN], 1).is_none());
}

#[test]
fn the_largest_eigenvalue_is_found() {
    assert_eq!(largest_eigenvalue(&[0.0; 9], 3), 0.0);
    // Eigenvalues 3 and 1.
    assert!((largest_eigenvalue(&[2.0, -1.0, -1.0, 2.0], 2) - 3.0).abs() < 1e-12);
    // Of outer products v v^T it is v . v.
    let v = [1.0, -2.0, 0.5];
    let outer: Vec<f64> = v.iter().flat_map(|a| v.map(|b| a * b)).collect();
    assert!((largest_eigenvalue(&outer, 3) - 5.25).abs() < 1e-12);
}
