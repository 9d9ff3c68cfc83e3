//! The lines of arrows: straight down where they pass a level, and bent between two levels.

use super::columns::GUTTER;
use super::nest::{Laid, Stretch};
use std::collections::BTreeMap;

/// How many straight pieces a bend is drawn as.
const BEND: usize = 12;
/// How far from its end an arrow's line ends, where its point begins.
pub const POINT: f64 = 7.0;

/// A line from its upper end to its lower one, and whether its point is at the upper one.
pub fn line(laid: &Laid, arrow: usize, from: [f64; 2], to: [f64; 2], lane: f64) -> (Vec<[f64; 2]>, bool) {
    let mut stretches: Vec<Stretch> = laid.stretches.get(&arrow).cloned().unwrap_or_default();
    stretches.sort_by(|a, b| {
        (a.column, a.y[0], a.y[1]).partial_cmp(&(b.column, b.y[0], b.y[1])).unwrap_or(std::cmp::Ordering::Equal)
    });
    let [first, last] = [stretches.first(), stretches.last()];
    let is_up = match (first, last) {
        (Some(first), Some(last)) => {
            let far = |place: [f64; 2], at: &Stretch| (place[0] - at.x).abs() + (place[1] - at.y[0]).abs();
            far(to, first) + far(from, last) < far(from, first) + far(to, last)
        }
        _ => false,
    };
    let mut points: Vec<[f64; 2]> = Vec::new();
    let mut column = None;
    for own in &stretches {
        if column.is_some_and(|column| column != own.column) {
            around(&mut points, laid, own, lane);
        } else if let Some(&[x, y]) = points.last() {
            bend(&mut points, [x, y], [own.x, own.y[0]]);
        }
        column = Some(own.column);
        points.extend(own.y.map(|y| [own.x, y]));
    }
    points.dedup();
    (points, is_up)
}

/// A bend that begins and ends straight down.
fn bend(points: &mut Vec<[f64; 2]>, [x0, y0]: [f64; 2], [x1, y1]: [f64; 2]) {
    if (x0 - x1).abs() < 0.05 {
        return;
    }
    let middle = f64::midpoint(y0, y1);
    points.extend(curve([[x0, y0], [x0, middle], [x1, middle], [x1, y1]]));
}

/// Points of a curve of the third degree (Bézier), without its ends.
pub fn curve(by: [[f64; 2]; 4]) -> impl Iterator<Item = [f64; 2]> {
    (1..BEND).map(move |n| {
        let t = n as f64 / BEND as f64;
        let s = 1.0 - t;
        let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        [0, 1].map(|axis| by.iter().zip(weights).map(|(point, weight)| point[axis] * weight).sum())
    })
}

/// For each arrow that leads from one column to the next one how far off the middle of the room between them it runs: the
/// further to the left one begins, the further to the right, so that none crosses another.
pub fn lanes(laid: &Laid) -> BTreeMap<usize, f64> {
    let mut leaving: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    for (arrow, stretches) in &laid.stretches {
        let columns = || stretches.iter().map(|own| own.column);
        for column in columns().min().unwrap_or(0)..columns().max().unwrap_or(0) {
            let lowest = stretches.iter().filter(|own| own.column == column).max_by(|a, b| a.y[1].total_cmp(&b.y[1]));
            leaving.entry(column).or_default().push((lowest.map_or(0.0, |own| own.x), *arrow));
        }
    }
    let mut lanes = BTreeMap::new();
    for mut arrows in leaving.into_values() {
        arrows.sort_by(|a, b| b.0.total_cmp(&a.0));
        let middle = (arrows.len() - 1) as f64 / 2.0;
        lanes.extend(arrows.iter().enumerate().map(|(n, (_, arrow))| (*arrow, (n as f64 - middle) * 5.0)));
    }
    lanes
}

/// From the lower end of a column to the upper end of the next one, through the room between them.
fn around(points: &mut Vec<[f64; 2]>, laid: &Laid, to: &Stretch, lane: f64) {
    let Some(&[x, y]) = points.last() else { return };
    let right = laid.columns.get(to.column - 1).copied().unwrap_or(x) + GUTTER / 2.0 + lane;
    // Each lane has a height of its own at both ends.
    let [low, high] = [y + 11.0 + 0.8 * lane, to.y[0] - 13.0 + lane];
    let corners = [[x, y], [x, low], [right, low], [right, high], [to.x, high], [to.x, to.y[0]]];
    points.pop();
    points.extend(rounded(&corners));
}

/// Lines through corners that are rounded off.
fn rounded(corners: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut points = vec![corners[0]];
    for three in corners.windows(3) {
        let [before, at, after] = [three[0], three[1], three[2]];
        let toward = |other: [f64; 2]| {
            let [dx, dy] = [other[0] - at[0], other[1] - at[1]];
            let far = dx.abs() + dy.abs();
            let part = if far > 0.0 { (7.0 / far).min(0.5) } else { 0.0 };
            [at[0] + dx * part, at[1] + dy * part]
        };
        let [a, b] = [toward(before), toward(after)];
        points.push(a);
        points.extend(curve([a, at, at, b]));
        points.push(b);
    }
    points.extend(corners.last());
    points
}
