//! Event files that TensorBoard reads: scalars, histograms and images, each at a step and a time of day.
//!
//! A run has one file at a place that its start alone decides, so a run that is taken up again goes on in it. What was
//! written behind the checkpoint is cut off first, because the run repeats it. No clock is read here.

mod histogram;
mod hparams;
mod message;
mod record;

pub use hparams::Session;

use super::RunHome;
use crate::train::TrainError;
use jiff::Timestamp;
use message::{EncodedImage, Event, EventSummary, GREY, SummaryValue, ValueKind, What};
use prost::Message;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The folder in a run's folder.
pub const FOLDER: &str = "tensorboard";

/// The version of the format that the first record of a file names.
const VERSION: &str = "brain.Event:2";

/// What a series is called, and what TensorBoard says of it beside its title: what it is, with its unit.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    /// `loss/train`: what stands before the slash gathers series in one group.
    pub name: &'a str,
    pub about: &'a str,
}

/// Where a value stands in its series.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The step that TensorBoard shows: of a run, the epoch.
    pub step: usize,
    pub wall: Timestamp,
}

/// The event file of a run.
pub fn file(run: RunHome<'_>) -> PathBuf {
    run.folder.join(FOLDER).join(format!("events.out.tfevents.{}.lcnnc", run.started.as_second()))
}

/// Copies a run's event file to another run, and says whether there is one.
///
/// # Errors
/// If it cannot be copied.
pub fn copy(old: RunHome<'_>, new: RunHome<'_>) -> Result<bool, TrainError> {
    let (from, to) = (file(old), file(new));
    if !from.is_file() {
        return Ok(false);
    }
    let folder = new.folder.join(FOLDER);
    fs::create_dir_all(&folder).map_err(TrainError::file(&folder, "made"))?;
    fs::copy(&from, &to).map(|_| true).map_err(TrainError::file(&to, "written"))
}

/// Renames a damaged event file, so that it stays and TensorBoard, which looks for a word in the name, passes over it; gives
/// the new name.
///
/// # Errors
/// If it cannot be renamed.
pub fn set_aside(path: &Path) -> Result<PathBuf, TrainError> {
    let place = |n: usize| path.with_file_name(format!("damaged-{n}.bin"));
    let free = (1..).map(place).find(|place| !place.exists()).unwrap_or_else(|| place(0));
    fs::rename(path, &free).map_err(TrainError::file(path, "renamed"))?;
    Ok(free)
}

/// An event file, growing by whole records.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    file: File,
    /// How many bytes of whole records the file has.
    written: u64,
    /// Whether the file of events was made by this process, and not gone on with.
    is_new: bool,
}

impl Events {
    /// Opens the event file of a run, in the folder [`FOLDER`] of the run's folder; what is missing is made.
    ///
    /// Of a file that is there already the first `offset` bytes stay; [`Events::offset`] gave that number when the
    /// checkpoint was written. Without an offset all whole records stay, but not one that a crash left half-written: TensorBoard reads
    /// nothing behind it.
    ///
    /// # Errors
    /// If the file cannot be read or written, or if no record ends at `offset`; then the file is left as it is.
    pub fn open(run: RunHome<'_>, offset: Option<u64>) -> Result<Self, TrainError> {
        let folder = run.folder.join(FOLDER);
        fs::create_dir_all(&folder).map_err(TrainError::file(&folder, "made"))?;
        let path = file(run);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(TrainError::file(&path, "written"))?;
        let mut events = Self { path, file, written: 0, is_new: false };
        events.keep(offset)?;
        if events.written == 0 {
            events.append(run.started, 0, What::FileVersion(VERSION.to_owned()))?;
            events.is_new = true;
        }
        Ok(events)
    }

    /// Cuts off what lies behind `offset`, or behind the last whole record.
    fn keep(&mut self, offset: Option<u64>) -> Result<(), TrainError> {
        let whole = record::whole(BufReader::new(&self.file), offset).map_err(TrainError::file(&self.path, "read"))?;
        let length = self.file.metadata().map_err(TrainError::file(&self.path, "read"))?.len();
        // A file that was removed begins anew.
        if let Some(offset) = offset.filter(|offset| *offset != whole && length > 0) {
            return Err(TrainError::Damaged {
                path: self.path.clone(),
                reason: format!(
                    "expected a record that ends at byte {offset}, where the checkpoint was written, found {length} \
                     bytes whose last whole record before it ends at byte {whole}"
                ),
            });
        }
        self.written = whole;
        self.cut().map_err(TrainError::file(&self.path, "written"))
    }

    /// Makes the file end behind its last whole record.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.written)?;
        self.file.seek(SeekFrom::Start(self.written)).map(|_| ())
    }

    /// How many bytes of the file are whole records, all of them handed to the system: for a checkpoint.
    pub fn offset(&self) -> u64 {
        self.written
    }

    /// Writes a number, in single precision.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn scalar(&mut self, tag: Tag<'_>, at: At, value: f64) -> Result<(), TrainError> {
        self.value(tag, at, ValueKind::Simple(value as f32))
    }

    /// Writes how some numbers are spread: 30 bins of one width from the smallest to the largest. Numbers that are not
    /// finite have no place in it and are left out.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn histogram(&mut self, tag: Tag<'_>, at: At, values: &[f64]) -> Result<(), TrainError> {
        self.value(tag, at, ValueKind::Histogram(histogram::of(values)))
    }

    /// Writes a greyscale image, `[height, width]` pixels encoded as PNG.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn image(&mut self, tag: Tag<'_>, at: At, [height, width]: [u32; 2], png: Vec<u8>) -> Result<(), TrainError> {
        let [height, width] = [height, width].map(|pixels| i32::try_from(pixels).unwrap_or(i32::MAX));
        self.value(tag, at, ValueKind::Image(EncodedImage { height, width, colorspace: GREY, png }))
    }

    /// Writes the beginning or the end of a run for TensorBoard's page of hyperparameters.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn session(&mut self, at: At, session: Session) -> Result<(), TrainError> {
        let value = SummaryValue { tag: session.tag().to_owned(), metadata: Some(session.metadata()), kind: None };
        self.append(at.wall, at.step as i64, What::Summary(EventSummary { value: vec![value] }))
    }

    /// Whether the file began empty when it was opened.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Waits until everything that was written is on the disk.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn sync(&self) -> Result<(), TrainError> {
        self.file.sync_data().map_err(TrainError::file(&self.path, "written"))
    }

    fn value(&mut self, tag: Tag<'_>, at: At, kind: ValueKind) -> Result<(), TrainError> {
        let value =
            SummaryValue { tag: tag.name.to_owned(), metadata: Some(kind.metadata(tag.about)), kind: Some(kind) };
        // The format counts steps in 63 bits, which no run can live to use up.
        self.append(at.wall, at.step as i64, What::Summary(EventSummary { value: vec![value] }))
    }

    /// Appends an event in one write, so that a crash seldom leaves half a record.
    fn append(&mut self, wall: Timestamp, step: i64, what: What) -> Result<(), TrainError> {
        let event = Event { wall_time: wall.as_duration().as_secs_f64(), step, what: Some(what) };
        let record = record::framed(&event.encode_to_vec());
        if let Err(error) = self.file.write_all(&record) {
            // What failed is reported; that its remains cannot be removed either would add nothing.
            let _ = self.cut();
            return Err(TrainError::file(&self.path, "written")(error));
        }
        self.written += record.len() as u64;
        Ok(())
    }
}
