//! What a message about data advises is done, and then the set loads. Advice about classes is followed in
//! `class_folders`, about single pictures in `tests/runs/resume/pictures.rs`, and about published files in
//! `tests/sets/fetch/advice.rs`.

use std::fs;
use std::path::Path;

use lcnnc::data::{self, DataSet, Request};

use super::folder::dots;
use super::{load, write, write_cifar10, write_mnist};

fn named(name: &str) -> Result<DataSet, String> {
    data::load(name, &Request::default()).map_err(|error| error.to_string())
}

/// What stands in backquotes behind some words.
fn quoted<'m>(message: &'m str, behind: &str) -> &'m str {
    let rest = message.split_once(behind).unwrap_or_else(|| panic!("expected `{behind}` in: {message}")).1;
    rest.split('`').nth(1).unwrap()
}

#[test]
fn a_name_that_is_advised_is_a_set() {
    let message = named("contour").err().unwrap();
    assert!(named(quoted(&message, "did you mean")).is_ok());
    let message = named("contours:here").err().unwrap();
    assert!(named(quoted(&message, "has more: write")).is_ok());
    let root = tempfile::tempdir().unwrap();
    ["a", "b"].iter().for_each(|class| dots(&root.path().join(class), 3));
    let message = named("folder").err().unwrap();
    let spelling = quoted(&message, "needs a path: write").replace("PATH", &root.path().display().to_string());
    assert!(named(&spelling).is_ok());
}

#[test]
fn a_layout_that_is_expected_is_read() {
    let root = tempfile::tempdir().unwrap();
    let folder = format!("folder:{}", root.path().display());
    dots(root.path(), 3);
    let message = named(&folder).err().unwrap();
    assert!(
        message.contains("(3 pictures lie in none)") && message.contains("expected PATH/<class>/*.png"),
        "{message}"
    );
    for class in ["a", "b"] {
        fs::create_dir(root.path().join(class)).unwrap();
        for n in 0..3 {
            fs::copy(root.path().join(format!("{n:03}.png")), root.path().join(class).join(format!("{n}.png")))
                .unwrap();
        }
    }
    (0..3).for_each(|n| fs::remove_file(root.path().join(format!("{n:03}.png"))).unwrap());
    assert_eq!(named(&folder).unwrap().classes, ["a", "b"]);
}

/// Moves what lies in the folder that a message names to the one that it names next.
fn follow(message: &str) {
    let rest = message.split_once("its files seem to be in ").unwrap_or_else(|| panic!("{message}")).1;
    let (from, rest) = rest.split_once(": move them to ").unwrap();
    let to = Path::new(rest.lines().next().unwrap());
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::rename(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn files_that_lie_elsewhere_are_found_and_can_be_moved() {
    for elsewhere in ["", "mnist", "archive/MNIST", "a/b/c/d"] {
        let [root, made] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        write_mnist(made.path());
        fs::create_dir_all(root.path().join(elsewhere)).unwrap();
        for entry in fs::read_dir(made.path().join("MNIST/raw")).unwrap() {
            let entry = entry.unwrap();
            fs::rename(entry.path(), root.path().join(elsewhere).join(entry.file_name())).unwrap();
        }
        if elsewhere == "a/b/c/d" {
            // Deeper than anybody looks: no wrong place is named.
            assert!(!load("mnist", root.path()).err().unwrap().contains("seem to be"));
            continue;
        }
        follow(&load("mnist", root.path()).err().unwrap());
        assert_eq!(load("mnist", root.path()).unwrap().train.len(), 2, "{elsewhere}");
    }
    let root = tempfile::tempdir().unwrap();
    write_cifar10(root.path());
    fs::rename(root.path().join("cifar-10-batches-bin"), root.path().join("CIFAR-10")).unwrap();
    follow(&load("cifar10", root.path()).err().unwrap());
    assert_eq!(load("cifar10", root.path()).unwrap().train.len(), 5);
}

/// MNIST and Fashion-MNIST have files of the same names.
#[test]
fn nobody_is_told_to_move_the_files_of_another_set() {
    let root = tempfile::tempdir().unwrap();
    write_mnist(root.path());
    let message = load("fashion-mnist", root.path()).err().unwrap();
    assert!(message.contains("those are the ones of `mnist`: leave them there"), "{message}");
    assert!(!message.contains("move them"), "{message}");
    // A root that is too deep: the right one is named.
    for deep in ["MNIST", "MNIST/raw"] {
        let message = load("mnist", &root.path().join(deep)).err().unwrap();
        let given = Path::new(quoted(&message, "its files are in").strip_prefix("--data-root ").unwrap()).to_owned();
        assert_eq!(load("mnist", &given).unwrap().train.len(), 2, "{message}");
    }
}

/// A folder of pictures has folders `train` and `test`, which are no files of CIFAR-100.
#[test]
fn folders_of_pictures_are_no_files_of_a_set() {
    let root = tempfile::tempdir().unwrap();
    for half in ["train", "test"] {
        ["a", "b"].iter().for_each(|class| dots(&root.path().join("pictures").join(half).join(class), 2));
    }
    let message = load("cifar100", root.path()).err().unwrap();
    assert!(!message.contains("seem to be") && message.contains("lcnnc data fetch cifar100"), "{message}");
    // Files of these names may well be.
    fs::create_dir(root.path().join("archive")).unwrap();
    ["train", "test"].iter().for_each(|name| fs::write(root.path().join("archive").join(name), "").unwrap());
    let message = load("cifar100", root.path()).err().unwrap();
    assert!(message.contains("its files seem to be in ") && message.contains("archive: move them to "), "{message}");
}

/// 7-Zip names what it unpacks after the archive's header; some programs make a folder of each file.
#[test]
fn files_under_a_usual_other_name_are_read() {
    let plain = tempfile::tempdir().unwrap();
    write_mnist(plain.path());
    let checksum = load("mnist", plain.path()).unwrap().checksum;
    for deep in [false, true] {
        let root = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(plain.path().join("MNIST/raw")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let dotted = name.replace("-idx", ".idx");
            let below = if deep { format!("{name}/{dotted}") } else { dotted };
            write(&root.path().join("MNIST/raw").join(below), &fs::read(&path).unwrap());
        }
        assert_eq!(load("mnist", root.path()).unwrap().checksum, checksum);
    }
}
