//! Batches, prepared ahead on threads while the network is busy with the one before.

use std::iter::FusedIterator;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::augment::Views;
use super::memory_budget::HeldMemory;
use super::transform::Transforms;
use super::{DataError, Image, ImageSource, picture};

/// How many finished batches may wait at each thread.
const AHEAD: usize = 2;

/// How many threads prepare batches at most; more would take cores from the network.
const MOST_WORKERS: usize = 2;

/// Bytes of a large image: before anything is made of one, the loader makes sure of memory for the result.
const LARGE: u64 = 1 << 22;

/// How many threads prepare batches.
pub fn workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS)
}

/// A batch of images as the network takes them, with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The values of image after image, each planar.
    pub images: Vec<f32>,
    pub labels: Vec<usize>,
    /// Images, channels, height, width.
    pub shape: [usize; 4],
}

/// What to make batches of.
#[derive(Clone)]
pub struct Feed {
    pub source: Arc<dyn ImageSource>,
    /// Indices into the source, in the order wanted.
    pub order: Vec<usize>,
    /// What is done at random to each image, before the transforms; `None` if nothing is.
    pub augment: Option<Views>,
    pub transforms: Arc<Transforms>,
    /// Channels, height, width that every image must have after the transforms.
    pub shape: [usize; 3],
    /// Images of the order a batch, each there as often as it has views; the last batch holds what is left.
    pub batch: usize,
    /// The first batch to make: those before it are left out, and change nothing in those behind them.
    pub first: usize,
}

impl Feed {
    /// How many batches the whole order makes, those left out included.
    pub fn batches(&self) -> usize {
        self.order.len().div_ceil(self.batch.max(1))
    }

    /// How many images the whole order makes: a view of an image is one.
    pub fn images(&self) -> usize {
        self.order.len().saturating_mul(self.views())
    }

    /// How many times an image is in its batch.
    fn views(&self) -> usize {
        self.augment.as_ref().map_or(1, |views| views.augmentations.views())
    }

    fn batch(&self, number: usize, stop: &AtomicBool) -> Result<Option<Batch>, DataError> {
        let indices = self.order.chunks(self.batch).nth(number).unwrap_or(&[]);
        let [channels, height, width] = self.shape;
        let images = indices.len().saturating_mul(self.views());
        let mut batch = Batch { images: Vec::new(), labels: Vec::new(), shape: [images, channels, height, width] };
        for (place, &index) in (number * self.batch..).zip(indices) {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let mut raw = self.source.image(index)?;
            let copies = if self.views() > 1 { 2 } else { 1 };
            let _held = room_beside(&raw, || self.source.name(index), copies)?;
            for view in 0..self.views() {
                let is_last = view + 1 == self.views();
                let image = if is_last { std::mem::replace(&mut raw, Image::empty()) } else { raw.clone() };
                let image = self.image(image, index, place, view)?;
                if batch.images.is_empty() {
                    // Only now: a shape is no reason to reserve memory before an image is seen to have it.
                    let values = image.pixels.len().saturating_mul(images);
                    let reserved = batch.images.try_reserve_exact(values);
                    reserved.map_err(|_| DataError::BatchMemory { shape: batch.shape })?;
                }
                batch.images.extend_from_slice(&image.pixels);
                batch.labels.push(self.source.label(index));
            }
        }
        Ok(Some(batch))
    }

    /// A view of a source's image, as the network takes it.
    fn image(&self, mut image: Image, index: usize, place: usize, view: usize) -> Result<Image, DataError> {
        let name = || self.source.name(index);
        if let Some(views) = &self.augment {
            image = views.view(image, place, view, name)?;
        }
        let image = self.transforms.apply(image, name)?;
        if image.shape() != self.shape {
            return Err(DataError::Shape { name: name(), expected: self.shape, found: image.shape() });
        }
        Ok(image)
    }
}

/// Holds memory for so many copies that are made of a large image; nothing for a small one.
pub(super) fn room_beside(
    image: &Image,
    name: impl Fn() -> String,
    copies: u64,
) -> Result<Option<HeldMemory<'static>>, DataError> {
    let bytes = size_of_val(image.pixels.as_slice()) as u64;
    let large = bytes > LARGE;
    large.then(|| picture::hold(Path::new(&name()), copies * bytes)).transpose()
}

type Prepared = Result<Batch, DataError>;

struct Worker {
    /// `None` once the loader no longer wants batches.
    batches: Option<Receiver<Prepared>>,
    thread: Option<JoinHandle<()>>,
}

/// The batches of a [`Feed`], in order.
///
/// Batch `k` comes from worker `k` modulo their number, so the order does not depend on which is faster. After the
/// first error there is nothing more. Dropping the loader stops its threads at the image they are busy with.
pub struct Loader {
    workers: Vec<Worker>,
    stop: Arc<AtomicBool>,
    next: usize,
    end: usize,
}

impl Loader {
    /// Starts to prepare batches.
    ///
    /// # Errors
    /// If the batch size is zero or a thread cannot be started.
    pub fn new(feed: Feed) -> Result<Self, DataError> {
        Self::with_workers(feed, workers())
    }

    /// Begins to load with this many threads (at least one). Their number changes no batch.
    ///
    /// # Errors
    /// If the batch size is zero or a thread cannot be started.
    pub fn with_workers(feed: Feed, workers: usize) -> Result<Self, DataError> {
        if feed.batch == 0 {
            return Err(DataError::EmptyBatch);
        }
        let end = feed.batches();
        let next = feed.first.min(end);
        let step = workers.clamp(1, (end - next).max(1));
        let feed = Arc::new(feed);
        let mut loader = Self { workers: Vec::with_capacity(step), stop: Arc::default(), next, end };
        // By their remainders, so that batch `k` comes from worker `k` modulo their number wherever the loader begins.
        for remainder in 0..step {
            let first = next + (remainder + step - next % step) % step;
            loader.workers.push(start(&feed, first, step, &loader.stop)?);
        }
        Ok(loader)
    }

    fn receive(&mut self) -> Prepared {
        let turn = self.next % self.workers.len();
        let worker = &mut self.workers[turn];
        match worker.batches.as_ref().and_then(|batches| batches.recv().ok()) {
            Some(prepared) => prepared,
            None => Err(DataError::Worker { reason: last_words(worker.thread.take()) }),
        }
    }
}

impl Iterator for Loader {
    type Item = Prepared;

    fn next(&mut self) -> Option<Prepared> {
        if self.next >= self.end {
            return None;
        }
        let prepared = self.receive();
        self.next = if prepared.is_ok() { self.next + 1 } else { self.end };
        Some(prepared)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left.min(1), Some(left))
    }
}

impl FusedIterator for Loader {}

impl Drop for Loader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for worker in &mut self.workers {
            // A thread that waits for room in its queue wakes when the other end is gone.
            worker.batches = None;
        }
        for worker in &mut self.workers {
            // A panic not yet reported has no one left to be reported to.
            let _ = worker.thread.take().map(JoinHandle::join);
        }
    }
}

fn start(feed: &Arc<Feed>, first: usize, step: usize, stop: &Arc<AtomicBool>) -> Result<Worker, DataError> {
    let (sender, batches) = sync_channel(AHEAD);
    let (feed, stop) = (Arc::clone(feed), Arc::clone(stop));
    let thread = thread::Builder::new()
        .name(format!("batches-{first}"))
        .spawn(move || prepare(&feed, first, step, &stop, &sender))
        .map_err(|source| DataError::Thread { source })?;
    Ok(Worker { batches: Some(batches), thread: Some(thread) })
}

fn prepare(feed: &Feed, first: usize, step: usize, stop: &AtomicBool, sender: &SyncSender<Prepared>) {
    for number in (first..feed.batches()).step_by(step) {
        let Some(prepared) = feed.batch(number, stop).transpose() else { return };
        let failed = prepared.is_err();
        if sender.send(prepared).is_err() || failed {
            return;
        }
    }
}

/// What a thread said when it panicked.
fn last_words(thread: Option<JoinHandle<()>>) -> String {
    let panic = thread.and_then(|thread| thread.join().err());
    let words = panic.as_ref().and_then(|panic| {
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied())
    });
    words.unwrap_or("it ended too early").to_owned()
}
