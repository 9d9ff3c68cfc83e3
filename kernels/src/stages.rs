//! The stages of a graph: what a block of images can do alone, until all blocks have to meet; and between those, what all
//! blocks do together.

use super::batch_norm::{NormPass, Pass, Statistics};
use super::graph::{Kernel, Node};
use std::collections::BTreeMap;
use std::ops::Range;

/// Tasks of a schedule between two points at which all blocks are equally far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub tasks: Range<usize>,
    /// Whether all blocks go through the tasks together; otherwise each block goes through them alone.
    pub together: bool,
    /// What the batch has added up when all blocks are through.
    pub meets: Vec<NormPass>,
}

/// The nodes of a [`Stage`].
#[derive(Clone, Debug, Default)]
pub struct StageNodes {
    pub nodes: Vec<Node>,
    pub together: bool,
    pub meets: Vec<NormPass>,
}

/// Nodes in the order of their stages, none of which is empty.
///
/// A node stands in the stage of the latest of what it reads, and one that reads nothing in that of its first reader. What a
/// batch normalisation makes stands behind the stage of its sums, so that normalisations which do not read each
/// other meet at once. With running statistics nothing is waited for, and the sums of the forward pass are left out.
pub fn staged(nodes: Vec<Node>, values: usize, statistics: Statistics) -> Vec<StageNodes> {
    let places = places(&nodes, values, statistics);
    let mut stages: Vec<StageNodes> = Vec::new();
    for (node, stage) in nodes.into_iter().zip(places) {
        stages.resize_with(stages.len().max(stage + 1), StageNodes::default);
        let stage = &mut stages[stage];
        if let Kernel::BatchSums(norm) = node.kernel {
            if statistics == Statistics::Running && norm.pass == Pass::Forward {
                continue;
            }
            stage.meets.push(norm);
        }
        stage.together = node.kernel.is_together();
        stage.nodes.push(node);
    }
    stages.retain(|stage| !stage.nodes.is_empty());
    stages
}

/// The stage of each node: an even number where each block is alone, an odd one where all are together.
fn places(nodes: &[Node], values: usize, statistics: Statistics) -> Vec<usize> {
    let mut made = vec![0; values];
    let mut summed: BTreeMap<NormPass, usize> = BTreeMap::new();
    let mut places = Vec::with_capacity(nodes.len());
    for node in nodes {
        let norm = if let Kernel::Map(map) = &node.kernel { map.norm() } else { None };
        let waits = norm.and_then(|norm| summed.get(&norm)).map_or(0, |stage| stage + 2);
        let alone = node.reads.iter().map(|id| made[*id]).max().unwrap_or(0).max(waits);
        let (stage, next) = if node.kernel.is_together() { (alone + 1, alone + 2) } else { (alone, alone) };
        node.makes.iter().for_each(|id| made[*id] = next);
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
        let first = node.makes.iter().map(|id| first_read[*id]).min().filter(|first| *first < usize::MAX);
        *stage = first.map_or(*stage, |first| first / 2 * 2);
    }
    places
}
