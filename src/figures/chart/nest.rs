//! Frames laid out from the innermost one outwards.

use super::Chart;
use super::columns::{self, Column};
use super::levels::{End, Kind, Levels, Strand};
use super::order::ordered;
use super::place::{placed, spread};
use super::ranks::{Part, Ranks};
use super::sizes::{self, LINE, Sized};
use std::collections::BTreeMap;

/// From the border of a frame to what is in it: left and right, above, below.
const PADDING: [f64; 3] = [12.0, 5.0, 12.0];
/// The least distance from one level to the next one.
const GAP: f64 = 17.0;

/// A stretch of an arrow that runs straight down: column, place, and from where to where.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub column: usize,
    pub x: f64,
    pub y: [f64; 2],
}

/// Where everything in a frame lies, seen from its upper left corner.
#[derive(Clone, Debug, Default)]
pub struct Laid {
    pub size: [f64; 2],
    /// The upper left corners of boxes.
    pub boxes: BTreeMap<usize, [f64; 2]>,
    /// Place and size of frames, each before those in it.
    pub frames: Vec<(usize, [f64; 4])>,
    /// The upper left corners of what stands beside arrows.
    pub labels: BTreeMap<usize, [f64; 2]>,
    /// The stretches of each arrow, in no order.
    pub stretches: BTreeMap<usize, Vec<Stretch>>,
    /// Where arrows cross the border above and below.
    ports: [BTreeMap<usize, f64>; 2],
    /// The boxes' sizes and texts.
    pub sized: Vec<Sized>,
    /// The right ends of the columns.
    pub columns: Vec<f64>,
}

/// The whole chart.
pub fn laid(chart: &Chart) -> Laid {
    let sized = (0..chart.boxes.len()).map(|at| sizes::sized(chart, at)).collect();
    let mut nest = Nest { chart, ranks: Ranks::of(chart), sized, outside: BTreeMap::new() };
    // Frames are laid out before it is known where their arrows come from, so the arrows that come in are put in order in a
    // second round.
    nest.outside = nest.frame(None).outside();
    let mut laid = nest.frame(None);
    laid.sized = nest.sized;
    laid
}

struct Nest<'a> {
    chart: &'a Chart,
    ranks: Ranks,
    sized: Vec<Sized>,
    /// Where each arrow that crosses the border of a frame was outside of it, by the frame and the arrow.
    outside: BTreeMap<(usize, usize), f64>,
}

impl Nest<'_> {
    fn frame(&self, frame: Option<usize>) -> Laid {
        let boxes = (0..self.chart.boxes.len()).filter(|at| self.chart.boxes[*at].inside == frame);
        let frames = (0..self.chart.frames.len()).filter(|at| self.chart.frames[*at].inside == frame);
        let inner: BTreeMap<usize, Laid> = frames.map(|at| (at, self.frame(Some(at)))).collect();
        let parts: Vec<Part> = boxes.map(Part::Box).chain(inner.keys().map(|at| Part::Frame(*at))).collect();
        let strands = self.strands(frame);
        let mut levels = Levels::of(&parts, &strands, |part| match part {
            Part::Box(at) => {
                let Sized { size: [width, height], beyond, .. } = self.sized[at];
                [width / 2.0, width / 2.0 + beyond, height]
            }
            Part::Frame(at) => {
                let [width, height] = inner[&at].size;
                [width / 2.0, width / 2.0, height]
            }
        });
        if let Some(frame) = frame {
            levels.heading(sizes::frame_label(&self.chart.frames[frame].label), LINE);
        }
        let rows = ordered(&levels);
        let sides: Vec<Option<usize>> = levels
            .spots
            .iter()
            .map(|spot| if let Kind::Part(Part::Frame(at)) = spot.kind { Some(at) } else { None })
            .collect();
        spread(&mut levels, &rows, |spot, arrow, is_below| {
            let laid = &inner[&sides[spot]?];
            laid.ports[usize::from(is_below)].get(&arrow).map(|x| x - laid.size[0] / 2.0)
        });
        let middle = placed(&levels, &rows);
        Placed { levels, middle, frame }.put(self, &inner)
    }

    /// The arrows of a frame: those that meet in it, and those that cross its border.
    fn strands(&self, frame: Option<usize>) -> Vec<Strand> {
        let mut strands = Vec::new();
        for (n, arrow) in self.chart.arrows.iter().enumerate() {
            let Some((meets, is_up)) = self.ranks.meets[n] else { continue };
            let [from, to] = [arrow.from, arrow.to].map(|at| End::Part(self.ranks.part(at, frame)));
            let [has_from, has_to] = [arrow.from, arrow.to].map(|at| self.ranks.around[at].contains(&frame));
            let (upper, lower) = match (has_from, has_to) {
                (true, true) if meets == frame => (from, to),
                (true, false) => (from, End::Below),
                (false, true) => (End::Above, to),
                _ => continue,
            };
            let turned = |end| match end {
                End::Above => End::Below,
                End::Below => End::Above,
                End::Part(_) => end,
            };
            let [upper, lower] = if is_up { [turned(lower), turned(upper)] } else { [upper, lower] };
            let has_label = meets == frame && !arrow.lines.is_empty();
            strands.push(Strand { arrow: n, upper, lower, label: has_label.then(|| sizes::label(arrow)) });
        }
        let place = |strand: &Strand| {
            let crosses = [strand.upper, strand.lower].iter().any(|end| !matches!(end, End::Part(_)));
            frame.filter(|_| crosses).and_then(|frame| self.outside.get(&(frame, strand.arrow)).copied())
        };
        strands.sort_by(|a, b| place(a).unwrap_or(0.0).total_cmp(&place(b).unwrap_or(0.0)));
        strands
    }
}

/// A frame whose items have their places from left to right.
struct Placed {
    levels: Levels,
    middle: Vec<f64>,
    frame: Option<usize>,
}

impl Placed {
    fn put(mut self, nest: &Nest, inner: &BTreeMap<usize, Laid>) -> Laid {
        let (spots, count) = (&self.levels.spots, self.levels.count);
        let left = spots.iter().zip(&self.middle).map(|(spot, x)| x - spot.left).fold(f64::INFINITY, f64::min);
        let left = if left.is_finite() { left } else { 0.0 };
        self.middle.iter_mut().for_each(|x| *x += PADDING[0] - left);
        let mut heights = vec![0.0_f64; count];
        spots.iter().for_each(|spot| heights[spot.level] = heights[spot.level].max(spot.height));
        let mut gaps = vec![GAP; count];
        for piece in &self.levels.pieces {
            let slant = (self.middle[piece.upper] + piece.at[0] - self.middle[piece.lower] - piece.at[1]).abs();
            let gap = &mut gaps[spots[piece.upper].level];
            *gap = gap.max(GAP + (0.12 * slant).min(24.0));
        }
        // Nothing is far from the border of a frame whose first level is empty.
        if self.frame.is_none() {
            gaps[0] = 0.0;
        }
        let ends: Vec<[f64; 2]> =
            spots.iter().zip(&self.middle).map(|(spot, x)| [x - spot.left, x + spot.right]).collect();
        let columns = match self.frame {
            None => columns::cut(&self.levels, &ends, &heights, &gaps),
            Some(_) => {
                vec![Column { first: 0, shift: 0.0, right: ends.iter().map(|ends| ends[1]).fold(0.0, f64::max) }]
            }
        };
        let mut tops = vec![0.0; count];
        let mut column_of = vec![0; count];
        let (mut y, mut bottom) = (PADDING[1], 0.0_f64);
        for level in 0..count {
            if let Some(n) = columns.iter().position(|column| column.first == level) {
                y = PADDING[1];
                column_of[level] = n;
            } else {
                column_of[level] = column_of[level - 1];
            }
            tops[level] = y;
            bottom = bottom.max(y + heights[level]);
            y += heights[level] + gaps[level];
        }
        for (spot, x) in self.levels.spots.iter().zip(&mut self.middle) {
            *x += columns[column_of[spot.level]].shift;
        }
        let right = columns.last().map_or(0.0, |column| column.right);
        let mut laid = Laid {
            size: [right + PADDING[0], bottom + PADDING[2]],
            columns: columns.iter().map(|column| column.right).collect(),
            ..Laid::default()
        };
        self.fill(&mut laid, nest, inner, (&tops, &heights, &column_of));
        laid
    }

    fn fill(
        &self,
        laid: &mut Laid,
        nest: &Nest,
        inner: &BTreeMap<usize, Laid>,
        (tops, heights, column_of): (&[f64], &[f64], &[usize]),
    ) {
        let high = laid.size[1];
        for (n, spot) in self.levels.spots.iter().enumerate() {
            let (x, level) = (self.middle[n], spot.level);
            let y = [tops[level], tops[level] + heights[level]];
            let top = y[0] + (heights[level] - spot.height) / 2.0;
            let mut stretch = |arrow: usize, y: [f64; 2]| {
                laid.stretches.entry(arrow).or_default().push(Stretch { column: column_of[level], x, y });
            };
            match spot.kind {
                Kind::Heading => {}
                Kind::Through(arrow) => stretch(arrow, y),
                Kind::Label(arrow) => {
                    stretch(arrow, y);
                    laid.labels.insert(arrow, [x + sizes::BESIDE, top]);
                }
                Kind::Port(arrow) => {
                    let is_below = usize::from(level > 0);
                    stretch(arrow, if level > 0 { [y[0], high] } else { [0.0, y[1]] });
                    laid.ports[is_below].insert(arrow, x);
                }
                Kind::Part(Part::Box(at)) => {
                    laid.boxes.insert(at, [x - nest.sized[at].size[0] / 2.0, top]);
                }
                Kind::Part(Part::Frame(at)) => laid.take(at, &inner[&at], [x - spot.left, top], column_of[level]),
            }
        }
        for piece in &self.levels.pieces {
            for (end, n) in [piece.upper, piece.lower].into_iter().enumerate() {
                let spot = &self.levels.spots[n];
                if !matches!(spot.kind, Kind::Part(_)) {
                    continue;
                }
                let (level, x) = (spot.level, self.middle[n] + piece.at[end]);
                let [top, high] = [tops[level], heights[level]];
                let off = (high - spot.height) / 2.0;
                let y = if end == 0 { [top + high - off, top + high] } else { [top, top + off] };
                let column = column_of[level];
                laid.stretches.entry(piece.arrow).or_default().push(Stretch { column, x, y });
            }
        }
    }
}

impl Laid {
    /// Where arrows lie just outside of the frames whose borders they cross.
    fn outside(&self) -> BTreeMap<(usize, usize), f64> {
        let mut found = BTreeMap::new();
        for (frame, [x, y, width, height]) in &self.frames {
            let (low, high) = (y - 0.01, y + height + 0.01);
            let is_inside = |own: &&Stretch| (*x..=x + width).contains(&own.x) && own.y[0] >= low && own.y[1] <= high;
            for (arrow, stretches) in &self.stretches {
                let Some(Stretch { column, .. }) = stretches.iter().find(is_inside) else { continue };
                let beside = || stretches.iter().filter(|own| own.column == *column);
                let above = beside().filter(|own| own.y[1] < low).max_by(|a, b| a.y[1].total_cmp(&b.y[1]));
                let below = beside().filter(|own| own.y[0] > high).min_by(|a, b| a.y[0].total_cmp(&b.y[0]));
                if let Some(own) = above.or(below) {
                    found.insert((*frame, *arrow), own.x);
                }
            }
        }
        found
    }

    /// Takes in what lies in a frame.
    fn take(&mut self, frame: usize, inner: &Laid, [x, y]: [f64; 2], column: usize) {
        let moved = |[a, b]: [f64; 2]| [a + x, b + y];
        self.frames.push((frame, [x, y, inner.size[0], inner.size[1]]));
        self.frames.extend(inner.frames.iter().map(|(at, [a, b, w, h])| (*at, [a + x, b + y, *w, *h])));
        self.boxes.extend(inner.boxes.iter().map(|(at, place)| (*at, moved(*place))));
        self.labels.extend(inner.labels.iter().map(|(at, place)| (*at, moved(*place))));
        for (arrow, stretches) in &inner.stretches {
            let moved = stretches.iter().map(|own| Stretch { column, x: own.x + x, y: own.y.map(|at| at + y) });
            self.stretches.entry(*arrow).or_default().extend(moved);
        }
    }
}
