//! How a net runs: which primitives run fused, which by themselves, and why.

use super::cut::{Cut, Fused, Part};
use super::graph::{self, convolutions};
use lcnnc_kernels::{Engine, Vectors};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::cost;
use lcnnc_lang::ir::{Net, Shape, Stmt, Value};
use std::collections::BTreeMap;

/// The plan of a net as text: its parts in order of execution, loops indented.
pub fn emit(net: &Net, cut: &Cut) -> String {
    let mut printer = Printer { net, names: net.names(), fused: 0, text: format!("plan {}\n", net.name) };
    printer.parts(&cut.parts, 1);
    if printer.fused == 0 {
        printer.text.push_str("  nothing is fused\n");
    }
    printer.text
}

struct Printer<'a> {
    net: &'a Net,
    names: BTreeMap<Value, &'a str>,
    /// How many fused parts were printed so far.
    fused: usize,
    text: String,
}

impl Printer<'_> {
    fn line(&mut self, depth: usize, line: &str) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn parts(&mut self, parts: &[Part], depth: usize) {
        let mut weights = 0;
        let mut alone: Vec<(String, usize)> = Vec::new();
        for part in parts {
            match part {
                Part::Node { node, why: Some(why) } => {
                    let entry = format!("{}: {why}", node.op.word());
                    match alone.last_mut() {
                        Some((last, count)) if *last == entry => *count += 1,
                        _ => alone.push((entry, 1)),
                    }
                }
                Part::Node { why: None, .. } => weights += 1,
                Part::Loop { .. } | Part::Fused(_) => self.alone(std::mem::take(&mut alone), depth),
            }
            match part {
                Part::Node { .. } => {}
                Part::Loop { looped, body } => {
                    self.line(depth, &format!("loop {} ({})", looped.name, steps(looped.steps)));
                    self.parts(body, depth + 1);
                }
                Part::Fused(fused) => self.part(fused, depth),
            }
        }
        self.alone(alone, depth);
        if weights > 0 {
            self.line(depth, &format!("{} on weights and numbers", counted(weights, "operation")));
        }
    }

    fn alone(&mut self, alone: Vec<(String, usize)>, depth: usize) {
        for (entry, count) in alone {
            let times = if count == 1 { String::new() } else { format!("{count} x ") };
            self.line(depth, &format!("by itself: {times}{entry}"));
        }
    }

    fn part(&mut self, fused: &Fused, depth: usize) {
        self.fused += 1;
        let list = |values: &[(Value, Shape)]| {
            let name = |(value, shape): &(Value, Shape)| {
                self.names.get(value).map_or_else(|| format!("a value {shape}"), |name| (*name).to_owned())
            };
            values.iter().map(name).collect::<Vec<String>>().join(", ")
        };
        let line = format!("fused {}: {} -> {}", self.fused, list(&fused.inputs), list(&fused.outputs));
        self.line(depth, &line);
        self.line(depth + 1, &words(&fused.stmts));
        for convolution in convolutions(self.net, fused) {
            self.line(depth + 1, &convolution);
        }
        if let Some(line) = stages(&graph::engine(self.net, fused, Vectors::default(), false).engine) {
            self.line(depth + 1, &line);
        }
    }
}

/// A line on the stages of a part in training: `9 stages, at whose borders the batch meets; 96.0 KiB an image cross them`.
/// None for a part in which the batch never meets.
fn stages(engine: &Engine) -> Option<String> {
    let [stages, floats] = engine.stages();
    let bytes = cost::bytes((size_of::<f32>() * floats) as u128);
    (stages > 1)
        .then(|| format!("{stages} stages in training, at whose borders the batch meets; {bytes} an image cross them"))
}

fn steps(count: usize) -> String {
    counted(count, "step")
}

/// The words for the primitives on images, in order, and for each loop those that it repeats.
fn words(stmts: &[Stmt]) -> String {
    let each = stmts.iter().filter_map(|stmt| match stmt {
        Stmt::Node(node) => node.shape.per_image().then(|| node.op.word().to_owned()),
        Stmt::Loop(looped) => Some(format!("loop {} ({}: {})", looped.name, steps(looped.steps), words(&looped.body))),
    });
    each.collect::<Vec<String>>().join(", ")
}
