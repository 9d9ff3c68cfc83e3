//! Where the parts of a plot lie on its page.

use super::bar;
use super::extent::{self, Scales};
use super::key::{self, Style};
use super::letters;
use super::marks::{self, Canvas};
use super::page::{Anchor, BLACK, Frame, GREY, LABEL, LEADING, NORMAL, PALE, Page, Pen, Shape, Words};
use super::scale::{Along, Scale, Tick, Ticks, number};
use super::{Axis, MarkKind, Panel, Plot};

/// From the border of the page to what is on it.
const BORDER: f64 = 14.0;
/// Width and height of a panel that is alone, and of one among others.
const ALONE: [f64; 2] = [460.0, 320.0];
const AMONG: [f64; 2] = [300.0, 220.0];
/// How wide a panel becomes for its names, and how much each of them asks for.
const WIDEST: f64 = 760.0;
const NAME: f64 = 20.0;
/// How long a name may be.
const LONGEST: f64 = 130.0;
/// How far names lean that are wider than their places.
const LEAN: f64 = -40.0;
/// How many points a mark may have, and all marks together: the whole figure is then no longer than a page of text loads.
const POINTS: usize = 2000;
const ALL_POINTS: usize = 12_000;

/// A panel with its axes.
struct Prepared<'a> {
    panel: &'a Panel,
    scales: Scales,
    x: Ticks,
    y: Ticks,
    /// Whether the names below it lean.
    leans: bool,
    is_empty: bool,
}

/// How much room the parts around each panel have.
struct Room {
    size: [f64; 2],
    /// Lines of titles and of labels below and at the left.
    titles: usize,
    below: usize,
    beside: usize,
    /// The numbers at the left and below.
    left: f64,
    bottom: f64,
    right: f64,
}

impl Room {
    fn top(&self) -> f64 {
        self.titles as f64 * LABEL * LEADING + 20.0
    }

    fn left(&self) -> f64 {
        self.beside as f64 * LABEL * LEADING + self.left + 14.0
    }

    fn bottom(&self) -> f64 {
        self.bottom + self.below as f64 * LABEL * LEADING + 14.0
    }

    /// Width and height of a panel with all of it.
    fn cell(&self) -> [f64; 2] {
        [self.left() + self.size[0] + self.right, self.top() + self.size[1] + self.bottom()]
    }
}

/// The page of a plot.
pub fn page(plot: &Plot) -> Page {
    let size = size(plot);
    let panels: Vec<Prepared> = plot.panels.iter().map(|panel| prepared(panel, size)).collect();
    let room = room(&panels, size);
    let columns = plot.columns.clamp(1, panels.len().max(1));
    let rows = panels.len().div_ceil(columns).max(1);
    let styles = key::styles(plot);
    let most = most(plot);
    let cell = room.cell();
    let width = cell[0] * columns as f64;
    let (title, about) = (plot.title.clone(), key::about(plot));
    let mut page = Page { size: [0, 0], title, about, is_described: false, shapes: Vec::with_capacity(256) };
    let frame = Frame { left: BORDER, top: BORDER - 4.0, width, height: 0.0 };
    let top = frame.top + key::head(&mut page, plot, &styles, frame, most);
    page.size = [(width + 2.0 * BORDER).ceil() as usize, (top + cell[1] * rows as f64 + BORDER / 2.0).ceil() as usize];
    for (n, (prepared, styles)) in panels.iter().zip(&styles).enumerate() {
        let [column, row] = [n % columns, n / columns];
        let left = BORDER + cell[0] * column as f64 + room.left();
        let top = top + cell[1] * row as f64 + room.top();
        let frame = Frame { left, top, width: size[0], height: size[1] };
        draw(&mut page, prepared, styles, frame, most);
    }
    if panels.is_empty() {
        let frame = Frame { left: BORDER, top, width, height: size[1] };
        nothing(&mut page, frame);
    }
    page
}

/// How many points a mark may have, so that all of them together are not too many.
fn most(plot: &Plot) -> usize {
    let marks = || plot.panels.iter().flat_map(|panel| &panel.marks);
    // The numbers of points of a mark, and how long one of them is in the file.
    let length = |kind: &MarkKind| match kind {
        MarkKind::Points { points, errors } if !errors.is_empty() => (points.len(), 3),
        MarkKind::Points { points, .. } | MarkKind::Line { points, .. } => (points.len(), 1),
        MarkKind::Band { points } => (points.len(), 1),
        _ => (0, 0),
    };
    let all = |most: usize| marks().map(|mark| length(&mark.kind)).map(|(count, long)| count.min(most) * long).sum();
    const STEPS: [usize; 8] = [POINTS, 1500, 1000, 700, 500, 300, 200, 100];
    STEPS.into_iter().find(|&most| (0..=ALL_POINTS).contains(&all(most))).unwrap_or(50)
}

/// Width and height of all panels: that names and matrices with many rows have room.
fn size(plot: &Plot) -> [f64; 2] {
    let [width, height] = if plot.panels.len() > 1 { AMONG } else { ALONE };
    let names = |axis: fn(&Panel) -> &Axis| plot.panels.iter().map(|panel| axis(panel).names.len()).max().unwrap_or(0);
    let [x, y] = [names(|panel| &panel.x), names(|panel| &panel.y)].map(|count| count as f64 * NAME);
    [width.max(x.min(WIDEST)), height.max(y.min(WIDEST))]
}

fn prepared(panel: &Panel, size: [f64; 2]) -> Prepared<'_> {
    let scales = extent::scales(panel, size);
    let (x, leans) = match names(&panel.x, &scales.x) {
        None => {
            let asked = panel.x.step.and_then(|step| scales.x.every(step, size[0]));
            (asked.unwrap_or_else(|| scales.x.ticks(size[0], Along::Across)), false)
        }
        Some(all) => {
            let place = size[0] / (scales.x.high - scales.x.low);
            let fits = all.windows(2).all(|pair| pair[0].width() / 2.0 + pair[1].width() / 2.0 + 8.0 <= place);
            (Ticks { ticks: apart(all, place), ..Ticks::default() }, !fits)
        }
    };
    let y = match names(&panel.y, &scales.y) {
        None => scales.y.ticks(size[1], Along::Down),
        Some(all) => Ticks { ticks: apart(all, size[1] / (scales.y.high - scales.y.low)), ..Ticks::default() },
    };
    Prepared { panel, scales, x, y, leans, is_empty: !extent::has_something(panel) }
}

/// The names of an axis, if it has names.
fn names(axis: &Axis, scale: &Scale) -> Option<Vec<Tick>> {
    let tick = |(n, name): (usize, &String)| {
        let words = letters::shortened(name, LONGEST, NORMAL, false);
        Tick { at: n as f64, words, raised: String::new() }
    };
    let all = axis.names.iter().enumerate().map(tick).filter(|tick| scale.holds(tick.at));
    (!axis.names.is_empty()).then(|| all.collect())
}

/// Only so many names as there is room for, one in two or three if there are too many.
fn apart(all: Vec<Tick>, place: f64) -> Vec<Tick> {
    let step = if place > 0.0 { ((NORMAL * LEADING + 1.0) / place).ceil().max(1.0) as usize } else { 1 };
    all.into_iter().step_by(step).collect()
}

/// How high and how far to the left names reach that lean.
fn leaning(ticks: &Ticks) -> [f64; 2] {
    let (sin, cos) = LEAN.to_radians().sin_cos();
    let widest = ticks.ticks.iter().map(Tick::width).fold(0.0, f64::max);
    [widest * -sin + NORMAL, ticks.ticks.first().map_or(0.0, |tick| tick.width() * cos)]
}

fn room(panels: &[Prepared], size: [f64; 2]) -> Room {
    let mut room = Room { size, titles: 0, below: 0, beside: 0, left: 0.0, bottom: NORMAL + 8.0, right: 22.0 };
    for prepared in panels {
        let Prepared { panel, x, y, leans, .. } = prepared;
        let lines = |text: &str, widest: f64, bold| letters::wrapped(text, widest, LABEL, bold).len();
        room.titles = room.titles.max(lines(&panel.title, size[0], true));
        room.below = room.below.max(lines(&panel.x.label, size[0], false));
        room.beside = room.beside.max(lines(&panel.y.label, size[1] + 20.0, false));
        room.left = y.ticks.iter().map(Tick::width).fold(room.left, f64::max);
        if *leans {
            let [down, left] = leaning(x);
            room.bottom = room.bottom.max(down + 2.0);
            let first = x.ticks.first().and_then(|tick| prepared.scales.x.share(tick.at)).unwrap_or(0.0) * size[0];
            room.left = room.left.max(left - first - room.beside as f64 * LABEL * LEADING);
        } else if let Some(tick) = x.ticks.last() {
            // The last number may reach beyond the panel.
            let right = prepared.scales.x.share(tick.at).unwrap_or(0.0) * size[0] + tick.width() / 2.0 - size[0];
            room.right = room.right.max(right + 8.0);
        }
        if panel.marks.iter().any(|mark| matches!(mark.kind, MarkKind::Heat { .. })) {
            room.right = room.right.max(bar::ROOM + 10.0);
        }
        if let Some(power) = x.power {
            room.right = room.right.max(times(power).width() + 14.0);
        }
    }
    room
}

fn nothing(page: &mut Page, frame: Frame) {
    let place = [frame.left + frame.width / 2.0, frame.top + frame.height / 2.0];
    page.words(Words::new(place, "nothing to draw").anchored(Anchor::Middle).class("nothing"));
}

fn draw(page: &mut Page, prepared: &Prepared, styles: &[Style], frame: Frame, most: usize) {
    let Prepared { panel, scales, .. } = prepared;
    titles(page, prepared, frame);
    if prepared.is_empty {
        nothing(page, frame);
        page.path(closed(frame), Pen { ink: PALE, width: 1.0, dash: None }, "frame");
        return;
    }
    if !scales.is_turned {
        for y in prepared.y.ticks.iter().filter_map(|tick| scales.y.share(tick.at)) {
            let y = frame.bottom() - y * frame.height;
            page.line([frame.left, y], [frame.right(), y], PALE);
        }
    }
    let bars = panel.marks.iter().filter(|mark| matches!(mark.kind, MarkKind::Bars { .. })).count();
    let mut canvas = Canvas { frame, scales, most, bars: [bars, 0] };
    page.shapes.push(Shape::Clip(Some(frame)));
    for (mark, style) in panel.marks.iter().zip(styles) {
        canvas.draw(page, &mark.kind, style);
    }
    page.shapes.push(Shape::Clip(None));
    axes(page, prepared, frame);
    for mark in &panel.marks {
        if let MarkKind::Heat { values, .. } = &mark.kind {
            let (colours, range) = marks::heat_colours(values);
            bar::draw(page, frame, colours, range, &mark.name);
            break;
        }
    }
}

fn closed(frame: Frame) -> Vec<[f64; 2]> {
    let mut corners = frame.corners();
    corners.push([frame.left, frame.top]);
    corners
}

/// The title of a panel and the labels of its axes.
fn titles(page: &mut Page, prepared: &Prepared, frame: Frame) {
    let Prepared { panel, x, y, leans, .. } = prepared;
    let middle = [frame.left + frame.width / 2.0, frame.top + frame.height / 2.0];
    let label = Words::new([0.0, 0.0], "").sized(LABEL).anchored(Anchor::Middle).class("label");
    let lines = letters::wrapped(&panel.title, frame.width, LABEL, true);
    let up = lines.len().saturating_sub(1) as f64 * LABEL * LEADING;
    // The power of ten of the y axis is written at the same height as the end of the title.
    let high = if y.power.is_some() { 22.0 } else { 9.0 };
    let title = Words { at: [middle[0], frame.top - high - up], ..label.clone() }.bold().class("panel-title");
    page.lines(&lines, &title);
    let lines = letters::wrapped(&panel.x.label, frame.width, LABEL, false);
    let down = if *leans { leaning(x)[0] + 2.0 } else { NORMAL + 8.0 };
    page.lines(&lines, &Words { at: [middle[0], frame.bottom() + down + LABEL + 4.0], ..label.clone() });
    let lines = letters::wrapped(&panel.y.label, frame.height + 20.0, LABEL, false);
    let numbers = y.ticks.iter().map(Tick::width).fold(0.0, f64::max) + 16.0;
    let left = frame.left - numbers - lines.len().saturating_sub(1) as f64 * LABEL * LEADING;
    page.lines(&lines, &Words { at: [left, middle[1]], ..label }.turned(-90.0));
}

fn axes(page: &mut Page, prepared: &Prepared, frame: Frame) {
    let Prepared { scales, x, y, leans, .. } = prepared;
    let [right, bottom] = [frame.right(), frame.bottom()];
    let across = |at: f64| scales.x.share(at).map(|share| frame.left + share * frame.width);
    let down = |at: f64| {
        let share = scales.y.share(at)?;
        Some(frame.top + frame.height * if scales.is_turned { share } else { 1.0 - share })
    };
    let pen = Pen { ink: BLACK, width: 1.0, dash: None };
    if scales.is_turned {
        page.path(closed(frame), pen, "frame");
    } else {
        page.path(vec![[frame.left, frame.top], [frame.left, bottom], [right, bottom]], pen, "frame");
    }
    for x in x.minor.iter().filter_map(|&at| across(at)) {
        page.line([x, bottom], [x, bottom + 2.5], GREY);
    }
    for y in y.minor.iter().filter_map(|&at| down(at)) {
        page.line([frame.left - 2.5, y], [frame.left, y], GREY);
    }
    for (tick, x) in x.ticks.iter().filter_map(|tick| Some((tick, across(tick.at)?))) {
        page.line([x, bottom], [x, bottom + 5.0], BLACK);
        let words = Words::new([x, bottom + 19.0], tick.words.clone()).raised(tick.raised.clone());
        page.words(if *leans {
            Words { at: [x + 4.0, bottom + 14.0], ..words }.anchored(Anchor::End).turned(LEAN).class("x-name")
        } else {
            words.anchored(Anchor::Middle).class("x-tick")
        });
    }
    for (tick, y) in y.ticks.iter().filter_map(|tick| Some((tick, down(tick.at)?))) {
        page.line([frame.left - 5.0, y], [frame.left, y], BLACK);
        let words = Words::new([frame.left - 8.0, y + 4.3], tick.words.clone()).raised(tick.raised.clone());
        page.words(words.anchored(Anchor::End).class("y-tick"));
    }
    let place = [right + 5.0, bottom + 4.0];
    x.power.into_iter().for_each(|power| page.words(Words { at: place, ..times(power) }));
    let place = [frame.left - 4.0, frame.top - 6.0];
    y.power.into_iter().for_each(|power| page.words(Words { at: place, ..times(power) }));
}

/// The power of ten that the numbers of an axis are to be multiplied with.
fn times(power: i32) -> Words {
    Words::new([0.0, 0.0], "×10").raised(number(f64::from(power), 0)).class("power")
}
