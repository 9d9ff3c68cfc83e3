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

/// A run that is damaged and may yet change a choice is named, with its file.
#[test]
fn what_may_change_a_choice_is_named() {
    let place = place();
    let here = place.path();
    lcnnc(here, &format!("sweep run small {FLAGS} --over lr=1e-1,1e-2,1e30 --choose lr --jobs 2"));
    let table = fine(here, "sweep table sweeps/small");
    let said = "the choice may change: 1 of 3 alternatives have seeds that failed or are not finished (lr 1e30, seed 0: exit code 3: ";
    assert!(table.contains(said), "{table}");
    let job = fs::read_dir(here.join("sweeps/small/runs")).unwrap().map(|job| job.unwrap().path());
    let job = job.into_iter().find(|job| job.to_string_lossy().contains("lr=0.01")).unwrap();
    let run = fs::read_dir(&job).unwrap().map(|run| run.unwrap().path()).find(|run| run.is_dir()).unwrap();
    // The sweep says what the list of runs says.
    fs::remove_file(run.join("best.safetensors")).unwrap();
    let (code, out, _) = lcnnc(here, "sweep status sweeps/small");
    assert!(code == Some(10) && out.contains("1 finished, 1 failed, 1 damaged"), "{out}");
    let list = fine(here, "runs list sweeps/small --columns spec,state --format csv");
    assert_eq!(list.matches("small,damaged").count(), 1, "{list}");
    let table = fine(here, "sweep table sweeps/small");
    assert!(
        table.contains("2 of 3 alternatives") && table.contains("best.safetensors: damaged: it is missing"),
        "{table}"
    );
    assert!(table.contains("lr 1e-2, seed 0: "), "{table}");
}

/// Spellings of one value are one row, also where another grid names the whole of it.
#[test]
fn spellings_of_a_call_are_one_row() {
    let place = place();
    let here = place.path();
    let file = "always: {epochs: 1, batch: 8, limit: 40, limit_test: 20, spec: small}\nchoose: [row, alpha]\ngrids:\n  - {row: one, set: \
                {alpha: 0}, optimizer: \"adam(lr: 1e-2)\"}\n  - {row: two, set: {alpha: [1, 2]}, optimizer: \"adam(lr: 0.01, beta1: \
                0.9)\"}\n";
    fs::write(here.join("s.yaml"), file).unwrap();
    fine(here, "sweep run s.yaml --device cpu --no-tensorboard --jobs 2 --into s");
    let table = fine(here, "sweep table s --rows optimizer --choose row,alpha,row --format csv");
    assert_eq!(table.lines().count(), 2, "{table}");
    assert_eq!(table.matches("row ").count(), 1, "{table}");
    let (_, _, err) = lcnnc(here, "sweep table s --rows optimizer --choose row");
    assert!(err.contains("`--choose row,alpha`"), "{err}");
}

/// Published values stand in the rows and columns of the sweep's file, and in no others.
#[test]
fn published_values_stay_in_their_rows() {
    let place = place();
    let here = place.path();
    let file = "always: {epochs: 1, batch: 8, limit: 40, limit_test: 20, spec: small}\ngrids:\n  - {row: one, lr: [1e-1, 1e-2]}\ntable: \
                {rows: lr, published: p.csv}\n";
    fs::write(here.join("s.yaml"), file).unwrap();
    fs::write(here.join("p.csv"), "row,column,mean,sd\n0.1,contours,60,1\n").unwrap();
    fine(here, "sweep run s.yaml --device cpu --no-tensorboard --jobs 2 --into s");
    assert!(fine(here, "sweep table s --rows lr").contains("published 60.00"));
    let (code, out, err) = lcnnc(here, "sweep table s --rows row --choose lr");
    assert!(code == Some(0) && !out.contains("60.00"), "{out}");
    assert!(err.contains("published values are of rows by `lr` and columns by `dataset`, and left out here"), "{err}");
}
