//! The key of a plot: which mark has which colour, and what it is.

use super::colours;
use super::letters;
use super::marks::{self, Look};
use super::page::{Dot, Frame, GREY, HEAD, Ink, LEADING, NORMAL, Page, Pen, Words};
use super::scale::number;
use super::{Mark, MarkKind, Plot};

/// What tells a mark from the others.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub ink: Ink,
    pub dot: Dot,
    /// Which of the histograms, bars or lines of a panel it is.
    pub number: usize,
    /// Whether a line has dots on it.
    pub is_dotted: bool,
}

/// A line of the key.
struct Entry<'a> {
    kinds: Vec<&'a MarkKind>,
    style: Style,
    words: String,
}

const DOTS: [Dot; 5] = [Dot::Disc, Dot::Square, Dot::Triangle, Dot::Diamond, Dot::Cross];

/// Whether a mark has no colour of its own: a matrix has many, a line that helps to see needs none, and what has no numbers only
/// explains something in the key.
fn is_plain(mark: &Mark) -> bool {
    match &mark.kind {
        MarkKind::Heat { .. } => true,
        MarkKind::Across { at, .. } => mark.name.is_empty() || !at.is_finite(),
        MarkKind::Circle { .. } => mark.name.is_empty(),
        MarkKind::Line { points, .. } | MarkKind::Points { points, .. } => points.is_empty(),
        MarkKind::Band { points } => points.is_empty(),
        MarkKind::Steps { heights, .. } | MarkKind::Bars { heights, .. } => heights.is_empty(),
    }
}

/// The styles of all marks, panel by panel.
pub fn styles(plot: &Plot) -> Vec<Vec<Style>> {
    let mut names: Vec<&str> = Vec::new();
    for mark in plot.panels.iter().flat_map(|panel| &panel.marks) {
        if !is_plain(mark) && !mark.name.is_empty() && !names.contains(&mark.name.as_str()) {
            names.push(&mark.name);
        }
    }
    let solid = |mark: &&Mark| matches!(mark.kind, MarkKind::Line { dashed: false, .. }) && !mark.name.is_empty();
    let is_dotted = plot.panels.iter().any(|panel| panel.marks.iter().filter(solid).count() > 1);
    let of_name = |mark: &Mark| names.iter().position(|name| *name == mark.name);
    let panels = plot.panels.iter().map(|panel| {
        let mut taken: Vec<usize> = panel.marks.iter().filter_map(of_name).collect();
        let mut free = || {
            let free = (0..).find(|number| !taken.contains(number)).unwrap_or(0);
            taken.push(free);
            free
        };
        let styles = panel.marks.iter().map(|mark| {
            let number = match of_name(mark) {
                Some(number) => number,
                None if is_plain(mark) => return Style { ink: GREY, dot: Dot::Disc, number: 0, is_dotted: false },
                None => free(),
            };
            Style {
                ink: colours::of_mark(number),
                dot: DOTS[number % DOTS.len()],
                number,
                is_dotted: is_dotted && !mark.name.is_empty(),
            }
        });
        styles.collect()
    });
    panels.collect()
}

/// How many points there are and how many of them are shown, where these are not all.
fn thinned(marks: &[&Mark], most: usize) -> Option<String> {
    let counts: Vec<usize> = marks.iter().filter_map(|mark| marks::count(&mark.kind)).collect();
    let [least, largest] = [*counts.iter().min()?, *counts.iter().max()?];
    let range = if least == largest { format!("n = {largest}") } else { format!("n = {least} to {largest}") };
    (largest > most).then(|| format!("{range}, {most} shown"))
}

fn entries<'a>(plot: &'a Plot, styles: &[Vec<Style>], most: usize) -> Vec<Entry<'a>> {
    let all = || plot.panels.iter().zip(styles).flat_map(|(panel, styles)| panel.marks.iter().zip(styles));
    let mut seen: Vec<&str> = Vec::new();
    let mut entries = Vec::new();
    for (mark, style) in all().filter(|(mark, _)| !matches!(mark.kind, MarkKind::Heat { .. })) {
        if seen.contains(&mark.name.as_str()) {
            continue;
        }
        seen.push(&mark.name);
        let same: Vec<&Mark> = all().map(|(other, _)| other).filter(|other| other.name == mark.name).collect();
        let words = match (thinned(&same, most), mark.name.as_str()) {
            (None, "") => continue,
            (None, name) => name.to_owned(),
            (Some(thinned), "") => thinned,
            (Some(thinned), name) => format!("{name} ({thinned})"),
        };
        // One of each form: a line in its band, but not the lines of all panels.
        let mut kinds: Vec<&MarkKind> = Vec::new();
        for other in same {
            let form =
                |kind: &MarkKind| (std::mem::discriminant(kind), matches!(kind, MarkKind::Line { dashed: true, .. }));
            let is_wanted = !mark.name.is_empty() || marks::count(&other.kind).is_some();
            if is_wanted && kinds.iter().all(|kind| form(kind) != form(&other.kind)) {
                kinds.push(&other.kind);
            }
        }
        if kinds.len() > 1 {
            kinds.retain(|kind| !matches!(kind, MarkKind::Line { dashed: true, .. } | MarkKind::Across { .. }));
        }
        let style = if mark.name.is_empty() { Style { ink: GREY, ..*style } } else { *style };
        entries.push(Entry { kinds, style, words });
    }
    entries
}

/// From the left end of a line of the key to its words, and from their end to the next line.
const SAMPLE: f64 = 34.0;
const GAP: f64 = 22.0;
const ROW: f64 = 20.0;

/// Draws title and key at the head of a page, and says how high they are.
pub fn head(page: &mut Page, plot: &Plot, styles: &[Vec<Style>], frame: Frame, most: usize) -> f64 {
    let lines = letters::wrapped(&plot.title, frame.width, HEAD, true);
    page.lines(&lines, &Words::new([frame.left, frame.top + HEAD], "").sized(HEAD).bold().class("title"));
    let mut top = frame.top + lines.len() as f64 * HEAD * LEADING;
    let mut left = frame.left;
    let entries = entries(plot, styles, most);
    if entries.is_empty() {
        return top - frame.top + 4.0;
    }
    top += 6.0;
    for entry in entries {
        let words = letters::shortened(&entry.words, frame.width - SAMPLE, NORMAL, false);
        let width = SAMPLE + letters::width(&words, NORMAL, false);
        if left > frame.left && left + width > frame.right() {
            left = frame.left;
            top += ROW;
        }
        let middle = top + ROW / 2.0;
        for kind in &entry.kinds {
            sample(page, kind, &entry.style, Frame { left, top: middle - 6.0, width: 26.0, height: 12.0 });
        }
        page.words(Words::new([left + SAMPLE, middle + 4.3], words).class("key"));
        left += width + GAP;
    }
    top + ROW + 4.0 - frame.top
}

/// What a mark looks like.
fn sample(page: &mut Page, kind: &MarkKind, style: &Style, frame: Frame) {
    let middle = [frame.left + frame.width / 2.0, frame.top + frame.height / 2.0];
    let line = vec![[frame.left, middle[1]], [frame.right(), middle[1]]];
    let pen = marks::pen(kind, style);
    match kind {
        MarkKind::Line { dashed, .. } => {
            page.path(line, pen, "");
            if style.is_dotted && !dashed {
                marks::dots(page, vec![middle], style, Look { radius: 3.5, opacity: 1.0 }, "");
            }
        }
        MarkKind::Across { .. } => page.path(line, pen, ""),
        MarkKind::Points { .. } => marks::dots(page, vec![middle], style, Look { radius: 3.5, opacity: 1.0 }, ""),
        MarkKind::Band { .. } => page.fill(frame.corners(), style.ink, marks::BAND, ""),
        MarkKind::Steps { .. } => {
            page.fill(frame.corners(), style.ink, marks::STEPS, "");
            page.path(vec![[frame.left, frame.top], [frame.right(), frame.top]], pen, "");
        }
        MarkKind::Bars { .. } => page.fill(frame.corners(), style.ink, 1.0, ""),
        MarkKind::Circle { .. } => {
            let pen = Pen { ink: style.ink, ..pen };
            page.shapes.push(super::page::Shape::Ellipse { at: middle, radii: [6.0, 6.0], pen, class: "" });
        }
        MarkKind::Heat { .. } => (),
    }
}

/// The text for those who do not see the figure.
pub fn about(plot: &Plot) -> String {
    let panels = plot.panels.iter().map(|panel| {
        let names: Vec<&str> =
            panel.marks.iter().map(|mark| mark.name.as_str()).filter(|name| !name.is_empty()).collect();
        let of = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        let title = if panel.title.is_empty() { String::new() } else { format!("{}: ", panel.title) };
        format!("{title}{} over {}{of}", panel.y.label, panel.x.label)
    });
    let count = number(plot.panels.len() as f64, 0);
    format!("{}. Panels: {count}. {}.", plot.title, panels.collect::<Vec<_>>().join("; "))
}
