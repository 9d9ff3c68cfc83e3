//! The key of a chart: each kind of arrow once.

use super::draw::{self, LineEnds};
use super::sizes::LINE;
use super::{Chart, Line};
use crate::figures::letters;
use crate::figures::page::{NORMAL, Page, Words};

/// How long the line in front of a word is.
const LONG: f64 = 30.0;

/// Draws the key below a chart, and gives the height that it takes.
pub fn below(page: &mut Page, chart: &Chart, left: f64, top: f64, width: f64) -> f64 {
    let mut known: Vec<(Line, &str)> = Vec::new();
    for arrow in chart.arrows.iter().filter(|arrow| !arrow.kind.is_empty()) {
        if !known.iter().any(|(_, kind)| *kind == arrow.kind) {
            known.push((arrow.line, &arrow.kind));
        }
    }
    let (mut x, mut y) = (left, top);
    for (line, kind) in &known {
        let wide = LONG + 6.0 + letters::width(kind, NORMAL, false);
        if x > left && x + wide > left + width {
            (x, y) = (left, y + LINE + 4.0);
        }
        let middle = y + LINE / 2.0;
        draw::line(page, vec![[x, middle], [x + LONG, middle]], *line, LineEnds { is_up: false, class: "key-line" });
        page.words(Words::new([x + LONG + 6.0, y + NORMAL], *kind).class("key"));
        x += wide + 20.0;
    }
    if known.is_empty() { 0.0 } else { y + LINE - top }
}

/// How wide the widest word of the key is.
pub fn widest(chart: &Chart) -> f64 {
    chart.arrows.iter().map(|arrow| letters::width(&arrow.kind, NORMAL, false) + LONG + 6.0).fold(0.0, f64::max)
}
