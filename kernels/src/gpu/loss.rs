//! Cross-entropy of an image.

use super::memory::Memory;
use super::script::At;
use cubecl::prelude::*;

/// Scores to their gradients, times `weight`; the cross-entropy in nats is added to the cube's last sum. `smoothing` is the
/// share of the answer that is spread over all classes.
#[cube]
pub fn loss(
    memory: &mut Memory<'_>,
    label: usize,
    weight: f32,
    smoothing: f32,
    #[comptime] scores: At,
    #[comptime] gradient: At,
    #[comptime] classes: usize,
    #[comptime] sums: usize,
) {
    // Every unit that has a class sums over all of them: they are few.
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
