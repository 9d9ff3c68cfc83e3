//! A net with lesions beside the intact one and beside random lesions of the same size.

use super::answer::{named, nats};
use super::lesion::Lesion;
use super::rows::{Rows, percent};
use crate::activity::{Asked, Place};
use crate::analyses::table::Cell;
use crate::text_table::with_numbers;
use crate::train::{Recorded, Shown, TrainError, Trained};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::{Net, Value, Visit};
use std::collections::BTreeMap;

/// The accuracy and the activity of one net, with or without a lesion, over the images that it is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    pub accuracy: f64,
    /// In nats an image.
    pub cross_entropy: f64,
    /// The mean of the value that is watched, over images and all of its numbers.
    pub mean: f64,
    /// The share of them that are exactly zero.
    pub zeros: f64,
}

/// The intact net, the one with lesions, and random lesions.
#[derive(Debug)]
pub struct Study {
    pub lesion: Lesion,
    /// The value whose activity is measured, at its last step.
    pub watched: String,
    pub images: usize,
    pub intact: Measured,
    pub lesioned: Measured,
    pub random: Vec<Measured>,
    /// How many random lesions were asked for.
    pub asked: usize,
}

/// Draws of a random lesion for each one that is asked for, after which there are taken to be no others.
const DRAWS: usize = 20;

/// Measures a net with lesions, and so many random ones of the same size, each of them once, or fewer where there are not so many;
/// `advances` hears of every net that is done.
///
/// # Errors
/// As [`Trained::record`], or if scores are no numbers.
pub fn study(
    trained: &Trained,
    shown: &Shown,
    lesion: Lesion,
    randoms: usize,
    advances: &mut dyn FnMut(),
) -> Result<Study, TrainError> {
    let net = trained.model().net().clone();
    let watched = lesion.first.clone().unwrap_or_else(|| feeding(&net));
    let mut next = |net: &Trained| {
        let measured = measured(net, shown, &watched);
        advances();
        measured
    };
    let (intact, lesioned) = (next(trained)?, next(&lesion.applied(trained)?)?);
    let seed = trained.manifest().seed;
    let mut drawn: Vec<Lesion> = Vec::new();
    for n in 0..(DRAWS * randoms) as u64 {
        if drawn.len() == randoms {
            break;
        }
        let one = lesion.random(&net, seed, n);
        if drawn.iter().all(|other| !other.is_same(&one)) {
            drawn.push(one);
        }
    }
    let random = drawn.into_iter().map(|one| next(&one.applied(trained)?));
    let random = random.collect::<Result<Vec<Measured>, TrainError>>()?;
    Ok(Study { lesion, watched, images: shown.order.len(), intact, lesioned, random, asked: randoms })
}

/// The named value that the scores are read from; the scores themselves where none is.
fn feeding(net: &Net) -> String {
    let mut made: BTreeMap<Value, (Option<&str>, Vec<Value>)> = BTreeMap::new();
    for visit in net.walk() {
        match visit {
            Visit::Node(node) if node.shape.per_image() => {
                made.insert(node.value, (node.name.as_deref(), node.op.reads()));
            }
            Visit::Enter(looped) => {
                let current =
                    looped.states.iter().map(|state| (state.current, (Some(state.name.as_str()), Vec::new())));
                made.extend(current);
            }
            Visit::Node(_) | Visit::Leave(_) => {}
        }
    }
    let answer = net.origin(net.output.answer());
    let mut ahead: Vec<Value> = made.get(&answer).map_or(Vec::new(), |(_, reads)| reads.clone());
    while let Some(value) = (!ahead.is_empty()).then(|| net.origin(ahead.remove(0))) {
        match made.get(&value) {
            Some((Some(name), _)) => return name.strip_suffix('\'').unwrap_or(name).to_owned(),
            Some((None, reads)) => ahead.extend(reads),
            None => {}
        }
    }
    made.get(&answer).and_then(|(name, _)| *name).map_or(String::new(), str::to_owned)
}

fn measured(trained: &Trained, shown: &Shown, watched: &str) -> Result<Measured, TrainError> {
    let net = trained.model().net();
    let mut wanted = vec![false; net.traced().len()];
    if let Ok(Asked { place: Place::Traced(numbers), .. }) = Asked::of(net, watched) {
        numbers.iter().for_each(|number| wanted[*number] = true);
    }
    let (mut right, mut loss, mut sum, mut zeros, mut numbers) = (0_usize, 0.0, 0.0, 0_usize, 0_usize);
    trained.record(shown, &wanted, &mut |recorded: Recorded| {
        for (scores, label) in recorded.scores.chunks_exact(net.classes.max(1)).zip(&recorded.labels) {
            right += usize::from(named(scores) == *label);
            loss += nats(scores, *label);
        }
        for x in recorded.values.iter().flatten() {
            sum += f64::from(*x);
            zeros += usize::from(*x == 0.0);
            numbers += 1;
        }
        Ok(())
    })?;
    if !f64::is_finite(loss) {
        let (what, found) = ("the test".to_owned(), format!("a cross-entropy of {loss} nats"));
        return Err(TrainError::NoNumber { what, found, path: trained.file().to_owned() });
    }
    let (images, numbers) = (shown.order.len().max(1) as f64, numbers.max(1) as f64);
    let [accuracy, zeros] = [right as f64 / images, zeros as f64 / numbers];
    Ok(Measured { accuracy, cross_entropy: loss / images, mean: sum / numbers, zeros })
}

impl Measured {
    fn all(self) -> [f64; 4] {
        [self.accuracy, self.cross_entropy, self.mean, self.zeros]
    }
}

impl Study {
    /// Mean and standard deviation (over n - 1) of each measure over the random lesions; none of one of them.
    fn of_random(&self) -> Option<([f64; 4], Option<[f64; 4]>)> {
        let n = self.random.len();
        let column = |measure: usize| self.random.iter().map(move |it| it.all()[measure]);
        let means = [0, 1, 2, 3].map(|measure| column(measure).sum::<f64>() / n as f64);
        let sd = |measure: usize| {
            let squares = column(measure).map(|x| (x - means[measure]).powi(2)).sum::<f64>();
            (squares / (n - 1) as f64).sqrt()
        };
        (n > 0).then(|| (means, (n > 1).then(|| [0, 1, 2, 3].map(sd))))
    }

    /// A row for each net, and for mean and standard deviation of the random lesions.
    pub fn rows(&self) -> Rows {
        let names =
            ["net", "number", "weights", "channels", "images", "accuracy", "cross_entropy", "value", "mean", "zeros"];
        let (weights, channels) = (self.lesion.weights(), self.lesion.channels());
        let row = |net: &str, number: Option<usize>, size: [usize; 2], measures: [f64; 4]| {
            let [accuracy, loss, mean, zeros] = measures.map(Cell::Number);
            let number = number.map_or(Cell::Absent, Cell::Count);
            let [weights, channels] = size.map(Cell::Count);
            let (images, value) = (Cell::Count(self.images), Cell::Text(self.watched.clone()));
            vec![Cell::Text(net.to_owned()), number, weights, channels, images, accuracy, loss, value, mean, zeros]
        };
        let size = [weights, channels];
        let mut rows =
            vec![row("intact", None, [0, 0], self.intact.all()), row("lesioned", None, size, self.lesioned.all())];
        rows.extend(self.random.iter().zip(1..).map(|(it, n)| row("random", Some(n), size, it.all())));
        if let Some((means, sds)) = self.of_random() {
            rows.push(row("random mean", None, size, means));
            rows.extend(sds.map(|sds| row("random sd", None, size, sds)));
        }
        Rows { names: names.map(str::to_owned).to_vec(), rows }
    }

    /// The table for people.
    pub fn text(&self) -> String {
        let written = |measures: [f64; 4], sds: Option<[f64; 4]>| {
            let percent = |n: usize| {
                sds.map_or(percent(measures[n]), |sds| format!("{:.2} ± {:.2} %", 100.0 * measures[n], 100.0 * sds[n]))
            };
            let number = |n: usize| {
                sds.map_or(format!("{:.4}", measures[n]), |sds| format!("{:.4} ± {:.4}", measures[n], sds[n]))
            };
            [percent(0), number(1), number(2), percent(3)]
        };
        let row = |net: String, cells: [String; 4]| [net].into_iter().chain(cells).collect::<Vec<String>>();
        let (mean, zeros) = (format!("mean of {}", self.watched), "exactly zero".to_owned());
        let head = ["accuracy".to_owned(), "cross-entropy".to_owned(), mean, zeros];
        let mut rows = vec![
            row("net".to_owned(), head),
            row("intact".to_owned(), written(self.intact.all(), None)),
            row("lesioned".to_owned(), written(self.lesioned.all(), None)),
        ];
        if let Some((means, sds)) = self.of_random() {
            rows.push(row(counted(self.random.len(), "random lesion"), written(means, sds)));
        }
        let mut text = with_numbers(&rows);
        if self.random.len() < self.asked {
            text += &format!("\nthere is no more than {} of this size", counted(self.random.len(), "random lesion"));
        }
        text
    }
}
