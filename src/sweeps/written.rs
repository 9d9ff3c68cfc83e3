//! A table of results as text: for a terminal, Markdown, CSV, LaTeX with `booktabs`, and JSON.

use super::table::{Cell, ResultTable, rounded};
use crate::analyses::{Cell as Field, Column, Table};
use crate::text_table::{aligned, booktabs, escaped, piped};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::str::FromStr;

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    #[default]
    Table,
    /// For a page in Markdown.
    Markdown,
    /// A line a cell, for programs.
    Csv,
    /// For a paper, with the package `booktabs`.
    Latex,
    /// For programs.
    Json,
}

/// The formats and their names.
pub const FORMATS: [(&str, Format); 5] = [
    ("table", Format::Table),
    ("markdown", Format::Markdown),
    ("csv", Format::Csv),
    ("latex", Format::Latex),
    ("json", Format::Json),
];

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = FORMATS.iter().find(|(name, _)| *name == text).map(|(_, format)| *format);
        known.ok_or_else(|| format!("expected one of {}", FORMATS.map(|(name, _)| name).join(", ")))
    }
}

/// The table in a format.
pub fn written(table: &ResultTable, format: Format) -> String {
    match format {
        Format::Table => plain(&cells(table, &|cell| marked(cell, "*", "*")), table),
        Format::Markdown => markdown(&cells(table, &|cell| marked(cell, "**", "**")), table),
        Format::Csv => csv(table),
        Format::Latex => latex(table),
        Format::Json => json(table),
    }
}

/// Mean and standard deviation in per cent, as in `97.34 ± 0.21`; a hole is `-`.
pub(super) fn value(cell: &Cell, plus_minus: &str) -> String {
    match cell.mean_and_sd() {
        None => "-".to_owned(),
        Some((mean, None)) => format!("{mean:.2}"),
        Some((mean, Some(sd))) => format!("{mean:.2}{plus_minus}{sd:.2}"),
    }
}

/// A cell with all that is known of it; the best of its column between two signs.
fn marked(cell: &Cell, before: &str, after: &str) -> String {
    let mut text = value(cell, " ± ");
    if cell.is_best {
        text = format!("{before}{text}{after}");
    }
    for mark in &cell.marks {
        let _ = write!(text, " [{}]", mark + 1);
    }
    text += &details(cell);
    text
}

/// What is known of a cell beside its mean.
pub(super) fn details(cell: &Cell) -> String {
    let mut text = String::new();
    match (cell.values.len(), cell.planned) {
        (n, planned) if n < planned && n > 0 => drop(write!(text, ", {n} of {planned} seeds")),
        (n, _) if n > 1 => drop(write!(text, ", {n} seeds")),
        _ => {}
    }
    if let Some(published) = published(cell) {
        let _ = write!(text, "; published {published}");
    }
    if let Some(p) = cell.p {
        let _ = write!(text, "; p {}", probability(p));
    }
    if let Some(why) = cell.no_p {
        let _ = write!(text, "; {why}");
    }
    text
}

fn published(cell: &Cell) -> Option<String> {
    let published = cell.published.as_ref()?;
    let Some(mean) = published.mean else { return Some("not known".to_owned()) };
    let sd = published.sd.map_or(String::new(), |sd| format!(" ± {sd:.2}"));
    let why = cell.no_difference().map_or(String::new(), |why| format!(" ({why})"));
    let away = cell.difference().map_or(why, |sds| format!(" ({sds:+.1} of its sd)"));
    Some(format!("{mean:.2}{sd}{away}"))
}

fn probability(p: f64) -> String {
    if p < 0.001 { "below 0.001".to_owned() } else { format!("{p:.3}") }
}

/// The table with its heads: a row of the names of the columns, then each row behind its name.
fn cells(table: &ResultTable, text: &dyn Fn(&Cell) -> String) -> Vec<Vec<String>> {
    let head = std::iter::once(table.names[0].clone()).chain(table.columns.iter().cloned()).collect();
    let row = |(name, cells): (&String, &[Cell])| std::iter::once(name.clone()).chain(cells.iter().map(text)).collect();
    std::iter::once(head)
        .chain(table.rows.iter().zip(table.cells.chunks(table.columns.len().max(1))).map(row))
        .collect()
}

/// What stands below a table: what the numbers are, marks, chosen values and holes.
pub(super) fn notes(table: &ResultTable) -> Vec<String> {
    let mut notes = vec![
        "Test accuracy in per cent: mean ± standard deviation over the seeds; * is the best of its column.".to_owned(),
    ];
    for (n, mark) in table.marks.iter().enumerate() {
        notes.push(format!("[{}] made with {mark}", n + 1));
    }
    let mut problems: Vec<(String, Vec<String>)> = Vec::new();
    for (cell, name) in table.named() {
        if !cell.chosen.is_empty() && !cell.values.is_empty() {
            notes.push(format!("{name}: chosen by validation: {}", cell.chosen));
        }
        // A message of several lines is one here, and what holds for several cells is said once.
        if let Some(problem) = &cell.problem {
            let problem = problem.split_whitespace().collect::<Vec<_>>().join(" ");
            match problems.iter_mut().find(|(known, _)| *known == problem) {
                Some((_, names)) => names.push(name),
                None => problems.push((problem, vec![name])),
            }
        }
    }
    notes.extend(problems.into_iter().map(|(problem, names)| format!("{}: {problem}", names.join("; "))));
    notes
}

impl ResultTable {
    /// Every cell with the names of its row and its column.
    pub fn named(&self) -> impl Iterator<Item = (&Cell, String)> {
        let width = self.columns.len().max(1);
        self.cells
            .iter()
            .enumerate()
            .map(move |(n, cell)| (cell, format!("{}, {}", self.rows[n / width], self.columns[n % width])))
    }
}

fn plain(rows: &[Vec<String>], table: &ResultTable) -> String {
    let mut text = aligned(rows) + "\n";
    notes(table).iter().for_each(|note| text += &format!("{note}\n"));
    text
}

fn markdown(rows: &[Vec<String>], table: &ResultTable) -> String {
    let mut text = piped(rows) + "\n";
    let notes = notes(table).into_iter().map(|note| note.replace("; * is", "; **bold** is"));
    notes.for_each(|note| text += &format!("{note}\n\n"));
    text.trim_end().to_owned() + "\n"
}

/// The columns of the table as comma-separated values.
const COLUMNS: &[Column] = &[
    Column { name: "row", about: "the row" },
    Column { name: "column", about: "the column" },
    Column { name: "mean", about: "mean test accuracy over the seeds, in per cent" },
    Column { name: "sd", about: "standard deviation over them (divided by their number less 1); empty for one seed" },
    Column { name: "minimum", about: "the smallest, in per cent" },
    Column { name: "maximum", about: "the largest, in per cent" },
    Column { name: "n", about: "seeds that came to their end" },
    Column { name: "planned", about: "seeds that were planned" },
    Column { name: "best", about: "1 where no other mean of the column is larger, else 0" },
    Column { name: "chosen", about: "what validation chose, as in `lr 1e-2`" },
    Column { name: "published", about: "the published mean, in per cent" },
    Column { name: "published_sd", about: "the published standard deviation" },
    Column { name: "difference_sd", about: "how many of these the mean lies above the published one" },
    Column { name: "p", about: "of Welch's t-test against the row that was named" },
    Column { name: "mark", about: "version and data of the runs, where they differ within the table" },
    Column { name: "problem", about: "why there is no value, or why seeds are missing" },
    Column { name: "note", about: "why there is no difference or no p" },
];

/// Why numbers are missing that stand beside a mean.
fn note(cell: &Cell) -> Option<String> {
    let notes: Vec<&str> = cell.no_difference().into_iter().chain(cell.no_p).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// A line for each cell.
fn csv(table: &ResultTable) -> String {
    let width = table.columns.len().max(1);
    let number = |x: Option<f64>| x.map_or(Field::Absent, Field::Number);
    let text = |text: String| if text.is_empty() { Field::Absent } else { Field::Text(text) };
    let row = |(n, cell): (usize, &Cell)| {
        let (mean, sd) = cell.mean_and_sd().map_or((None, None), |(mean, sd)| (Some(mean), sd));
        let published = cell.published.as_ref();
        let marks: Vec<&str> = cell.marks.iter().map(|mark| table.marks[*mark].as_str()).collect();
        vec![
            Field::Text(table.rows[n / width].clone()),
            Field::Text(table.columns[n % width].clone()),
            number(mean.map(rounded)),
            number(sd.map(rounded)),
            number(cell.values.iter().copied().reduce(f64::min)),
            number(cell.values.iter().copied().reduce(f64::max)),
            Field::Count(cell.values.len()),
            Field::Count(cell.planned),
            Field::Count(usize::from(cell.is_best)),
            text(cell.chosen.clone()),
            number(published.and_then(|it| it.mean)),
            number(published.and_then(|it| it.sd)),
            number(cell.difference().map(rounded)),
            number(cell.p),
            text(marks.join("; ")),
            text(cell.problem.clone().unwrap_or_default()),
            text(note(cell).unwrap_or_default()),
        ]
    };
    Table { columns: COLUMNS, rows: table.cells.iter().enumerate().map(row).collect() }.csv()
}

fn latex(table: &ResultTable) -> String {
    let cell = |cell: &Cell| {
        let value = value(cell, r" $\pm$ ");
        let value = if value == "-" { "--".to_owned() } else { value };
        if cell.is_best { format!(r"\textbf{{{value}}}") } else { value }
    };
    let mut rows = cells(table, &cell);
    // Names are texts of people; numbers are ours.
    for (n, row) in rows.iter_mut().enumerate() {
        row.iter_mut().enumerate().filter(|(m, _)| n == 0 || *m == 0).for_each(|(_, name)| *name = escaped(name));
    }
    let mut text = booktabs(&rows, &format!("l{}", "c".repeat(table.columns.len())));
    let details = table.named().map(|(cell, name)| (details(cell), name)).filter(|(details, _)| !details.is_empty());
    let details = details.map(|(details, name)| format!("{name}: {}", details.trim_start_matches([',', ';', ' '])));
    let notes = notes(table).into_iter().map(|note| note.replace("; * is", "; bold is"));
    notes.chain(details).for_each(|note| text += &format!("% {note}\n"));
    text
}

fn json(table: &ResultTable) -> String {
    let width = table.columns.len().max(1);
    let cell = |(n, cell): (usize, &Cell)| {
        let (mean, sd) = cell.mean_and_sd().map_or((None, None), |(mean, sd)| (Some(mean), sd));
        json!({
            "row": table.rows[n / width],
            "column": table.columns[n % width],
            "values": cell.values,
            "mean": mean.map(rounded),
            "sd": sd.map(rounded),
            "planned": cell.planned,
            "best": cell.is_best,
            "chosen": cell.chosen,
            "published": cell.published.as_ref().map(|it| json!({"mean": it.mean, "sd": it.sd})),
            "difference_sd": cell.difference().map(rounded),
            "p": cell.p,
            "marks": cell.marks.iter().map(|mark| table.marks[*mark].clone()).collect::<Vec<_>>(),
            "problem": cell.problem,
            "note": note(cell),
        })
    };
    let all: Vec<Value> = table.cells.iter().enumerate().map(cell).collect();
    let table = json!({"rows": table.names[0], "columns": table.names[1], "unit": "per cent", "cells": all});
    // Texts and numbers can always be written.
    serde_json::to_string_pretty(&table).unwrap_or_default() + "\n"
}
