//! A line for each image: what it is, what the net named, and how sure it was.

use super::answer::{named, probability, rank};
use super::rows::header;
use crate::analyses::table::{Cell, csv_line};
use crate::train::{Judged, Score, Shown, TrainError, Trained};
use serde_json::{Map, Value, json};

/// The format of the line that each image has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Csv,
    /// One object a line.
    Json,
}

/// Writes a line for each image of a set.
pub struct PerImage<'a> {
    pub trained: &'a Trained,
    pub shown: &'a Shown,
    pub line: Line,
}

impl PerImage<'_> {
    /// Hands over the lines of batch after batch, the line of names first.
    ///
    /// # Errors
    /// As [`Trained::judge`], or if `write` gives an error.
    pub fn lines(&self, write: &mut dyn FnMut(&str) -> Result<(), TrainError>) -> Result<Score, TrainError> {
        let classes = &self.shown.classes;
        if self.line == Line::Csv {
            let own = ["image", "name", "label", "predicted", "correct", "rank", "p_label", "p_predicted"];
            let scores = classes.iter().map(|class| format!("score {class}"));
            write(&header(&own.map(str::to_owned).into_iter().chain(scores).collect::<Vec<String>>()))?;
        }
        let mut before = 0;
        self.trained.judge(self.shown, None, &mut |judged: Judged| {
            let mut text = String::new();
            for (scores, label) in judged.scores.chunks_exact(classes.len().max(1)).zip(&judged.labels) {
                if let Some(score) = scores.iter().find(|score| !score.is_finite()) {
                    let (what, found) =
                        (self.shown.source.name(self.shown.order[before]), format!("a score of {score}"));
                    return Err(TrainError::NoNumber { what, found, path: self.trained.file().to_owned() });
                }
                text += &match self.line {
                    Line::Csv => self.csv(self.shown.order[before], *label, scores),
                    Line::Json => self.json(self.shown.order[before], *label, scores),
                };
                before += 1;
            }
            write(&text)
        })
    }

    fn csv(&self, image: usize, label: usize, scores: &[f32]) -> String {
        let (predicted, class) = (named(scores), |class: usize| Cell::Text(self.shown.classes[class].clone()));
        let head = [
            Cell::Count(image),
            Cell::Text(self.shown.source.name(image)),
            class(label),
            class(predicted),
            Cell::Count(usize::from(predicted == label)),
            Cell::Count(rank(scores, label)),
            Cell::Number(probability(scores, label)),
            Cell::Number(probability(scores, predicted)),
        ];
        csv_line(&head.into_iter().chain(scores.iter().map(|x| Cell::Number(f64::from(*x)))).collect::<Vec<Cell>>())
    }

    fn json(&self, image: usize, label: usize, scores: &[f32]) -> String {
        let (predicted, classes) = (named(scores), &self.shown.classes);
        let scored: Map<String, Value> =
            classes.iter().cloned().zip(scores.iter().map(|x| json!(f64::from(*x)))).collect();
        let line = json!({
            "image": image,
            "name": self.shown.source.name(image),
            "label": classes[label],
            "predicted": classes[predicted],
            "correct": predicted == label,
            "rank": rank(scores, label),
            "p_label": probability(scores, label),
            "p_predicted": probability(scores, predicted),
            "scores": scored,
        });
        format!("{line}\n")
    }
}
