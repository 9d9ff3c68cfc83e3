//! The marks of a panel, where its axes put them.

use super::MarkKind;
use super::colours::Colours;
use super::extent::{LARGEST, Scales};
use super::key::Style;
use super::page::{Dot, Frame, Page, Pen, Shape};

/// How much of what lies behind is hidden by bands and by histograms.
pub const BAND: f64 = 0.2;
pub const STEPS: f64 = 0.15;
/// How many dots a line has.
const ON_LINE: usize = 8;

/// A panel that marks are drawn into.
pub struct Canvas<'a> {
    pub frame: Frame,
    pub scales: &'a Scales,
    /// How many points a mark may have.
    pub most: usize,
    /// How many marks of bars there are, and how many of them are drawn already.
    pub bars: [usize; 2],
}

/// What dots look like.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub radius: f64,
    pub opacity: f64,
}

/// How many points a mark has, if it has any.
pub fn count(kind: &MarkKind) -> Option<usize> {
    match kind {
        MarkKind::Points { points, .. } => {
            Some(points.iter().filter(|point| point.iter().all(|x| x.is_finite())).count())
        }
        _ => None,
    }
}

/// What the lines of a mark are drawn with.
pub fn pen(kind: &MarkKind, style: &Style) -> Pen {
    let (width, dash) = match kind {
        MarkKind::Line { dashed: true, .. } => (1.6, Some([7.0, 4.0])),
        MarkKind::Across { .. } => (1.3, Some([3.0, 3.0])),
        MarkKind::Circle { .. } => (1.3, None),
        // Histograms lie on each other.
        MarkKind::Steps { .. } => (1.5, [None, Some([6.0, 2.0]), Some([2.0, 2.0])][style.number % 3]),
        MarkKind::Points { .. } | MarkKind::Bars { .. } => (1.2, None),
        MarkKind::Line { .. } | MarkKind::Band { .. } | MarkKind::Heat { .. } => (1.8, None),
    };
    Pen { ink: style.ink, width, dash }
}

/// Draws dots of the style's form.
pub fn dots(page: &mut Page, at: Vec<[f64; 2]>, style: &Style, look: Look, class: &'static str) {
    let Look { radius, opacity } = look;
    // Strokes that cross show less ink than an area does.
    let opacity = if matches!(style.dot, Dot::Cross) { 1.0 } else { opacity };
    if !at.is_empty() {
        page.shapes.push(Shape::Dots { at, radius, dot: style.dot, fill: (style.ink, opacity), class });
    }
}

/// As many as are wanted, evenly from all.
pub fn thin<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|n| all[n * all.len() / most].clone()).collect()
}

impl Canvas<'_> {
    /// Where an x lies. What is far away is drawn far enough away to be out of sight.
    fn across(&self, x: f64) -> Option<f64> {
        Some(self.frame.left + self.frame.width * self.scales.x.share(x)?.clamp(-20.0, 20.0))
    }

    fn down(&self, y: f64) -> Option<f64> {
        let share = self.scales.y.share(y)?.clamp(-20.0, 20.0);
        Some(self.frame.top + self.frame.height * if self.scales.is_turned { share } else { 1.0 - share })
    }

    fn place(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        Some([self.across(x)?, self.down(y)?])
    }

    /// Where bars and histograms stand: at 0, or at the lower end of an axis that has none.
    fn ground(&self) -> f64 {
        self.down(0.0).unwrap_or(self.frame.bottom())
    }

    pub fn draw(&mut self, page: &mut Page, kind: &MarkKind, style: &Style) {
        match kind {
            MarkKind::Line { points, dashed } => self.line(page, points, *dashed, style),
            MarkKind::Points { points, errors } => self.points(page, points, errors, style),
            MarkKind::Band { points } => {
                let points: Vec<[f64; 3]> =
                    points.iter().copied().filter(|p| p.iter().all(|x| x.is_finite())).collect();
                let points = thin(&points, self.most / 2);
                let upper = points.iter().filter_map(|&[x, _, high]| self.place([x, high]));
                let lower = points
                    .iter()
                    .rev()
                    .filter_map(|&[x, low, _]| Some([self.across(x)?, self.down(low).unwrap_or(self.frame.bottom())]));
                page.fill(upper.chain(lower).collect(), style.ink, BAND, "band");
            }
            MarkKind::Steps { edges, heights } => self.steps(page, edges, heights, style),
            MarkKind::Bars { heights, errors } => self.bars(page, heights, errors, style),
            MarkKind::Across { at, vertical } => {
                let Frame { left, top, .. } = self.frame;
                let ends = if *vertical {
                    self.across(*at).map(|x| vec![[x, top], [x, self.frame.bottom()]])
                } else {
                    self.down(*at).map(|y| vec![[left, y], [self.frame.right(), y]])
                };
                ends.into_iter().for_each(|ends| page.path(ends, pen(kind, style), "across"));
            }
            MarkKind::Circle { radius } => {
                let [Some(x), Some(y)] = [self.across(0.0), self.down(0.0)] else { return };
                let [Some(right), Some(top)] = [self.across(radius.abs()), self.down(radius.abs())] else { return };
                let radii = [(right - x).abs(), (top - y).abs()];
                page.shapes.push(Shape::Ellipse { at: [x, y], radii, pen: pen(kind, style), class: "circle" });
            }
            MarkKind::Heat { rows, values } => self.heat(page, *rows, values),
        }
    }

    fn line(&self, page: &mut Page, points: &[[f64; 2]], dashed: bool, style: &Style) {
        let places: Vec<Option<[f64; 2]>> = points.iter().map(|&point| self.place(point)).collect();
        // Of many points, those count that are highest and lowest among their neighbours.
        let near = places.len().div_ceil(self.most.max(2) / 2).max(1);
        let mut lines: Vec<Vec<[f64; 2]>> = Vec::new();
        for run in places.split(Option::is_none).filter(|run| !run.is_empty()) {
            let run: Vec<[f64; 2]> = run.iter().flatten().copied().collect();
            if near < 3 {
                lines.push(run);
                continue;
            }
            let mut line = Vec::new();
            for part in run.chunks(near) {
                let by = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
                let [first, last] = [part.iter().min_by(by), part.iter().max_by(by)];
                let is_later = |a: &[f64; 2], b: &[f64; 2]| {
                    part.iter().position(|p| p == a).unwrap_or(0) > part.iter().position(|p| p == b).unwrap_or(0)
                };
                let (Some(&a), Some(&b)) = (first, last) else { continue };
                line.extend(if is_later(&a, &b) { [b, a] } else { [a, b] });
            }
            lines.push(line);
        }
        let (alone, lines): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.len() == 1);
        let kind = MarkKind::Line { points: Vec::new(), dashed };
        if !lines.is_empty() {
            let pen = Some(pen(&kind, style));
            page.shapes.push(Shape::Path { lines, fill: None, pen, class: "line" });
        }
        if !alone.is_empty() {
            dots(page, alone.into_iter().flatten().collect(), style, Look { radius: 2.5, opacity: 1.0 }, "line");
        }
        if style.is_dotted && !dashed {
            let seen: Vec<[f64; 2]> = places.into_iter().flatten().collect();
            let apart = (seen.len() / ON_LINE).max(1);
            // Dots of different lines lie at different places.
            let first = apart * (style.number % 5) / 5;
            let on: Vec<[f64; 2]> = seen.into_iter().skip(first).step_by(apart).collect();
            // Seen on a line that is as wide as they are, too.
            let around = Style { ink: [255; 3], dot: Dot::Disc, ..*style };
            dots(page, on.clone(), &around, Look { radius: 5.0, opacity: 1.0 }, "");
            dots(page, on, style, Look { radius: 3.5, opacity: 1.0 }, "on-line");
        }
    }

    fn points(&self, page: &mut Page, points: &[[f64; 2]], errors: &[f64], style: &Style) {
        let with = points.iter().enumerate().map(|(n, &point)| (point, errors.get(n).copied().unwrap_or(0.0)));
        let all: Vec<([f64; 2], f64)> = with.filter(|(point, _)| point.iter().all(|x| x.is_finite())).collect();
        let shown = thin(&all, self.most);
        let look = match shown.len() {
            0..=60 => Look { radius: 3.5, opacity: 1.0 },
            61..=400 => Look { radius: 2.5, opacity: 0.8 },
            _ => Look { radius: 1.6, opacity: 0.6 },
        };
        let pen = pen(&MarkKind::Points { points: Vec::new(), errors: Vec::new() }, style);
        let errors = shown.iter().flat_map(|&([x, y], error)| {
            self.across(x).map_or(Vec::new(), |x| self.error(x, y, error, shown.len() <= 100))
        });
        let lines: Vec<Vec<[f64; 2]>> = errors.collect();
        if !lines.is_empty() {
            page.shapes.push(Shape::Path { lines, fill: None, pen: Some(pen), class: "error" });
        }
        let places = shown.iter().filter(|(point, _)| self.scales.x.holds(point[0]) && self.scales.y.holds(point[1]));
        dots(page, places.filter_map(|(point, _)| self.place(*point)).collect(), style, look, "points");
    }

    /// A bar from an error below a value to one above it, with ends if there is room for them.
    fn error(&self, x: f64, y: f64, error: f64, has_ends: bool) -> Vec<Vec<[f64; 2]>> {
        if error <= 0.0 || !error.is_finite() {
            return Vec::new();
        }
        let Some(upper) = self.down(y + error) else { return Vec::new() };
        let lower = self.down(y - error);
        let mut lines = vec![vec![[x, upper], [x, lower.unwrap_or(self.frame.bottom())]]];
        if has_ends {
            lines.extend([Some(upper), lower].into_iter().flatten().map(|y| vec![[x - 3.0, y], [x + 3.0, y]]));
        }
        lines
    }

    fn steps(&self, page: &mut Page, edges: &[f64], heights: &[f64], style: &Style) {
        let ground = self.ground();
        let mut line = Vec::new();
        let mut lines = Vec::new();
        for (pair, &height) in edges.windows(2).zip(heights) {
            let height = if height.is_finite() { self.down(height).or(Some(ground)) } else { None };
            let [left, right] = [self.across(pair[0]), self.across(pair[1])];
            let (Some(left), Some(right), Some(height)) = (left, right, height) else {
                lines.push(std::mem::take(&mut line));
                continue;
            };
            if line.is_empty() {
                line.push([left, ground]);
            }
            line.extend([[left, height], [right, height]]);
        }
        lines.push(line);
        lines.retain(|line| !line.is_empty());
        for line in &mut lines {
            let end = line[line.len() - 1][0];
            line.push([end, ground]);
        }
        let pen = pen(&MarkKind::Steps { edges: Vec::new(), heights: Vec::new() }, style);
        for line in lines {
            page.fill(line.clone(), style.ink, STEPS, "steps");
            page.path(line, pen, "steps-line");
        }
    }

    fn bars(&mut self, page: &mut Page, heights: &[f64], errors: &[f64], style: &Style) {
        let [count, number] = self.bars;
        self.bars[1] += 1;
        let width = 0.8 / count.max(1) as f64;
        let first = -0.4 + number as f64 * width;
        let ground = self.ground();
        let mut lines = Vec::new();
        for (n, &height) in heights.iter().enumerate() {
            let [left, right] = [n as f64 + first, n as f64 + first + width].map(|x| self.across(x));
            let (Some(left), Some(right), Some(top)) = (left, right, self.down(height)) else { continue };
            page.fill(vec![[left, ground], [left, top], [right, top], [right, ground]], style.ink, 1.0, "bar");
            let error = errors.get(n).copied().unwrap_or(0.0);
            lines.extend(self.error((left + right) / 2.0, height, error, right - left > 8.0));
        }
        if !lines.is_empty() {
            // An error that lies on its bar is seen only in another colour.
            let pen = Pen { ink: super::page::BLACK, width: 1.2, dash: None };
            page.shapes.push(Shape::Path { lines, fill: None, pen: Some(pen), class: "error" });
        }
        page.line([self.frame.left, ground], [self.frame.right(), ground], super::page::BLACK);
    }

    fn heat(&self, page: &mut Page, rows: usize, values: &[f64]) {
        let Some(columns) = values.len().checked_div(rows).filter(|columns| *columns > 0) else { return };
        let (colours, range) = heat_colours(values);
        // More values than pixels would only make the file longer.
        let [down, across] = [rows.div_ceil(SIDE), columns.div_ceil(SIDE)];
        let mut pixels = Vec::new();
        for row in (0..rows).step_by(down) {
            for column in (0..columns).step_by(across) {
                let near = (row..(row + down).min(rows))
                    .flat_map(|row| (column..(column + across).min(columns)).map(move |column| row * columns + column));
                let seen: Vec<f64> = near.map(|n| values[n]).filter(|value| value.is_finite()).collect();
                pixels.push(colours.of(seen.iter().sum::<f64>() / seen.len() as f64, range));
            }
        }
        page.shapes.push(Shape::Image { frame: self.frame, columns: columns.div_ceil(across), pixels, class: "heat" });
    }
}

/// How many rows and columns of a matrix are drawn.
const SIDE: usize = 150;

/// The colours of a matrix, and the values at their ends: equally far from 0 if there are values on both sides of it.
pub fn heat_colours(values: &[f64]) -> (Colours, [f64; 2]) {
    let finite = || values.iter().copied().filter(|value| value.abs() < LARGEST);
    let [low, high] = [finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max)];
    if low < 0.0 && high > 0.0 {
        let end = high.max(-low);
        return (Colours::Signed, [-end, end]);
    }
    (Colours::Brighter, if low <= high { [low, high] } else { [0.0, 1.0] })
}
