//! How large a fused part may be.

/// The most mebibytes of activity, of sixteen images, that a fused part may have.
pub const MAX_ACTIVITY: usize = 512;

/// The most weights that one primitive of a fused part may have: up to sixteen sums of their gradients are kept at once
/// on a CPU, and one for every cube on a GPU.
pub const MAX_WEIGHTS: usize = 8_000_000;
const _: () = assert!(MAX_WEIGHTS == 8_000_000, "the reason in lower.rs names the number");
