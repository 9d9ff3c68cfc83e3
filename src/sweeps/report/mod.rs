//! All of a sweep on one page that needs nothing beside it, neither files nor scripts nor a network: its table, curves, what validation
//! says of every value that it goes over, and its jobs.

mod curves;
mod jobs;
mod links;
mod swept;

use super::file::{Layout, ROW};
use super::plan::Plan;
use super::pool::tally;
use super::results::PointResult;
use super::state::State;
use super::table::{Cell, ResultTable, lay_out};
use super::written::{details, notes, value};
use crate::analyses::report::{page, prose};
use crate::figures::Drawing;
use crate::train::TrainError;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use std::path::Path;

/// A sweep as it stands on its page.
pub struct Reported<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// How far each of its jobs is.
    pub states: &'a [State],
    /// What they come to.
    pub points: &'a [PointResult],
    /// The file that the page becomes: links start from its folder.
    pub out: &'a Path,
}

/// A figure of the page.
struct Figure {
    drawing: Drawing,
    caption: String,
}

/// The page. Where no table could be laid out, with the reason, it has a row for every point.
///
/// # Errors
/// If a folder of a job cannot be read.
pub fn report(sweep: &Reported<'_>, table: Result<ResultTable, String>) -> Result<String, TrainError> {
    let Reported { plan, states, points, .. } = sweep;
    let (table, reason) = match table {
        Ok(table) => (table, None),
        Err(reason) => (by_point(points)?, Some(reason)),
    };
    let (curves, left_out) = curves::figures(plan, &table)?;
    let panels = swept::figure(points);
    let name = plan.folder.canonicalize().unwrap_or_else(|_| plan.folder.clone());
    let name = name.file_name().map_or_else(|| "a sweep".to_owned(), |name| name.to_string_lossy().into_owned());
    let about = plan.head.about.clone().unwrap_or_else(|| format!("The sweep {name}"));
    let body = html! {
        h1 { (about) }
        (facts(sweep, &name))
        nav aria-label="Parts" {
            a href="#table" { "Table" } a href="#curves" { "Curves" } a href="#values" { "Values" } a href="#jobs" { "Jobs" }
        }
        section {
            h2 id="table" { "Table" }
            @if let Some(reason) = &reason { p { "Here is a row for every point, since " (prose(reason)) "." } }
            (laid_out(&table))
            ul { @for note in notes(&table) { li { (note.replace("; * is", "; bold is")) } } }
        }
        section {
            h2 id="curves" { "Curves" }
            @for figure in &curves { (drawn(figure)) }
            @if let Some(left_out) = left_out { p { (left_out) } }
        }
        section {
            h2 id="values" { "Validation against the values" }
            @match &panels {
                Some(figure) => (drawn(figure)),
                None => p { "There is nothing to draw: no job with validation images is finished, or the sweep goes over one point alone." },
            }
        }
        section { h2 id="jobs" { "Jobs" } (jobs::list(sweep)) }
    };
    let title = format!("{name}: {}", tally(states));
    Ok(page(&title, "", &body))
}

/// A table with a row for every point.
fn by_point(points: &[PointResult]) -> Result<ResultTable, TrainError> {
    let label = |point: &PointResult| {
        let title = point.title(&["dataset"]);
        match (&point.row, title.is_empty()) {
            (Some(row), false) => format!("{row}: {title}"),
            (Some(row), true) => row.clone(),
            (None, false) => title,
            (None, true) => "the spec as it is".to_owned(),
        }
    };
    let points: Vec<PointResult> =
        points.iter().map(|point| PointResult { row: Some(label(point)), ..point.clone() }).collect();
    let layout = Layout { rows: ROW.to_owned(), columns: "dataset".to_owned(), published: None };
    lay_out(&points, &[], &layout, &[], None)
}

/// What was planned, and how far it is.
fn facts(sweep: &Reported<'_>, name: &str) -> Markup {
    let Reported { plan, states, .. } = sweep;
    let facts = [
        ("Sweep", name.to_owned()),
        ("Jobs", tally(states)),
        ("As of", Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ("Planned by", format!("lcnnc {}", plan.head.lcnnc)),
    ];
    html! { dl { @for (name, value) in facts { dt { (name) } dd { (value) } } } }
}

/// The table of results.
fn laid_out(table: &ResultTable) -> Markup {
    let cell = |cell: &Cell| {
        let (value, details) = (value(cell, " ± "), details(cell));
        let marks: String = cell.marks.iter().map(|mark| format!(" [{}]", mark + 1)).collect();
        html! { @if cell.is_best { strong { (value) } } @else { (value) } (marks) (details) }
    };
    html! {
        table {
            thead { tr { th scope="col" { (table.names[0]) } @for column in &table.columns { th scope="col" { (column) } } } }
            tbody {
                @for (row, cells) in table.rows.iter().zip(table.cells.chunks(table.columns.len().max(1))) {
                    tr { th scope="row" { (row) } @for it in cells { td { (cell(it)) } } }
                }
            }
        }
    }
}

fn drawn(figure: &Figure) -> Markup {
    html! { figure { (PreEscaped(figure.drawing.svg())) figcaption { (prose(&figure.caption)) } } }
}
