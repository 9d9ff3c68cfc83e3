//! How large boxes are, and what stands beside arrows.

use super::{Arrow, Chart, Item};
use crate::figures::letters;
use crate::figures::page::{LEADING, NORMAL};

/// From one line of text to the next one.
pub const LINE: f64 = NORMAL * LEADING;
/// How long a line of names may be.
const LONGEST: f64 = 190.0;
/// From the border of a box to its text.
const PADDING: [f64; 2] = [10.0, 6.0];
/// How far an arrow from a box to itself goes out.
pub const OUT: f64 = 26.0;
/// From an arrow to what stands beside it.
pub const BESIDE: f64 = 5.0;

/// A box with its text in lines.
#[derive(Clone, Debug)]
pub struct Sized {
    pub names: Vec<String>,
    pub size: [f64; 2],
    /// The arrows from the box to itself, and how high each of them is.
    pub loops: Vec<(usize, f64)>,
    /// How far these reach beyond the box.
    pub beyond: f64,
}

fn widest(lines: &[String], bold: bool) -> f64 {
    lines.iter().map(|line| letters::width(line, NORMAL, bold)).fold(0.0, f64::max)
}

/// The size of what stands beside an arrow.
pub fn label(arrow: &Arrow) -> [f64; 2] {
    [widest(&arrow.lines, false), arrow.lines.len() as f64 * LINE]
}

pub fn frame_label(label: &str) -> f64 {
    letters::width(label, NORMAL, true)
}

/// The size of the box of that number.
pub fn sized(chart: &Chart, at: usize) -> Sized {
    let item: &Item = &chart.boxes[at];
    let names = letters::wrapped(&item.name, LONGEST, NORMAL, true);
    let text = widest(&names, true).max(widest(&item.lines, false));
    let own = chart.arrows.iter().enumerate().filter(|(_, arrow)| (arrow.from, arrow.to) == (at, at));
    let loops: Vec<(usize, f64)> = own.map(|(n, arrow)| (n, label(arrow)[1].max(22.0) + 6.0)).collect();
    let beyond = loops.iter().map(|(n, _)| OUT + BESIDE + label(&chart.arrows[*n])[0]).fold(0.0, f64::max);
    let high = (names.len() + item.lines.len()) as f64 * LINE + 2.0 * PADDING[1];
    let turns: f64 = loops.iter().map(|(_, high)| high).sum();
    let height = high.max(turns);
    let ends = if item.is_round { 0.5 * height.min(40.0) } else { 0.0 };
    Sized { names, size: [(text + 2.0 * PADDING[0] + ends).max(46.0), height], loops, beyond }
}
