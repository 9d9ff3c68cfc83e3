//! The cross-entropy of an image's scores, and its gradient in the same go.

use super::memory::Memory;
use super::program::Address;
use cubecl::prelude::*;

/// Computes the gradient of the scores, times `weight`, and adds the cross-entropy in nats to the last of the cube's
/// `sums` sums. `label` is the right class, and `smoothing` the share of the answer that is spread over all classes.
#[cube]
pub fn loss(
    memory: &mut Memory<'_>,
    label: usize,
    weight: f32,
    smoothing: f32,
    #[comptime] scores: Address,
    #[comptime] gradient: Address,
    #[comptime] classes: usize,
    #[comptime] sums: usize,
) {
    // Every unit that has a class sums over all classes: they are few, and no unit waits for another.
    for class in range_stepped(UNIT_POS as usize, classes, memory.units) {
        let mut largest = memory.load(0usize, scores);
        for other in 1..classes {
            let score = memory.load(other, scores);
            largest = select(score > largest, score, largest);
        }
        let mut sum = f32::new(0.0);
        let mut all = f32::new(0.0);
        for other in 0..classes {
            let score = memory.load(other, scores) - largest;
            sum += score.exp();
            all += score;
        }
        let score = memory.load(class, scores) - largest;
        let any = smoothing / classes as f32;
        let target = select(class == label, 1.0 - smoothing + any, any);
        memory.store(class, weight * (score.exp() / sum - target), gradient);
        if class == label {
            memory.add(comptime!(sums - 1), sum.ln() - (1.0 - smoothing) * score - any * all);
        }
    }
}
