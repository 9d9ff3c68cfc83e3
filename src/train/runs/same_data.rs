//! Whether a data set is the one of a run: its contents, its classes and its division.

use crate::data::{DataSet, composed, short};
use crate::train::TrainError;
use crate::train::runs::manifest::DataNote;
use lcnnc_lang::diag::render::visible_name;

/// Classes that a message names before it says how many more there are.
const NAMED: usize = 5;

/// The problem that a data set is not the one of a run; `None` if its contents and its classes are the same. A class
/// without a picture is in no checksum, but each class behind it has another number without it.
pub fn other_data(note: &DataNote, data: &DataSet, way: impl Fn() -> String) -> Option<TrainError> {
    let difference = if data.checksum != note.checksum {
        format!("its checksum is {}, expected {}", short(&data.checksum), short(&note.checksum))
    } else if same(&note.classes, &data.classes) {
        return None;
    } else {
        format!("its classes are {}, expected {}", listed(&data.classes), listed(&note.classes))
    };
    // Weights for another number of classes fit nowhere.
    let can_be_forced = data.classes.len() == note.classes.len();
    Some(TrainError::OtherData { name: data.name.clone(), difference, way: way(), can_be_forced })
}

/// The problem that a run's data are divided in another way than they were; `now` is how many images there are to train
/// with, to validate with and to test with.
pub fn other_division(
    note: &DataNote,
    data: &DataSet,
    now: [usize; 3],
    way: impl Fn() -> String,
) -> Option<TrainError> {
    let then = [note.training_images, note.validation_images, note.test_images];
    let words =
        |[train, validation, test]: [usize; 3]| format!("{train} training, {validation} validation and {test} test");
    let difference = format!("it has {} images, expected {}", words(now), words(then));
    (now != then).then(|| TrainError::OtherData {
        name: data.name.clone(),
        difference,
        way: way(),
        can_be_forced: true,
    })
}

/// The problem that a data set to test with has as many classes as a run, but not the same.
pub fn other_classes(expected: &[String], data: &DataSet) -> Option<TrainError> {
    if same(expected, &data.classes) {
        return None;
    }
    let sorted = |names: &[String]| {
        let mut names: Vec<String> = names.iter().map(|name| composed(name)).collect();
        names.sort();
        names
    };
    let what = if sorted(expected) == sorted(&data.classes) {
        "has the classes of the run in another order"
    } else {
        "has other classes than those that the run was trained on"
    };
    let difference =
        format!("{what}: they are {}, and those of the run are {}", listed(&data.classes), listed(expected));
    Some(TrainError::OtherClasses { name: data.name.clone(), difference })
}

/// Whether two lists of classes are the same, however the letters of the names are written.
pub fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| composed(a) == composed(b))
}

fn listed(classes: &[String]) -> String {
    let names: Vec<String> = classes.iter().take(NAMED).map(|name| format!("`{}`", visible_name(name))).collect();
    let more = classes.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", names.join(", "))
}
