//! Rows of runs as text: for a terminal, Markdown, CSV, LaTeX with `booktabs`, and JSON.

use super::columns::{Columns, head};
use super::row::{Row, State, Value};
use crate::analyses::table::{line, number};
use crate::sweeps::written::Format;
use crate::text_table::{aligned, booktabs, escaped, piped};
use crate::train::TrainError;
use lcnnc_lang::diag::counted;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Puts rows in the order of a column, as in `test`, or `-test` for the largest first. Rows without a value come last, and texts behind
/// numbers.
///
/// # Errors
/// If there is no such column.
pub fn sort(rows: &mut [Row], by: &str, columns: &Columns) -> Result<(), TrainError> {
    let (word, falls) = by.strip_prefix('-').map_or((by, false), |word| (word, true));
    let name = columns.named(word, &format!("--sort {by}"))?;
    rows.sort_by(|a, b| match (a.get(&name), b.get(&name)) {
        (Some(a), Some(b)) if falls => order(b, a),
        (Some(a), Some(b)) => order(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    Ok(())
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a.number(), b.number()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (None, None) => a.shown().cmp(&b.shown()),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// The columns of the rows in a format.
pub fn written(rows: &[Row], names: &[String], format: Format) -> String {
    match format {
        Format::Table => aligned(&cells(rows, names)) + "\n" + &tally(rows) + "\n",
        Format::Markdown => piped(&cells(rows, names)),
        Format::Latex => latex(rows, names),
        Format::Csv => csv(rows, names),
        Format::Json => json(rows, names),
    }
}

/// The head and the rows for people.
fn cells(rows: &[Row], names: &[String]) -> Vec<Vec<String>> {
    let cell = |value: Option<&Value>| value.map_or_else(|| "-".to_owned(), Value::shown);
    let row = |row: &Row| names.iter().map(|name| cell(row.get(name))).collect();
    std::iter::once(names.to_vec()).chain(rows.iter().map(row)).collect()
}

/// How many runs are in which state, as in `3 runs: 2 finished, 1 cut`.
fn tally(rows: &[Row]) -> String {
    let of = |word: &str| rows.iter().filter(|row| row.state.word() == word).count();
    let states = State::WORDS.map(|word| (of(word), word));
    let words: Vec<String> = states.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let runs = counted(rows.len(), "run");
    if words.is_empty() { runs } else { format!("{runs}: {}", words.join(", ")) }
}

fn latex(rows: &[Row], names: &[String]) -> String {
    let escape =
        |row: Vec<String>| row.iter().map(|cell| if cell == "-" { "--".to_owned() } else { escaped(cell) }).collect();
    let all: Vec<Vec<String>> = cells(rows, names).into_iter().map(escape).collect();
    // Numbers stand below each other by their ends.
    let has_numbers = |name: &String| {
        let mut values = rows.iter().filter_map(|row| row.get(name)).peekable();
        values.peek().is_some() && values.all(|value| value.number().is_some())
    };
    let alignment: String = names.iter().map(|name| if has_numbers(name) { 'r' } else { 'l' }).collect();
    booktabs(&all, &alignment)
}

fn csv(rows: &[Row], names: &[String]) -> String {
    let field = |value: Option<&Value>| -> Cow<'_, str> {
        match value {
            None => "".into(),
            Some(Value::Text(text) | Value::Checksum(text)) => text.clone().into(),
            Some(Value::Count(n)) => n.to_string().into(),
            Some(Value::Number(x) | Value::PerCent(x) | Value::Seconds(x)) => number(*x).into(),
        }
    };
    let heads = line(names.iter().map(|name| head(name).into()).collect());
    let row = |row: &Row| line(names.iter().map(|name| field(row.get(name))).collect());
    std::iter::once(heads).chain(rows.iter().map(row)).collect()
}

fn json(rows: &[Row], names: &[String]) -> String {
    let value = |value: Option<&Value>| match value {
        None => Json::Null,
        Some(Value::Text(text) | Value::Checksum(text)) => text.as_str().into(),
        Some(Value::Count(n)) => (*n).into(),
        // Whole numbers are written as such.
        Some(Value::Number(x)) if x.fract() == 0.0 && x.abs() < 1e15 => (*x as i64).into(),
        Some(Value::Number(x) | Value::PerCent(x) | Value::Seconds(x)) => (*x).into(),
    };
    let row =
        |row: &Row| -> Map<String, Json> { names.iter().map(|name| (head(name), value(row.get(name)))).collect() };
    let all: Vec<Map<String, Json>> = rows.iter().map(row).collect();
    // Texts and numbers can always be written.
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}
