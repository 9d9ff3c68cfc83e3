//! Folders of images: layouts, faults, and what becomes of each kind of pixel.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, Rgba};
use lcnnc::data::{self, Allow, DataSet, Image, ImageSource, Request};

use super::write;

/// Loads a folder of which one class is enough.
fn load(root: &Path) -> Result<DataSet, String> {
    let allow = Allow { one_class: true, ..Allow::default() };
    load_as(root, &Request { allow, ..Request::default() })
}

pub fn load_as(root: &Path, request: &Request) -> Result<DataSet, String> {
    data::load(&format!("folder:{}", root.display()), request).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(root: &Path, parts: &[&str]) {
    let message = load(root).err().expect("this folder must not load");
    for part in parts {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}

pub fn save(path: &Path, image: impl Into<DynamicImage>, format: ImageFormat) {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    write(path, bytes.get_ref());
}

/// A grey PNG of one pixel.
pub fn dot(path: &Path, value: u8) {
    save(path, ImageBuffer::from_pixel(1, 1, Luma([value])), ImageFormat::Png);
}

pub fn dots(folder: &Path, count: u8) {
    (0..count).for_each(|value| dot(&folder.join(format!("{value:03}.png")), value));
}

fn names(source: &dyn ImageSource) -> BTreeSet<String> {
    (0..source.len()).map(|i| source.name(i)).collect()
}

#[test]
fn without_a_test_folder_a_part_of_each_class_is_set_aside() {
    let root = tempfile::tempdir().unwrap();
    dots(&root.path().join("tabby"), 20);
    dots(&root.path().join("beagle"), 40);
    let set = load(root.path()).unwrap();
    assert_eq!((set.classes.clone(), set.shape), (vec!["beagle".to_owned(), "tabby".to_owned()], None));
    let count = |source: &dyn ImageSource, class| (0..source.len()).filter(|&i| source.label(i) == class).count();
    assert_eq!([count(&*set.train, 0), count(&*set.train, 1)], [34, 17]);
    assert_eq!([count(&*set.test, 0), count(&*set.test, 1)], [6, 3]);
    assert!(names(&*set.train).is_disjoint(&names(&*set.test)));
    let again = load(root.path()).unwrap();
    assert_eq!((names(&*set.test), &set.checksum), (names(&*again.test), &again.checksum));
    dot(&root.path().join("tabby/000.png"), 255);
    assert_ne!(load(root.path()).unwrap().checksum, set.checksum);
}

#[test]
fn train_and_test_folders_are_taken_as_they_are() {
    let root = tempfile::tempdir().unwrap();
    for (class, train, test) in [("a", 3, 1), ("b", 2, 2)] {
        dots(&root.path().join("train").join(class), train);
        dots(&root.path().join("test").join(class), test);
    }
    let set = load(root.path()).unwrap();
    assert_eq!((set.train.len(), set.test.len()), (5, 3));
    assert!(names(&*set.test).iter().all(|name| name.contains("test")));
    dots(&root.path().join("test/c"), 1);
    refused(root.path(), &["test: its classes are not those of", "it has besides `c`"]);
    fs::remove_dir_all(root.path().join("test")).unwrap();
    let set = load(root.path()).unwrap();
    assert_eq!((set.train.len(), set.test.len()), (3, 2));
}

/// ImageNet's folders: its own test half has no labels, so it lies there without classes.
#[test]
fn the_test_half_may_be_called_val() {
    let root = tempfile::tempdir().unwrap();
    dots(&root.path().join("train/n01440764"), 3);
    save(
        &root.path().join("train/n01440764/colour.JPEG"),
        ImageBuffer::from_pixel(1, 1, Rgb([1_u8, 2, 3])),
        ImageFormat::Jpeg,
    );
    dots(&root.path().join("test"), 5);
    let halves = |set: DataSet| (set.train.len(), set.test.len(), set.test.name(0));
    refused(
        root.path(),
        &["test: it holds no folder", "(5 pictures lie in none)", "`val` or `validation` in place of `test`"],
    );
    for (folder, images) in [("validation", 1), ("val", 2)] {
        dots(&root.path().join(folder).join("n01440764"), images);
        let (train, test, name) = halves(load(root.path()).unwrap());
        assert_eq!((train, test), (4, images.into()));
        assert!(name.contains(folder));
    }
    dots(&root.path().join("test/n01440764"), 4);
    assert_eq!(halves(load(root.path()).unwrap()).1, 4);
    dots(&root.path().join("test/n01443537"), 1);
    refused(root.path(), &["test: its classes are not those of", "n01443537"]);
}

#[test]
fn a_class_may_be_called_train() {
    let root = tempfile::tempdir().unwrap();
    dots(&root.path().join("train"), 3);
    dots(&root.path().join("plane"), 3);
    assert_eq!(load(root.path()).unwrap().classes, ["plane", "train"]);
}

#[test]
fn other_files_hidden_ones_and_loops_do_no_harm() {
    let root = tempfile::tempdir().unwrap();
    dots(&root.path().join("a"), 4);
    write(&root.path().join("a/notes.txt"), b"not an image");
    write(&root.path().join("a/.000.png"), b"not an image");
    write(&root.path().join("a/nested.png/deep.txt"), b"a folder with the name of an image");
    write(&root.path().join(".cache/x.txt"), b"");
    write(&root.path().join("readme.md"), b"");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(root.path(), root.path().join("loop")).unwrap();
        symlink("itself", root.path().join("itself")).unwrap();
        symlink(root.path().join("a"), root.path().join("a/inner")).unwrap();
        symlink("self.png", root.path().join("a/self.png")).unwrap();
    }
    let set = load(root.path()).unwrap();
    assert_eq!((set.classes, set.train.len() + set.test.len()), (vec!["a".to_owned()], 4));
    let notes = set.files.unwrap().notes.join("\n");
    assert!(notes.starts_with("left out: 2 files in .txt (read are .jpg, "), "{notes}");
    #[cfg(unix)]
    {
        let links = "2 links to what is not there, 2 links back to a folder that they lie in, ";
        assert!(notes.contains(links), "{notes}");
    }
    assert!(notes.ends_with(", 1 hidden picture"), "{notes}");
}

#[test]
fn faults_of_the_layout_are_named() {
    let root = tempfile::tempdir().unwrap();
    refused(root.path(), &["no folder, so there is no class", "PATH/<class>/*.png"]);
    refused(&root.path().join("nowhere"), &["nowhere: there is no such folder"]);
    write(&root.path().join("a/one.gif"), b"GIF89a");
    refused(&root.path().join("a/one.gif"), &["not a folder"]);
    refused(
        root.path(),
        &["none of its classes holds a picture", "left out: 1 file in .gif", "add pictures of a kind that is read"],
    );
    dot(&root.path().join("a/one.png"), 1);
    refused(root.path(), &["every class has a single image"]);
}

#[test]
fn a_broken_image_is_named_when_it_is_read() {
    let root = tempfile::tempdir().unwrap();
    let broken = root.path().join("a/broken.png");
    dots(&root.path().join("a"), 3);
    let message = |bytes: &[u8]| {
        write(&broken, bytes);
        let set = load(root.path()).unwrap();
        let halves = [set.train, set.test];
        let mut errors = halves.iter().flat_map(|half| (0..half.len()).filter_map(|i| half.image(i).err()));
        errors.next().expect("one image is broken").to_string()
    };
    let whole = fs::read(root.path().join("a/001.png")).unwrap();
    for bytes in [&b"no image at all"[..], &[], &whole[..whole.len() / 2]] {
        let message = message(bytes);
        assert!(message.contains("broken.png: cannot be decoded: "), "{message}");
    }
    // A header that declares 65,536 x 65,536 pixels.
    let mut huge = whole.clone();
    huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let crc = crc32(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.to_be_bytes());
    let message = message(&huge);
    assert!(message.contains("it is larger than 8192 x 8192 pixels; expected a PNG"), "{message}");
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// What becomes of one pixel.
fn pixel(image: impl Into<DynamicImage>) -> Image {
    let root = tempfile::tempdir().unwrap();
    save(&root.path().join("a/one.png"), image, ImageFormat::Png);
    dot(&root.path().join("a/two.png"), 0);
    let set = load(root.path()).unwrap();
    let halves = [set.train, set.test];
    let half = halves.iter().find(|half| half.name(0).ends_with("one.png")).unwrap();
    half.image(0).unwrap()
}

#[test]
fn every_kind_of_pixel_becomes_grey_or_red_green_blue() {
    let values = |image: Image| (image.shape(), image.pixels);
    let grey = |value| ([1, 1, 1], vec![value]);
    assert_eq!(values(pixel(ImageBuffer::from_pixel(1, 1, Luma([51_u8])))), grey(0.2));
    assert_eq!(values(pixel(ImageBuffer::from_pixel(1, 1, Luma([13_107_u16])))), grey(0.2));
    assert_eq!(values(pixel(ImageBuffer::from_pixel(1, 1, LumaA([255_u8, 51])))), grey(0.2));
    let colour = ([3, 1, 1], vec![0.2, 0.4, 1.0]);
    assert_eq!(values(pixel(ImageBuffer::from_pixel(1, 1, Rgb([51_u8, 102, 255])))), colour);
    assert_eq!(values(pixel(ImageBuffer::from_pixel(1, 1, Rgb([13_107_u16, 26_214, 65_535])))), colour);
    assert_eq!(values(pixel(ImageBuffer::from_pixel(1, 1, Rgba([51_u8, 102, 255, 255])))), colour);
    assert_eq!(values(pixel(ImageBuffer::from_pixel(1, 1, Rgba([9_u8, 9, 9, 0])))), ([3, 1, 1], vec![0.0; 3]));
    assert_eq!(
        values(pixel(ImageBuffer::from_pixel(1, 1, Rgba([65_535_u16, 0, 0, 13_107])))),
        ([3, 1, 1], vec![0.2, 0.0, 0.0])
    );
}

#[test]
fn planes_come_one_after_the_other_and_jpeg_is_read_whatever_its_name() {
    let image = ImageBuffer::from_fn(2, 1, |x, _| Rgb([x as u8 * 255, 0, 51]));
    assert_eq!(pixel(image).pixels, [0.0, 1.0, 0.0, 0.0, 0.2, 0.2]);
    let root = tempfile::tempdir().unwrap();
    let flat = || ImageBuffer::from_pixel(16, 8, Luma([128_u8]));
    save(&root.path().join("a/one.JPG"), flat(), ImageFormat::Jpeg);
    save(&root.path().join("a/two.jpeg"), flat(), ImageFormat::Jpeg);
    save(&root.path().join("a/really_jpeg.png"), flat(), ImageFormat::Jpeg);
    let set = load(root.path()).unwrap();
    assert_eq!(set.train.len() + set.test.len(), 3);
    for i in 0..set.train.len() {
        let image = set.train.image(i).unwrap();
        assert_eq!(image.shape(), [1, 8, 16]);
        assert!(image.pixels.iter().all(|value| (value - 0.502).abs() < 0.01));
    }
}
