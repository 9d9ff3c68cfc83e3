//! The loss of a classification.

use burn::tensor::{Int, Tensor, activation};

/// The mean cross-entropy over a batch, in nats: `[1]`, in the precision of the logits.
///
/// `logits` is `[B, classes]`, `labels` is `[B]` with entries below `classes`. Softmax and logarithm are taken together,
/// so scores of any size are safe.
pub fn loss(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    activation::log_softmax(logits, 1).gather(1, labels.unsqueeze_dim(1)).mean().neg()
}
