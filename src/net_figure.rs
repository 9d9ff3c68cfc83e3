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
    /// At this step, or within a layer.
    Plain,
    /// From the step before and from a layer that lies further from the image.
    TopDown,
    /// The value of a state before its first step.
    First,
}

fn way(diagram: &Diagram, link: &Link) -> Way {
    let [from, to] = [link.from, link.to].map(|at| &diagram.boxes[at]);
    let [before, now] = [parts(from).1, parts(to).1];
    let is_carried = link.when == When::Before || before.is_some() && now.is_some() && before != now;
    let is_elsewhere = side(from) != side(to) || home(diagram, from) != home(diagram, to);
    match link.when {
        When::First => Way::First,
        _ if is_carried && is_elsewhere && first(diagram, from) > first(diagram, to) => Way::TopDown,
        When::Before | When::Now => Way::Plain,
    }
}

/// The name of a box's value, and the step of a loop that is written out: `V1@2`.
fn parts(node: &Node) -> (&str, Option<&str>) {
    let full = node.full.last().map_or("", String::as_str);
    full.split_once('@').map_or((full, None), |(name, step)| (name, Some(step)))
}

/// The first box of the same value, of those that the steps of a loop have.
fn first(diagram: &Diagram, node: &Node) -> Option<usize> {
    diagram.boxes.iter().position(|other| parts(other).0 == parts(node).0)
}

/// Height and width of a feature map.
fn side(node: &Node) -> &str {
    node.shape.split_once(" × ").map_or("", |(_, side)| side)
}

/// What stands at the frame around a box; the steps of a loop are one place.
fn home<'a>(diagram: &'a Diagram, node: &Node) -> &'a str {
    let label = node.inside.map_or("", |at| diagram.frames[at].label.as_str());
    label.split(", step ").next().unwrap_or(label)
}

fn arrow(diagram: &Diagram, link: &Link) -> Arrow {
    let way = way(diagram, link);
    let mut lines = link.lines.clone();
    if link.when == When::Before && way == Way::Plain {
        let is_loop = link.from == link.to;
        lines.push(if is_loop { counted(link.steps, "step") } else { "step before".to_owned() });
    }
    let dash = match way {
        Way::Plain => Dash::Solid,
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
        Way::Plain => None,
        Way::TopDown => Some("top-down, from the step before"),
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
