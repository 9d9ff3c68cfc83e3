//! Boxes in frames with arrows between them, laid out from top to bottom.
//!
//! Each frame is laid out on its own and then is one item of the frame around it (after Sugiyama, Tagawa & Toda, 1981): items lie in
//! levels by the longest way that leads to them, are ordered within a level so that few arrows cross, and are moved to where
//! their arrows run straight. What stands at an arrow is an item of a level too, so that nothing lies on anything else.

mod arrows;
mod columns;
mod draw;
mod key;
mod levels;
mod nest;
mod order;
mod place;
mod ranks;
mod sizes;

use super::page::{Ink, Page};

/// Boxes in frames, and arrows between boxes.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// What the chart shows, in a few words.
    pub title: String,
    /// The same in whole sentences, for those who do not see it.
    pub about: String,
    /// The frames, each behind the one that it lies in.
    pub frames: Vec<Bounds>,
    /// The boxes.
    pub boxes: Vec<Item>,
    /// The arrows.
    pub arrows: Vec<Arrow>,
}

/// A frame around boxes and other frames.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// What stands at its top.
    pub label: String,
    /// The frame that it lies in.
    pub inside: Option<usize>,
}

/// A box with a text.
#[derive(Clone, Debug)]
pub struct Item {
    /// The first words in the box, in bold letters.
    pub name: String,
    /// The lines below them.
    pub lines: Vec<String>,
    /// What a browser says of the box when a pointer rests on it.
    pub hint: String,
    /// The frame that it lies in.
    pub inside: Option<usize>,
    /// The colour of its border; none is black.
    pub colour: Option<usize>,
    /// Whether its ends are round.
    pub is_round: bool,
}

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of its colour; none is black.
    pub colour: Option<usize>,
    /// How it is dashed.
    pub dash: Dash,
    /// Whether it ends in a bar in place of a point.
    pub is_blunt: bool,
}

/// How a line is dashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// In dashes.
    Dashed,
    /// In dots.
    Dotted,
}

/// An arrow from a box to another one, or to itself.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// The box where it begins.
    pub from: usize,
    /// The box where it ends.
    pub to: usize,
    /// What stands beside it.
    pub lines: Vec<String>,
    /// How it is drawn.
    pub line: Line,
    /// What the key says of all arrows that are drawn like this one; nothing is said where this is empty.
    pub kind: String,
    /// Whether it may run upwards, against the others.
    pub is_loose: bool,
}

/// The page of a chart.
pub fn page(chart: &Chart) -> Page {
    let laid = nest::laid(chart);
    draw::page(chart, &laid)
}

/// The colour of a border or of an arrow.
fn ink(colour: Option<usize>) -> Ink {
    colour.map_or(super::page::BLACK, super::colours::of_mark)
}
