//! Choices by validation, as users ask for them.

use super::{FLAGS, place};
use crate::shell::{fine, lcnnc};
use std::fs;

/// A sweep that validation does not choose in may train on all images; asked for a choice later, its table has none.
#[test]
fn nobody_can_choose_where_all_images_trained() {
    let place = place();
    let here = place.path();
    fine(here, &format!("sweep run small {FLAGS} --over lr=1e-3,1e-2 --over validation=0%,50% --jobs 2"));
    let table = fine(here, "sweep table sweeps/small --rows validation --choose lr");
    assert!(table.contains("0%, contours: no validation images: nothing can be chosen"), "{table}");
    assert!(table.contains("50%, contours: chosen by validation: lr "), "{table}");
    fine(here, "sweep report sweeps/small --rows validation --choose lr");
    let page = fs::read_to_string(here.join("sweeps/small/report.html")).unwrap();
    assert_eq!(page.matches("chosen by validation").count(), 1, "{page}");
    let (code, _, err) = lcnnc(here, "sweep table sweeps/small --rows lr --choose validation");
    assert!(code == Some(2) && err.contains("validation does not choose `validation`"), "{err}");
    fine(here, "sweep table sweeps/small --rows lr --columns validation");
}

/// Grids of several rows in one cell: the message says what they differ in, and what it offers can be done.
#[test]
fn validation_chooses_among_rows_where_that_is_asked_for() {
    let place = place();
    let here = place.path();
    let file = "choose: [lr]\nalways: {epochs: 1, batch: 8, limit: 40, limit_test: 20}\ngrids:\n  - {row: none, spec: small, set: {alpha: \
                0}, lr: [1e-3, 1e-2]}\n  - {row: some, spec: small, set: {alpha: 1}, lr: [1e-3, 1e-2]}\n";
    fs::write(here.join("rows.yaml"), file).unwrap();
    fine(here, "sweep run rows.yaml --device cpu --no-tensorboard --jobs 2 --into s");
    let (code, _, err) = lcnnc(here, "sweep table s --rows lr --columns dataset --choose alpha");
    assert_eq!(code, Some(2), "{err}");
    for said in ["alpha 0 of `none`, and alpha 1 of `some`", "`--rows row`", "`--choose alpha,row`"] {
        assert!(err.contains(said), "{said}: {err}");
    }
    let table = fine(here, "sweep table s --rows lr --columns dataset --choose alpha,row");
    assert_eq!(table.matches("chosen by validation: alpha ").count(), 2, "{table}");
    // What validation already chooses stays in what is offered.
    let (code, _, err) = lcnnc(here, "sweep table s --rows dataset --columns width --choose lr");
    assert!(code == Some(2) && err.contains("the sweep does not go over `width`"), "{err}");
    // Two spellings of a number are one row.
    for spelling in ["0.01", "1e-2"] {
        fine(here, &format!("sweep table s --rows lr --columns row --against {spelling}"));
    }
}

/// A row has a name where a grid does not go over what the rows are.
#[test]
fn rows_have_what_the_spec_says_where_no_grid_does() {
    let place = place();
    let here = place.path();
    let file = "always: {epochs: 1, batch: 8, limit: 40, limit_test: 20}\ngrids:\n  - {spec: small, limit: 20}\n  - {spec: small, set: {width: \
                [1, 3]}}\n  - {spec: small, lr: 1e-2, set: {alpha: 1}}\n";
    fs::write(here.join("grids.yaml"), file).unwrap();
    fine(here, "sweep run grids.yaml --device cpu --no-tensorboard --jobs 2 --into s");
    // The width of the spec is 2.
    let csv = fine(here, "sweep table s --rows width --columns limit --choose lr,alpha --format csv");
    let seen: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').take(2).collect()).collect();
    for cell in [["2", "20"], ["2", "40"], ["1", "40"], ["3", "40"]] {
        assert!(seen.iter().any(|it| *it == cell), "{csv}");
    }
    let table = fine(here, "sweep table s --rows lr --columns width --choose limit,alpha");
    // The rate of the default is that of the third grid, and so its points are alternatives of one another.
    assert!(!table.contains("not set") && table.starts_with("lr    2"), "{table}");
    assert!(table.contains("0.01, 2: chosen by validation: limit "), "{table}");
}
