//! Figures of curves, drawn as SVG.

use std::fmt::Write;

/// Curves in one or several plots side by side, which have both axes in common.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What its file is named by, behind the name of the simulation.
    pub name: String,
    pub title: String,
    pub x_axis: String,
    pub y_axis: String,
    /// What a line, a band and a dashed line stand for.
    pub keys: [String; 3],
    pub facets: Vec<Facet>,
}

/// One of the plots.
#[derive(Clone, Debug)]
pub struct Facet {
    pub title: String,
    /// Curves, at most as many as there are [inks](INKS); those of one place have the same ink in all facets.
    pub lines: Vec<Line>,
}

/// A curve with a level that it may come down to.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    /// The points, from left to right.
    pub points: Vec<Point>,
    pub floor: f64,
}

/// A mean with its standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub mean: f64,
    pub sd: f64,
}

/// Colours that stay apart in grey and for those who see few of them (Okabe & Ito, 2008).
const INKS: [&str; 3] = ["#111111", "#0072b2", "#e69f00"];
/// How many marks a curve has.
const MARKS: usize = 8;

// Sizes in pixels.
const PLOT: [f64; 2] = [280.0, 300.0];
const GAP: f64 = 36.0;
const LEFT: f64 = 72.0;
const TOP: f64 = 96.0;
const BOTTOM: f64 = 60.0;
const RIGHT: f64 = 24.0;

/// The numbers along an axis.
struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
}

impl Axis {
    /// An axis that holds all numbers, from one round number to another one.
    fn over(numbers: impl Iterator<Item = f64>, ticks: usize) -> Self {
        let numbers = numbers.filter(|x| x.is_finite());
        let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        let (low, high) = if low < high { (low, high) } else { (-1.0, 1.0) };
        let step = round_up((high - low) / ticks as f64);
        let [first, last] = [(low / step).floor(), (high / step).ceil()];
        let ticks: Vec<f64> = (0..=(last - first) as usize).map(|n| (first + n as f64) * step).collect();
        Self { low: first * step, high: last * step, ticks }
    }

    /// How far along the axis a number lies, from 0 to 1.
    fn share(&self, x: f64) -> f64 {
        (x - self.low) / (self.high - self.low)
    }
}

/// The next of the numbers 1, 2 and 5 times a power of ten.
fn round_up(x: f64) -> f64 {
    let power = 10.0_f64.powf(x.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= x * 0.999_999).unwrap_or(10.0);
    factor * power
}

/// Where one facet's numbers lie on the page.
struct Frame<'a> {
    left: f64,
    x: &'a Axis,
    y: &'a Axis,
}

impl Frame<'_> {
    fn across(&self, x: f64) -> f64 {
        self.left + PLOT[0] * self.x.share(x)
    }

    fn down(&self, y: f64) -> f64 {
        TOP + PLOT[1] * (1.0 - self.y.share(y))
    }

    /// Points as an SVG path has them.
    fn path(&self, points: impl Iterator<Item = [f64; 2]>) -> String {
        let place = |[x, y]: [f64; 2]| format!("{:.1},{:.1}", self.across(x), self.down(y));
        points.filter(|point| point[1].is_finite()).map(place).collect::<Vec<_>>().join(" ")
    }
}

impl Figure {
    /// The figure as a file of its own. The same figure is the same text.
    pub fn svg(&self) -> String {
        let all = || self.facets.iter().flat_map(|facet| &facet.lines);
        let x = Axis::over(all().flat_map(|line| line.points.iter().map(|point| point.x)), 4);
        let heights = all().flat_map(|line| {
            let ends = line.points.iter().flat_map(|point| [point.mean - point.sd, point.mean + point.sd]);
            ends.chain([line.floor])
        });
        let y = Axis::over(heights, 6);
        let count = self.facets.len() as f64;
        let [width, height] = [LEFT + count * (PLOT[0] + GAP) - GAP + RIGHT, TOP + PLOT[1] + BOTTOM];
        let mut out = String::new();
        // Writing to a `String` does not fail.
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
        );
        text(&mut out, [LEFT, 28.0], "font-size=\"16\" font-weight=\"bold\"", &self.title);
        self.legend(&mut out);
        for (n, facet) in self.facets.iter().enumerate() {
            let frame = Frame { left: LEFT + n as f64 * (PLOT[0] + GAP), x: &x, y: &y };
            scales(&mut out, &frame, n == 0);
            let place = [frame.left + PLOT[0] - 10.0, TOP + 20.0];
            text(&mut out, place, "text-anchor=\"end\" font-size=\"13\" font-weight=\"bold\"", &facet.title);
            facet.lines.iter().enumerate().for_each(|(ink, line)| curve(&mut out, &frame, ink, line));
        }
        let middle = (LEFT + width - RIGHT) / 2.0;
        text(&mut out, [middle, height - 14.0], "text-anchor=\"middle\" font-size=\"13\"", &self.x_axis);
        let turned =
            format!("text-anchor=\"middle\" font-size=\"13\" transform=\"rotate(-90 20 {})\"", TOP + PLOT[1] / 2.0);
        text(&mut out, [20.0, TOP + PLOT[1] / 2.0], &turned, &self.y_axis);
        out + "</svg>\n"
    }

    /// The curves of the first facet with their names, then what lines, bands and dashes are.
    fn legend(&self, out: &mut String) {
        const ROW: f64 = 58.0;
        const WIDTH: f64 = 110.0;
        let mut left = LEFT;
        for (ink, line) in self.facets.iter().take(1).flat_map(|facet| &facet.lines).enumerate() {
            stroke(out, &format!("{left},{ROW} {},{ROW}", left + 28.0), ink, "stroke-width=\"1.8\"");
            mark(out, [left + 14.0, ROW], ink);
            text(out, [left + 36.0, ROW + 4.0], "", &line.name);
            left += WIDTH;
        }
        left += GAP;
        for (n, key) in self.keys.iter().enumerate() {
            let line = format!("{left},{ROW} {},{ROW}", left + 28.0);
            match n {
                0 => stroke(out, &line, 0, "stroke-width=\"1.8\""),
                1 => {
                    let _ = writeln!(
                        out,
                        "<rect x=\"{left}\" y=\"{}\" width=\"28\" height=\"12\" fill=\"{}\" fill-opacity=\"0.2\"/>",
                        ROW - 6.0,
                        INKS[0]
                    );
                }
                _ => stroke(out, &line, 0, DASHED),
            }
            text(out, [left + 36.0, ROW + 4.0], "", key);
            left += WIDTH + 30.0;
        }
    }
}

/// What makes a line one of those that curves may come down to.
const DASHED: &str = "stroke-width=\"1.2\" stroke-dasharray=\"6 4\"";

/// The frame of a facet, its grid and its numbers; those at the left for the first one alone.
fn scales(out: &mut String, frame: &Frame, is_first: bool) {
    let [right, bottom] = [frame.left + PLOT[0], TOP + PLOT[1]];
    for &tick in &frame.y.ticks {
        let y = frame.down(tick);
        let _ = writeln!(out, "<path d=\"M{:.1},{y:.1} H{right:.1}\" stroke=\"#e4e4e4\"/>", frame.left);
        if is_first {
            text(out, [frame.left - 8.0, y + 4.0], "text-anchor=\"end\"", &number(tick));
        }
    }
    for &tick in &frame.x.ticks {
        let x = frame.across(tick);
        let _ = writeln!(out, "<path d=\"M{x:.1},{bottom:.1} v5\" stroke=\"#222\"/>");
        text(out, [x, bottom + 20.0], "text-anchor=\"middle\"", &number(tick));
    }
    let _ =
        writeln!(out, "<path d=\"M{:.1},{TOP} V{bottom:.1} H{right:.1}\" fill=\"none\" stroke=\"#222\"/>", frame.left);
}

/// A band, the line of means in it, marks, and the dashed level.
fn curve(out: &mut String, frame: &Frame, ink: usize, line: &Line) {
    let points = || line.points.iter().filter(|point| (point.mean + point.sd).is_finite());
    let upper = points().map(|point| [point.x, point.mean + point.sd]);
    let lower = points().rev().map(|point| [point.x, point.mean - point.sd]);
    let band = frame.path(upper.chain(lower));
    let _ = writeln!(out, "<polygon points=\"{band}\" fill=\"{}\" fill-opacity=\"0.2\"/>", INKS[ink]);
    stroke(out, &frame.path([frame.x.low, frame.x.high].map(|x| [x, line.floor]).into_iter()), ink, DASHED);
    stroke(out, &frame.path(points().map(|point| [point.x, point.mean])), ink, "stroke-width=\"1.8\"");
    // Marks of different curves lie at different places.
    let apart = (line.points.len() / MARKS).max(1);
    for point in points().skip(apart * (ink + 1) / (INKS.len() + 1)).step_by(apart) {
        mark(out, [frame.across(point.x), frame.down(point.mean)], ink);
    }
}

fn stroke(out: &mut String, points: &str, ink: usize, style: &str) {
    let _ = writeln!(out, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{}\" {style}/>", INKS[ink]);
}

/// A disc, a square or a triangle: curves can be told apart without colours.
fn mark(out: &mut String, [x, y]: [f64; 2], ink: usize) {
    let shape = match ink {
        0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\""),
        1 => format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\"", x - 3.5, y - 3.5),
        _ => format!("<path d=\"M{x:.1},{:.1} l4.5,8 h-9 z\"", y - 5.0),
    };
    let _ = writeln!(out, "{shape} fill=\"{}\" stroke=\"#fff\" stroke-width=\"0.8\"/>", INKS[ink]);
}

fn text(out: &mut String, [x, y]: [f64; 2], style: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{words}</text>");
}

/// A number of an axis: a minus sign as long as a plus, thousands apart.
fn number(x: f64) -> String {
    // A tick is a whole number of steps, of which rounding may have left a trace.
    let rounded = format!("{:.3}", x.abs());
    let plain = rounded.trim_end_matches('0').trim_end_matches('.');
    let (whole, rest) =
        plain.split_once('.').map_or((plain, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if x < 0.0 && plain != "0" { "−" } else { "" };
    format!("{sign}{grouped}{rest}")
}
