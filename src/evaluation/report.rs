//! The score of a run's net, class by class.

use super::answer::named;
use super::rows::{Rows, percent};
use crate::activity::{Asked, Place};
use crate::analyses::table::Cell;
use crate::text_table::with_numbers;
use crate::train::{Judged, Recorded, Score, Shown, TrainError, Trained};
use lcnnc_lang::diag::render::visible_name;
use serde_json::{Value, json};

/// Characters of a line up to which a confusion matrix names its columns; a wider one numbers them.
const WIDE: usize = 110;

/// What a net answers to images of known classes.
#[derive(Debug)]
pub struct Report {
    pub score: Score,
    pub classes: Vec<String>,
    /// How many images of each class, in rows, were named as each class.
    pub confusion: Vec<Vec<usize>>,
    /// The accuracy of each step with its number, or why there is none.
    pub by_step: Result<Vec<(usize, f64)>, String>,
}

/// Judges a net class by class.
///
/// # Errors
/// As [`Trained::judge`].
pub fn report(trained: &Trained, shown: &Shown, top: Option<usize>) -> Result<Report, TrainError> {
    let classes = shown.classes.clone();
    let mut confusion = vec![vec![0; classes.len()]; classes.len()];
    let score = trained.judge(shown, top, &mut |judged: Judged| {
        for (scores, label) in judged.scores.chunks_exact(classes.len().max(1)).zip(&judged.labels) {
            confusion[*label][named(scores)] += 1;
        }
        Ok(())
    })?;
    let by_step = match score.accuracy_by_step.as_slice() {
        [] => by_step(trained, shown)?,
        judged => Ok((1..).zip(judged.iter().copied()).collect()),
    };
    Ok(Report { score, classes, confusion, by_step })
}

/// The accuracy of each step of which the net makes scores though the last one alone is judged; or why there is none.
fn by_step(trained: &Trained, shown: &Shown) -> Result<Result<Vec<(usize, f64)>, String>, TrainError> {
    let net = trained.model().net();
    let Some(steps) = net.loops().map(|looped| looped.steps).max() else {
        return Ok(Err("the net has no loop".to_owned()));
    };
    let asked = Asked::of(net, &format!("{}@all", net.output.name)).ok();
    let Some((asked, Place::Traced(numbers))) = asked.map(|asked| (asked.clone(), asked.place)) else {
        return Ok(Err(format!(
            "the scores are made behind the loops, once; `lcnnc eval RUN --over steps=1..{steps}` reads them after each number of steps"
        )));
    };
    let mut wanted = vec![false; net.traced().len()];
    numbers.iter().for_each(|number| wanted[*number] = true);
    let mut right = vec![0; numbers.len()];
    trained.record(shown, &wanted, &mut |recorded: Recorded| {
        for (right, values) in right.iter_mut().zip(&recorded.values) {
            let rows = values.chunks_exact(net.classes.max(1)).zip(&recorded.labels);
            *right += rows.filter(|(scores, label)| named(scores) == **label).count();
        }
        Ok(())
    })?;
    let step = |steps: &Vec<usize>| steps.last().copied().unwrap_or(0);
    let shares = right.iter().map(|right| *right as f64 / shown.order.len().max(1) as f64);
    Ok(Ok(asked.steps.iter().map(step).zip(shares).collect()))
}

impl Report {
    /// How many images of a class there are, and how many of them were named right.
    fn of_class(&self, class: usize) -> (usize, usize) {
        (self.confusion[class].iter().sum(), self.confusion[class][class])
    }

    /// A row for each class: its images, how many were named right, and how many as each class.
    pub fn rows(&self) -> Rows {
        let names = ["class", "images", "correct", "accuracy"].map(str::to_owned);
        let row = |class: usize| {
            let (images, correct) = self.of_class(class);
            let head = [Cell::Text(self.classes[class].clone()), Cell::Count(images), Cell::Count(correct)];
            let counts = self.confusion[class].iter().map(|count| Cell::Count(*count));
            head.into_iter().chain([share(images, correct).map_or(Cell::Absent, Cell::Number)]).chain(counts).collect()
        };
        Rows {
            names: names.into_iter().chain(self.classes.iter().map(|class| format!("as {class}"))).collect(),
            rows: (0..self.classes.len()).map(row).collect(),
        }
    }

    /// All of it for programs; `about` says of what.
    pub fn json(&self, about: Value) -> Value {
        let Score { accuracy, correct, images, of, cross_entropy, top, .. } = &self.score;
        let class = |class: usize| {
            let (images, correct) = self.of_class(class);
            json!({"class": self.classes[class], "images": images, "correct": correct, "accuracy": share(images, correct)})
        };
        let step = |(step, accuracy): &(usize, f64)| json!({"step": step, "accuracy": accuracy});
        let steps = self.by_step.as_ref().ok().map(|steps| steps.iter().map(step).collect::<Vec<Value>>());
        let mut all = about;
        let own = json!({
            "images": images,
            "images_of_test_half": of,
            "accuracy": accuracy,
            "correct": correct,
            "cross_entropy": cross_entropy,
            "top": top,
            "accuracy_by_step": steps,
            "no_accuracy_by_step": self.by_step.as_ref().err(),
            "classes": (0..self.classes.len()).map(class).collect::<Vec<Value>>(),
            "confusion": {
                "rows": "true class", "columns": "predicted class", "classes": self.classes, "counts": self.confusion,
            },
        });
        if let (Some(all), Value::Object(own)) = (all.as_object_mut(), own) {
            all.extend(own);
        }
        all
    }

    /// The confusion matrix for people: true classes in rows, named ones in columns.
    pub fn matrix(&self) -> String {
        let names: Vec<String> = self.classes.iter().map(|class| visible_name(class).into_owned()).collect();
        let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let width: usize = names.iter().map(|name| 2 + name.chars().count().max(5)).sum();
        let is_named = widest + width + 10 <= WIDE;
        let row = |class: usize| {
            let name = if is_named { names[class].clone() } else { format!("{class} {}", names[class]) };
            let (images, correct) = self.of_class(class);
            let counts = self.confusion[class].iter().map(ToString::to_string);
            [name].into_iter().chain(counts).chain([share(images, correct).map_or("-".to_owned(), percent)]).collect()
        };
        let heads = (0..names.len()).map(|class| if is_named { names[class].clone() } else { class.to_string() });
        let head: Vec<String> =
            ["true \\ named".to_owned()].into_iter().chain(heads).chain(["right".to_owned()]).collect();
        let rows: Vec<Vec<String>> = [head].into_iter().chain((0..names.len()).map(row)).collect();
        with_numbers(&rows)
    }
}

/// The share that was right, where there are any.
fn share(images: usize, correct: usize) -> Option<f64> {
    (images > 0).then(|| correct as f64 / images as f64)
}
