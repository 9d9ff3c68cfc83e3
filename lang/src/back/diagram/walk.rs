//! A walk through a net that makes boxes and links of it.

use super::paths::{MOST, Path, Paths, drawn, last};
use super::{Diagram, Frame, Link, Loops, MOST_BOXES, Node, Place, When};
use crate::diag::counted;
use crate::ir::{self, Loop, Net, Op, Shape, Stmt, Value, at_steps};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a diagram has more boxes or frames than are worth going on with: eight times as many boxes as a drawing may have, since equal
/// copies of a block become one later.
pub fn is_too_large(diagram: &Diagram) -> bool {
    diagram.boxes.len().max(diagram.frames.len()) > 8 * MOST_BOXES
}

/// The net's boxes, frames and links, with nothing put together yet.
pub fn walked(net: &Net, loops: Loops) -> Diagram {
    let (name, shape) = &net.input;
    let mut walker = Walker {
        loops,
        paths: Paths::new(net),
        diagram: Diagram { name: net.name.clone(), ..Diagram::default() },
        shapes: BTreeMap::new(),
        frames: BTreeMap::new(),
        firsts: firsts(net, loops),
        states: BTreeMap::new(),
        steps: Vec::new(),
    };
    let input = walker.boxed(name, &Shape::Map(*shape), (None, Place::Input));
    walker.paths.of.insert(Value::INPUT, vec![Path::new(input, When::Now, 0)]);
    walker.stmts(&net.body, Around { frame: None, path: "" });
    walker.output();
    walker.diagram
}

/// The first values of states that have the state's own name and are read by nothing else; `V1 = zeros` is one.
fn firsts(net: &Net, loops: Loops) -> BTreeSet<Value> {
    let named: BTreeMap<Value, &ir::Node> =
        net.nodes().filter(|node| node.name.is_some()).map(|node| (node.value, node)).collect();
    let read: BTreeSet<Value> = net.nodes().flat_map(|node| node.op.reads()).collect();
    let states = net.loops().flat_map(|looped| &looped.states);
    let is_first = |state: &&ir::State| {
        let node = named.get(&state.init);
        node.is_some_and(|node| {
            let is_own = node.name.as_deref() == Some(&state.name) && !read.contains(&state.init);
            is_own && (loops == Loops::Folded || node.op == Op::Zeros)
        })
    };
    states.filter(is_first).map(|state| state.init).collect()
}

/// The frame around statements, and the path of the copy that it belongs to.
#[derive(Clone, Copy)]
struct Around<'a> {
    frame: Option<usize>,
    path: &'a str,
}

struct Walker<'a> {
    loops: Loops,
    paths: Paths<'a>,
    diagram: Diagram,
    /// The shape of each box, which decides what its links say.
    shapes: BTreeMap<usize, Shape>,
    /// The frames of copies, by the frame around them and their path.
    frames: BTreeMap<(Option<usize>, String), usize>,
    firsts: BTreeSet<Value>,
    /// The boxes of states, by the value in the body that the state becomes.
    states: BTreeMap<Value, usize>,
    /// The step of each loop that is written out around the statement at hand.
    steps: Vec<usize>,
}

impl<'a> Walker<'a> {
    fn stmts(&mut self, stmts: &'a [Stmt], around: Around<'a>) {
        let mut here = around;
        for stmt in stmts {
            if is_too_large(&self.diagram) {
                return;
            }
            match stmt {
                Stmt::Node(node) if node.shape.per_image() => self.node(node, around, &mut here),
                Stmt::Node(node) => self.paths.operand(node),
                Stmt::Loop(looped) => {
                    here = self.frame(copy_of(&looped.name), around);
                    match self.loops {
                        Loops::Folded => self.folded(looped, here),
                        Loops::Unrolled => self.unrolled(looped, here),
                    }
                }
            }
        }
    }

    fn node(&mut self, node: &'a ir::Node, around: Around<'a>, here: &mut Around<'a>) {
        let paths = self.paths.to(node);
        let is_first = self.firsts.contains(&node.value);
        let (name, place) = match &node.name {
            Some(name) if !is_first => (at_steps(name, &self.steps), self.place(name, &paths, around, *here)),
            _ if paths.iter().filter(|path| path.from.is_some()).count() <= MOST || is_first => {
                self.paths.of.insert(node.value, paths);
                return;
            }
            _ => (node.op.word().to_owned(), *here),
        };
        *here = place;
        let state = self.states.get(&node.value).copied();
        let id = state.unwrap_or_else(|| self.boxed(&name, &node.shape, (place.frame, Place::Between)));
        self.enter(id, &paths);
        self.paths.of.insert(node.value, vec![Path::new(id, When::Now, 0)]);
    }

    /// The frame of a named value.
    fn place(&mut self, name: &'a str, paths: &[Path], around: Around<'a>, here: Around<'a>) -> Around<'a> {
        // What a copy gives has the copy's name, or that of an equation around it, and belongs to the copy.
        let ends_it = here.path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        // Only a copy itself can read two of its values.
        let own: BTreeSet<usize> = paths
            .iter()
            .filter_map(|path| path.from)
            .filter(|from| self.diagram.boxes[*from].inside == here.frame)
            .collect();
        if (ends_it || own.len() > 1) && here.frame != around.frame {
            return here;
        }
        self.frame(copy_of(name), around)
    }

    /// The frame of a copy, which is opened where it is new.
    fn frame(&mut self, path: &'a str, around: Around<'a>) -> Around<'a> {
        let mut at = around;
        let inside = |at: &str| at.is_empty() || path.strip_prefix(at).is_some_and(|rest| rest.starts_with('.'));
        let ends = path.match_indices('.').map(|(end, _)| end).chain([path.len()]);
        for path in ends.map(|end| &path[..end]) {
            if path.len() <= at.path.len() || !inside(at.path) {
                continue;
            }
            let (frames, known) = (&mut self.diagram.frames, (at.frame, path.to_owned()));
            let frame = *self.frames.entry(known).or_insert_with(|| {
                frames.push(Frame { label: last(path).to_owned(), inside: at.frame, path: Some(path.to_owned()) });
                frames.len() - 1
            });
            at = Around { frame: Some(frame), path };
        }
        at
    }

    fn boxed(&mut self, full: &str, shape: &Shape, (inside, place): (Option<usize>, Place)) -> usize {
        let mut frame = inside;
        let mut path = None;
        while let (Some(at), None) = (frame, path) {
            path = self.diagram.frames[at].path.as_deref();
            frame = self.diagram.frames[at].inside;
        }
        let own = path.and_then(|path| full.strip_prefix(path)?.strip_prefix('.')).unwrap_or(full);
        let name = own.strip_suffix('\'').unwrap_or(own).to_owned();
        let id = self.diagram.boxes.len();
        let (names, full, does) = (vec![name], vec![full.to_owned()], Vec::new());
        self.diagram.boxes.push(Node { names, full, does, shape: drawn(shape), inside, role: None, place });
        self.shapes.insert(id, shape.clone());
        id
    }

    /// Links a box to what its value is made of.
    fn enter(&mut self, id: usize, paths: &[Path]) {
        let roles: BTreeSet<Option<&str>> =
            paths.iter().filter(|path| !path.bundles.is_empty()).map(|path| path.role.map(ir::Role::word)).collect();
        let own = paths.iter().find_map(|path| path.role).filter(|_| roles.len() == 1);
        let does = paths.iter().map(|path| &path.does).max_by_key(|does| does.len()).cloned().unwrap_or_default();
        let node = &mut self.diagram.boxes[id];
        node.role = own;
        node.does = does;
        for path in paths {
            self.link(path, id);
        }
    }

    fn link(&mut self, path: &Path, to: usize) {
        let Some(from) = path.from else { return };
        let lines = path.label(&self.shapes[&to]);
        let inherited = self.diagram.boxes[from].role.filter(|_| path.bundles.is_empty());
        let role = path.role.or(inherited);
        let (when, steps, bundles) = (path.when, path.steps, path.bundles.clone());
        let link = Link { from, to, lines, bundles, role, when, steps, is_plain: path.is_plain() };
        let is_known = |known: &Link| {
            let same = (known.from, known.to, &known.lines) == (link.from, link.to, &link.lines);
            // What is read at every step is often the value before the first one too.
            same && (known.when == link.when || link.when == When::First && known.when == When::Now)
        };
        if !self.diagram.links.iter().any(is_known) {
            self.diagram.links.push(link);
        }
    }

    fn folded(&mut self, looped: &'a Loop, around: Around<'a>) {
        let label = format!("{}, {}", last(&looped.name), counted(looped.steps, "step"));
        let frame = self.looped(label, around.frame);
        let made: BTreeMap<Value, &str> = looped
            .body
            .iter()
            .filter_map(|stmt| match stmt {
                Stmt::Node(node) => Some((node.value, node.name.as_deref()?)),
                Stmt::Loop(_) => None,
            })
            .collect();
        let mut own = Vec::new();
        for state in &looped.states {
            let id = self.boxed(&state.name, &state.shape, (Some(frame), Place::State));
            let is_made = made.get(&state.next).is_some_and(|name| name.strip_suffix('\'') == Some(&state.name));
            if is_made && !self.states.contains_key(&state.next) {
                self.states.insert(state.next, id);
            } else {
                own.push(state.next);
            }
            self.paths.of.insert(state.current, vec![Path::new(id, When::Before, looped.steps)]);
        }
        self.stmts(&looped.body, Around { frame: Some(frame), path: around.path });
        for state in &looped.states {
            let known = self.paths.of.get(&state.current).and_then(|paths| paths.first());
            let Some(id) = known.and_then(|path| path.from) else { continue };
            for path in self.paths.of.get(&state.init).cloned().unwrap_or_default() {
                self.link(&Path { when: When::First, ..path }, id);
            }
            let next = self.paths.of.get(&state.next).cloned().unwrap_or_default();
            if own.contains(&state.next) && self.states.get(&state.next) != Some(&id) {
                for path in &next {
                    self.link(&Path { when: When::Before, steps: looped.steps, ..path.clone() }, id);
                }
            }
            self.paths.of.insert(state.last, next.into_iter().map(now).collect());
        }
        for tap in &looped.taps {
            let inner = self.paths.of.get(&tap.inner).cloned().unwrap_or_default();
            self.paths.of.insert(tap.outer, inner.into_iter().map(now).collect());
        }
    }

    fn unrolled(&mut self, looped: &'a Loop, around: Around<'a>) {
        let of = |walker: &Self, value: Value| walker.paths.of.get(&value).cloned().unwrap_or_default();
        let mut carried: Vec<Vec<Path>> = looped.states.iter().map(|state| of(self, state.init)).collect();
        for step in 1..=looped.steps {
            if is_too_large(&self.diagram) {
                break;
            }
            let current = looped.states.iter().map(|state| state.current).zip(carried);
            self.paths.of.extend(current);
            let frame = self.looped(format!("{}, step {step}", last(&looped.name)), around.frame);
            self.steps.push(step);
            self.stmts(&looped.body, Around { frame: Some(frame), path: around.path });
            self.steps.pop();
            for tap in looped.taps.iter().filter(|tap| tap.step == step) {
                let inner = of(self, tap.inner);
                self.paths.of.insert(tap.outer, inner);
            }
            carried = looped.states.iter().map(|state| of(self, state.next)).collect();
        }
        self.paths.of.extend(looped.states.iter().map(|state| state.last).zip(carried));
    }

    fn looped(&mut self, label: String, inside: Option<usize>) -> usize {
        self.diagram.frames.push(Frame { label, inside, path: None });
        self.diagram.frames.len() - 1
    }

    /// Marks the boxes of the scores, or makes one where they have none.
    fn output(&mut self) {
        let net = self.paths.net;
        for logits in &net.output.logits {
            let paths = self.paths.of.get(logits).cloned().unwrap_or_default();
            match paths.as_slice() {
                [path @ Path { from: Some(from), .. }]
                    if path.is_plain() && path.signs.is_empty() && path.does.is_empty() =>
                {
                    let place = &mut self.diagram.boxes[*from].place;
                    if *place == Place::Between {
                        *place = Place::Output;
                    }
                }
                _ => {
                    let id = self.boxed(&net.output.name, &Shape::Vector(net.classes), (None, Place::Output));
                    self.enter(id, &paths);
                }
            }
        }
    }
}

/// The value behind a loop: what the last step made of it.
fn now(path: Path) -> Path {
    Path { when: if path.when == When::Before { When::Now } else { path.when }, ..path }
}

/// The path of the copy that a name belongs to.
fn copy_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(copy, _)| copy)
}
