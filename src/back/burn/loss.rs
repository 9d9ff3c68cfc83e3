//! The loss of a classification.

use burn::tensor::{Int, Tensor, activation};

/// The mean cross-entropy over a batch, in nats: `[1]`, in the precision of the logits.
///
/// `logits` is `[B, classes]`, `labels` is `[B]` with entries below `classes`. The share `smoothing` of each label is
/// spread over all classes (Szegedy et al., 2016, section 7). Softmax and logarithm are taken together, so scores of any
/// size are safe.
pub fn loss(logits: Tensor<2>, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let nats = activation::log_softmax(logits, 1).neg();
    let named = nats.clone().gather(1, labels.unsqueeze_dim(1)).mean();
    if smoothing == 0.0 { named } else { named * (1.0 - smoothing) + nats.mean() * smoothing }
}
