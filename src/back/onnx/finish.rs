//! How a graph ends: its outputs under the names that were asked for, and nothing that none of them needs.

use super::graph::{Writer, node_of};
use super::parts::{dims, info, int};
use super::proto::{Dimension, FLOAT, GraphProto, NodeProto, ValueInfoProto};
use lcnnc_lang::ir::{ParamId, Value};
use std::collections::BTreeSet;

/// An output of a graph.
#[derive(Clone, Debug)]
pub struct Output {
    pub name: String,
    /// What it is made of: one value, or one for each step.
    pub values: Vec<Value>,
    /// Whether it has an axis of steps behind that of the images.
    pub is_row: bool,
}

impl Writer<'_> {
    /// The graph with its outputs, without what nothing reads, and the parameters that it reads.
    pub fn finish(mut self, outputs: &[Output]) -> (GraphProto, Vec<ParamId>) {
        let declared: Vec<ValueInfoProto> = outputs.iter().map(|output| self.output(output)).collect();
        let part = self.parts.pop().unwrap_or_default();
        let mut read: BTreeSet<String> = declared.iter().map(|output| output.name.clone()).collect();
        let ends = read.clone();
        let mut nodes = Vec::new();
        for node in part.nodes.into_iter().rev() {
            if node.output.iter().any(|name| read.contains(name)) {
                reads(&node, &mut read);
                nodes.push(node);
            }
        }
        nodes.reverse();
        let made: BTreeSet<&String> = nodes.iter().flat_map(|node| &node.output).collect();
        let is_inside = |known: &ValueInfoProto| made.contains(&known.name) && !ends.contains(&known.name);
        let value_info = part.infos.into_iter().filter(is_inside).collect();
        let initializer = self.constants.into_iter().filter(|constant| read.contains(&constant.name)).collect();
        let mut weights: Vec<ParamId> =
            self.params.into_iter().filter(|(name, _)| read.contains(name)).map(|(_, id)| id).collect();
        weights.sort();
        (GraphProto { node: nodes, initializer, output: declared, value_info, ..GraphProto::default() }, weights)
    }

    /// Makes an output under its own name; gives what the graph says of it.
    fn output(&mut self, output: &Output) -> ValueInfoProto {
        let Output { name, values, is_row } = output;
        let first = values.first().copied().unwrap_or(Value::INPUT);
        let mut dims = dims(&self.shapes[first.0]);
        if *is_row {
            dims.insert(1, Dimension::Value(values.len() as i64));
        }
        let is_made = |tensor: &String| self.parts[0].nodes.iter().any(|node| node.output.contains(tensor));
        if !is_row && self.read(first) == *name && is_made(name) {
            return info(name, FLOAT, dims);
        }
        if self.taken.contains(name) {
            // What has the name is inside, and may have another one.
            let other = self.fresh(&format!("{name}.inside"));
            self.rename(name, &other);
        }
        self.taken.insert(name.clone());
        let tensors: Vec<String> = values.iter().map(|value| self.read(*value)).collect();
        let node = if *is_row {
            let axes = self.wholes(&[1]);
            let rows: Vec<String> = tensors
                .iter()
                .map(|tensor| self.add("Unsqueeze", &[tensor, &axes], Vec::new(), &format!("{tensor}[:, None]")))
                .collect();
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            node_of("Concat", &rows, vec![int("axis", 1)], name)
        } else {
            node_of("Identity", &[&tensors[0]], Vec::new(), name)
        };
        self.parts[0].nodes.push(node);
        info(name, FLOAT, dims)
    }

    /// Gives a tensor another name wherever it is named.
    fn rename(&mut self, from: &str, to: &str) {
        let renamed = |name: &mut String| {
            if name == from {
                to.clone_into(name);
            }
        };
        self.tensors.iter_mut().for_each(renamed);
        self.shared.values_mut().for_each(renamed);
        self.constants.iter_mut().for_each(|constant| renamed(&mut constant.name));
        let part = &mut self.parts[0];
        part.infos.iter_mut().for_each(|known| renamed(&mut known.name));
        part.nodes.iter_mut().for_each(|node| rename_in(node, &renamed));
    }
}

fn rename_in(node: &mut NodeProto, renamed: &dyn Fn(&mut String)) {
    node.input.iter_mut().chain(&mut node.output).for_each(renamed);
    renamed(&mut node.name);
    for body in node.attribute.iter_mut().filter_map(|attribute| attribute.g.as_mut()) {
        let known = body.input.iter_mut().chain(&mut body.output).chain(&mut body.value_info);
        known.for_each(|known| renamed(&mut known.name));
        body.node.iter_mut().for_each(|node| rename_in(node, renamed));
    }
}

/// Adds what a node reads, and what is read in its body.
fn reads(node: &NodeProto, read: &mut BTreeSet<String>) {
    read.extend(node.input.iter().cloned());
    for body in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()) {
        read.extend(body.output.iter().map(|known| known.name.clone()));
        body.node.iter().for_each(|node| reads(node, read));
    }
}
