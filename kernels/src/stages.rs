//! The stages of a graph: what a block of images can do alone, until all blocks have to meet.

use super::batch_norm::{NormPass, Pass, Statistics};
use super::graph::{Id, Kernel, Node};
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
/// A node stands in the stage of the latest of what it reads. What a batch normalisation makes stands in the stage behind
/// that of its sums, so that normalisations which do not read each other meet at once. With running statistics nothing is
/// waited for, and the sums of the forward pass are left out.
pub fn staged(nodes: Vec<Node>, values: usize, statistics: Statistics) -> Vec<(Vec<Node>, Vec<NormPass>)> {
    let mut made = vec![0; values];
    let mut summed: BTreeMap<NormPass, usize> = BTreeMap::new();
    let mut stages: Vec<(Vec<Node>, Vec<NormPass>)> = vec![(Vec::new(), Vec::new())];
    for node in nodes {
        let waits = match &node.kernel {
            Kernel::Map(map) => map.norm().and_then(|norm| summed.get(&norm)).map_or(0, |stage| stage + 1),
            _ => 0,
        };
        let stage = node.reads.iter().map(|id: &Id| made[*id]).max().unwrap_or(0).max(waits);
        node.makes.iter().for_each(|id| made[*id] = stage);
        stages.resize_with(stages.len().max(stage + 1), Default::default);
        if let Kernel::BatchSums(norm) = node.kernel {
            match (statistics, norm.pass) {
                (Statistics::Running, Pass::Forward) => continue,
                (Statistics::Running, Pass::Backward) => {}
                (Statistics::Batch, Pass::Forward | Pass::Backward) => {
                    summed.insert(norm, stage);
                }
            }
            stages[stage].1.push(norm);
        }
        stages[stage].0.push(node);
    }
    stages
}
