//! Boxes and frames that say nothing of their own are put together with others.

use super::{Diagram, Place, When};

/// Puts a value that one equation alone reads, without weights between them, into the box of that equation.
pub fn together(diagram: &mut Diagram) {
    let mut into: Vec<usize> = (0..diagram.boxes.len()).collect();
    let mut is_out = vec![false; diagram.boxes.len()];
    // The arithmetic between a value and what it is a part of.
    let mut signs: Vec<Vec<String>> = vec![Vec::new(); diagram.boxes.len()];
    for at in 0..diagram.boxes.len() {
        let mut read = diagram.links.iter().filter(|link| link.from == at);
        let (Some(link), None) = (read.next(), read.next()) else { continue };
        let (own, other) = (&diagram.boxes[at], &diagram.boxes[link.to]);
        let is_part = link.is_plain
            && link.when == When::Now
            && link.to != at
            && own.inside == other.inside
            && own.role.is_none()
            && own.place == Place::Between;
        if is_part {
            into[at] = link.to;
            is_out[at] = true;
            signs[at].clone_from(&link.lines);
        }
    }
    for at in 0..into.len() {
        let mut to = into[at];
        // No value is part of itself, so this comes to an end.
        while into[to] != to {
            let next = signs[to].clone();
            signs[at].extend(next);
            to = into[to];
        }
        into[at] = to;
    }
    // A value is made before the one that it is a part of, unless that one is a state, whose box comes first.
    for at in (0..into.len()).rev().filter(|at| is_out[*at]) {
        let part = diagram.boxes[at].clone();
        let whole = &mut diagram.boxes[into[at]];
        whole.names.splice(0..0, part.names);
        whole.full.splice(0..0, part.full);
        let (mut does, own) = (part.does, std::mem::take(&mut whole.does));
        does.extend(own);
        does.dedup();
        whole.does = does;
    }
    for link in diagram.links.iter_mut().filter(|link| !is_out[link.from]) {
        behind(&mut link.lines, &signs[link.to]);
        link.to = into[link.to];
    }
    let mut links: Vec<super::Link> = Vec::new();
    for link in diagram.links.drain(..).filter(|link| !is_out[link.from]) {
        if !links.contains(&link) {
            links.push(link);
        }
    }
    diagram.links = links;
    diagram.without(&is_out);
}

/// Adds to the words of a link the signs of what follows: before the weights, as those of its own equation are, or behind other signs.
fn behind(lines: &mut Vec<String>, signs: &[String]) {
    if signs.is_empty() {
        return;
    }
    let signs = signs.join(" ");
    let is_sign = |line: &String| !line.chars().any(char::is_alphanumeric);
    match lines.as_mut_slice() {
        [] => lines.push(signs),
        [only] if is_sign(only) => *only = format!("{only} {signs}"),
        [first, ..] if is_sign(first) => lines.push(signs),
        [first, ..] => *first = format!("{signs} {first}"),
    }
}

/// Takes out frames without anything in them, and writes a frame that is all of another one as one with it.
pub fn frames(diagram: &mut Diagram) {
    let count = diagram.frames.len();
    let mut boxes = vec![0_usize; count];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
    for inside in diagram.boxes.iter().filter_map(|node| node.inside) {
        boxes[inside] += 1;
    }
    let mut is_empty = vec![false; count];
    for frame in (0..count).rev() {
        is_empty[frame] = boxes[frame] == 0 && children[frame].is_empty();
        if let (false, Some(around)) = (is_empty[frame], diagram.frames[frame].inside) {
            children[around].push(frame);
        }
    }
    let mut number: Vec<Option<usize>> = vec![None; count];
    let mut kept = Vec::new();
    for frame in 0..count {
        let around = diagram.frames[frame].inside;
        let is_whole = around.is_some_and(|around| boxes[around] == 0 && children[around].len() == 1);
        let above = around.and_then(|around| number[around]);
        let label = diagram.frames[frame].label.clone();
        if is_empty[frame] {
            continue;
        }
        match above {
            Some(above) if is_whole => {
                let outer: &mut super::Frame = &mut kept[above];
                outer.label = format!("{}.{label}", outer.label);
                number[frame] = Some(above);
            }
            _ => {
                kept.push(super::Frame { label, inside: above, path: diagram.frames[frame].path.clone() });
                number[frame] = Some(kept.len() - 1);
            }
        }
    }
    diagram.frames = kept;
    for node in &mut diagram.boxes {
        node.inside = node.inside.and_then(|inside| number[inside]);
    }
}
