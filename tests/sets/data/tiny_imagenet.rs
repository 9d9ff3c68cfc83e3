//! Tiny ImageNet in its published layout, made small.

use std::fs;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb};
use lcnnc::data::{self, ImageSource, Request};
use tempfile::TempDir;

use super::folder::save;
use super::{load, refused, write};

const FOLDER: &str = "tiny-imagenet-200";

fn flat(value: u8) -> DynamicImage {
    ImageBuffer::from_pixel(64, 64, Rgb([value; 3])).into()
}

/// Three classes, two of which are called crane; two training images each, and three to test with, out of order.
fn tiny() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join(FOLDER);
    write(&folder.join("wnids.txt"), b"n3\nn1\nn2\n");
    let words = "n0\tentity\nn1\tcrane\nn2\tcrane, lifting device\nn3\tgoldfish, Carassius auratus\n";
    write(&folder.join("words.txt"), words.as_bytes());
    for (class, value) in [("n1", 51), ("n2", 102), ("n3", 153)] {
        let train = folder.join("train").join(class);
        write(&train.join(format!("{class}_boxes.txt")), b"");
        save(&train.join(format!("images/{class}_0.JPEG")), flat(value), ImageFormat::Jpeg);
        let grey = ImageBuffer::from_pixel(64, 64, Luma([value]));
        save(&train.join(format!("images/{class}_1.JPEG")), grey, ImageFormat::Jpeg);
    }
    for name in ["val_0.JPEG", "val_1.JPEG", "val_2.JPEG"] {
        save(&folder.join("val/images").join(name), flat(204), ImageFormat::Jpeg);
    }
    let labels = "val_2.JPEG\tn3\t0\t32\t44\t62\nval_0.JPEG\tn2\t0\t0\t63\t63\nval_1.JPEG\tn1\t5\t5\t9\t9\n";
    write(&folder.join("val/val_annotations.txt"), labels.as_bytes());
    root
}

#[test]
fn a_part_of_it_is_refused_unless_it_is_meant() {
    let root = tiny();
    let request = Request { root: Some(root.path().to_owned()), ..Request::default() };
    let message = data::load("tiny-imagenet", &request).err().unwrap().to_string();
    for part in ["/train: expected 100000 images, as published, found 6; ", "take it as it is: `--allow-other-count`"] {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}

fn labels(source: &dyn ImageSource) -> Vec<usize> {
    (0..source.len()).map(|i| source.label(i)).collect()
}

#[test]
fn it_is_read_in_the_order_of_its_lists_and_in_colour() {
    let root = tiny();
    let set = load("tiny-imagenet", root.path()).unwrap();
    assert_eq!((set.name.as_str(), set.shape), ("tiny-imagenet", Some([3, 64, 64])));
    assert_eq!(set.classes, ["goldfish", "crane (n1)", "crane (n2)"]);
    assert_eq!((labels(&*set.train), labels(&*set.test)), (vec![0, 0, 1, 1, 2, 2], vec![0, 2, 1]));
    assert!(set.test.name(0).ends_with("val_2.JPEG"));
    for (i, value) in [0.6, 0.6, 0.2, 0.2, 0.4, 0.4].into_iter().enumerate() {
        let image = set.train.image(i).unwrap();
        assert_eq!(image.shape(), [3, 64, 64], "{}", set.train.name(i));
        assert!(image.pixels.iter().all(|pixel| (pixel - value).abs() < 0.01), "{}", set.train.name(i));
    }
    save(&root.path().join(FOLDER).join("val/images/val_1.JPEG"), flat(1), ImageFormat::Jpeg);
    assert_ne!(load("tiny-imagenet", root.path()).unwrap().checksum, set.checksum);
}

/// What is wrong when one of its files says something else.
#[track_caller]
fn refused_with(file: &str, text: &str, parts: &[&str]) {
    let root = tiny();
    write(&root.path().join(FOLDER).join(file), text.as_bytes());
    refused("tiny-imagenet", root.path(), &[&[file], parts].concat());
}

#[track_caller]
fn refused_without(file: &str, parts: &[&str]) {
    let root = tiny();
    let path = root.path().join(FOLDER).join(file);
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
    refused("tiny-imagenet", root.path(), &[&[file], parts].concat());
}

#[test]
fn faults_are_named() {
    refused("tiny-imagenet", Path::new("/nowhere"), &["tiny-imagenet-200/wnids.txt", "tiny-imagenet-200.zip"]);
    refused_with("wnids.txt", "", &["expected a WordNet id a line, each once, found 0 lines"]);
    refused_with("wnids.txt", "n1\nn1\n", &["found 2 lines, 1 of them different"]);
    refused_with("words.txt", "n1\tcrane\n", &["expected a line `n3`, a tab and its words, found none"]);
    let labels = "val/val_annotations.txt";
    refused_with(labels, "val_0.JPEG\tn9\n", &["a WordNet id of wnids.txt in line 1", "found `val_0.JPEG` and `n9`"]);
    refused_with(labels, "\nval_0.JPEG n1\n", &["in line 2"]);
    refused_with(labels, "../../x.JPEG\tn1\n", &["expected the name of a file in line 1, found `../../x.JPEG`"]);
    for missing in ["wnids.txt", "words.txt", labels, "train/n2", "val/images/val_1.JPEG", "train/n3/images"] {
        refused_without(missing, &["missing, but the data set `tiny-imagenet` needs it"]);
    }
    let root = tiny();
    let class = root.path().join(FOLDER).join("train/n1/images");
    fs::remove_file(class.join("n1_0.JPEG")).unwrap();
    fs::remove_file(class.join("n1_1.JPEG")).unwrap();
    refused("tiny-imagenet", root.path(), &["n1/images: expected train/<WordNet id>/images/*.JPEG, found no picture"]);
}

#[test]
fn an_image_of_another_size_is_named_when_it_is_read() {
    let root = tiny();
    let path = root.path().join(FOLDER).join("train/n1/images/n1_0.JPEG");
    save(&path, ImageBuffer::from_pixel(32, 64, Luma([9_u8])), ImageFormat::Jpeg);
    let set = load("tiny-imagenet", root.path()).unwrap();
    let message = set.train.image(2).unwrap_err().to_string();
    assert!(message.contains("expected an image of 64 x 64 pixels, found one of 64 x 32"), "{message}");
}
