//! How much memory a net takes beside the tensors of its batch, known before it runs.

use super::cut::{Cut, Fused, Part};
use super::graph;
use lcnnc_kernels::Vectors;
use lcnnc_lang::ir::Net;

/// How many rows of all its parameters a fused part makes: one as a tensor and one for the kernels, and as many of their
/// gradients.
const ROWS: u128 = 4;

/// How a net runs, as far as its memory depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Images in a batch.
    pub images: usize,
    /// Threads that share a batch.
    pub threads: usize,
    /// Whether there is a backward pass.
    pub training: bool,
}

/// Bytes that the kernels of all fused parts take on a processor: the activity of sixteen images for each thread, the
/// kernels as transforms, the gradients of up to sixteen parts of the batch, and what each block of it keeps from stage to
/// stage.
pub fn of_kernels(net: &Net, cut: &Cut, load: Load) -> u128 {
    let sizes = fused(&cut.parts).into_iter().map(|fused| {
        let engine = graph::engine(net, fused, Vectors::default(), false).engine;
        let params: u128 = fused.params.iter().map(|id| 4 * net.param(*id).len() as u128).sum();
        let rows = if load.training { ROWS } else { ROWS / 2 };
        engine.memory_bytes(load.images, load.threads, load.training) as u128 + rows * params
    });
    sizes.fold(0, u128::saturating_add)
}

/// Every fused part among these parts, those within loops as well.
fn fused(parts: &[Part]) -> Vec<&Fused> {
    let mut found = Vec::new();
    for part in parts {
        match part {
            Part::Fused(part) => found.push(part),
            Part::Loop { body, .. } => found.extend(fused(body)),
            Part::Node { .. } => {}
        }
    }
    found
}
