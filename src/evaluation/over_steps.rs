//! The trained weights with other numbers of steps.

use super::rows::{Rows, percent};
use crate::analyses::table::Cell;
use crate::text_table::with_numbers;
use crate::train::{Recipe, Score, Shown, TrainError, Trained};
use lcnnc_lang::Steps;
use lcnnc_lang::diag::{among, did_you_mean};
use lcnnc_lang::limits::MAX_STEPS;
use std::collections::BTreeSet;

/// Numbers of steps to run a net with: `steps=1..10`, `steps=1,3,5`, `V1.steps=2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// The dotted name of the one loop that is meant; all loops together if none is given.
    pub of: Option<String>,
    /// In the order in which they were asked for, each once.
    pub steps: Vec<usize>,
}

/// What is expected where a text is none of those.
const EXPECTED: &str =
    "expected numbers of steps, as in `steps=1..10`, `steps=1,3,5`, or `V1.steps=1..10` for the loop `V1` alone";

impl Over {
    /// Reads the numbers; both ends of a range are in it.
    ///
    /// # Errors
    /// That the text is not `steps=` with numbers of steps behind it, and how it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, list) = text.split_once('=').ok_or(EXPECTED)?;
        let name = name.trim();
        let of = match name.strip_suffix(".steps") {
            Some(of) if !of.is_empty() => Some(of.to_owned()),
            _ if name == "steps" => None,
            _ => return Err(EXPECTED.to_owned()),
        };
        let number = |text: &str| {
            let steps = text.trim().parse::<usize>().map_err(|_| EXPECTED.to_owned())?;
            let is_one = (1..=MAX_STEPS).contains(&steps);
            if is_one {
                Ok(steps)
            } else {
                Err(format!("expected numbers of steps from 1 to {MAX_STEPS}, found {steps}"))
            }
        };
        let mut steps: Vec<usize> = Vec::new();
        for part in list.split(',') {
            let (first, last) = part.split_once("..").unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(format!("expected the smaller number first, as in `{last}..{first}`"));
            }
            let known: BTreeSet<usize> = steps.iter().copied().collect();
            steps.extend((first..=last).filter(|n| !known.contains(n)));
        }
        Ok(Self { of, steps })
    }
}

/// A net with each of several numbers of steps in place of the one that its loops were trained with.
pub struct OtherSteps {
    recipes: Vec<(usize, Recipe)>,
    trained: Vec<(String, usize)>,
}

impl Over {
    /// The nets that are asked for. None of them is run yet: what the net cannot be is known before its data are read.
    ///
    /// # Errors
    /// If there is no such loop, or the net cannot have so many steps.
    pub fn of(&self, trained: &Trained) -> Result<OtherSteps, TrainError> {
        let loops: Vec<(String, usize)> =
            trained.model().net().loops().map(|looped| (looped.name.clone(), looped.steps)).collect();
        let is_meant = |(name, _): &&(String, usize)| self.of.as_ref().is_none_or(|of| of == name);
        let meant: Vec<(String, usize)> = loops.iter().filter(is_meant).cloned().collect();
        if meant.is_empty() {
            let reason = self.missing(&loops.into_iter().map(|(name, _)| name).collect::<Vec<String>>());
            return Err(TrainError::Unanswered { what: "`--over`".to_owned(), reason });
        }
        let recipe = |count: &usize| {
            let steps = Steps { of: self.of.clone(), count: *count };
            Ok((*count, trained.recipe_with_steps(&steps)?))
        };
        Ok(OtherSteps { recipes: self.steps.iter().map(recipe).collect::<Result<_, TrainError>>()?, trained: meant })
    }

    /// Why none of the loops of a net is meant.
    fn missing(&self, loops: &[String]) -> String {
        let names = || loops.iter().map(String::as_str);
        match &self.of {
            Some(of) if !loops.is_empty() => match did_you_mean(of, names()) {
                Some(near) => format!("the net has no loop `{of}`; did you mean `{near}.steps`?"),
                None => format!("the net has no loop `{of}`; its loops are {}", among(names())),
            },
            _ => "the net has no loop, so it has no steps".to_owned(),
        }
    }
}

impl OtherSteps {
    /// How many numbers of steps there are.
    pub fn count(&self) -> usize {
        self.recipes.len()
    }

    /// Judges the run's weights with each number of steps; `advances` hears of every one that is done.
    ///
    /// # Errors
    /// As [`Trained::judge`].
    pub fn judged(
        self,
        trained: &Trained,
        shown: &Shown,
        top: Option<usize>,
        advances: &mut dyn FnMut(),
    ) -> Result<OverSteps, TrainError> {
        let mut scores = Vec::new();
        for (count, recipe) in self.recipes {
            scores.push((count, trained.with_recipe(recipe)?.judge(shown, top, &mut |_| Ok(()))?));
            advances();
        }
        Ok(OverSteps { scores, trained: self.trained })
    }
}

/// The score for each number of steps.
#[derive(Debug)]
pub struct OverSteps {
    pub scores: Vec<(usize, Score)>,
    /// The loops that are meant, each with the number of steps that it was trained with.
    pub trained: Vec<(String, usize)>,
}

impl OverSteps {
    /// Whether all loops that are meant were trained with that number.
    fn is_trained(&self, steps: usize) -> bool {
        self.trained.iter().all(|(_, own)| *own == steps)
    }

    /// A row for each number of steps.
    pub fn rows(&self) -> Rows {
        let top = self.scores.first().and_then(|(_, score)| score.top);
        let own = ["steps", "trained", "images", "correct", "accuracy", "cross_entropy"].map(str::to_owned);
        let row = |(steps, score): &(usize, Score)| {
            let own = [
                Cell::Count(*steps),
                Cell::Count(usize::from(self.is_trained(*steps))),
                Cell::Count(score.images),
                Cell::Count(score.correct),
                Cell::Number(score.accuracy),
                Cell::Number(score.cross_entropy),
            ];
            own.into_iter().chain(score.top.map(|top| Cell::Number(top.accuracy))).collect()
        };
        Rows {
            names: own.into_iter().chain(top.map(|top| format!("top{}_accuracy", top.k))).collect(),
            rows: self.scores.iter().map(row).collect(),
        }
    }

    /// The table for people.
    pub fn text(&self) -> String {
        let top = self.scores.first().and_then(|(_, score)| score.top);
        let head = ["steps", "accuracy"].map(str::to_owned).into_iter().chain(top.map(|top| format!("top-{}", top.k)));
        let head: Vec<String> = head.chain(["cross-entropy".to_owned()]).collect();
        let row = |(steps, score): &(usize, Score)| {
            let own = [steps.to_string(), percent(score.accuracy)].into_iter();
            let own = own.chain(score.top.map(|top| percent(top.accuracy)));
            let mark = self.is_trained(*steps).then(|| "<- trained".to_owned());
            own.chain([format!("{:.4}", score.cross_entropy)]).chain(mark).collect()
        };
        with_numbers(&[head].into_iter().chain(self.scores.iter().map(row)).collect::<Vec<Vec<String>>>())
    }

    /// What the loops were trained with, in words.
    pub fn caption(&self) -> String {
        let loops: Vec<String> = self.trained.iter().map(|(name, steps)| format!("`{name}` {steps}")).collect();
        format!("steps of the run: {}", loops.join(", "))
    }
}
