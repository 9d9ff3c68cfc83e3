//! Which folders are classes and halves, what is left out of them, and what is refused because it is rarely meant.

use std::path::Path;

use lcnnc::data::{Allow, DataSet, ImageSource, Request};

use super::folder::{dot, dots, load_as};
use super::write;

fn load(root: &Path) -> Result<DataSet, String> {
    load_as(root, &Request::default())
}

fn allowing(allow: Allow) -> Request {
    Request { allow, ..Request::default() }
}

#[track_caller]
fn refused(root: &Path, parts: &[&str]) {
    let message = load(root).err().expect("this folder must not load");
    for part in parts {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}

/// Two classes with pictures.
fn pair(folder: &Path, count: u8) {
    for class in ["cat", "dog"] {
        dots(&folder.join(class), count);
    }
}

fn notes(set: &DataSet) -> &[String] {
    &set.files.as_ref().expect("a folder is a set of files").notes
}

#[test]
fn hidden_pictures_are_left_out_and_said() {
    let root = tempfile::tempdir().unwrap();
    pair(root.path(), 4);
    let picture = std::fs::read(root.path().join("cat/000.png")).unwrap();
    // What a Mac puts beside each file is no picture, and is not said.
    for name in ["cat/.hidden.png", "cat/.other.PNG", "dog/._000.png", "dog/.DS_Store", ".loose.jpg"] {
        write(&root.path().join(name), &picture);
    }
    let set = load(root.path()).unwrap();
    assert_eq!(set.train.len() + set.test.len(), 8);
    assert_eq!(notes(&set), ["left out: 3 hidden pictures"]);
}

fn named(source: &dyn ImageSource, part: &str) -> usize {
    (0..source.len()).filter(|&i| source.name(i).contains(part)).count()
}

/// Where the test half is given, so that nothing is drawn by chance.
fn sizes(set: &DataSet) -> [usize; 3] {
    [set.train.len() - set.validation(), set.validation(), set.test.len()]
}

#[test]
fn pictures_in_folders_of_a_class_are_of_the_class() {
    let root = tempfile::tempdir().unwrap();
    pair(root.path(), 4);
    dots(&root.path().join("cat/batch1"), 3);
    dots(&root.path().join("cat/batch2/night"), 2);
    let set = load(root.path()).unwrap();
    let all = set.train.len() + set.test.len();
    assert_eq!(all, 13);
    let cats = |half: &dyn ImageSource| (0..half.len()).filter(|&i| half.label(i) == 0).count();
    assert_eq!(cats(&*set.train) + cats(&*set.test), 9);
    assert_eq!(named(&*set.train, "batch2") + named(&*set.test, "batch2"), 2);
    assert!(notes(&set).is_empty(), "{:?}", notes(&set));
}

#[test]
fn what_is_left_out_is_told_in_one_line() {
    let root = tempfile::tempdir().unwrap();
    pair(root.path(), 4);
    for hidden in ["cat/Thumbs.db", "cat/.DS_Store", "desktop.ini", "__MACOSX/cat/._000.png", ".git/x", "lost+found/x"]
    {
        write(&root.path().join(hidden), b"");
    }
    assert!(notes(&load(root.path()).unwrap()).is_empty(), "what systems put there is no data");
    for hidden in [".hid/0.png", "cat/@eaDir/deep/0.jpg"] {
        write(&root.path().join(hidden), b"");
    }
    let told = ["left out: the pictures in `.hid`, `@eaDir`, hidden or of a system"];
    assert_eq!(notes(&load(root.path()).unwrap()), told);
    std::fs::remove_dir_all(root.path().join(".hid")).unwrap();
    std::fs::remove_dir_all(root.path().join("cat/@eaDir")).unwrap();

    for file in ["cat/1.gif", "cat/2.GIF", "dog/deep/3.gif", "dog/notes", "readme.md", "labels.csv", "dog.zip"] {
        write(&root.path().join(file), b"");
    }
    dot(&root.path().join("stray.png"), 1);
    let set = load(root.path()).unwrap();
    let told = "left out: 1 file without an ending, 3 files in .gif (read are .jpg, .jpeg, .png, .ppm, .bmp, .pgm, .tif, \
                .tiff, .webp), 2 files in the folder of no class";
    assert_eq!(notes(&set), [told]);
}

#[test]
fn val_beside_test_is_the_validation_half() {
    let root = tempfile::tempdir().unwrap();
    pair(&root.path().join("train"), 6);
    pair(&root.path().join("val"), 2);
    let set = load(root.path()).unwrap();
    assert_eq!(sizes(&set), [12, 0, 4]);
    assert!(notes(&set).is_empty());
    pair(&root.path().join("test"), 3);
    dots(&root.path().join("extra"), 1);
    let set = load(root.path()).unwrap();
    assert_eq!(sizes(&set), [12, 4, 6]);
    for i in 0..set.train.len() {
        assert_eq!(set.train.name(i).contains("val"), i >= 12, "the validation half comes last: {}", set.train.name(i));
    }
    let told = ["left out: what is in `extra`", "the validation half is `val`; `validation` in `data` is not used"];
    assert_eq!(notes(&set), told);
    assert_eq!(named(&*set.test, "test"), 6);
}

#[test]
fn pictures_beside_the_halves_are_told() {
    let root = tempfile::tempdir().unwrap();
    pair(&root.path().join("train"), 6);
    pair(&root.path().join("test"), 2);
    dots(root.path(), 3);
    assert_eq!(notes(&load(root.path()).unwrap()), ["left out: 3 files in the folder of no class"]);
}

#[test]
fn one_class_with_pictures_beside_empty_ones_is_one_class() {
    let root = tempfile::tempdir().unwrap();
    dots(&root.path().join("cat"), 4);
    std::fs::create_dir(root.path().join("dog")).unwrap();
    let empty = Allow { empty_classes: true, ..Allow::default() };
    let message = load_as(root.path(), &allowing(empty)).err().unwrap();
    assert!(message.contains("one of its 2 classes alone holds pictures, `cat`"), "{message}");
    assert!(message.contains("--allow-one-class"), "{message}");
    let set = load_as(root.path(), &allowing(Allow { one_class: true, ..empty })).unwrap();
    assert_eq!(set.classes, ["cat", "dog"]);
    std::fs::remove_dir_all(root.path().join("cat")).unwrap();
    write(&root.path().join("cat/1.gif"), b"");
    let message = load_as(root.path(), &allowing(empty)).err().unwrap();
    assert!(message.contains("none of its classes holds a picture; left out: 1 file in .gif"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_class_whose_name_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let root = tempfile::tempdir().unwrap();
    pair(root.path(), 3);
    dots(&root.path().join(std::ffi::OsStr::from_bytes(b"f\xe9e")), 3);
    refused(root.path(), &["class folder \"f\\xE9e\" is not UTF-8", "rename the folder"]);
}

#[test]
fn halves_may_begin_with_a_capital_letter_and_other_names_for_them_are_refused() {
    let root = tempfile::tempdir().unwrap();
    pair(&root.path().join("Train"), 6);
    pair(&root.path().join("Test"), 2);
    assert_eq!(sizes(&load(root.path()).unwrap()), [12, 0, 4]);
    let root = tempfile::tempdir().unwrap();
    pair(&root.path().join("Training"), 6);
    pair(&root.path().join("Testing"), 2);
    refused(root.path(), &["`Training` and `Testing`", "call them `train` and `test`"]);
    for (from, to) in [("Training", "train"), ("Testing", "test")] {
        std::fs::rename(root.path().join(from), root.path().join(to)).unwrap();
    }
    assert_eq!(sizes(&load(root.path()).unwrap()), [12, 0, 4]);
}

#[test]
fn one_class_alone_has_to_be_allowed() {
    let root = tempfile::tempdir().unwrap();
    dots(&root.path().join("cat"), 4);
    refused(root.path(), &["one class alone, `cat`", "add the folder of another class", "--allow-one-class"]);
    let request = allowing(Allow { one_class: true, ..Allow::default() });
    assert_eq!(load_as(root.path(), &request).unwrap().classes, ["cat"]);
    dots(&root.path().join("dog"), 4);
    assert_eq!(load(root.path()).unwrap().classes, ["cat", "dog"]);
    // The folder above the one that is meant.
    let above = tempfile::tempdir().unwrap();
    pair(&above.path().join("data"), 4);
    let meant = above.path().join("data");
    refused(above.path(), &["one class alone, `data`", &format!("name {} if its folders", meant.display())]);
    assert_eq!(load(&meant).unwrap().classes, ["cat", "dog"]);
}

#[test]
fn a_class_without_a_picture_has_to_be_allowed() {
    let root = tempfile::tempdir().unwrap();
    pair(root.path(), 4);
    write(&root.path().join("fox/1.gif"), b"");
    refused(root.path(), &["1 of its 3 classes hold no picture: `fox`", "1 file in .gif", "--allow-empty-classes"]);
    let request = allowing(Allow { empty_classes: true, ..Allow::default() });
    let set = load_as(root.path(), &request).unwrap();
    assert_eq!(set.classes, ["cat", "dog", "fox"], "the class is kept, as ImageFolder keeps it");

    let root = tempfile::tempdir().unwrap();
    for class in ["cat", "dog", "fox"] {
        dots(&root.path().join("train").join(class), 3);
    }
    pair(&root.path().join("val"), 2);
    refused(root.path(), &["val: its classes are not those of", "it lacks `fox`", "--allow-empty-classes"]);
    let set = load_as(root.path(), &request).unwrap();
    assert_eq!((sizes(&set), set.test.label(2)), ([9, 0, 4], 1));
    dots(&root.path().join("val/fox"), 1);
    assert_eq!(sizes(&load(root.path()).unwrap()), [9, 0, 5]);
}

#[test]
fn halves_whose_classes_differ_in_capital_letters_are_refused_with_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    pair(&root.path().join("train"), 6);
    dots(&root.path().join("val/Cat"), 2);
    dots(&root.path().join("val/dog"), 2);
    refused(root.path(), &["it lacks `cat`", "it has besides `Cat`", "call the folder `cat` in both"]);
}

/// `é` as one character, and as two.
const ACUTE: [&str; 2] = ["caf\u{e9}", "cafe\u{301}"];

#[cfg(target_os = "linux")]
#[test]
fn two_classes_that_are_one_in_unicode_are_refused() {
    let root = tempfile::tempdir().unwrap();
    ACUTE.iter().for_each(|class| dots(&root.path().join(class), 3));
    dots(&root.path().join("tea"), 3);
    refused(root.path(), &["two of its classes have the same name", "u{301}", "rename one"]);
    std::fs::rename(root.path().join(ACUTE[1]), root.path().join("coffee")).unwrap();
    assert_eq!(load(root.path()).unwrap().classes, [ACUTE[0], "coffee", "tea"]);
}

#[test]
fn a_class_is_the_same_in_both_halves_however_its_letters_are_written() {
    let root = tempfile::tempdir().unwrap();
    for class in [ACUTE[0], "tea"] {
        dots(&root.path().join("train").join(class), 3);
    }
    for class in [ACUTE[1], "tea"] {
        dots(&root.path().join("test").join(class), 2);
    }
    let set = load(root.path()).unwrap();
    assert_eq!((set.classes.clone(), sizes(&set)), (vec![ACUTE[0].to_owned(), "tea".to_owned()], [6, 0, 4]));
}
