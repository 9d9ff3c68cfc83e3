//! The loader: order, errors, and that it stops when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use lcnnc::data::loader::{Batch, Feed, Loader};
use lcnnc::data::transform::Transforms;
use lcnnc::data::{DataError, Image, ImageSource};
use lcnnc_lang::vocabulary::{ArgValue, Bound};

/// Images of 1 x 2 x 2 whose pixels are their number; `odd` does what it says.
struct Numbers {
    len: usize,
    read: AtomicUsize,
    odd: fn(usize) -> Result<Option<Image>, DataError>,
}

fn square(value: usize, side: usize) -> Image {
    Image { channels: 1, height: side, width: side, pixels: vec![value as f32; side * side] }
}

impl ImageSource for Numbers {
    fn len(&self) -> usize {
        self.len
    }

    fn label(&self, i: usize) -> usize {
        i % 3
    }

    fn image(&self, i: usize) -> Result<Image, DataError> {
        self.read.fetch_add(1, Ordering::Relaxed);
        Ok((self.odd)(i)?.unwrap_or_else(|| square(i, 2)))
    }
}

fn source(len: usize, odd: fn(usize) -> Result<Option<Image>, DataError>) -> Arc<Numbers> {
    Arc::new(Numbers { len, read: AtomicUsize::new(0), odd })
}

fn feed(source: Arc<Numbers>, batch: usize) -> Feed {
    let order = (0..source.len).rev().collect();
    Feed { source, order, augment: None, transforms: Arc::default(), shape: [1, 2, 2], batch, first: 0 }
}

fn batches(feed: Feed, workers: usize) -> Vec<Result<Batch, String>> {
    Loader::with_workers(feed, workers).unwrap().map(|batch| batch.map_err(|error| error.to_string())).collect()
}

#[test]
fn order_does_not_depend_on_the_threads() {
    // Uneven times would shuffle the batches of a loader that takes whatever comes first.
    let uneven = |i: usize| {
        thread::sleep(Duration::from_micros((i * 37 % 11 * 50) as u64));
        Ok(None)
    };
    let one = batches(feed(source(100, uneven), 7), 1);
    assert_eq!(one.len(), 15);
    let labels: Vec<usize> = one.iter().flat_map(|batch| batch.as_ref().unwrap().labels.clone()).collect();
    assert_eq!(labels, (0..100).rev().map(|i| i % 3).collect::<Vec<_>>());
    for workers in [0, 2, 3, 8, 64] {
        assert_eq!(batches(feed(source(100, uneven), 7), workers), one, "{workers} threads");
    }
}

#[test]
fn a_batch_holds_its_images_one_after_the_other() {
    let all = batches(feed(source(5, |_| Ok(None)), 3), 2);
    let images: Vec<f32> = [4., 3., 2.].iter().flat_map(|&value| [value; 4]).collect();
    assert_eq!(all[0], Ok(Batch { images, labels: vec![1, 0, 2], shape: [3, 1, 2, 2] }));
    assert_eq!(all[1].as_ref().unwrap().shape, [2, 1, 2, 2]);
    assert_eq!(all.len(), 2);
}

#[test]
fn transforms_are_applied_and_the_shape_checked_after_them() {
    let transforms =
        Arc::new(Transforms::new(&[Bound { callee: "resize", values: vec![("size", ArgValue::Count(3))] }]));
    let resized = Feed { transforms, shape: [1, 3, 3], ..feed(source(2, |_| Ok(None)), 2) };
    assert_eq!(batches(resized, 1)[0].as_ref().unwrap().shape, [2, 1, 3, 3]);
}

#[test]
fn an_image_of_another_shape_is_named_and_ends_the_batches() {
    let odd = |i: usize| Ok((i == 6).then(|| square(i, 5)));
    for workers in [1, 2, 5] {
        let all = batches(feed(source(20, odd), 4), workers);
        assert_eq!(all.len(), 4, "three good ones and the error");
        let message = all[3].as_ref().unwrap_err();
        for part in ["image 6", "[1, 5, 5]", "expects [1, 2, 2]"] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn an_error_ends_the_batches() {
    let odd = |i: usize| if i == 0 { Err(DataError::EmptyBatch) } else { Ok(None) };
    let mut loader = Loader::new(feed(source(4, odd), 2)).unwrap();
    assert!(loader.next().is_some_and(|batch| batch.is_ok()));
    assert!(loader.next().is_some_and(|batch| batch.is_err()));
    assert!(loader.next().is_none() && loader.next().is_none());
}

#[test]
fn a_panic_in_a_thread_is_an_error() {
    let odd = |i: usize| if i == 3 { panic!("no image {i}") } else { Ok(None) };
    for workers in [1, 2] {
        let all = batches(feed(source(8, odd), 2), workers);
        assert_eq!(all.len(), 3);
        assert!(all[2].as_ref().unwrap_err().contains("no image 3"));
    }
}

#[test]
fn dropping_it_early_stops_the_threads() {
    for workers in [1, 2, 4] {
        let numbers = source(100_000, |_| Ok(None));
        let mut loader = Loader::with_workers(feed(Arc::clone(&numbers), 10), workers).unwrap();
        assert!(loader.next().is_some_and(|batch| batch.is_ok()));
        drop(loader);
        assert_eq!(Arc::strong_count(&numbers), 1, "no thread holds the source any more");
        assert!(numbers.read.load(Ordering::Relaxed) < 1_000, "only a few batches were prepared ahead");
    }
}

#[test]
fn nothing_to_load_is_no_batch_and_no_size_is_an_error() {
    assert!(batches(feed(source(0, |_| Ok(None)), 4), 2).is_empty());
    assert!(matches!(Loader::new(feed(source(4, |_| Ok(None)), 0)), Err(DataError::EmptyBatch)));
    let huge = feed(source(4, |_| Ok(None)), usize::MAX);
    assert_eq!(huge.batches(), 1);
    assert_eq!(batches(huge, 2)[0].as_ref().unwrap().shape, [4, 1, 2, 2]);
}
