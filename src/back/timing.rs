//! Loops as a table: at which step the image first reaches each equation, and by way of what.

use crate::diag::counted;
use crate::ir::Net;
use crate::ir::timing::{self, Row, Timing};

/// A table for each loop.
pub fn emit(net: &Net) -> String {
    let loops = timing::table(net);
    if loops.is_empty() {
        return "no loops: the image reaches every equation at once\n".to_owned();
    }
    loops.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(timing: &Timing) -> String {
    let Timing { name, steps, rows, .. } = timing;
    let heading = ["equation", "first reached", "by way of"].map(str::to_owned);
    let cells: Vec<[String; 3]> = std::iter::once(heading).chain(rows.iter().map(|row| cells(row, *steps))).collect();
    let width = |n: usize| cells.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let lines = cells.iter().map(|[equation, reached, way]| format!("  {equation:first$}  {reached:second$}  {way}"));
    let lines: Vec<String> = lines.map(|line| format!("{}\n", line.trim_end())).collect();
    format!("loop {name}, {}\n{}", counted(*steps, "step"), lines.concat())
}

fn cells(row: &Row, steps: usize) -> [String; 3] {
    let late = |step: usize| if step > steps { ", behind the last" } else { "" };
    let reached = row.reached.map_or_else(|| "never".to_owned(), |step| format!("step {step}{}", late(step)));
    let way = |(name, step): &(String, Option<usize>)| {
        step.map_or_else(|| format!("{name} never"), |step| format!("{name} at {step}"))
    };
    [row.name.clone(), reached, row.by_way_of.iter().map(way).collect::<Vec<_>>().join(", ")]
}
