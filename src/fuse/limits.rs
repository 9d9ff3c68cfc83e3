//! How large a fused part may be.

use super::lower::Processor;

/// The most weights that one primitive of a fused part may have: up to sixteen sums of their gradients are kept at once
/// on a CPU, and one for every cube on a GPU.
pub const MAX_WEIGHTS: usize = 8_000_000;
const _: () = assert!(MAX_WEIGHTS == 8_000_000, "the reason in lower.rs names the number");

/// The most mebibytes of activity, of sixteen images, that a fused part may have: on a CPU a thread holds no more than that, on
/// a GPU each cube a sixteenth.
pub fn max_activity(processor: Processor) -> usize {
    match processor {
        Processor::Cpu => 768,
        Processor::Gpu => 512,
    }
}
