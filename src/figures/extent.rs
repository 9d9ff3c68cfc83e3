//! How long the axes of a panel are.

use super::scale::Scale;
use super::{Axis, MarkKind, Panel};

/// The axes of a panel.
#[derive(Clone, Debug)]
pub struct Scales {
    pub x: Scale,
    pub y: Scale,
    /// Whether y runs down, as the rows of a matrix do.
    pub is_turned: bool,
}

/// What is drawn at most, of whatever sign: the length of a longer axis is not a number any more.
pub const LARGEST: f64 = 1e300;
/// The same for the least positive number of a logarithmic axis, and for the length of another one.
const SMALLEST: f64 = 1e-290;

/// The smallest and the largest of the numbers that an axis can have.
#[derive(Clone, Copy, Debug)]
struct Reach {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Reach {
    fn of(axis: &Axis) -> Self {
        Self { low: f64::INFINITY, high: f64::NEG_INFINITY, is_log: axis.is_log }
    }

    fn can_have(&self, x: f64) -> bool {
        x.abs() < LARGEST && (!self.is_log || x > SMALLEST)
    }

    fn add(&mut self, x: f64) {
        if self.can_have(x) {
            self.low = self.low.min(x);
            self.high = self.high.max(x);
        }
    }
}

/// Whether there is anything to be seen in a panel.
pub fn has_something(panel: &Panel) -> bool {
    let [x, y] = reaches(panel);
    x.low <= x.high && y.low <= y.high
}

fn reaches(panel: &Panel) -> [Reach; 2] {
    let [mut x, mut y] = [&panel.x, &panel.y].map(Reach::of);
    for mark in &panel.marks {
        add(&mut x, &mut y, &mark.kind);
    }
    // A line across asks for one axis only, and may be all that there is.
    if panel.marks.iter().all(|mark| matches!(mark.kind, MarkKind::Across { .. })) {
        match [x, y].map(|reach| reach.low <= reach.high) {
            [true, false] => y.add(1.0),
            [false, true] => x.add(1.0),
            _ => (),
        }
    }
    [x, y]
}

fn add(x: &mut Reach, y: &mut Reach, kind: &MarkKind) {
    match kind {
        MarkKind::Line { points, .. } => points.iter().for_each(|&[a, b]| both(x, y, a, [b, b])),
        MarkKind::Points { points, errors } => {
            for (n, &[a, b]) in points.iter().enumerate() {
                let error = errors.get(n).copied().filter(|error| error.is_finite()).unwrap_or(0.0);
                both(x, y, a, [b, b]);
                both(x, y, a, [b - error, b + error]);
            }
        }
        MarkKind::Band { points } => points.iter().for_each(|&[a, low, high]| both(x, y, a, [low, high])),
        MarkKind::Steps { edges, heights } => {
            for (pair, &height) in edges.windows(2).zip(heights) {
                if x.can_have(pair[0]) && x.can_have(pair[1]) && height.is_finite() {
                    pair.iter().for_each(|&edge| x.add(edge));
                    y.add(height);
                    y.add(0.0);
                }
            }
        }
        MarkKind::Bars { heights, errors } => {
            for (n, &height) in heights.iter().enumerate().filter(|(_, height)| height.is_finite()) {
                let error = errors.get(n).copied().filter(|error| error.is_finite()).unwrap_or(0.0);
                [n as f64 - 0.5, n as f64 + 0.5].into_iter().for_each(|edge| x.add(edge));
                [0.0, height, height - error, height + error].into_iter().for_each(|end| y.add(end));
            }
        }
        MarkKind::Across { at, vertical } => (if *vertical { x } else { y }).add(*at),
        MarkKind::Circle { radius } => {
            for reach in [x, y] {
                reach.add(*radius);
                reach.add(-radius);
            }
        }
        MarkKind::Heat { rows, values } => {
            let columns = values.len().checked_div(*rows).unwrap_or(0);
            if columns > 0 && values.iter().any(|value| value.is_finite()) {
                for (reach, count) in [(x, columns), (y, *rows)] {
                    reach.add(-0.5);
                    reach.add(count as f64 - 0.5);
                }
            }
        }
    }
}

/// Adds points of one x, if both axes can have them.
fn both(x: &mut Reach, y: &mut Reach, a: f64, all: [f64; 2]) {
    for b in all {
        if x.can_have(a) && y.can_have(b) {
            x.add(a);
            y.add(b);
        }
    }
}

/// The axes of a panel that is drawn so wide and so high.
pub fn scales(panel: &Panel, [width, height]: [f64; 2]) -> Scales {
    let has = |is: fn(&MarkKind) -> bool| panel.marks.iter().any(|mark| is(&mark.kind));
    let is_turned = has(|kind| matches!(kind, MarkKind::Heat { .. }));
    let is_filled = is_turned || has(|kind| matches!(kind, MarkKind::Steps { .. } | MarkKind::Bars { .. }));
    let is_loose = !is_turned && has(|kind| matches!(kind, MarkKind::Points { .. } | MarkKind::Circle { .. }));
    let [x, y] = reaches(panel);
    let mut x = scale(&panel.x, x, if is_loose { 0.04 } else { 0.0 }, false);
    let mut y = scale(&panel.y, y, if is_turned { 0.0 } else { 0.05 }, is_filled);
    if has(|kind| matches!(kind, MarkKind::Circle { .. })) && !x.is_log && !y.is_log && !is_turned {
        // As many pixels a unit on both axes, or a circle would not be one.
        let [a, b] = [(x.high - x.low) / width, (y.high - y.low) / height];
        let (scale, length) = if a < b { (&mut x, b * width) } else { (&mut y, a * height) };
        let middle = scale.low + (scale.high - scale.low) / 2.0;
        (scale.low, scale.high) = (middle - length / 2.0, middle + length / 2.0);
    }
    Scales { x, y, is_turned }
}

/// Whether numbers are far enough apart to be told from each other on an axis.
fn is_length(low: f64, high: f64) -> bool {
    high - low > (1e-9 * high.abs().max(low.abs())).max(SMALLEST)
}

fn scale(axis: &Axis, reach: Reach, margin: f64, stands_on_zero: bool) -> Scale {
    let is_log = axis.is_log;
    if let Some([low, high]) = axis.range {
        let [low, high] = [low.min(high), low.max(high)];
        if reach.can_have(low) && reach.can_have(high) && is_length(low, high) {
            return Scale { low, high, is_log };
        }
    }
    let mut reach = reach;
    if !axis.names.is_empty() {
        reach.add(-0.5);
        reach.add(axis.names.len() as f64 - 0.5);
        return Scale { low: reach.low, high: reach.high, is_log };
    }
    let [low, high] = if reach.low <= reach.high { [reach.low, reach.high] } else { [1.0, 1.0] };
    if is_log {
        // At least a fifth of the value to both sides, if there is one value only.
        let length = (high / low).ln();
        let more = if length > 1e-9 { length * margin } else { 0.2 };
        return Scale { low: low * (-more).exp(), high: high * more.exp(), is_log };
    }
    let length = high - low;
    let more = if is_length(low, high) { length * margin } else { (high.abs() * 0.1).max(0.5) };
    let ends_at_zero = (stands_on_zero && low == 0.0) || (axis.is_never_below_zero && (0.0..more).contains(&low));
    let low = if ends_at_zero { 0.0 } else { low - more };
    let high = if stands_on_zero && high == 0.0 && low < 0.0 { 0.0 } else { high + more };
    Scale { low, high, is_log }
}
