//! How much memory a run needs, counted before anything of it is made.
//!
//! A process that asks for more than there is gets no error: Linux hands memory out before it has it, and ends a process
//! in the middle of a step; where `ulimit -v` bounds it, the process ends itself. So the need is counted first.

use crate::data::loader;
use crate::fuse::cut::Cut;
use crate::fuse::lower::Processor;
use crate::fuse::memory::{Load, of_kernels};
use crate::train::runs::Setup;
use crate::train::runs::room::{Room, held};
use crate::train::{Recipe, TrainError};
use lcnnc_lang::diag::render::visible_name;
use lcnnc_lang::ir::{Net, Param, cost};
use lcnnc_lang::vocabulary::optimizers;
use std::fmt;
use std::path::Path;

/// The bytes that a step holds at its height for a batch, as a multiple of the activity that training keeps: at least,
/// and at most. Measured as the growth of a process's memory with its batch, without fused parts: LC-CNN 2.1, RCNN 2.3,
/// ResNet-20 1.6.
const TRAINING: [f64; 2] = [1.5, 2.5];

/// What a batch holds at its height without a backward pass, as a multiple of the largest activity: what a layer reads and what it
/// makes.
const ANSWERING: [f64; 2] = [1.0, 3.0];

/// Copies of the largest parameter that a step makes to move it: its movement, and its new values.
const MOVED: f64 = 2.0;

/// Copies of all weights that a file of them is written from: as they are read from the model, and as the file has them.
const WRITTEN: f64 = 2.0;

/// Copies of what an optimizer remembers, beside the one that it works with, while a checkpoint of it is written. Measured
/// as the growth of a process's memory with its weights: 3.5 with Adam.
const REMEMBERED: f64 = 3.6;

/// Copies of all weights that a file of them becomes: its values in double precision. They are let go of one parameter after
/// the other as the net takes them over.
const READ: f64 = 2.0;

/// The share of what would fit that is said to fit: a little less, since a size is printed with three digits.
const WITH_A_MARGIN: f64 = 0.98;

/// The work that a process does with a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) enum Work {
    /// A run from its start.
    Training,
    /// A finished run once more, as it was.
    Repeating,
    /// A run from a checkpoint on.
    GoingOn,
    /// The classes of images.
    Answering,
    /// The classes of images, once the weights are read.
    AnsweringMore,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Training | Work::Repeating => "training",
            Work::GoingOn => "going on with the training",
            Work::Answering | Work::AnsweringMore => "answering",
        })
    }
}

impl Work {
    /// Whether there is a backward pass.
    fn trains(self) -> bool {
        matches!(self, Work::Training | Work::Repeating | Work::GoingOn)
    }
}

/// A process, by what its memory depends on.
struct Process<'a> {
    recipe: &'a Recipe,
    cut: Cut,
    work: Work,
    /// Images that are worked on at once: a batch, or all there are if they are fewer.
    images: usize,
    threads: usize,
    /// Bytes of the largest pictures, one for each thread that reads some, as an image is made of each.
    pictures: f64,
}

/// Bytes that a process needs beside what it holds, part by part.
struct MemoryNeed(Vec<(String, f64)>);

impl MemoryNeed {
    fn sum(&self) -> f64 {
        self.0.iter().map(|(_, size)| size).sum()
    }
}

impl fmt::Display for MemoryNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is hardly anything of it would only hide the rest.
        let shown = self.0.iter().filter(|(_, size)| *size >= 0.01 * self.sum());
        let parts: Vec<String> = shown.map(|(what, size)| format!("{} for {what}", bytes(*size))).collect();
        f.write_str(&parts.join(", "))
    }
}

fn size(param: &Param) -> f64 {
    4.0 * param.len() as f64
}

fn bytes(size: f64) -> String {
    cost::bytes(size as u128)
}

impl<'a> Process<'a> {
    fn new(recipe: &'a Recipe, fuses: bool, work: Work, images: usize) -> Self {
        let cut = if fuses { Cut::of(&recipe.net, Processor::Cpu) } else { Cut::none(&recipe.net) };
        Self { recipe, cut, work, images, threads: rayon::current_num_threads(), pictures: 0.0 }
    }

    /// The process of a run.
    fn of(setup: &'a Setup, work: Work) -> Self {
        let (recipe, views) = (&setup.recipe, setup.recipe.augmentations.views());
        let images = recipe.batch().min(setup.split.train.len().saturating_mul(views));
        Self { pictures: pictures(setup, views), ..Self::new(recipe, setup.fuses(), work, images) }
    }

    fn net(&self) -> &Net {
        &self.recipe.net
    }

    fn weights(&self) -> f64 {
        self.net().params.iter().map(size).sum()
    }

    fn largest(&self) -> Option<&Param> {
        self.net().params.iter().max_by_key(|param| param.len())
    }

    /// Bytes of an image's activity, at least and at most.
    fn image(&self) -> [f64; 2] {
        if self.work.trains() {
            TRAINING.map(|times| times * self.cut.activity() as f64)
        } else {
            ANSWERING.map(|times| times * self.cut.largest() as f64)
        }
    }

    /// What a process needs at its height for batches of so many images, whose activity takes `image` bytes each.
    fn need(&self, images: usize, image: f64) -> MemoryNeed {
        let load = Load { images, threads: self.threads, training: self.work.trains() };
        let kernels = of_kernels(self.net(), &self.cut, load) as f64;
        let batch = (format!("a batch of {}", lcnnc_lang::diag::counted(images, "image")), images as f64 * image);
        let weights = if self.work == Work::AnsweringMore { 0.0 } else { self.weights() };
        let always = [
            ("the weights".to_owned(), weights),
            ("the kernels of fused parts".to_owned(), kernels),
            ("the largest pictures as they are decoded".to_owned(), self.pictures),
        ];
        let phases = match self.work {
            Work::Training | Work::Repeating | Work::GoingOn => self.training(batch),
            Work::Answering => vec![self.reading(batch)],
            Work::AnsweringMore => vec![vec![batch]],
        };
        let needs = phases.into_iter().map(|phase| MemoryNeed(always.iter().cloned().chain(phase).collect()));
        needs.max_by(|a, b| a.sum().total_cmp(&b.sum())).unwrap_or(MemoryNeed(always.to_vec()))
    }

    /// What is held beside the weights at a step, and while a checkpoint is written or read: never all at once.
    fn training(&self, batch: (String, f64)) -> Vec<Vec<(String, f64)>> {
        let weights = self.weights();
        let trained: f64 = self.net().params.iter().filter(|param| param.trained()).map(size).sum();
        let call = self.recipe.settings.train.call("optimizer");
        let remembered = optimizers::remembered(call) as f64 * trained;
        let of = |what: &str, size: f64| (what.to_owned(), size);
        let lasting =
            [of("the best weights so far", weights), of(&format!("what `{}` remembers", call.callee), remembered)];
        let moved = MOVED * self.largest().map_or(0.0, size);
        let step = vec![of("the gradients", trained), of("the largest weights as they are moved", moved), batch];
        let written = (WRITTEN * weights).max(weights + REMEMBERED * remembered);
        let mut phases = vec![step, vec![of("a checkpoint as it is written", written)]];
        if self.work == Work::GoingOn {
            // What was read of the checkpoint is let go of when it was used for the first time.
            phases.iter_mut().for_each(|phase| phase.push(of("the checkpoint that was read", weights + remembered)));
            phases.push(vec![of("the checkpoint as it is read", 2.0 * READ * weights + remembered)]);
        }
        phases.into_iter().map(|phase| lasting.iter().cloned().chain(phase).collect()).collect()
    }

    /// What is held beside the weights once their file is read: its values, and one parameter as it becomes the net's.
    fn reading(&self, batch: (String, f64)) -> Vec<(String, f64)> {
        let taken_over = self.largest().map_or(0.0, size);
        vec![("the file of weights as it is read".to_owned(), READ * self.weights() + taken_over), batch]
    }

    /// The largest batch that has room, in images; 0 if not one has.
    fn fits(&self, room: f64) -> usize {
        let (views, [_, image]) = (self.recipe.augmentations.views(), self.image());
        let has_room = |images: usize| self.need(images, image).sum() <= room;
        // A round number that holds all views of its images.
        let rounded = |images: usize| if images > 16 { images / 8 * 8 } else { images } / views * views;
        let (mut fits, mut too_many) = (0, self.images);
        while too_many - fits > 1 {
            let middle = fits.midpoint(too_many);
            if has_room(middle) { fits = middle } else { too_many = middle }
        }
        rounded(fits)
    }

    fn check(mut self) -> Result<(), TrainError> {
        let Some(room) = Room::now(self.threads).map(Room::least) else { return Ok(()) };
        let need = self.need(self.images, self.image()[0]);
        if need.sum() <= room {
            return Ok(());
        }
        let (work, needed, parts) = (self.work.to_string(), bytes(need.sum()), need.to_string());
        let advice = self.fewer_threads().unwrap_or_else(|| self.advice(room, need.sum()));
        Err(TrainError::Memory { work, needed, parts, room: bytes(room), advice })
    }

    /// Says in words what can be done beside using fewer threads. The spec of a run that has begun is what it is.
    fn advice(&self, room: f64, needed: f64) -> String {
        let more = || format!("give the process {} of memory more", bytes(needed - room));
        if self.pictures > 0.5 * needed {
            return format!("{}, or make the largest pictures of the data set smaller", more());
        }
        match self.work {
            Work::Answering | Work::AnsweringMore => more(),
            Work::Repeating | Work::GoingOn => match self.fits(room) {
                0 => more(),
                fits => format!("{}; or begin another run, with `lcnnc run` and `--batch {fits}`", more()),
            },
            Work::Training => match self.fits(room) {
                0 => self.smaller(room, needed),
                fits => format!(
                    "a run with `--batch {fits}` fits, and `accumulate` in `train` makes one step of several batches"
                ),
            },
        }
    }

    /// Says with how many threads there is room, if fewer help and can be asked for: each has memory of its own.
    fn fewer_threads(&mut self) -> Option<String> {
        if !matches!(self.work, Work::Training | Work::GoingOn) {
            return None;
        }
        let asked = self.threads;
        let halves = std::iter::successors(Some(asked / 2), |threads| Some(threads / 2));
        let fewer = halves.take_while(|threads| *threads > 0).find(|threads| {
            self.threads = *threads;
            let needed = self.need(self.images, self.image()[1]).sum();
            Room::now(*threads).is_some_and(|room| needed <= room.least())
        });
        self.threads = asked;
        fewer.map(|threads| format!("with `--threads {threads}` in place of {asked} there is room"))
    }

    /// Says in words what to make smaller, and how small.
    fn smaller(&self, room: f64, needed: f64) -> String {
        let weights = self.weights();
        let (Some(largest), fixed) = (self.largest(), self.need(1, 0.0).sum()) else { return String::new() };
        if 2.0 * weights < fixed.min(needed - fixed) {
            return "not one image fits: make the input, or the maps of activity, smaller".to_owned();
        }
        // Beside the batch, which shall stay what it is if that leaves anything.
        let batch = (self.need(self.images, self.image()[1]).sum() - fixed).min(0.5 * room);
        format!(
            "`{}` {:?} takes {} of the {} of weights, and about {} of weights have room: make that layer smaller",
            largest.name,
            largest.shape,
            bytes(size(largest)),
            bytes(weights),
            bytes(WITH_A_MARGIN * weights * (room - batch).max(0.0) / fixed.max(1.0))
        )
    }
}

/// Bytes that the largest pictures of a set of files take as images are made of them, one for each thread that reads some;
/// 0 where nobody has looked at them.
fn pictures(setup: &Setup, views: usize) -> f64 {
    /// Bytes for each value: one in 32 bits, and the sample that it is made of.
    const MADE: f64 = 5.0;
    /// Bytes for each value of which several views are made: the value and its view, both in 32 bits.
    const VIEWED: f64 = 8.0;
    let contents = setup.data.files.as_ref().and_then(|files| files.contents.as_ref());
    let values: usize = contents.map_or(0, |contents| contents.largest(loader::workers()).into_iter().sum());
    values as f64 * if views > 1 { VIEWED } else { MADE }
}

/// The problem that something has no room beside what this process holds: what it takes, and what there is.
pub(in crate::train) fn no_room(work: String, needed: u64, parts: String) -> TrainError {
    let room = Room::now(0).map_or(0.0, Room::least);
    let needed = needed as f64;
    // What is free may lie in several pieces.
    let room = if room < needed { bytes(room) } else { "not as many in one piece".to_owned() };
    let advice = "give the process more memory, or make the picture smaller".to_owned();
    TrainError::Memory { work, needed: bytes(needed), parts: format!("{} for {parts}", bytes(needed)), room, advice }
}

/// Checks that the machine has room for something that takes so many bytes, which a limit of this process alone does not
/// say: within that one, whoever asks is told.
///
/// # Errors
/// If it has none: what is needed, and what there is.
pub(in crate::train) fn check_picture(path: &Path, needed: u64) -> Result<(), TrainError> {
    match Room::now(0) {
        Some(room) if needed as f64 > room.shared => {
            let parts = "the samples of the picture, and its values in 32 bits".to_owned();
            Err(no_room(format!("decoding {}", visible_name(&path.to_string_lossy())), needed, parts))
        }
        _ => Ok(()),
    }
}

/// Checks that a run has room beside what this process holds already, where that can be told: on a CPU.
///
/// # Errors
/// If it has none: what is needed, and what would fit.
pub(in crate::train) fn check(setup: &Setup, work: Work) -> Result<(), TrainError> {
    if !setup.on_cpu() {
        return Ok(());
    }
    Process::of(setup, work).check()
}

/// Checks that the answers of a net to so many images at once have room.
///
/// # Errors
/// Those of [`check`].
pub(in crate::train) fn check_answers(recipe: &Recipe, fuses: bool, images: usize) -> Result<(), TrainError> {
    Process::new(recipe, fuses, Work::Answering, images).check()
}

/// Checks that the answers to so many images, batch by batch, have room, for a net whose weights are there already.
///
/// # Errors
/// Those of [`check`].
pub(in crate::train) fn check_batch(recipe: &Recipe, fuses: bool, images: usize) -> Result<(), TrainError> {
    Process::new(recipe, fuses, Work::AnsweringMore, recipe.batch().min(images)).check()
}

/// Checks that a training with batches of so many images has room.
///
/// # Errors
/// Those of [`check`].
pub(in crate::train) fn check_training(recipe: &Recipe, fuses: bool, images: usize) -> Result<(), TrainError> {
    Process::new(recipe, fuses, Work::Training, images).check()
}

/// Bytes of the program itself that a training reads in, beside what a process has read before: measured.
const PROGRAM: f64 = 14.0 * 1024.0 * 1024.0;

/// Batches of images that are there at once: those that wait, those that are made, and the one that is trained with, as it is read and as
/// a tensor.
const LOADED: f64 = 6.0;

/// The share of the memory of fused kernels that lies free between what is in use, as threads come and go: measured at most. Of a batch
/// without them it is the same share, but no more than so many bytes, since what is large is given back.
const IN_PIECES: f64 = 0.5;
const SMALL_PIECES: f64 = 16.0 * 1024.0 * 1024.0;

/// Bytes that a process needs at its height, at most, which trains with batches of so many images in so many threads, beside what it
/// holds before.
pub(in crate::train) fn height(recipe: &Recipe, fuses: bool, images: usize, threads: usize) -> u128 {
    let process = Process { threads, ..Process::new(recipe, fuses, Work::Training, images) };
    let [_, image] = process.image();
    let kernels = of_kernels(process.net(), &process.cut, Load { images, threads, training: true }) as f64;
    let loaded = LOADED * (images * recipe.net.input.1.iter().product::<usize>()) as f64 * size_of::<f32>() as f64;
    let pieces = IN_PIECES * kernels + (IN_PIECES * images as f64 * image).min(SMALL_PIECES);
    (process.need(images, image).sum() + PROGRAM + loaded + pieces) as u128
}

/// How many processes that train side by side surely have room, each with what this one holds, and how many may have;
/// `None` where that cannot be told.
pub(in crate::train) fn processes(setup: &Setup) -> [Option<usize>; 2] {
    let process = Process::of(setup, Work::Training);
    let (Some(room), Some(held)) = (Room::now(process.threads), held()) else { return [None; 2] };
    let [at_least, at_most] = process.image();
    [at_most, at_least].map(|image| {
        let each = process.need(process.images, image).sum() + held as f64;
        Some((room.shared / each) as usize).filter(|_| setup.on_cpu())
    })
}
