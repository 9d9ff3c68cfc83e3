//! A chart that is laid out, as shapes.

use super::arrows::{self, POINT};
use super::nest::Laid;
use super::sizes::{BESIDE, LINE, OUT};
use super::{Chart, Dash, Line, ink, key};
use crate::figures::page::{Anchor, Frame, GREY, Ink, NORMAL, Page, Pen, Shape, Words};

/// From the border of the page to what is on it.
const BORDER: f64 = 8.0;
/// How far a bar is from what its line leads to.
const BAR: f64 = 4.0;
const FRAME: Ink = [0xf1, 0xf3, 0xf6];
const DEEPER: Ink = [0xe4, 0xe8, 0xee];
const WHITE: Ink = [0xff, 0xff, 0xff];

/// How the ends of a line are drawn.
#[derive(Clone, Copy)]
pub struct LineEnds {
    /// Whether its point is at its first end.
    pub is_up: bool,
    pub class: &'static str,
}

pub fn page(chart: &Chart, laid: &Laid) -> Page {
    let mut page = Page {
        size: [0, 0],
        title: chart.title.clone(),
        about: chart.about.clone(),
        is_described: true,
        shapes: Vec::new(),
    };
    let width = laid.size[0].max(key::widest(chart) + 24.0);
    let shift = [BORDER + (width - laid.size[0]) / 2.0, BORDER + 10.0];
    for (at, [x, y, w, h]) in &laid.frames {
        frame(&mut page, chart, *at, Frame { left: x + shift[0], top: y + shift[1], width: *w, height: *h });
    }
    let lanes = arrows::lanes(laid);
    for at in 0..chart.arrows.len() {
        arrow(&mut page, chart, laid, (at, lanes.get(&at).copied().unwrap_or(0.0)), shift);
    }
    for at in 0..chart.boxes.len() {
        node(&mut page, chart, laid, at, shift);
    }
    let top = laid.size[1] + shift[1] + 4.0;
    let key = key::below(&mut page, chart, BORDER + 12.0, top, width - 24.0);
    page.size = [(width + 2.0 * BORDER).ceil() as usize, (top + key + BORDER).ceil() as usize];
    page
}

fn frame(page: &mut Page, chart: &Chart, at: usize, frame: Frame) {
    let depth = std::iter::successors(chart.frames[at].inside, |at| chart.frames[*at].inside).count();
    let pen = Pen { ink: GREY, width: 0.8, dash: None };
    let fill = Some((if depth % 2 == 0 { FRAME } else { DEEPER }, 1.0));
    page.shapes.push(Shape::Path { lines: vec![outline(&frame, 6.0)], fill, pen: Some(pen), class: "frame" });
    let place = [frame.left + 12.0, frame.top + 5.0 + NORMAL];
    page.words(Words::new(place, chart.frames[at].label.clone()).bold().class("frame-label"));
}

/// A rectangle whose corners are rounded off.
fn outline(frame: &Frame, radius: f64) -> Vec<[f64; 2]> {
    let radius = radius.min(frame.height / 2.0).min(frame.width / 2.0);
    let corners = frame.corners();
    let mut points = Vec::new();
    for n in 0..4 {
        let at = corners[n];
        let toward = |other: [f64; 2]| [0, 1].map(|axis| at[axis] + (other[axis] - at[axis]).clamp(-radius, radius));
        let [a, b] = [toward(corners[(n + 3) % 4]), toward(corners[(n + 1) % 4])];
        points.push(a);
        // Close to a quarter of a circle.
        let inner = |[x, y]: [f64; 2]| [x + (at[0] - x) * 0.5523, y + (at[1] - y) * 0.5523];
        points.extend(arrows::curve([a, inner(a), inner(b), b]));
        points.push(b);
    }
    points
}

fn node(page: &mut Page, chart: &Chart, laid: &Laid, at: usize, shift: [f64; 2]) {
    let (item, sized) = (&chart.boxes[at], &laid.sized[at]);
    let Some([x, y]) = laid.boxes.get(&at) else { return };
    let [width, height] = sized.size;
    let frame = Frame { left: x + shift[0], top: y + shift[1], width, height };
    let radius = if item.is_round { 20.0 } else { 5.0 };
    let pen = Pen { ink: ink(item.colour), width: if item.colour.is_some() { 1.8 } else { 1.1 }, dash: None };
    page.shapes.push(Shape::Group(Some(item.hint.clone())));
    page.shapes.push(Shape::Path {
        lines: vec![outline(&frame, radius)],
        fill: Some((WHITE, 1.0)),
        pen: Some(pen),
        class: "box",
    });
    let count = sized.names.len() + item.lines.len();
    let first = frame.top + (height - count as f64 * LINE) / 2.0 + NORMAL;
    let middle = frame.left + width / 2.0;
    for (n, line) in sized.names.iter().chain(&item.lines).enumerate() {
        let words = Words::new([middle, first + n as f64 * LINE], line.clone()).anchored(Anchor::Middle);
        page.words(if n < sized.names.len() { words.bold().class("name") } else { words.class("line") });
    }
    page.shapes.push(Shape::Group(None));
}

fn arrow(page: &mut Page, chart: &Chart, laid: &Laid, (at, lane): (usize, f64), shift: [f64; 2]) {
    let arrow = &chart.arrows[at];
    if arrow.from == arrow.to {
        return turn(page, chart, laid, at, shift);
    }
    let middle = |at: usize| {
        let [x, y] = laid.boxes.get(&at).copied().unwrap_or_default();
        let [w, h] = laid.sized[at].size;
        [x + w / 2.0, y + h / 2.0]
    };
    let (mut points, is_up) = arrows::line(laid, at, middle(arrow.from), middle(arrow.to), lane);
    points.iter_mut().for_each(|[x, y]| (*x, *y) = (*x + shift[0], *y + shift[1]));
    line(page, points, arrow.line, LineEnds { is_up, class: "arrow" });
    if let Some([x, y]) = laid.labels.get(&at) {
        label(page, &arrow.lines, [x + shift[0], y + shift[1]]);
    }
}

/// An arrow from a box to itself, at its right side.
fn turn(page: &mut Page, chart: &Chart, laid: &Laid, at: usize, shift: [f64; 2]) {
    let arrow = &chart.arrows[at];
    let (sized, Some([x, y])) = (&laid.sized[arrow.from], laid.boxes.get(&arrow.from)) else { return };
    let whole: f64 = sized.loops.iter().map(|(_, high)| high).sum();
    let mut top = y + shift[1] + (sized.size[1] - whole) / 2.0;
    let right = x + shift[0] + sized.size[0];
    for (own, high) in &sized.loops {
        if *own == at {
            let middle = top + high / 2.0;
            let half = (high / 2.0 - 4.0).min(11.0);
            // A third of the way further out than the curve comes.
            let far = right + OUT * 4.0 / 3.0 - 2.0;
            let ends = [[right, middle + half], [right, middle - half]];
            let mut points = vec![ends[0]];
            points.extend(arrows::curve([ends[0], [far, middle + half], [far, middle - half], ends[1]]));
            points.push(ends[1]);
            line(page, points, arrow.line, LineEnds { is_up: false, class: "loop" });
            let height = arrow.lines.len() as f64 * LINE;
            label(page, &arrow.lines, [right + OUT + BESIDE, middle - height / 2.0]);
        }
        top += high;
    }
}

fn label(page: &mut Page, lines: &[String], [x, y]: [f64; 2]) {
    page.lines(lines, &Words::new([x, y + NORMAL], "").class("beside"));
}

/// A line with a point or a bar at one end.
pub fn line(page: &mut Page, mut points: Vec<[f64; 2]>, line: Line, ends: LineEnds) {
    if ends.is_up {
        points.reverse();
    }
    let ink = ink(line.colour);
    let Some(tip) = points.last().copied() else { return };
    let length = |a: [f64; 2], b: [f64; 2]| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
    // The line ends where its point begins.
    let short = if line.is_blunt { BAR } else { POINT - 1.0 };
    let mut left = short;
    while let [.., before, last] = points[..] {
        let long = length(before, last);
        points.pop();
        if long > left {
            let part = left / long;
            points.push([0, 1].map(|axis| last[axis] + (before[axis] - last[axis]) * part));
            break;
        }
        left -= long;
    }
    let Some(end) = points.last().copied() else { return };
    let far = length(tip, end).max(1e-9);
    let along = [(tip[0] - end[0]) / far, (tip[1] - end[1]) / far];
    let across = [-along[1], along[0]];
    let at = |back: f64, side: f64| [0, 1].map(|axis| tip[axis] - along[axis] * back + across[axis] * side);
    let dash = match line.dash {
        Dash::Solid => None,
        Dash::Dashed => Some([5.0, 3.0]),
        Dash::Dotted => Some([1.5, 2.5]),
    };
    page.path(points, Pen { ink, width: 1.4, dash }, ends.class);
    if line.is_blunt {
        page.path(vec![at(BAR, -5.0), at(BAR, 5.0)], Pen { ink, width: 2.4, dash: None }, "bar");
    } else {
        page.fill(vec![at(0.0, 0.0), at(POINT, -3.4), at(POINT, 3.4)], ink, 1.0, "point");
    }
}
