//! CIFAR as torchvision unpacks it: pickles that Python wrote, that a test writes as Python 2 did, and that nobody should.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cpu_time::ThreadTime;
use lcnnc::data::{DataSet, ImageSource};
use proptest::prelude::*;
use tempfile::TempDir;

use super::python2::{PIXELS, Python2};
use super::{load, refused, write};

fn pixels(images: std::ops::Range<usize>) -> Vec<u8> {
    images.flat_map(|image| (0..PIXELS).map(move |place| ((7 * image + 31 * place) % 256) as u8)).collect()
}

fn cifar100(images: std::ops::Range<usize>) -> Vec<u8> {
    Python2::dict(|pickle| {
        let fine: Vec<u8> = images.clone().map(|image| 10 + image as u8).collect();
        let coarse: Vec<u8> = images.clone().map(|image| image as u8).collect();
        let names: Vec<String> = images.clone().map(|image| format!("image_{image}.png")).collect();
        pickle.text("filenames").texts(&names.iter().map(String::as_str).collect::<Vec<_>>());
        pickle.text("batch_label").text("three images");
        pickle.text("fine_labels").numbers(&fine).text("coarse_labels").numbers(&coarse);
        pickle.text("data").array(&pixels(images.clone()));
    })
}

/// CIFAR-100 of two training images and a test image, as pickles.
fn pickled() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("cifar-100-python/train"), &cifar100(0..2));
    write(&root.path().join("cifar-100-python/test"), &cifar100(2..3));
    root
}

/// Everything about a half that a run can see.
fn half(source: &dyn ImageSource) -> Vec<(usize, Vec<f32>)> {
    (0..source.len()).map(|i| (source.label(i), source.image(i).unwrap().pixels)).collect()
}

#[track_caller]
fn assert_same(a: &DataSet, b: &DataSet) {
    assert_eq!((&a.name, a.shape, &a.checksum), (&b.name, b.shape, &b.checksum));
    assert_eq!([half(&*a.train), half(&*a.test)], [half(&*b.train), half(&*b.test)]);
}

#[test]
fn cifar100_is_the_same_as_pickles_and_as_records() {
    let (pickles, records) = (pickled(), tempfile::tempdir().unwrap());
    let record = |image: usize| [&[image as u8, 10 + image as u8][..], &pixels(image..image + 1)].concat();
    let folder = records.path().join("cifar-100-binary");
    write(&folder.join("train.bin"), &[record(0), record(1)].concat());
    write(&folder.join("test.bin"), &record(2));
    let (a, b) = (load("cifar100", pickles.path()).unwrap(), load("cifar100", records.path()).unwrap());
    assert_same(&a, &b);
    assert_eq!(half(&*a.train).iter().map(|(label, _)| *label).collect::<Vec<_>>(), [10, 11]);
    assert_eq!(half(&*a.test), [(12, pixels(2..3).into_iter().map(|byte| f32::from(byte) / 255.0).collect())]);
    // The official names, where no file has others.
    assert_eq!(a.classes, b.classes);
    assert_eq!(
        [&a.classes[0], &a.classes[1], &a.classes[47], &a.classes[99]],
        ["apple", "aquarium_fish", "maple_tree", "worm"]
    );
    assert!(a.classes.len() == 100 && a.classes.is_sorted());
}

#[test]
fn cifar10_is_the_same_as_pickles_and_as_records() {
    let (pickles, records) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    super::write_cifar10(records.path());
    for number in 0..6_u8 {
        let name = if number == 5 { "test_batch".to_owned() } else { format!("data_batch_{}", number + 1) };
        let pickle = Python2::dict(|pickle| {
            pickle.text("batch_label").text("a batch").text("labels").numbers(&[number]);
            pickle.text("data").array(&super::cifar10_record(number)[1..]);
        });
        write(&pickles.path().join("cifar-10-batches-py").join(name), &pickle);
    }
    assert_same(&load("cifar10", pickles.path()).unwrap(), &load("cifar10", records.path()).unwrap());
    // Where both are there, the records are taken.
    super::write_cifar10(pickles.path());
    write(&pickles.path().join("cifar-10-batches-py/data_batch_1"), b"not looked at");
    load("cifar10", pickles.path()).unwrap();
}

#[test]
fn names_of_classes_are_read_where_they_are() {
    let root = pickled();
    let names: Vec<String> = (0..100).map(|number| format!("class {number}")).collect();
    let meta = |names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Python2::dict(|pickle| {
            pickle.text("fine_label_names").texts(&names);
        })
    };
    write(&root.path().join("cifar-100-python/meta"), &meta(&names));
    assert_eq!(load("cifar100", root.path()).unwrap().classes, names);
    write(&root.path().join("cifar-100-python/meta"), &meta(&names[1..]));
    refused("cifar100", root.path(), &["meta: expected 100 different names", "found 99 names, 99 of them different"]);
    write(&root.path().join("cifar-100-binary/train.bin"), &[&[0, 1][..], &pixels(0..1)].concat());
    write(&root.path().join("cifar-100-binary/test.bin"), &[&[0, 2][..], &pixels(0..1)].concat());
    write(&root.path().join("cifar-100-binary/fine_label_names.txt"), (names.join("\n") + "\n\n").as_bytes());
    assert_eq!(load("cifar100", root.path()).unwrap().classes, names);
    write(&root.path().join("cifar-100-binary/fine_label_names.txt"), "a\n".repeat(100).as_bytes());
    refused("cifar100", root.path(), &["fine_label_names.txt", "found 100 names, 1 of them different"]);
}

/// pickles/make.py wrote the sample, with Python 3.11 and numpy 2.4.
#[test]
fn what_python_3_and_numpy_write_is_read() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sets/data/pickles");
    let set = load("cifar100", &sample).unwrap();
    assert_same(&set, &load("cifar100", pickled().path()).unwrap());
    assert_eq!([set.classes[0].as_str(), &set.classes[99]], ["class_0", "class_99"]);
}

/// That the encoder above writes pickles is for Python to say.
#[test]
fn python_reads_what_the_encoder_writes() {
    const SCRIPT: &str = "import pickle, sys\n\
        train = pickle.load(open(sys.argv[1], 'rb'), encoding='latin1')\n\
        print(train['filenames'], train['batch_label'], train['fine_labels'], train['coarse_labels'])\n\
        data = train['data']\n\
        print(data.shape, data.dtype, all(data[i, j] == (7 * i + 31 * j) % 256 for i in range(2) for j in range(3072)))";
    let there = Command::new("python3").args(["-c", "import numpy"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3 with numpy to read the pickle with");
        return;
    }
    let root = pickled();
    let file = root.path().join("cifar-100-python/train");
    let output = Command::new("python3").args(["-W", "ignore", "-c", SCRIPT]).arg(file).output().unwrap();
    let expected = "['image_0.png', 'image_1.png'] three images [10, 11] [0, 1]\n(2, 3072) uint8 True\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", String::from_utf8_lossy(&output.stderr));
}

/// CIFAR-100 whose training half is this file must be refused, and soon.
#[track_caller]
fn train_refused(bytes: &[u8], parts: &[&str]) {
    let root = pickled();
    write(&root.path().join("cifar-100-python/train"), bytes);
    let started = ThreadTime::now();
    refused("cifar100", root.path(), &[&["cifar-100-python/train: "], parts].concat());
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

/// A pickle with something else where its data should be.
fn with_data(code: &[u8]) -> Vec<u8> {
    Python2::dict(|pickle| {
        pickle.text("fine_labels").numbers(&[1]).text("coarse_labels").numbers(&[1]).text("data").code(code);
    })
}

#[test]
fn what_asks_for_more_than_an_array_is_refused() {
    let system = with_data(b"cos\nsystem\nU\x04true\x85R");
    let place = system.windows(4).position(|bytes| bytes == b"cos\n").unwrap();
    let message =
        format!("train: byte {place}: this file asks for `os system`; lcnnc reads only a dictionary of labels");
    train_refused(&system, &[&message]);
    train_refused(&with_data(b"c__builtin__\neval\n"), &["asks for `__builtin__ eval`"]);
    train_refused(&with_data(b"cnumpy\nload\n"), &["asks for `numpy load`"]);
    // An instance of a class, a persistent id, a number as text, an extension, a frame of protocol 4.
    for (code, name) in
        [(&b"i"[..], "0x69 (`i`)"), (b"P1\n", "`P`"), (b"I1\n", "`I`"), (b"\x82\x01", "0x82"), (b"\x95", "0x95")]
    {
        train_refused(&with_data(code), &["this file has the instruction", name]);
    }
    let array = b"cnumpy.core.multiarray\n_reconstruct\n";
    train_refused(&with_data(&[&array[..], b"N\x85R"].concat()), &["asks for a call that makes no array"]);
    train_refused(&with_data(b"cnumpy\ndtype\nU\x01O\x85R"), &["expected an array of unsigned bytes, `u1`"]);
    train_refused(&with_data(b"c_codecs\nencode\nX\x01\0\0\0aX\x05\0\0\0utf-8\x86R"), &["makes no array"]);
    train_refused(&with_data(b"c_codecs\nencode\nX\x03\0\0\0\xe2\x82\xacX\x06\0\0\0latin1\x86R"), &["Latin-1"]);
}

#[test]
fn what_is_no_pickle_of_the_set_is_named() {
    train_refused(b"", &["byte 0: expected the first byte of a pickle"]);
    train_refused(b"<html>not found</html>", &["byte 0: expected the first byte of a pickle, 0x80"]);
    train_refused(b"\x80\x04.", &["expected protocol 2 or 3, found 4"]);
    train_refused(b"\x80\x02.", &["byte 2: this instruction finds nothing to work on"]);
    train_refused(b"\x80\x02NN.", &["expected one result, found more"]);
    train_refused(b"\x80\x02N.N", &["byte 3: expected the end of the file, found 1 more bytes"]);
    train_refused(b"\x80\x02N.", &["expected a dictionary, found None"]);
    train_refused(b"\x80\x02}.", &["expected an entry `data`, found none"]);
    train_refused(b"\x80\x02h\x07.", &["takes up a value 7 that it has not put down"]);
    train_refused(b"\x80\x02e.", &["finds no mark"]);
    train_refused(b"\x80\x02NNa.", &["expected a list to append to, found None"]);
    train_refused(b"\x80\x02}(Nu.", &["expected a value for each key"]);
    train_refused(b"\x80\x02\x8a\x09123456789.", &["expected a number of 1 to 8 bytes"]);
    train_refused(&with_data(b"N"), &["`data`: expected an array of bytes, 3072 a row, found None"]);
    let narrow = cifar100(0..2);
    let place = narrow.windows(3).position(|bytes| bytes == b"M\x00\x0c").unwrap();
    let mut narrow = narrow;
    narrow[place + 1] = 1;
    train_refused(&narrow, &["expected the bytes of an array of shape [2, 3073], found 6144"]);
    let mut label = cifar100(0..2);
    let place = label.windows(2).position(|bytes| bytes == b"K\x0a").unwrap();
    label[place + 1] = 100;
    train_refused(&label, &["image 0 has label 100, expected one below 100"]);
    let mut text = cifar100(0..2);
    text.splice(place..place + 2, *b"N");
    train_refused(&text, &["`fine_labels`: expected a list of whole numbers, found None"]);
    let mut fewer = cifar100(0..2);
    fewer.splice(place..place + 2, []);
    train_refused(&fewer, &["expected 2 `fine_labels`, one for each image, found 1"]);
    let mut negative = cifar100(0..2);
    negative.splice(place..place + 2, *b"\x8a\x01\xff");
    train_refused(&negative, &["expected `fine_labels` from 0 to 255, found -1"]);
}

/// Small files that would take much memory or time if they were believed.
#[test]
fn bombs_do_no_harm() {
    let start = b"\x80\x02";
    // Lengths beyond the end of the file.
    train_refused(&[&start[..], b"T\xff\xff\xff\xff"].concat(), &["expected 4294967295 more bytes, found 0"]);
    train_refused(&[&start[..], b"U\xff123"].concat(), &["expected 255 more bytes, found 3"]);
    let most = "expected at most 1000000 values";
    train_refused(&[&start[..], &b"(".repeat(3_000_000)].concat(), &[most]);
    train_refused(&[&start[..], &b"]".repeat(3_000_000)].concat(), &[most]);
    // Nested so deep that whoever walks down it on the stack, even only to free it, falls off.
    train_refused(&[&start[..], b"N", &b"\x85".repeat(900_000), b"."].concat(), &["found a tuple of 1"]);
    train_refused(&[&start[..], b"]q\x01", &b"h\x01a".repeat(400_000), b"."].concat(), &["found a list of 400000"]);
    // Each value from the one before it, twice: 2^300,000 if it were written out.
    train_refused(&[&start[..], b"N", &b"q\x01h\x01\x86".repeat(300_000), b"."].concat(), &["found a tuple of 2"]);
    // A long tuple as the arguments and the state of many calls.
    let tuple = [b"(", &b"N".repeat(300_000)[..], b"tq\x01"].concat();
    let dtype = b"cnumpy\ndtype\nU\x02u1\x85R";
    let builds = [&start[..], &tuple, dtype, &b"h\x01b".repeat(300_000), b"."].concat();
    train_refused(&builds, &["expected the state of an array of bytes"]);
    let text =
        [b"X", &1_000_000_u32.to_le_bytes()[..], &b"a".repeat(1_000_000), b"X\x06\0\0\0latin1\x86q\x01"].concat();
    let encodes = [&start[..], &text, &b"c_codecs\nencode\nh\x01R".repeat(100_000), b"."].concat();
    train_refused(&encodes, &["encodes a text again and again"]);
    train_refused(&[&start[..], b"c", &b"a".repeat(3_000_000)].concat(), &["expected a name that ends with its line"]);
}

/// One text, many times.
#[test]
fn a_list_of_long_texts_is_not_copied_out() {
    let root = pickled();
    let text = [b"X", &30_000_u32.to_le_bytes()[..], &b"a".repeat(30_000), b"q\x01"].concat();
    let names = [b"\x80\x02}U\x10fine_label_names](", &text[..], &b"h\x01".repeat(15_000), b"es."].concat();
    write(&root.path().join("cifar-100-python/meta"), &names);
    refused("cifar100", root.path(), &["expected a list of texts of at most 256 bytes, found a text of 30000 bytes"]);
}

#[test]
fn a_file_far_too_long_is_not_read() {
    let root = pickled();
    let file = fs::File::create(root.path().join("cifar-100-python/test")).unwrap();
    file.set_len(1 << 40).unwrap();
    refused("cifar100", root.path(), &["test: too long", "found 1099511627776"]);
}

#[test]
fn every_cut_is_an_error() {
    let root = pickled();
    let whole = cifar100(0..1);
    let file = root.path().join("cifar-100-python/train");
    for end in (0..400).chain(whole.len() - 40..whole.len()) {
        fs::write(&file, &whole[..end]).unwrap();
        refused("cifar100", root.path(), &["cifar-100-python/train: "]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Bytes of a true file changed, put in and left out: it is read, or the error names it.
    #[test]
    fn no_change_of_a_file_panics(
        python3: bool,
        changes in prop::collection::vec((0..400_usize, any::<u8>(), 0..3_usize), 1..6),
    ) {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sets/data/pickles/cifar-100-python/test");
        let mut bytes = if python3 { fs::read(sample).unwrap() } else { cifar100(2..3) };
        for (place, byte, kind) in changes {
            // The pixels lie between 400 bytes of instructions and a few at the end.
            let place = if place < 390 { place } else { bytes.len() - 1 - (place - 390) };
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => drop(bytes.remove(place)),
            }
        }
        changed(&bytes)?;
    }

    /// Programs of the instructions that there are.
    #[test]
    fn no_program_panics(code in prop::collection::vec(prop::sample::select(INSTRUCTIONS), 0..60)) {
        changed(&[b"\x80\x02", &code.concat()[..], b"."].concat())?;
    }
}

const INSTRUCTIONS: &[&[u8]] = &[
    b"(",
    b"N",
    b"\x88",
    b"\x89",
    b"K\0",
    b"K\x01",
    b"J\xff\xff\xff\xff",
    b"M\x00\x0c",
    b"\x8a\x01\x05",
    b"U\x01b",
    b"U\x02u1",
    b"U\x01|",
    b"X\x06\0\0\0latin1",
    b")",
    b"t",
    b"\x85",
    b"\x86",
    b"\x87",
    b"]",
    b"a",
    b"e",
    b"}",
    b"s",
    b"u",
    b"q\x01",
    b"q\x02",
    b"h\x01",
    b"h\x02",
    b"R",
    b"b",
    b"cnumpy\ndtype\n",
    b"cnumpy\nndarray\n",
    b"cnumpy.core.multiarray\n_reconstruct\n",
    b"c_codecs\nencode\n",
    b"U\x04data",
    b"U\x0bfine_labels",
    b"U\x0dcoarse_labels",
];

fn changed(bytes: &[u8]) -> Result<(), TestCaseError> {
    let root = pickled();
    write(&root.path().join("cifar-100-python/train"), bytes);
    if let Err(message) = load("cifar100", root.path()) {
        prop_assert!(message.contains("cifar-100-python/train: "), "{}", message);
    }
    Ok(())
}
