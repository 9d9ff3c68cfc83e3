//! Batch normalisation in a run, and the running statistics that it moves.

use super::{Run, Training};
use crate::back::burn::plan::Fused;
use crate::back::burn::{Statistics, ops, pictures};
use burn::tensor::{Tensor, TensorData, module};
use lcnnc_lang::ir::ParamId;

/// A batch normalisation's parameters and settings.
pub(super) struct Norm {
    pub scale: ParamId,
    pub shift: ParamId,
    pub mean: ParamId,
    pub variance: ParamId,
    pub epsilon: f64,
    pub momentum: f64,
}

impl Run<'_> {
    /// The running statistics that the batch has been mixed into.
    pub(super) fn statistics(self) -> Statistics {
        let running = self.training.map_or(Vec::new(), |training| training.running);
        let held = |x: Tensor<1>| {
            let [channels] = x.dims();
            x.reshape([1, channels, 1, 1])
        };
        let statistics = running.into_iter().enumerate().filter_map(|(n, x)| x.map(|x| (n, held(x))));
        Statistics(statistics.collect())
    }

    /// Mixes what a fused part has seen of the batch, `[means, variances]` of one batch normalisation after the other, into
    /// the running statistics.
    pub(super) fn mix(&mut self, fused: &Fused, seen: &[f32]) {
        let Some(mut training) = self.training.take() else { return };
        let mut rest = seen;
        for norm in &fused.norms {
            for id in [norm.mean, norm.variance] {
                let id = self.version(id);
                let start = ops::channels(self.model.params[id.0].val());
                let (own, behind) = rest.split_at(self.model.net.param(id).len());
                let own = Tensor::from_data(TensorData::new(own.to_vec(), [own.len()]), &self.device);
                rest = behind;
                training.mix(id, start, own, norm.momentum);
            }
        }
        self.training = Some(training);
    }

    /// Normalises a batch: in training by its own moments, which move the running ones.
    pub(super) fn batch_norm(&mut self, x: Tensor<4>, norm: &Norm) -> Tensor<4> {
        let has_kernels = self.has_kernels(&x);
        let channels = |id| ops::channels(self.param(id));
        let (scale, shift) = (channels(norm.scale), channels(norm.shift));
        let (mean, variance) = (channels(norm.mean), channels(norm.variance));
        let Some(training) = &mut self.training else {
            return module::batch_norm(x, scale, shift, mean, variance, norm.epsilon);
        };
        let [batch, _, height, width] = x.dims();
        let count = batch * height * width;
        let unbiased = count as f64 / count.saturating_sub(1).max(1) as f64;
        let (output, [seen_mean, seen_variance]) = if has_kernels {
            pictures::batch_norm(x, [scale, shift], norm.epsilon)
        } else {
            let seen = module::batch_norm_train(x, scale, shift, norm.epsilon);
            (seen.output, [seen.mean, seen.variance])
        };
        training.mix(norm.mean, mean, seen_mean, norm.momentum);
        training.mix(norm.variance, variance, seen_variance * unbiased, norm.momentum);
        output
    }
}

impl Training {
    /// Mixes a batch's statistic into the running one, as PyTorch does: the running value keeps `1 - momentum` of itself.
    fn mix(&mut self, id: ParamId, start: Tensor<1>, batch: Tensor<1>, momentum: f64) {
        let place = &mut self.running[id.0];
        let old = place.take().unwrap_or(start);
        *place = Some(old * (1.0 - momentum) + batch * momentum);
    }
}
