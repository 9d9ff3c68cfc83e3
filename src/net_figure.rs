//! A net as a figure of boxes and arrows, for a paper: what `lang`'s diagram says, in the lines and colours of figures.

use crate::figures::{Arrow, Bounds, Chart, Dash, Drawing, Item, Line};
use lcnnc_lang::back::diagram::{self, Diagram, Link, Loops, Node, Place, When};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::{Net, Role};

pub use lcnnc_lang::back::diagram::MOST_BOXES;

/// Draws a net, unless that would take more than [`MOST_BOXES`] boxes; penalties are left out.
pub fn of(net: &Net, loops: Loops) -> Option<Drawing> {
    let diagram = diagram::of(net, loops)?;
    Some(Drawing::Chart(Chart {
        title: diagram.name.clone(),
        about: about(&diagram),
        frames: diagram.frames.iter().map(|at| Bounds { label: at.label.clone(), inside: at.inside }).collect(),
        boxes: diagram.boxes.iter().map(item).collect(),
        arrows: diagram.links.iter().map(|link| arrow(&diagram, link)).collect(),
    }))
}

fn item(node: &Node) -> Item {
    let does = (!node.does.is_empty()).then(|| node.does.join(", "));
    let lines: Vec<String> = does.into_iter().chain([node.shape.clone()]).collect();
    Item {
        name: node.names.join(", "),
        hint: format!("{}: {}", node.full.join(", "), lines.join(", ")),
        lines,
        inside: node.inside,
        colour: node.role.map(colour),
        is_round: matches!(node.place, Place::Input | Place::Output),
    }
}

fn colour(role: Role) -> usize {
    match role {
        Role::Excitatory => 0,
        Role::Inhibitory => 1,
    }
}

/// How a link leads through a loop, as a reader of the figure tells links apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward,
    /// From the step before, within a layer: between values of one shape in one frame.
    Lateral,
    /// From the step before, and from another layer.
    TopDown,
    /// The value of a state before its first step.
    First,
}

fn way(diagram: &Diagram, link: &Link) -> Way {
    let [from, to] = [link.from, link.to].map(|at| &diagram.boxes[at]);
    match link.when {
        When::Now => Way::Forward,
        When::First => Way::First,
        When::Before if (&from.shape, from.inside) == (&to.shape, to.inside) => Way::Lateral,
        When::Before => Way::TopDown,
    }
}

fn arrow(diagram: &Diagram, link: &Link) -> Arrow {
    let way = way(diagram, link);
    let mut lines = link.lines.clone();
    if link.when == When::Before && link.from == link.to {
        lines.push(counted(link.steps, "step"));
    }
    let dash = match way {
        Way::Forward | Way::Lateral => Dash::Solid,
        Way::TopDown => Dash::Dashed,
        Way::First => Dash::Dotted,
    };
    let is_blunt = link.role == Some(Role::Inhibitory);
    let line = Line { colour: link.role.map(colour), dash, is_blunt };
    Arrow { from: link.from, to: link.to, lines, line, kind: kind(way, link.role), is_loose: link.when == When::Before }
}

/// What the key says of a link. Black lines that are not dashed say nothing but that a value is read.
fn kind(way: Way, role: Option<Role>) -> String {
    let way = match way {
        Way::Forward | Way::Lateral => None,
        Way::TopDown => Some("from another layer, at the step before"),
        Way::First => Some("before the first step"),
    };
    let parts: Vec<String> = role.iter().map(Role::to_string).chain(way.map(str::to_owned)).collect();
    parts.join(", ")
}

/// The diagram in sentences: a sentence a box.
fn about(diagram: &Diagram) -> String {
    let mut out = format!("The net {}.", diagram.name);
    for (at, node) in diagram.boxes.iter().enumerate() {
        let reads: Vec<String> =
            diagram.links.iter().filter(|link| link.to == at).map(|link| read(diagram, link)).collect();
        let reads = if reads.is_empty() { "reads nothing".to_owned() } else { format!("reads {}", reads.join("; ")) };
        out += &format!(" {} ({}) {reads}.", node.full.join(", "), node.shape);
    }
    out
}

fn read(diagram: &Diagram, link: &Link) -> String {
    let names = diagram.boxes[link.from].full.last().map_or("", String::as_str);
    let when = match link.when {
        When::Now => "",
        When::First => " before the first step",
        When::Before => " of the step before",
    };
    let through = match link.lines.join(", ") {
        lines if lines.is_empty() => String::new(),
        lines => format!(" through {lines}"),
    };
    let role = link.role.map_or(String::new(), |role| format!(", {role}"));
    format!("{names}{when}{through}{role}")
}
