//! In which order the items of each frame lie, and which arrows run upwards.

use super::Chart;
use std::collections::BTreeMap;

/// Something in a frame: a box, or a frame in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Box(usize),
    Frame(usize),
}

/// What is known of a chart before anything has a size.
pub struct Ranks {
    /// The frames around each box, innermost first, ending with none: the page.
    pub around: Vec<Vec<Option<usize>>>,
    /// For each arrow the frame in which its ends are different items, and whether it runs upwards there.
    pub meets: Vec<Option<(Option<usize>, bool)>>,
}

impl Ranks {
    pub fn of(chart: &Chart) -> Self {
        let around: Vec<Vec<Option<usize>>> = chart.boxes.iter().map(|item| outwards(chart, item.inside)).collect();
        let mut ranks = Self { meets: vec![None; chart.arrows.len()], around };
        let mut by_frame: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (n, arrow) in chart.arrows.iter().enumerate().filter(|(_, arrow)| arrow.from != arrow.to) {
            let other = &ranks.around[arrow.to];
            let frame = ranks.around[arrow.from].iter().copied().find(|frame| other.contains(frame)).flatten();
            by_frame.entry(frame).or_default().push(n);
        }
        for (frame, arrows) in by_frame {
            ranks.turn(chart, frame, &arrows);
        }
        ranks
    }

    /// The item of a frame that a box is, or lies in.
    pub fn part(&self, at: usize, frame: Option<usize>) -> Part {
        let around = &self.around[at];
        match around.iter().position(|own| *own == frame) {
            Some(0) | None => Part::Box(at),
            Some(n) => around[n - 1].map_or(Part::Box(at), Part::Frame),
        }
    }

    /// Decides which of the arrows that meet in a frame run upwards.
    fn turn(&mut self, chart: &Chart, frame: Option<usize>, arrows: &[usize]) {
        let ends = |n: usize| {
            let arrow = &chart.arrows[n];
            (self.part(arrow.from, frame), self.part(arrow.to, frame))
        };
        let strict: Vec<(Part, Part)> =
            arrows.iter().filter(|n| !chart.arrows[**n].is_loose).map(|n| ends(*n)).collect();
        let all: Vec<Part> = {
            let mut all: Vec<Part> = arrows.iter().flat_map(|n| <[Part; 2]>::from(ends(*n))).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let place = ordered(&all, &strict);
        let turned: Vec<bool> = arrows.iter().map(|n| place[&ends(*n).0] > place[&ends(*n).1]).collect();
        for (n, is_up) in arrows.iter().zip(turned) {
            self.meets[*n] = Some((frame, is_up));
        }
    }
}

/// The frames from one outwards, and the page.
fn outwards(chart: &Chart, mut frame: Option<usize>) -> Vec<Option<usize>> {
    let mut around = vec![frame];
    while let Some(at) = frame {
        frame = chart.frames[at].inside;
        around.push(frame);
    }
    around
}

/// A place for each item, so that what leads to another one lies before it, wherever that is possible: level by level.
fn ordered(all: &[Part], links: &[(Part, Part)]) -> BTreeMap<Part, usize> {
    let mut waits: BTreeMap<Part, usize> = all.iter().map(|part| (*part, 0)).collect();
    let mut leads: BTreeMap<Part, Vec<Part>> = BTreeMap::new();
    for (from, to) in links {
        *waits.entry(*to).or_default() += 1;
        leads.entry(*from).or_default().push(*to);
    }
    let mut place = BTreeMap::new();
    let mut ready: Vec<Part> = waits.iter().filter(|(_, count)| **count == 0).map(|(part, _)| *part).collect();
    while !waits.is_empty() {
        // Where all that is left waits for each other, the first one goes on.
        let level = match (ready.is_empty(), waits.keys().next()) {
            (true, Some(first)) => vec![*first],
            _ => std::mem::take(&mut ready),
        };
        for part in level {
            if waits.remove(&part).is_none() {
                continue;
            }
            place.insert(part, place.len());
            for next in leads.get(&part).into_iter().flatten() {
                if let Some(count) = waits.get_mut(next) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(*next);
                    }
                }
            }
        }
    }
    place
}
