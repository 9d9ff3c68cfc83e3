//! Loops as a table: at which step the image first reaches each equation, and by way of what.

use crate::diag::counted;
use crate::ir::Net;
use crate::ir::timing::{self, EquationTiming, Timing, When};

/// A table for each loop.
pub fn emit(net: &Net) -> String {
    let loops = timing::table(net);
    if loops.is_empty() {
        return "no loops: the image reaches every equation at once\n".to_owned();
    }
    loops.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(timing: &Timing) -> String {
    let Timing { name, steps, around, rows, .. } = timing;
    let around: String = around
        .iter()
        .rev()
        .map(|outer| format!(", in loop {}, {}", outer.name, counted(outer.steps, "step")))
        .collect();
    let heading = ["equation", "first reached", "by way of"].map(str::to_owned);
    let cells: Vec<[String; 3]> = std::iter::once(heading).chain(rows.iter().map(|row| cells(row, timing))).collect();
    let width = |n: usize| cells.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let lines = cells.iter().map(|[equation, reached, way]| format!("  {equation:first$}  {reached:second$}  {way}"));
    let lines: Vec<String> = lines.map(|line| format!("{}\n", line.trim_end())).collect();
    format!("loop {name}, {}{around}\n{}", counted(*steps, "step"), lines.concat())
}

/// A time in words: the step of a loop, and behind it the steps of the loops around it, innermost first, as `2` or `2
/// in 1`.
fn steps(when: &When) -> String {
    when.steps.iter().rev().map(usize::to_string).collect::<Vec<_>>().join(" in ")
}

fn cells(row: &EquationTiming, timing: &Timing) -> [String; 3] {
    let reached = match &row.reached {
        None => "never".to_owned(),
        Some(when) => {
            let behind = timing.too_short(when).map(|looped| match looped.name {
                _ if when.steps.len() == 1 => ", behind the last".to_owned(),
                name => format!(", behind the last of {name}"),
            });
            format!("step {}{}", steps(when), behind.unwrap_or_default())
        }
    };
    let way = |(name, when): &(String, Option<When>)| match when {
        Some(when) => format!("{name} at {}", steps(when)),
        None => format!("{name} never"),
    };
    [row.name.clone(), reached, row.by_way_of.iter().map(way).collect::<Vec<_>>().join(", ")]
}
