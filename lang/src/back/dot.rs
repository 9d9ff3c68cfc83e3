//! Nets as drawings, in the DOT language of Graphviz.

use crate::diag::counted;
use crate::ir::{Loop, Net, Node, Op, Stmt, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How loops are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loops {
    /// Loops as the spec has them: the body once, a dashed edge from each next value back to its state.
    Folded,
    /// Every step of a loop as a box of its own.
    Unrolled,
}

/// The net from image to output; penalties are left out.
pub fn emit(net: &Net, loops: Loops) -> String {
    let mut drawing = Drawing {
        net,
        loops,
        out: String::new(),
        edges: String::new(),
        ids: BTreeMap::new(),
        boxes: Vec::new(),
        depth: 1,
    };
    drawing.line(&format!("label=\"{}\"; labelloc=t; rankdir=TB;", net.name));
    drawing.line("node [shape=box, style=rounded, fontname=\"Helvetica\"];");
    let (name, [c, h, w]) = &net.input;
    drawing.line(&format!("input [label=\"{name}\\n[{c}, {h}, {w}]\", shape=ellipse];"));
    drawing.ids.insert(Value::INPUT, "input".to_owned());
    drawing.stmts(&net.body, "");
    let steps = match net.output.logits.len() {
        1 => String::new(),
        steps => format!(", mean loss of {steps} steps"),
    };
    drawing.line(&format!("output [label=\"output {}{steps}\\n[{}]\", shape=ellipse];", net.output.name, net.classes));
    let mut drawn: Vec<String> = Vec::new();
    for logits in &net.output.logits {
        // Folded, every step of a loop is one node.
        let id = drawing.id(*logits);
        if !drawn.contains(&id) {
            drawing.edge(*logits, "output", "");
            drawn.push(id);
        }
    }
    format!("digraph \"{}\" {{\n{}}}\n", net.name, drawing.out + &drawing.edges)
}

struct Drawing<'a> {
    net: &'a Net,
    loops: Loops,
    out: String,
    /// The edges so far, which are written behind all nodes: an edge drawn inside a loop's box would draw both its ends
    /// into the box.
    edges: String,
    /// For each value the identifier of the node that it is drawn as.
    ids: BTreeMap<Value, String>,
    /// The dotted names of the copies of blocks whose boxes are open, outermost first.
    boxes: Vec<String>,
    depth: usize,
}

impl Drawing<'_> {
    /// Draws statements; `copy` is a suffix that tells the steps of unrolled loops apart.
    fn stmts(&mut self, stmts: &[Stmt], copy: &str) {
        let outside = self.boxes.len();
        for (stmt, block) in stmts.iter().zip(blocks(stmts)) {
            match stmt {
                Stmt::Node(node) if node.shape.per_image() => {
                    self.enter(outside, block, copy);
                    self.node(node, copy);
                }
                Stmt::Node(_) => {}
                Stmt::Loop(looped) => {
                    self.enter(outside, block, copy);
                    match self.loops {
                        Loops::Folded => self.folded(looped, copy),
                        Loops::Unrolled => self.unrolled(looped, copy),
                    }
                }
            }
        }
        while self.boxes.len() > outside {
            self.leave();
        }
    }

    /// Goes on inside the box of the copy `block`, closing and opening boxes for it. Of those that are open, the first
    /// `outside` stay open.
    fn enter(&mut self, outside: usize, block: &str, copy: &str) {
        let is_around =
            |known: &str| block == known || block.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'));
        while self.boxes.len() > outside && !is_around(&self.boxes[self.boxes.len() - 1]) {
            self.leave();
        }
        let ends = block.match_indices('.').map(|(end, _)| end).chain([block.len()]);
        let open = self.boxes.last().map_or(0, String::len);
        for name in ends.filter(|end| *end > open).map(|end| &block[..end]).collect::<Vec<_>>() {
            self.open(&format!("of_{}{copy}", id_of(name)), name);
            self.boxes.push(name.to_owned());
        }
    }

    fn leave(&mut self) {
        self.boxes.pop();
        self.close();
    }

    fn node(&mut self, node: &Node, copy: &str) {
        let id = format!("v{}{copy}", node.value.0);
        let name = node.name.as_ref().map_or(String::new(), |name| format!("{name} = "));
        let params = node.op.params();
        // A layer that is all of an equation has its name already.
        let owner = params.first().map(|param| self.net.owner(*param)).filter(|owner| !named(node, owner));
        let weights = owner.map_or(String::new(), |owner| format!(" {owner}"));
        self.line(&format!("{id} [label=\"{name}{}{weights}\\n{}\"];", label(&node.op), node.shape));
        for read in node.op.reads() {
            self.edge(read, &id, "");
        }
        self.ids.insert(node.value, id);
    }

    fn folded(&mut self, looped: &Loop, copy: &str) {
        let steps = counted(looped.steps, "step");
        self.open(&format!("{}{copy}", id_of(&looped.name)), &format!("loop {}, {steps}", looped.name));
        for state in &looped.states {
            let id = format!("v{}{copy}", state.current.0);
            self.line(&format!("{id} [label=\"state {}\\n{}\", shape=ellipse];", state.name, state.shape));
            self.ids.insert(state.current, id);
        }
        self.stmts(&looped.body, copy);
        self.close();
        for state in &looped.states {
            let current = self.id(state.current);
            self.edge(state.init, &current, " [label=\"step 0\"]");
            self.edge(state.next, &current, " [label=\"next step\", style=dashed, constraint=false]");
            let last = self.id(state.next);
            self.ids.insert(state.last, last);
        }
        for tap in &looped.taps {
            let inner = self.id(tap.inner);
            self.ids.insert(tap.outer, inner);
        }
    }

    fn unrolled(&mut self, looped: &Loop, copy: &str) {
        for state in &looped.states {
            let init = self.id(state.init);
            self.ids.insert(state.current, init);
        }
        for step in 1..=looped.steps {
            let copy = format!("{copy}_{step}");
            self.open(&format!("{}{copy}", id_of(&looped.name)), &format!("{}, step {step}", looped.name));
            self.stmts(&looped.body, &copy);
            self.close();
            for tap in looped.taps.iter().filter(|tap| tap.step == step) {
                let inner = self.id(tap.inner);
                self.ids.insert(tap.outer, inner);
            }
            let next: Vec<String> = looped.states.iter().map(|state| self.id(state.next)).collect();
            for (state, id) in looped.states.iter().zip(next) {
                self.ids.insert(state.current, id);
            }
        }
        for state in &looped.states {
            let last = self.id(state.current);
            self.ids.insert(state.last, last);
        }
    }

    fn open(&mut self, id: &str, label: &str) {
        self.line(&format!("subgraph cluster_{id} {{"));
        self.depth += 1;
        self.line(&format!("label=\"{label}\";"));
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    /// Draws an edge to a node, unless it comes from a weight or a number, which are not drawn.
    fn edge(&mut self, from: Value, to: &str, style: &str) {
        if let Some(from) = self.ids.get(&from).cloned() {
            // Writing to a `String` does not fail.
            let _ = writeln!(self.edges, "  {from} -> {to}{style};");
        }
    }

    fn id(&self, value: Value) -> String {
        self.ids.get(&value).cloned().unwrap_or_default()
    }

    fn line(&mut self, text: &str) {
        // Writing to a `String` does not fail.
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(self.depth));
    }
}

/// The copy of a block that each statement belongs to: what has no name belongs to the equation that it leads to.
fn blocks(stmts: &[Stmt]) -> Vec<&str> {
    let mut block = "";
    let mut blocks: Vec<&str> = stmts
        .iter()
        .rev()
        .map(|stmt| {
            let name = match stmt {
                Stmt::Node(node) => node.name.as_deref(),
                Stmt::Loop(looped) => Some(looped.name.as_str()),
            };
            block = name.map_or(block, |name| name.rsplit_once('.').map_or("", |(block, _)| block));
            block
        })
        .collect();
    blocks.reverse();
    blocks
}

/// Whether an owner of weights is the node's equation itself, in or out of a loop.
fn named(node: &Node, owner: &str) -> bool {
    let last = |name: &'_ str| name.rsplit('.').next().map(str::to_owned);
    node.name.as_deref().and_then(last) == last(owner)
}

/// A dotted name, as an identifier of DOT.
fn id_of(name: &str) -> String {
    name.replace('.', "_")
}

/// What a node's box says of its primitive: the word, and the one number or two that tell it from its like in a
/// drawing.
fn label(op: &Op) -> String {
    let word = op.word();
    match op {
        Op::Param(_) => "weight".to_owned(),
        Op::Number(x) => crate::vocabulary::real(*x),
        Op::Conv { groups, .. } if *groups != 1 => format!("{word}, {groups} groups"),
        Op::Pool { kernel: [h, w], .. } => format!("{word} {h}x{w}"),
        Op::Upsample { factor, mode, .. } => format!("{word} {factor}x {}", mode.word()),
        Op::GroupNorm { groups, .. } => format!("{word} {groups}"),
        Op::Lrn { size, .. } => format!("{word} {size}"),
        Op::Dropout { rate, .. } => format!("{word} {rate}"),
        Op::Zeros
        | Op::Conv { .. }
        | Op::Local { .. }
        | Op::ConvTranspose { .. }
        | Op::Dense { .. }
        | Op::BatchNorm { .. }
        | Op::Unary { .. }
        | Op::Binary { .. }
        | Op::Reduce { .. }
        | Op::Flatten { .. }
        | Op::Concat { .. } => word.to_owned(),
    }
}
