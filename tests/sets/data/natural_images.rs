//! The set of natural images, which is laid out by hand.

use super::folder::dots;
use super::load;
use lcnnc::data::Request;
use std::path::Path;

fn laid_out(root: &Path, classes: usize, [train, test]: [u8; 2]) {
    for class in 0..classes {
        for (half, count) in [("train", train), ("test", test)] {
            dots(&root.join(format!("natural-images/{half}/class{class}")), count);
        }
    }
}

#[test]
fn what_is_not_there_tells_where_it_comes_from() {
    let root = tempfile::tempdir().unwrap();
    let message = load("natural-images", root.path()).err().unwrap();
    assert!(message.contains("kaggle.com") && message.contains("natural-images/train/CLASS"), "{message}");
}

#[test]
fn halves_of_another_size_are_refused_unless_that_is_allowed() {
    let root = tempfile::tempdir().unwrap();
    laid_out(root.path(), 8, [2, 1]);
    let request = Request { root: Some(root.path().to_owned()), ..Request::default() };
    let message = lcnnc::data::load("natural-images", &request).err().unwrap().to_string();
    assert!(message.contains("6000 images") && message.contains("--allow-other-count"), "{message}");
    let set = load("natural-images", root.path()).unwrap();
    assert_eq!((set.name.as_str(), set.classes.len(), set.train.len(), set.test.len()), ("natural-images", 8, 16, 8));
}

#[test]
fn another_number_of_classes_is_refused() {
    let root = tempfile::tempdir().unwrap();
    laid_out(root.path(), 3, [2, 1]);
    let message = load("natural-images", root.path()).err().unwrap();
    assert!(message.contains("8 classes, and there are 3"), "{message}");
}
