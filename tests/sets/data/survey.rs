//! Every file of a set read once: all that are broken are found, and what has not changed is not read again.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use image::{ImageBuffer, ImageFormat, Rgb};
use lcnnc::data::{self, Contents, DataSet, Meter, Request};

use super::folder::{dots, save};
use super::write;

/// How many files were read.
#[derive(Default)]
struct Count {
    announced: AtomicUsize,
    read: AtomicUsize,
}

impl Meter for Count {
    fn begin(&self, files: usize) {
        self.announced.store(files, Ordering::Relaxed);
    }

    fn advance(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    fn finish(&self) {}
}

/// The set, and how many of its files were read to load it.
fn load(root: &Path, memory: Option<&Path>, verify: bool) -> (DataSet, usize) {
    let count = Arc::new(Count::default());
    let meter: Arc<dyn Meter> = count.clone();
    let memory = memory.map(Path::to_owned);
    let request = Request { verify, memory, meter: Some(meter), ..Request::default() };
    let set = data::load(&format!("folder:{}", root.display()), &request).unwrap();
    let read = count.read.load(Ordering::Relaxed);
    assert_eq!(count.announced.load(Ordering::Relaxed), read);
    (set, read)
}

fn contents(set: &DataSet) -> &Contents {
    set.files.as_ref().unwrap().contents.as_ref().expect("every file was decoded")
}

/// Two classes of four grey dots each, an hour old.
fn pair(root: &Path) {
    for class in ["cat", "dog"] {
        dots(&root.join(class), 4);
        for i in 0..4 {
            age(&root.join(class).join(format!("{i:03}.png")), 3600);
        }
    }
}

fn age(file: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
}

#[test]
fn every_broken_file_is_found_with_what_is_wrong_with_it() {
    let root = tempfile::tempdir().unwrap();
    pair(root.path());
    let picture = fs::read(root.path().join("cat/000.png")).unwrap();
    for (name, bytes) in [
        ("cat/empty.png", &b""[..]),
        ("cat/half.png", &picture[..picture.len() / 2]),
        ("dog/page.jpg", b"<!DOCTYPE html><html>"),
        ("dog/really.gif.jpg", b"GIF89a\x01\0\x01\0\0\0\0"),
        ("dog/packed.jpeg", &[0x1f, 0x8b, 8, 0, 0, 0]),
        ("dog/text.png", b"no picture at all"),
    ] {
        write(&root.path().join(name), bytes);
    }
    save(&root.path().join("dog/wide.png"), ImageBuffer::from_pixel(5, 2, Rgb([1_u8; 3])), ImageFormat::Png);
    let (set, read) = load(root.path(), None, true);
    assert_eq!((read, set.verified()), (15, Some(false)));
    let found: Vec<String> = contents(&set)
        .broken
        .iter()
        .map(|(path, reason)| format!("{}: {reason}", path.strip_prefix(root.path()).unwrap().display()))
        .collect();
    let starts = [
        "cat/empty.png: it is empty",
        "cat/half.png: it is cut short",
        "dog/packed.jpeg: it is compressed with gzip",
        "dog/page.jpg: it is a web page",
        "dog/really.gif.jpg: it is a gif file, which is not read",
        "dog/text.png: its first bytes are those of no picture",
    ];
    assert_eq!(found.len(), starts.len(), "{found:?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found}");
    }
    let shapes: Vec<([usize; 3], usize)> =
        contents(&set).shapes.iter().map(|(shape, paths)| (*shape, paths.len())).collect();
    assert_eq!(shapes, [([1, 1, 1], 8), ([3, 2, 5], 1)]);
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let [root, memory] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (root, memory) = (root.path(), memory.path());
    pair(root);
    let (plain, read) = load(root, None, true);
    assert_eq!(read, 8);
    let (first, read) = load(root, Some(memory), true);
    assert_eq!((read, &first.checksum), (8, &plain.checksum));
    let same = |again: &DataSet| {
        assert_eq!((&again.checksum, again.verified()), (&plain.checksum, Some(true)));
        assert_eq!(contents(again).shapes, contents(&plain).shapes);
    };
    let (again, read) = load(root, Some(memory), true);
    assert_eq!(read, 0);
    same(&again);

    // Other contents of the same size, and the time of change set back.
    let file = root.join("cat/001.png");
    let time = fs::metadata(&file).unwrap().modified().unwrap();
    let [whole, other] = [&file, &root.join("cat/002.png")].map(|file| fs::read(file).unwrap());
    assert_eq!(whole.len(), other.len());
    fs::write(&file, &other).unwrap();
    File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    #[cfg(unix)]
    {
        let (changed, read) = load(root, Some(memory), true);
        assert_eq!(read, 1, "only the system knows that the file was changed");
        assert_ne!(changed.checksum, plain.checksum);
    }
    fs::write(&file, &whole).unwrap();
    age(&file, 7200);
    let (again, read) = load(root, Some(memory), true);
    assert_eq!(read, 1);
    same(&again);
}

#[test]
fn a_file_that_was_just_changed_or_not_decoded_is_read_again() {
    let [root, memory] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (root, memory) = (root.path(), memory.path());
    pair(root);
    let (unseen, read) = load(root, Some(memory), false);
    assert_eq!((read, unseen.verified()), (8, Some(false)), "nothing was decoded");
    assert_eq!(load(root, Some(memory), false).1, 0, "the checksums are known");
    assert_eq!(load(root, Some(memory), true).1, 8, "what is in them is not");
    assert_eq!(load(root, Some(memory), true).1, 0);
    age(&root.join("dog/003.png"), 0);
    assert_eq!(load(root, Some(memory), true).1, 1);
    assert_eq!(load(root, Some(memory), true).1, 1, "it might be changed once more within the same tick of the clock");
}

#[test]
fn a_damaged_memory_is_made_anew() {
    let [root, memory] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (root, memory) = (root.path(), memory.path());
    pair(root);
    let (plain, _) = load(root, Some(memory), true);
    let kept = fs::read_dir(memory.join("seen")).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&kept).unwrap();
    let mut changed = whole.clone();
    // A digit of the first file's checksum.
    let digit = whole.iter().position(|&byte| byte == b'\n').unwrap() + 70;
    changed[digit] = if changed[digit] == b'0' { b'1' } else { b'0' };
    for damaged in [&whole[..whole.len() / 2], &[], b"\xff\xfe", &changed] {
        fs::write(&kept, damaged).unwrap();
        let (again, read) = load(root, Some(memory), true);
        assert_eq!((read, &again.checksum), (8, &plain.checksum));
        assert_eq!(fs::read(&kept).unwrap(), whole);
    }
    // Where nothing can be remembered, everything is read.
    let (again, read) = load(root, Some(&kept), true);
    assert_eq!((read, &again.checksum), (8, &plain.checksum));
}

#[test]
fn several_readers_at_a_time_leave_a_whole_memory() {
    let [root, memory] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (root, memory) = (root.path(), memory.path());
    pair(root);
    let checksum = load(root, None, true).0.checksum;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| assert_eq!(load(root, Some(memory), true).0.checksum, checksum)));
        }
    });
    assert_eq!(load(root, Some(memory), true).1, 0);
    assert_eq!(fs::read_dir(memory.join("seen")).unwrap().count(), 1, "no drafts are left");
}
