//! Nets as diagrams: boxes of named values, links with the weights that lie between them, and frames of copies and loops.
//!
//! A diagram says less than the net does: arithmetic becomes a sign at a link, and what follows the last weights of an equation
//! becomes a word in its box. What is drawn where is no business of this room.

mod paths;
mod repeats;
mod tidy;
mod walk;

pub use super::dot::Loops;
use crate::ir::{Net, Role};

/// A net as boxes in frames, and links between boxes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// The model's name.
    pub name: String,
    /// The frames, each behind the one that it lies in.
    pub frames: Vec<Frame>,
    /// The boxes, in the order in which their values are made.
    pub boxes: Vec<Node>,
    /// The links, by the order of the boxes that they lead to.
    pub links: Vec<Link>,
}

/// A copy of a block, or a loop: what is drawn in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The words above a frame, as in `V1, 3 steps`.
    pub label: String,
    /// The frame that it lies in.
    pub inside: Option<usize>,
    /// The dotted path of the copy; none for a loop.
    pub(self) path: Option<String>,
}

/// The thing in a net that a box of the figure stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The image.
    Input,
    /// The scores.
    Output,
    /// A state, which its loop remembers from step to step.
    State,
    /// Any other value.
    Between,
}

/// A box: a named value, with those that are part of its calculation and of no other.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The names, in the order of calculation, without the path of the frame.
    pub names: Vec<String>,
    /// The names as the net has them, of all copies that the box stands for.
    pub full: Vec<String>,
    /// The words of operations behind the weights of a box, as in `batch_norm`, `relu`.
    pub does: Vec<String>,
    /// The shape of the value.
    pub shape: String,
    /// The frame that it lies in.
    pub inside: Option<usize>,
    /// The role of the weights that drive it.
    pub role: Option<Role>,
    pub place: Place,
}

/// Which value of a box another one reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The value of this step.
    Now,
    /// The value before the first step.
    First,
    /// The value of the step before.
    Before,
}

/// A link: a box reads the value of another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub from: usize,
    pub to: usize,
    /// The words along a link, from the value that is read to the one that is made: weights, pools, shapes, signs.
    pub lines: Vec<String>,
    /// The weights that lie between them, by the dotted names of their owners.
    pub bundles: Vec<String>,
    pub role: Option<Role>,
    pub when: When,
    /// How many steps the loop has, for a value of the step before.
    pub steps: usize,
    /// Whether a link between two boxes stands for arithmetic and functions of single numbers alone: for no weights, and for no window
    /// of pixels.
    pub(self) is_plain: bool,
}

/// How many boxes a diagram may have. One with more is no figure any more, and would take long to lay out.
pub const MOST_BOXES: usize = 600;

/// The diagram of a net, unless it would have more than [`MOST_BOXES`] boxes; penalties are left out.
pub fn of(net: &Net, loops: Loops) -> Option<Diagram> {
    let mut diagram = walk::walked(net, loops);
    if walk::is_too_large(&diagram) {
        return None;
    }
    tidy::together(&mut diagram);
    if loops == Loops::Folded {
        repeats::once(&mut diagram);
    }
    tidy::frames(&mut diagram);
    (diagram.boxes.len() <= MOST_BOXES).then_some(diagram)
}

impl Diagram {
    /// Whether one frame of the diagram is another one, or lies inside of it. Frames are given by their places in the list of frames;
    /// what is in no frame at all lies in none.
    fn lies_in(&self, mut frame: Option<usize>, other: usize) -> bool {
        while let Some(at) = frame {
            if at == other {
                return true;
            }
            frame = self.frames[at].inside;
        }
        false
    }

    /// Takes boxes out, and with them their links.
    fn without(&mut self, is_out: &[bool]) {
        let mut number = vec![None; self.boxes.len()];
        for (n, (at, _)) in is_out.iter().enumerate().filter(|(_, out)| !**out).enumerate() {
            number[at] = Some(n);
        }
        let mut at = 0..;
        self.boxes.retain(|_| at.next().is_some_and(|at| !is_out[at]));
        self.links.retain_mut(|link| match (number[link.from], number[link.to]) {
            (Some(from), Some(to)) => {
                (link.from, link.to) = (from, to);
                true
            }
            _ => false,
        });
    }
}
