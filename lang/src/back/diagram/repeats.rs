//! Copies in a row that are the same are drawn once.

use super::{Diagram, Node, When};
use crate::ir::Role;

/// The words on a box that are compared between two copies of a block: the names in the box, its operations, its shape, and its role.
type Said = (Vec<String>, Vec<String>, String, Option<Role>);
/// A link within a copy, or one into it, from nowhere.
type Inner = (Option<usize>, usize, Vec<String>, When);

/// A copy as it is compared with others.
struct Copy {
    frame: usize,
    /// Its boxes.
    boxes: Vec<usize>,
    /// The words on the boxes of a copy, its links, and the number of its frames. Copies that are equal in these are drawn as one.
    looks: (Vec<Said>, Vec<Inner>, usize),
    /// The box that it reads, the box of its own that is read, and who reads it.
    reads: usize,
    gives: usize,
    readers: Vec<usize>,
}

/// Draws copies of a block that follow each other, and are the same, as one with their number.
pub fn once(diagram: &mut Diagram) {
    // Inner ones first: what holds copies may be the same after they became one.
    for frame in (0..diagram.frames.len()).rev() {
        fold_below(diagram, Some(frame));
    }
    fold_below(diagram, None);
}

fn fold_below(diagram: &mut Diagram, around: Option<usize>) {
    let copies: Vec<Copy> = (0..diagram.frames.len())
        .filter(|at| diagram.frames[*at].inside == around && diagram.frames[*at].path.is_some())
        .filter_map(|at| copy(diagram, at))
        .collect();
    let mut is_out = vec![false; diagram.boxes.len()];
    let mut at = 0;
    while at < copies.len() {
        let follows = |n: usize| {
            let [before, next] = [&copies[n], &copies[n + 1]];
            before.looks == next.looks
                && next.reads == before.gives
                && before.readers.iter().all(|reader| next.boxes.contains(reader))
        };
        let end = (at..copies.len() - 1).find(|n| !follows(*n)).unwrap_or(copies.len() - 1);
        if end > at {
            fold(diagram, &copies[at..=end], &mut is_out);
        }
        at = end + 1;
    }
    diagram.without(&is_out);
}

fn copy(diagram: &Diagram, frame: usize) -> Option<Copy> {
    let boxes: Vec<usize> =
        (0..diagram.boxes.len()).filter(|at| diagram.lies_in(diagram.boxes[*at].inside, frame)).collect();
    let own = |at: usize| boxes.binary_search(&at).ok();
    let (mut links, mut reads, mut gives, mut readers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for link in &diagram.links {
        match (own(link.from), own(link.to)) {
            (from, Some(to)) => {
                links.push((from, to, link.lines.clone(), link.when));
                reads.extend(from.is_none().then_some(link.from));
            }
            (Some(_), None) => {
                gives.push(link.from);
                readers.push(link.to);
            }
            (None, None) => {}
        }
    }
    let is_one = |all: &[usize]| all.first().is_some_and(|first| all.iter().all(|at| at == first));
    if !is_one(&reads) || !is_one(&gives) {
        return None;
    }
    let said = |node: &Node| {
        // What a copy gives has a name from elsewhere.
        let names = node.names.iter().zip(&node.full).map(
            |(name, full)| {
                if name == full { String::new() } else { name.clone() }
            },
        );
        (names.collect(), node.does.clone(), node.shape.clone(), node.role)
    };
    let looks = (boxes.iter().map(|at| said(&diagram.boxes[*at])).collect(), links, own(gives[0])?);
    Some(Copy { frame, looks, reads: reads[0], gives: gives[0], readers, boxes })
}

/// Keeps the last of some copies, and has it read what the first one reads.
fn fold(diagram: &mut Diagram, copies: &[Copy], is_out: &mut [bool]) {
    let [first, .., kept] = copies else { return };
    for link in &mut diagram.links {
        if link.from == kept.reads && kept.boxes.contains(&link.to) {
            link.from = first.reads;
        }
    }
    for copy in &copies[..copies.len() - 1] {
        for (n, at) in copy.boxes.iter().enumerate() {
            let full = diagram.boxes[*at].full.clone();
            diagram.boxes[kept.boxes[n]].full.extend(full);
            is_out[*at] = true;
        }
    }
    let label = |copy: &Copy| diagram.frames[copy.frame].label.clone();
    let label = format!("{} to {}, × {} in a row", label(first), label(kept), copies.len());
    diagram.frames[kept.frame].label = label;
}
