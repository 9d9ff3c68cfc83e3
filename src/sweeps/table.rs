//! The results of a sweep as a table of rows and columns: means over seeds, beside published ones.

use super::file::{Layout, ROW};
use super::published::Published;
use super::results::{Choice, PointResult, chosen, mean};
use super::state::Mark;
use super::values::meaning;
use crate::analyses::moments::mean_and_sd;
use crate::train::TrainError;
use lcnnc_lang::diag::{counted, did_you_mean};
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::collections::{BTreeMap, BTreeSet};

/// Why a cell is a hole whose alternatives held no images out.
const NOTHING_HELD_OUT: &str = "no validation images: nothing can be chosen; train with `validation: 15%`, or take what differs for the rows or \
                                the columns";

/// Reasons of other alternatives that a line below a table gives at most.
const MOST_REASONS: usize = 3;

/// What a name is at a point where nobody sets it.
const NOT_SET: &str = "not set";

/// A table of accuracies in per cent.
#[derive(Clone, Debug)]
pub struct ResultTable {
    /// What the rows and the columns are values of.
    pub names: [String; 2],
    /// The names of the rows.
    pub rows: Vec<String>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The cells, row by row.
    pub cells: Vec<Cell>,
    /// What distinguishes the versions and the data of the runs, if anything does: cells are marked with a place in it.
    pub marks: Vec<String>,
}

/// A cell of a table.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Test accuracies of the seeds, in per cent.
    pub values: Vec<f64>,
    /// How many seeds were planned.
    pub planned: usize,
    /// The numbers of their jobs.
    pub jobs: Vec<usize>,
    /// What validation chose, as in `lr 1e-2`.
    pub chosen: String,
    /// The published value.
    pub published: Option<Published>,
    /// Whether no other cell of its column has a larger mean.
    pub is_best: bool,
    /// How probable a difference to the row it was compared with, as large as found or larger, is by chance (Welch's t-test).
    pub p: Option<f64>,
    /// Why there is no such number, where a row to compare with was named.
    pub no_p: Option<&'static str>,
    /// The places of its versions and data in the table's marks.
    pub marks: Vec<usize>,
    /// Why there is no value, or why seeds are missing.
    pub problem: Option<String>,
}

impl Cell {
    /// The mean and the standard deviation over seeds (divided by their number less 1, none for one seed), in per cent.
    pub fn mean_and_sd(&self) -> Option<(f64, Option<f64>)> {
        let middle = mean(&self.values)?;
        Some((middle, sd(&self.values)))
    }

    /// How many of the published standard deviations the mean lies above the published one.
    pub fn difference(&self) -> Option<f64> {
        let published = self.published.as_ref()?;
        Some((mean(&self.values)? - published.mean?) / published.sd.filter(|sd| *sd > 0.0)?)
    }

    /// Why there is no such number, where mean and standard deviation were published.
    pub fn no_difference(&self) -> Option<&'static str> {
        let is_zero = self.published.as_ref().is_some_and(|it| it.mean.is_some() && it.sd == Some(0.0));
        (is_zero && !self.values.is_empty()).then_some("no difference in its sd, which is 0")
    }
}

/// A number in per cent to six digits behind the point: a test half of 100 million images has no more, and what stands behind them comes
/// of how a processor writes shares.
pub fn rounded(x: f64) -> f64 {
    format!("{x:.6}").parse().unwrap_or(x)
}

/// The standard deviation of several numbers (divided by their number less 1).
fn sd(values: &[f64]) -> Option<f64> {
    (values.len() > 1).then(|| mean_and_sd(values)[1])
}

/// The names of rows or of columns, in the order in which they come; two spellings of a number are one.
#[derive(Default)]
struct Names {
    shown: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Names {
    /// The place of a name, which is added where it is new.
    fn place(&mut self, name: &str) -> usize {
        let place = *self.places.entry(meaning(name)).or_insert(self.shown.len());
        if place == self.shown.len() {
            self.shown.push(name.to_owned());
        }
        place
    }
}

/// Lays the chosen points of a sweep out. `against` names a row that every other one is compared with.
///
/// # Errors
/// If a name is none of the sweep's, or several points fall into one cell.
pub fn lay_out(
    points: &[PointResult],
    choose: &[String],
    layout: &Layout,
    published: &[Published],
    against: Option<&str>,
) -> Result<ResultTable, TrainError> {
    let known: BTreeSet<&str> = points.iter().flat_map(|point| point.values.keys()).map(String::as_str).collect();
    let placed = [("--rows", &layout.rows), ("--columns", &layout.columns)];
    for (flag, name) in placed.into_iter().chain(choose.iter().map(|name| ("--choose", name))) {
        let is_known = known.contains(name.as_str()) || name == ROW;
        if !is_known {
            let near = did_you_mean(name, known.iter().copied());
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(refused(format!("`{flag} {name}`: the sweep does not go over `{name}`{near}")));
        }
    }
    // What stands in rows or columns of its own is not chosen, and nothing twice.
    let mut once = BTreeSet::new();
    let is_chosen = |name: &&String| **name != layout.rows && **name != layout.columns && once.insert((*name).clone());
    let choose: Vec<String> = choose.iter().filter(is_chosen).cloned().collect();
    let best = chosen(points, &choose);
    let label = |point: &PointResult, name: &str| point.get(name).unwrap_or(NOT_SET).to_owned();
    let (mut rows, mut columns) = (Names::default(), Names::default());
    // What was published and is not in the sweep is a hole.
    let held: Vec<[usize; 2]> = published.iter().map(|it| [rows.place(&it.row), columns.place(&it.column)]).collect();
    let mut places: BTreeMap<[usize; 2], Vec<&Choice>> = BTreeMap::new();
    for it in &best {
        let place = [rows.place(&label(it.point, &layout.rows)), columns.place(&label(it.point, &layout.columns))];
        places.entry(place).or_default().push(it);
    }
    let (rows, columns) = (rows.shown, columns.shown);
    let differing = differing(points);
    let mut cells = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        for (m, column) in columns.iter().enumerate() {
            let here = places.get(&[n, m]).map_or(&[][..], Vec::as_slice);
            // Grids of several rows may share a point.
            let other = here.iter().skip(1).find(|it| known.iter().any(|name| it.point.differs(here[0].point, name)));
            if let Some(other) = other {
                return Err(several([here[0].point, other.point], [row, column], &choose, &known));
            }
            let published = held.iter().position(|place| *place == [n, m]).map(|at| published[at].clone());
            cells.push(cell(here.first().copied(), published, &choose, &differing));
        }
    }
    mark_best(&mut cells, columns.len());
    let names = [layout.rows.clone(), layout.columns.clone()];
    let marks = differing.into_iter().map(|mark| mark.text).collect();
    let mut table = ResultTable { names, rows, columns, cells, marks };
    if let Some(against) = against {
        table.compare(against)?;
    }
    Ok(table)
}

/// The versions and the data of some points, as far as they differ: those of a data set are compared with others of that set alone.
fn differing(points: &[PointResult]) -> Vec<Mark> {
    let mut all: Vec<Mark> = Vec::new();
    for mark in points.iter().flat_map(|point| &point.marks) {
        if !all.contains(mark) {
            all.push(mark.clone());
        }
    }
    let differs = |mark: &&Mark| all.iter().any(|other| other.of == mark.of && other != *mark);
    all.iter().filter(differs).cloned().collect()
}

fn cell(choice: Option<&Choice>, published: Option<Published>, choose: &[String], differing: &[Mark]) -> Cell {
    let Some(Choice { point, among, open, unvalidated }) = choice else {
        let problem = Some("not in the sweep".to_owned());
        return Cell { published, problem, ..Cell::default() };
    };
    if *among > 1 && point.is_unvalidated() {
        let problem = Some(NOTHING_HELD_OUT.to_owned());
        return Cell { planned: point.jobs, published, problem, ..Cell::default() };
    }
    let chosen: Vec<String> = choose.iter().filter_map(|name| Some(format!("{name} {}", point.get(name)?))).collect();
    let missing = point.jobs - point.test.len() - point.problems.len();
    let waiting = (missing > 0).then(|| format!("{missing} of {} not finished", counted(point.jobs, "seed")));
    let choice =
        (*among > 1 && !open.is_empty() && !point.test.is_empty()).then(|| may_change(*among, open, point, choose));
    let left_out = (*unvalidated > 0 && !point.validation.is_empty())
        .then(|| format!("{unvalidated} of {among} alternatives have no validation images, and were not chosen from"));
    let problems: Vec<String> =
        of_seeds(&point.problems).into_iter().chain(waiting).chain(choice).chain(left_out).collect();
    Cell {
        values: point.test.iter().map(|share| rounded(100.0 * share)).collect(),
        planned: point.jobs,
        jobs: point.numbers.clone(),
        chosen: if *among > 1 && !point.validation.is_empty() { chosen.join(", ") } else { String::new() },
        published,
        marks: (0..differing.len()).filter(|n| point.marks.contains(&differing[*n])).collect(),
        problem: (!problems.is_empty()).then(|| problems.join("; ")),
        ..Cell::default()
    }
}

/// Says which alternatives may yet change a choice, and what is wrong with them; that of the chosen one is said anyway.
fn may_change(among: usize, open: &[&PointResult], chosen: &PointResult, choose: &[String]) -> String {
    let mut said = format!(
        "the choice may change: {} of {among} alternatives have seeds that failed or are not finished",
        open.len()
    );
    let mut reasons: Vec<String> = Vec::new();
    for point in open.iter().filter(|point| !std::ptr::eq(**point, chosen)) {
        let of: Vec<String> = choose.iter().filter_map(|name| Some(format!("{name} {}", point.get(name)?))).collect();
        reasons.extend(of_seeds(&point.problems).into_iter().map(|reason| format!("{}, {reason}", of.join(", "))));
    }
    if !reasons.is_empty() {
        let more = reasons.len().saturating_sub(MOST_REASONS);
        reasons.truncate(MOST_REASONS);
        said += &format!(
            " ({}{})",
            reasons.join("; "),
            if more > 0 { format!("; and {more} more") } else { String::new() }
        );
    }
    said
}

/// The reasons why seeds have no value, each once with all seeds that it holds for.
fn of_seeds(problems: &[(String, String)]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (seed, reason) in problems {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, seeds)) => seeds.push(seed),
            None => reasons.push((reason, vec![seed])),
        }
    }
    let said = |(reason, seeds): (&str, Vec<&str>)| {
        format!("{} {}: {reason}", if seeds.len() == 1 { "seed" } else { "seeds" }, seeds.join(", "))
    };
    reasons.into_iter().map(said).collect()
}

/// Says why one cell cannot hold two points.
fn several(
    [first, second]: [&PointResult; 2],
    [row, column]: [&String; 2],
    choose: &[String],
    known: &BTreeSet<&str>,
) -> TrainError {
    let (chosen, mut differing): (Vec<&str>, Vec<&str>) = known
        .iter()
        .filter(|name| first.differs(second, name))
        .partition(|name| choose.iter().any(|chosen| chosen == *name));
    let is_chosen_alone = differing.is_empty();
    if first.row != second.row && choose.iter().all(|name| name != ROW) {
        differing.push(ROW);
    }
    let mut all: Vec<&str> = Vec::new();
    for name in choose.iter().map(String::as_str).chain(differing.iter().copied()) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    let all = all.join(",");
    if is_chosen_alone {
        let of = |point: &PointResult| {
            let values = chosen.iter().map(|name| format!("{name} {}", point.get(name).unwrap_or(NOT_SET)));
            format!("{} of `{}`", values.collect::<Vec<_>>().join(", "), point.get(ROW).unwrap_or_default())
        };
        return refused(format!(
            "grids of several rows fall into the cell `{row}`, `{column}`, and validation chose within each of them: {}, and {}; take \
             `--rows row`, or let validation choose among the rows, too, with `--choose {all}`",
            of(first),
            of(second)
        ));
    }
    refused(format!(
        "several points of the sweep fall into the cell `{row}`, `{column}`: they differ in {}; let validation choose with \
         `--choose {all}`, or take one of them for the rows or the columns",
        differing.join(", ")
    ))
}

fn mark_best(cells: &mut [Cell], columns: usize) {
    for column in 0..columns {
        let means = |cells: &[Cell]| -> Vec<Option<f64>> {
            cells.iter().skip(column).step_by(columns).map(|cell| mean(&cell.values)).collect()
        };
        let Some(best) = means(cells).into_iter().flatten().reduce(f64::max) else { continue };
        for cell in cells.iter_mut().skip(column).step_by(columns) {
            cell.is_best = mean(&cell.values) == Some(best);
        }
    }
}

impl ResultTable {
    /// Compares every row with one of them, column by column.
    fn compare(&mut self, against: &str) -> Result<(), TrainError> {
        let is_it = |row: &String| meaning(row) == meaning(against);
        let Some(row) = self.rows.iter().position(is_it) else {
            let near = did_you_mean(against, self.rows.iter().map(String::as_str));
            let near = near.map_or_else(|| self.rows.join(", "), |near| format!("did you mean `{near}`?"));
            return Err(refused(format!("`--against {against}`: the table has no such row: {near}")));
        };
        let width = self.columns.len();
        for column in 0..width {
            let other = self.cells[row * width + column].values.clone();
            for (n, cell) in self.cells.iter_mut().skip(column).step_by(width).enumerate() {
                if n != row {
                    cell.p = welch(&cell.values, &other);
                    cell.no_p = cell.p.is_none().then(|| why_no_p(&cell.values, &other)).flatten();
                }
            }
        }
        Ok(())
    }
}

/// Why Welch's test says nothing of two samples; nothing where one of them is empty, which is said anyway.
fn why_no_p(values: &[f64], other: &[f64]) -> Option<&'static str> {
    match (values.len(), other.len()) {
        (0, _) => None,
        (_, 0) => Some("no p, since the row to compare with has no value here"),
        (1, _) => Some("no p, since a test takes two seeds or more"),
        (_, 1) => Some("no p, since the row to compare with has one seed, and a test takes two or more"),
        _ => Some("no p, since neither varies over its seeds"),
    }
}

/// How probable a difference of means is by chance, two-sided (Welch, 1947); none where a sample has fewer than two numbers or neither
/// varies.
pub fn welch(a: &[f64], b: &[f64]) -> Option<f64> {
    let part =
        |values: &[f64]| Some((mean(values)?, sd(values)?.powi(2) / values.len() as f64, values.len() as f64 - 1.0));
    let ((mean_a, a, freedom_a), (mean_b, b, freedom_b)) = (part(a)?, part(b)?);
    let both = a + b;
    if both <= 0.0 {
        return None;
    }
    let freedom = both.powi(2) / (a.powi(2) / freedom_a + b.powi(2) / freedom_b);
    let t = (mean_a - mean_b) / both.sqrt();
    Some(2.0 * StudentsT::new(0.0, 1.0, freedom).ok()?.sf(t.abs()))
}

fn refused(reason: String) -> TrainError {
    TrainError::Sweep { reason }
}
