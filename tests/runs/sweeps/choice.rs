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
