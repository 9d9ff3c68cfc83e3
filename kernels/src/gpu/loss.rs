//! Cross-entropy of an image.

use super::memory::Memory;
use super::script::At;
use cubecl::prelude::*;

/// Scores to their gradients, times `weight`; the cross-entropy in nats is added to the cube's last sum.
#[cube]
pub fn loss(
    memory: &mut Memory<'_>,
    label: usize,
    weight: f32,
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
        for other in 0..classes {
            sum += (memory.load(other, scores) - largest).exp();
        }
        let score = memory.load(class, scores) - largest;
        let target = select(class == label, 1.0, 0.0);
        memory.store(class, weight * (score.exp() / sum - target), gradient);
        if class == label {
            memory.add(comptime!(sums - 1), sum.ln() - score);
        }
    }
}
