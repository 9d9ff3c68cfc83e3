//! Arrays whose tasks have numbers that SLURM takes.

use lcnnc::sweeps::clusters::slurm::{Array, arrays};

#[test]
fn no_task_has_a_number_that_slurm_does_not_take() {
    let of = |first, tasks: &[usize]| Array { first, tasks: tasks.to_vec() };
    assert_eq!(arrays(&[0, 1, 3], 1001), [of(0, &[0, 1, 3])]);
    assert_eq!(arrays(&[1, 4, 5, 9, 11], 5), [of(0, &[1, 4]), of(5, &[0, 4]), of(10, &[1])]);
    assert_eq!(arrays(&[], 5), []);
}
