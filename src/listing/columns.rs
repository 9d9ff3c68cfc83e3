//! Which columns a table of runs has.

use super::row::{Row, UNITS, Value};
use crate::train::TrainError;
use lcnnc_lang::diag::did_you_mean;

/// What stands before the consts and settings that differ, and behind them.
const BEFORE: [&str; 2] = ["run", "spec"];
const BEHIND: [&str; 8] = ["dataset", "seed", "epochs", "validation", "test", "time", "state", "reason"];
/// What differs from machine to machine and from run to run, and is shown only to those who ask for it.
const UNASKED: [&str; 8] = ["top5", "best_epoch", "started", "model", "parameters", "device", "threads", "lcnnc"];
/// The word that stands for all columns.
const ALL: &str = "all";

/// The names of everything that is known of some runs.
#[derive(Clone, Debug)]
pub struct Columns(Vec<String>);

impl Columns {
    /// Everything that is known of some runs, in the order in which it comes up.
    pub fn of(rows: &[Row]) -> Self {
        let mut names: Vec<String> = BEFORE.iter().chain(&BEHIND).map(|name| (*name).to_owned()).collect();
        for (name, _) in rows.iter().flat_map(|row| &row.values) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        Self(names)
    }

    /// The column that a word means: its name, or its name with the unit as programs are told it.
    ///
    /// # Errors
    /// That there is none; `of` says where the word stands.
    pub fn named(&self, word: &str, of: &str) -> Result<String, TrainError> {
        if let Some(known) = self.0.iter().find(|known| **known == word || head(known) == word) {
            return Ok(known.clone());
        }
        let near = did_you_mean(word, self.0.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let all = self.0.join(", ");
        let reason = format!("`{of}`: these runs have no column `{word}`{near}\nthere are: {all}");
        Err(TrainError::Runs { reason })
    }

    /// The columns that `--columns` names; `all` stands for every one.
    ///
    /// # Errors
    /// If one is not there, or comes twice.
    pub fn asked(&self, words: &[String]) -> Result<Vec<String>, TrainError> {
        let of = format!("--columns {}", words.join(","));
        let mut asked: Vec<String> = Vec::new();
        for word in words {
            let more = if word == ALL { self.0.clone() } else { vec![self.named(word, &of)?] };
            for name in more {
                if asked.contains(&name) && word != ALL {
                    return Err(TrainError::Runs { reason: format!("`{of}` names `{name}` twice") });
                }
                if !asked.contains(&name) {
                    asked.push(name);
                }
            }
        }
        Ok(asked)
    }

    /// The columns where nobody asks for others: what every run has, and the consts and settings in which these runs differ.
    pub fn usual(&self, rows: &[Row]) -> Vec<String> {
        let is_common = |name: &String| BEFORE.contains(&name.as_str()) || BEHIND.contains(&name.as_str());
        let has_reason = rows.iter().any(|row| row.state.reason().is_some());
        let differing = self.0.iter().filter(|name| !is_common(name) && differs(rows, name)).cloned();
        let named = |names: &'static [&'static str]| names.iter().map(|name| (*name).to_owned());
        named(&BEFORE).chain(differing).chain(named(&BEHIND).filter(|name| name != "reason" || has_reason)).collect()
    }
}

/// Whether runs differ in a column in a way that is worth a place in every table: specs and contents of data sets where one name stands
/// for several, consts among the runs whose specs have them, and settings among all.
fn differs(rows: &[Row], name: &str) -> bool {
    let among = match name {
        "spec_sha256" => "spec",
        "data_sha256" => "dataset",
        _ if UNASKED.contains(&name) => return false,
        _ => "",
    };
    let mut known: Vec<(Option<&Value>, &Value)> = Vec::new();
    for row in rows {
        let (of, Some(value)) = (row.get(among), row.get(name)) else { continue };
        if known.iter().any(|(other, before)| *other == of && *before != value) {
            return true;
        }
        if !known.contains(&(of, value)) {
            known.push((of, value));
        }
    }
    // A limit that only some runs have is one in which they differ.
    let has_limit = |row: &&Row| row.get(name).is_some();
    let whole = rows.iter().filter(|row| row.get("started").is_some()).count();
    name.starts_with("limit") && (1..whole).contains(&rows.iter().filter(has_limit).count())
}

/// The head of a column for programs: its name, with its unit if it has one.
pub fn head(name: &str) -> String {
    let unit = UNITS.iter().find(|(known, _)| *known == name);
    unit.map_or_else(|| name.to_owned(), |(name, unit)| format!("{name}_{unit}"))
}
