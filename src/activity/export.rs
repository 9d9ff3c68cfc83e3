//! A file of arrays of what a net makes of some images.

use super::arrays::{self, Array, ArrayFormat, Numbers};
use super::asked::{Asked, Place};
use crate::train::{Recorded, Shown, TrainError, Trained, user_files};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug)]
pub struct Exported {
    pub images: usize,
    /// The file beside the arrays that says what they are.
    pub about: PathBuf,
    /// The values, at a step each, that are zero in every channel and place for every image.
    pub dead: Vec<String>,
}

/// The name of the array of classes.
const LABELS: &str = "labels";

/// The file beside a file of arrays that says what they are: `x.npz.json`.
pub fn beside(out: &Path) -> PathBuf {
    out.with_added_extension("json")
}

/// Whether a file says what the arrays of an earlier call are.
fn is_about(file: &[u8]) -> bool {
    let about: Option<Value> = serde_json::from_slice(file).ok();
    about.is_some_and(|about| ["lcnnc", "values", "images"].iter().all(|key| about.get(key).is_some()))
}

/// How many bytes the arrays of some values take for so many images.
pub fn bytes(asked: &[Asked], images: usize) -> usize {
    asked.iter().map(|asked| images * asked.shape().iter().product::<usize>() * size_of::<f32>()).sum()
}

/// Shows a net images, writes the values that are asked for into a file of arrays, and what the arrays are into another one
/// [`beside`] it. `advances` hears of every batch, by its number of images.
///
/// # Errors
/// If a file cannot be written, or as [`Trained::record`].
pub fn export(
    trained: &Trained,
    shown: &Shown,
    asked: &[Asked],
    out: &Path,
    advances: &mut dyn FnMut(usize),
) -> Result<Exported, TrainError> {
    let format = ArrayFormat::of(out).map_err(|reason| TrainError::Refused { path: out.to_owned(), reason })?;
    // Before the net is shown anything: what cannot be described is not written, and arrays replace no others than those of an
    // earlier call, which the file beside them describes.
    let beside_it = beside(out);
    user_files::spare_others(&beside_it, is_about)?;
    if beside_it.is_file() {
        user_files::spare(out)?;
    } else {
        user_files::spare_others(out, |_| false)?;
    }
    let failed = |source: io::Error| TrainError::file(out, "written")(source);
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let images = shown.order.len();
    let new = |asked: &Asked| {
        let shape = [&[images], asked.shape().as_slice()].concat();
        Array::new(&asked.text, shape, Numbers::F32, folder)
    };
    let mut values = asked.iter().map(new).collect::<io::Result<Vec<Array>>>().map_err(failed)?;
    let mut labels = Array::new(LABELS, vec![images], Numbers::I64, folder).map_err(failed)?;
    let wanted = Wanted::of(trained.model().net().traced().len(), asked);
    let mut alive = vec![false; wanted.marks.len()];
    trained.record(shown, &wanted.marks, &mut |recorded: Recorded| {
        for (asked, array) in asked.iter().zip(&mut values) {
            write(asked, array, &recorded, &wanted).map_err(failed)?;
        }
        labels.push_whole(recorded.labels.iter().map(|label| *label as i64)).map_err(failed)?;
        for (number, place) in &wanted.places {
            alive[*number] |= recorded.values[*place].iter().any(|x| *x != 0.0);
        }
        advances(recorded.images);
        Ok(())
    })?;
    let about = about(trained, shown, asked);
    let has_labels = !shown.classes.is_empty() && format != ArrayFormat::Npy;
    values.extend(has_labels.then_some(labels));
    let in_file = Map::from_iter([("about".to_owned(), Value::String(about.to_string()))]);
    user_files::write_with(out, &mut |file| arrays::write(format, &mut values, &in_file, file))?;
    user_files::write(&beside_it, format!("{about:#}\n").as_bytes())?;
    let traced = trained.model().net().traced();
    // A state before the first step is zero in most nets.
    let is_meant = |number: &usize| !traced[*number].is_zeros && traced[*number].steps.last() != Some(&0);
    let dead = wanted.places.keys().filter(|number| !alive[**number] && is_meant(number));
    Ok(Exported { images, about: beside_it, dead: dead.map(|number| traced[*number].title()).collect() })
}

/// Writes one array of double precision as `numpy.save` does, to a file that is made or replaced as a whole.
///
/// # Errors
/// If the file cannot be written.
pub fn write_npy(out: &Path, shape: &[usize], numbers: &[f64]) -> Result<(), TrainError> {
    let failed = |source: io::Error| TrainError::file(out, "written")(source);
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut array = Array::new("", shape.to_vec(), Numbers::F64, folder).map_err(failed)?;
    array.push_double(numbers).map_err(failed)?;
    let mut arrays = [array];
    user_files::write_with(out, &mut |file| arrays::write(ArrayFormat::Npy, &mut arrays, &Map::new(), file))
}

/// The named values of a net that are recorded.
struct Wanted {
    /// Whether each of them is.
    marks: Vec<bool>,
    /// The place of each one among those that are, by its number.
    places: BTreeMap<usize, usize>,
}

impl Wanted {
    fn of(traced: usize, asked: &[Asked]) -> Self {
        let mut marks = vec![false; traced];
        for asked in asked {
            asked.place.numbers().iter().for_each(|number| marks[*number] = true);
        }
        let places = (0..traced).filter(|n| marks[*n]).enumerate().map(|(place, number)| (number, place)).collect();
        Self { marks, places }
    }
}

/// Appends a batch to the array of a value: image after image, and of each image step after step.
fn write(asked: &Asked, array: &mut Array, recorded: &Recorded, wanted: &Wanted) -> io::Result<()> {
    let len: usize = asked.dims.iter().product();
    match &asked.place {
        Place::Input => array.push(&recorded.input),
        Place::Traced(numbers) => (0..recorded.images).try_for_each(|image| {
            let of_step = |number: &usize| &recorded.values[wanted.places[number]][image * len..][..len];
            numbers.iter().try_for_each(|number| array.push(of_step(number)))
        }),
    }
}

/// What the arrays are, for people and programs.
fn about(trained: &Trained, shown: &Shown, asked: &[Asked]) -> Value {
    let manifest = trained.manifest();
    let value = |asked: &Asked| {
        let shape = [&[shown.order.len()], asked.shape().as_slice()].concat();
        let mut about = json!({
            "array": asked.text,
            "axes": asked.axes(),
            "shape": shape,
            "unit": "dimensionless, as in the equations",
        });
        if let (Some(about), false) = (about.as_object_mut(), asked.steps.is_empty()) {
            about.insert("steps".to_owned(), json!(asked.steps));
        }
        about
    };
    let image = |index: &usize| {
        let mut about = json!({"name": shown.source.name(*index), "index": index});
        if let (Some(about), Some(class)) = (about.as_object_mut(), shown.classes.get(shown.source.label(*index))) {
            about.insert("label".to_owned(), json!(shown.source.label(*index)));
            about.insert("class".to_owned(), json!(class));
        }
        about
    };
    json!({
        "model": manifest.model,
        "weights": trained.file().display().to_string(),
        "seed": manifest.seed,
        "lcnnc": env!("CARGO_PKG_VERSION"),
        "shown": shown.about,
        "classes": shown.classes,
        "values": asked.iter().map(value).collect::<Vec<Value>>(),
        "images": shown.order.iter().map(image).collect::<Vec<Value>>(),
    })
}
