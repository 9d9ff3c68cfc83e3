//! The cross-entropy of a block's scores, and its gradient in the same go.

use super::math;
use crate::cpu::lanes::LANES;
use crate::cpu::vectors::select;
use pulp::{Simd, WithSimd};

/// Computes the cross-entropy of each image in nats, which dispatching returns lane by lane, and the gradient of the
/// scores.
///
/// The right class counts `1 - smoothing`, and all classes alike share the rest (Szegedy et al., 2016, section 7).
pub struct CrossEntropy<'a> {
    /// The scores, `[classes]` cells.
    pub scores: &'a [f32],
    /// The right class of each lane's image, as a float.
    pub labels: &'a [f32; LANES],
    /// What each lane's gradient is multiplied by; zero for a lane without an image.
    pub weight: &'a [f32; LANES],
    /// The share of each answer that is spread over all classes, from 0 to 1.
    pub smoothing: f32,
    /// Where the gradient of the scores goes, `[classes]` cells.
    pub gradient: &'a mut [f32],
}

impl WithSimd for CrossEntropy<'_> {
    type Output = [f32; LANES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> [f32; LANES] {
        let Self { scores, labels, weight, smoothing, gradient } = self;
        let parts = LANES / S::F32_LANES;
        let classes = scores.len() / LANES;
        let (named, any) = (s.splat_f32s(1.0 - smoothing), s.splat_f32s(smoothing / classes as f32));
        let (scores, gradient) = (S::as_simd_f32s(scores).0, S::as_mut_simd_f32s(gradient).0);
        let (labels, weight) = (S::as_simd_f32s(labels).0, S::as_simd_f32s(weight).0);
        let mut nats = [0.0; LANES];
        let zero = s.splat_f32s(0.0);
        for (p, nats) in S::as_mut_simd_f32s(&mut nats).0.iter_mut().enumerate() {
            let mut largest = s.splat_f32s(f32::NEG_INFINITY);
            for score in scores.chunks_exact(parts) {
                largest = select(s, s.greater_than_or_equal_f32s(largest, score[p]), largest, score[p]);
            }
            let (mut sum, mut own, mut all) = (zero, zero, zero);
            for (class, score) in scores.chunks_exact(parts).enumerate() {
                let score = s.sub_f32s(score[p], largest);
                let e = math::exp(s, score);
                sum = s.add_f32s(sum, e);
                all = s.add_f32s(all, score);
                gradient[class * parts + p] = e;
                let is_label = s.equal_f32s(labels[p], s.splat_f32s(class as f32));
                own = select(s, is_label, score, own);
            }
            let right = s.add_f32s(s.mul_f32s(named, own), s.mul_f32s(any, all));
            *nats = s.sub_f32s(math::log(s, sum), right);
            let scale = s.div_f32s(weight[p], sum);
            let other = s.mul_f32s(weight[p], any);
            let own = s.add_f32s(s.mul_f32s(weight[p], named), other);
            for (class, gradient) in gradient.chunks_exact_mut(parts).enumerate() {
                let is_label = s.equal_f32s(labels[p], s.splat_f32s(class as f32));
                let target = select(s, is_label, own, other);
                gradient[p] = s.sub_f32s(s.mul_f32s(gradient[p], scale), target);
            }
        }
        nats
    }
}
