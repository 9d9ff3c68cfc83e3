//! The items of one frame in levels, with all that passes through a level as an item of it.

use super::ranks::Part;
use std::collections::BTreeMap;

/// What an item of a level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Part(Part),
    /// What stands at the top of the frame.
    Heading,
    /// What stands beside an arrow.
    Label(usize),
    /// An arrow that passes through.
    Through(usize),
    /// Where an arrow comes into the frame from above, or leaves it below.
    Port(usize),
}

/// An item of a level: how far it reaches to both sides of its middle, and its height.
#[derive(Clone, Debug)]
pub struct Spot {
    pub kind: Kind,
    pub level: usize,
    pub left: f64,
    pub right: f64,
    pub height: f64,
}

/// A piece of an arrow from an item to one of the next level.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub arrow: usize,
    pub upper: usize,
    pub lower: usize,
    /// How far from the middle of the items it begins and ends.
    pub at: [f64; 2],
}

/// An end of an arrow in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Part(Part),
    Above,
    Below,
}

/// An arrow, or the part of one, within a frame; downwards, whichever way its point looks.
#[derive(Clone, Copy, Debug)]
pub struct Strand {
    pub arrow: usize,
    pub upper: End,
    pub lower: End,
    /// Width and height of what stands beside it here.
    pub label: Option<[f64; 2]>,
}

/// The levels of one frame.
#[derive(Debug, Default)]
pub struct Levels {
    pub spots: Vec<Spot>,
    pub pieces: Vec<Piece>,
    pub count: usize,
}

impl Levels {
    /// Puts parts into levels. `sized` says how far a part reaches to both sides, and its height.
    pub fn of(parts: &[Part], strands: &[Strand], sized: impl Fn(Part) -> [f64; 3]) -> Self {
        let rank = ranked(parts, strands);
        let last = rank.values().max().copied().unwrap_or(0) + 1;
        let mut levels = Self::default();
        let mut spot: BTreeMap<Part, usize> = BTreeMap::new();
        for part in parts {
            let [left, right, height] = sized(*part);
            spot.insert(*part, levels.add(Kind::Part(*part), rank[part], [left, right, height]));
        }
        let below = strands.iter().any(|strand| strand.lower == End::Below);
        let lowest = strands.iter().filter(|strand| strand.lower == End::Below).map(|strand| match strand.upper {
            End::Part(part) => rank[&part] + span(strand),
            _ => span(strand),
        });
        let lowest = lowest.max().unwrap_or(0).max(last);
        for strand in strands {
            let upper = match strand.upper {
                End::Part(part) => spot[&part],
                _ => levels.add(Kind::Port(strand.arrow), 0, [3.0, 3.0, 0.0]),
            };
            let lower = match strand.lower {
                End::Part(part) => spot[&part],
                _ => levels.add(Kind::Port(strand.arrow), lowest, [3.0, 3.0, 0.0]),
            };
            levels.strand(strand, upper, lower);
        }
        levels.count = if below { lowest + 1 } else { last };
        levels
    }

    fn add(&mut self, kind: Kind, level: usize, [left, right, height]: [f64; 3]) -> usize {
        self.spots.push(Spot { kind, level, left, right, height });
        self.spots.len() - 1
    }

    /// Puts what stands at the top of the frame into its first level.
    pub fn heading(&mut self, width: f64, height: f64) {
        self.add(Kind::Heading, 0, [0.0, width, height]);
    }

    /// Leads an arrow through the levels between its ends.
    fn strand(&mut self, strand: &Strand, upper: usize, lower: usize) {
        let [from, to] = [self.spots[upper].level, self.spots[lower].level];
        // What stands beside an arrow stands near the box that it says something of: the lower one.
        let labelled = strand.label.map(|size| (to.saturating_sub(1).max(from + 1), size));
        let mut above = upper;
        for level in from + 1..to {
            let next = match labelled {
                Some((at, [width, height])) if at == level => {
                    self.add(Kind::Label(strand.arrow), level, [4.0, width + 9.0, height])
                }
                _ => self.add(Kind::Through(strand.arrow), level, [4.0, 4.0, 0.0]),
            };
            self.pieces.push(Piece { arrow: strand.arrow, upper: above, lower: next, at: [0.0; 2] });
            above = next;
        }
        self.pieces.push(Piece { arrow: strand.arrow, upper: above, lower, at: [0.0; 2] });
    }
}

/// How many levels a strand takes at least.
fn span(strand: &Strand) -> usize {
    if strand.label.is_some() { 2 } else { 1 }
}

/// The level of each part: the longest way that leads to it. The first level is kept for what comes in from above.
fn ranked(parts: &[Part], strands: &[Strand]) -> BTreeMap<Part, usize> {
    let mut rank: BTreeMap<Part, usize> = parts.iter().map(|part| (*part, 1)).collect();
    let mut links: Vec<(Option<Part>, Part, usize)> = Vec::new();
    for strand in strands {
        let upper = if let End::Part(part) = strand.upper { Some(part) } else { None };
        if let End::Part(lower) = strand.lower {
            links.push((upper, lower, span(strand)));
        }
    }
    // No way is longer than there are parts.
    for _ in 0..=parts.len() {
        let mut is_done = true;
        for (upper, lower, span) in &links {
            let least = upper.map_or(0, |upper| rank[&upper]) + span;
            if rank[lower] < least {
                rank.insert(*lower, least);
                is_done = false;
            }
        }
        if is_done {
            break;
        }
    }
    // What nothing leads to lies close to what it leads to.
    for part in parts.iter().filter(|part| links.iter().all(|(_, lower, _)| lower != *part)) {
        let nearest =
            links.iter().filter(|(upper, ..)| *upper == Some(*part)).map(|(_, lower, span)| rank[lower] - span);
        if let Some(nearest) = nearest.min() {
            rank.insert(*part, nearest.max(1));
        }
    }
    rank
}
