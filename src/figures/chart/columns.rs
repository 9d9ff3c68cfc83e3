//! A long chart in columns side by side, as a text is set, so that it fits a page.

use super::levels::{Kind, Levels};

/// How high a chart may be before it is set in columns.
const HIGHEST: f64 = 900.0;
/// How many columns are tried.
const FEWEST_TO_MOST: std::ops::RangeInclusive<usize> = 1..=5;
/// What a sheet of paper (A4) holds beside its margins, in millimetres.
const SHEET: [f64; 2] = [170.0, 240.0];
/// From one column to the next one.
pub const GUTTER: f64 = 44.0;
/// How much of a column the last one fills at least.
const LEAST: f64 = 0.3;
/// How many arrows may lead from one column to the next one.
const MOST: usize = 3;

/// Levels that lie below each other.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its first level.
    pub first: usize,
    /// By how much its items are moved to the right.
    pub shift: f64,
    /// Its right end, after that.
    pub right: f64,
}

/// The columns of a page; there is one where a page is not too high, or can be cut nowhere. Of several numbers of columns
/// the one is taken with which letters are largest on a sheet.
pub fn cut(levels: &Levels, ends: &[[f64; 2]], heights: &[f64], gaps: &[f64]) -> Vec<Column> {
    let whole: f64 = heights.iter().zip(gaps).map(|(height, gap)| height + gap).sum();
    let most = if whole > HIGHEST { FEWEST_TO_MOST } else { 1..=1 };
    let mut best: Option<(f64, Vec<Column>)> = None;
    for wanted in most {
        let firsts = firsts(levels, heights, gaps, whole / wanted as f64);
        let high = |n: usize, first: usize| {
            let end = firsts.get(n + 1).copied().unwrap_or(levels.count);
            (first..end).map(|level| heights[level] + gaps[level]).sum::<f64>()
        };
        let highest = firsts.iter().enumerate().map(|(n, first)| high(n, *first)).fold(1.0, f64::max);
        let columns = columns(levels, ends, &firsts);
        let large = enlarged([columns.last().map_or(1.0, |column| column.right), highest]);
        if best.as_ref().is_none_or(|(known, _)| large > *known) {
            best = Some((large, columns));
        }
    }
    best.map_or_else(Vec::new, |(_, columns)| columns)
}

/// How much a chart can be enlarged on a sheet, upright or across.
fn enlarged([width, height]: [f64; 2]) -> f64 {
    let [short, long] = SHEET;
    let fits = |wide: f64, high: f64| (wide / width).min(high / height);
    fits(short, long).max(fits(long, short))
}

/// The first level of each column, each about as high as is wanted.
fn firsts(levels: &Levels, heights: &[f64], gaps: &[f64], wanted: f64) -> Vec<usize> {
    let mut firsts = vec![0];
    let (mut high, mut whole) = (0.0, 0.0);
    let all: f64 = heights.iter().zip(gaps).map(|(height, gap)| height + gap).sum();
    for level in 0..heights.len() {
        let next = heights[level] + gaps[level];
        whole += next;
        // The column ends where it comes closest to what is wanted.
        let is_full = whole - next / 2.0 > wanted * firsts.len() as f64;
        // A last box alone is no column, beside one that may have come out higher than was wanted.
        let is_much = all + next - whole > wanted.max(high) * LEAST;
        if is_full && is_much && high > 0.0 && may_cut(levels, level) {
            firsts.push(level);
            high = 0.0;
        }
        high += next;
    }
    firsts
}

/// Whether a column may begin with a level: few arrows lead there, and all of them from one box or frame.
fn may_cut(levels: &Levels, level: usize) -> bool {
    let mut pieces = levels.pieces.iter().filter(|piece| levels.spots[piece.lower].level == level);
    let Some(first) = pieces.next() else { return false };
    let is_part = matches!(levels.spots[first.upper].kind, Kind::Part(_));
    let mut count = 1;
    let same = pieces.all(|piece| {
        count += 1;
        piece.upper == first.upper
    });
    is_part && same && count <= MOST
}

fn columns(levels: &Levels, ends: &[[f64; 2]], firsts: &[usize]) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut left = None;
    for (n, first) in firsts.iter().enumerate() {
        let end = firsts.get(n + 1).copied().unwrap_or(levels.count);
        let own = levels.spots.iter().zip(ends).filter(|(spot, _)| (*first..end).contains(&spot.level));
        let [from, to] =
            own.fold([f64::INFINITY, 0.0_f64], |[from, to], (_, ends)| [from.min(ends[0]), to.max(ends[1])]);
        let shift = left.map_or(0.0, |left: f64| left + GUTTER - from);
        // The first column begins where the page does, whatever its items are aligned with.
        let shift = if n == 0 && from.is_finite() && firsts.len() > 1 { 12.0 - from } else { shift };
        let right = if from.is_finite() { to + shift } else { left.unwrap_or(0.0) };
        columns.push(Column { first: *first, shift, right });
        left = Some(right);
    }
    columns
}
