//! The stages of a graph: what a block of images can do alone, until all blocks have to meet.

use super::batch_norm::{NormPass, Pass, Statistics};
use super::graph::{Kernel, Node};
use std::collections::BTreeMap;
use std::ops::Range;

/// Tasks of a schedule that a block goes through alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub tasks: Range<usize>,
    /// What the batch has added up when all blocks are through.
    pub meets: Vec<NormPass>,
}

/// Nodes in the order of their stages, each stage with what the batch has added up at its end.
///
/// A node stands in the stage of the latest of what it reads, and one that reads nothing in that of its first reader. What a
/// batch normalisation makes stands in the stage behind that of its sums, so that normalisations which do not read each
/// other meet at once. With running statistics nothing is waited for, and the sums of the forward pass are left out.
pub fn staged(nodes: Vec<Node>, values: usize, statistics: Statistics) -> Vec<(Vec<Node>, Vec<NormPass>)> {
    let places = places(&nodes, values, statistics);
    let mut stages: Vec<(Vec<Node>, Vec<NormPass>)> = vec![Default::default()];
    for (node, stage) in nodes.into_iter().zip(places) {
        stages.resize_with(stages.len().max(stage + 1), Default::default);
        if let Kernel::BatchSums(norm) = node.kernel {
            if statistics == Statistics::Running && norm.pass == Pass::Forward {
                continue;
            }
            stages[stage].1.push(norm);
        }
        stages[stage].0.push(node);
    }
    stages
}

/// The stage of each node.
fn places(nodes: &[Node], values: usize, statistics: Statistics) -> Vec<usize> {
    let mut made = vec![0; values];
    let mut summed: BTreeMap<NormPass, usize> = BTreeMap::new();
    let mut places = Vec::with_capacity(nodes.len());
    for node in nodes {
        let norm = if let Kernel::Map(map) = &node.kernel { map.norm() } else { None };
        let waits = norm.and_then(|norm| summed.get(&norm)).map_or(0, |stage| stage + 1);
        let stage = node.reads.iter().map(|id| made[*id]).max().unwrap_or(0).max(waits);
        node.makes.iter().for_each(|id| made[*id] = stage);
        if let (Kernel::BatchSums(norm), Statistics::Batch) = (&node.kernel, statistics) {
            summed.insert(*norm, stage);
        }
        places.push(stage);
    }
    // What comes of nothing is made where it is needed: it would have to be kept on the way there.
    let mut first_read = vec![usize::MAX; values];
    for (node, stage) in nodes.iter().zip(&places) {
        node.reads.iter().for_each(|id| first_read[*id] = first_read[*id].min(*stage));
    }
    for (node, stage) in nodes.iter().zip(&mut places).filter(|(node, _)| node.reads.is_empty()) {
        *stage =
            node.makes.iter().map(|id| first_read[*id]).min().filter(|first| *first < usize::MAX).unwrap_or(*stage);
    }
    places
}
