//! The Hebbian rule with lateral subtraction (Eq. 4) and where it ends (Eq. 5).

use super::{Group, Room, columns, columns_mut, dot, mean_kernel};
use lcnnc_kernels::draws::Draws;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// The rule of Eq. 4. With the responses `z_i = w_i . x` of the neurons of a group to a pattern `x` that all of them see, an
/// iteration takes from each kernel
///
/// ```text
/// eta * [ mean over patterns of (z_i - mean over neurons of z) x + gamma (w_i - w_i at the start) ]
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hebbian {
    /// How far one iteration goes. Above [`Hebbian::most_eta`] the rule diverges.
    pub eta: f64,
    /// How strongly kernels are held at what they were at the start.
    pub gamma: f64,
    /// Iterations of one sleep.
    pub iterations: usize,
    /// Patterns of one iteration: how many the caller draws.
    pub patterns: usize,
    /// The standard deviation of the noise in every input, which differs from neuron to neuron: neuron `i` sees `x + xi_i` in
    /// the place of `x`, and responds and learns by it.
    pub noise: f64,
}

impl Hebbian {
    /// Relaxes the kernels `[neurons, inputs]` of one group. Each of `patterns` is `[patterns, inputs]` and serves one
    /// iteration; all groups of a module see the same ones. `draws` gives the noise, and is not read where there is none.
    ///
    /// Without noise and for many groups of one module, [`Relaxation`] does the same in less time.
    pub fn relax(
        &self,
        weights: &mut [f64],
        inputs: usize,
        patterns: impl IntoIterator<Item: AsRef<[f64]>>,
        draws: &mut Draws,
    ) {
        let mut group = Group::new(weights, inputs);
        for seen in patterns.into_iter().take(self.iterations) {
            let (weights, pull) = self.pull(&mut group, seen.as_ref(), draws);
            weights.iter_mut().zip(pull).for_each(|(w, pull)| *w -= self.eta * pull);
        }
    }

    /// The bracket of Eq. 4 for patterns `[patterns, inputs]`: the kernels, and for each of their weights what an iteration
    /// takes from it `eta` times.
    pub fn pull<'g>(&self, group: &'g mut Group, patterns: &[f64], draws: &mut Draws) -> (&'g mut [f64], &'g [f64]) {
        if self.noise == 0.0 {
            return self.pull_without_noise(group, patterns);
        }
        self.pull_with(group, patterns, |noise| draws.fill_normal(self.noise, noise))
    }

    fn pull_without_noise<'g>(&self, group: &'g mut Group, patterns: &[f64]) -> (&'g mut [f64], &'g [f64]) {
        self.decay(group);
        let (inputs, mean) = (group.inputs, mean_kernel(group.weights, group.inputs));
        let patterns = columns(patterns, inputs);
        // The responses of kernels without their mean are the responses without theirs.
        let responses = patterns.transpose() * apart(group.weights, inputs, &mean);
        let share = (patterns.ncols() as f64).recip();
        columns_mut(&mut group.room.pull, inputs).gemm(share, &patterns, &responses, 1.0);
        (group.weights, &group.room.pull)
    }

    /// The same where every neuron sees noise of its own: for each pattern in turn, `noise` fills `[neurons, inputs]` with
    /// what is added to it.
    pub fn pull_with<'g>(
        &self,
        group: &'g mut Group,
        patterns: &[f64],
        mut noise: impl FnMut(&mut [f64]),
    ) -> (&'g mut [f64], &'g [f64]) {
        self.decay(group);
        let (inputs, neurons) = (group.inputs, group.neurons());
        let Room { pull, seen } = &mut group.room;
        let mut responses = Vec::with_capacity(neurons);
        let share = inputs as f64 / patterns.len() as f64;
        seen.resize(pull.len(), 0.0);
        for pattern in patterns.chunks_exact(inputs) {
            noise(seen);
            for seen in seen.chunks_exact_mut(inputs) {
                seen.iter_mut().zip(pattern).for_each(|(seen, x)| *seen += x);
            }
            let (kernels, inputs_seen) = (group.weights.chunks_exact(inputs), seen.chunks_exact(inputs));
            responses.clear();
            responses.extend(kernels.zip(inputs_seen).map(|(w, seen)| dot(w, seen)));
            let mean = responses.iter().sum::<f64>() / neurons as f64;
            for (n, z) in responses.iter().enumerate() {
                let (place, factor) = (n * inputs..(n + 1) * inputs, share * (z - mean));
                pull[place.clone()].iter_mut().zip(&seen[place]).for_each(|(pull, seen)| *pull += factor * seen);
            }
        }
        (group.weights, pull)
    }

    /// Begins a pull with what draws kernels back to their start.
    fn decay(&self, group: &mut Group) {
        let Group { weights, start, room, .. } = group;
        room.pull.clear();
        room.pull.extend(weights.iter().zip(start).map(|(w, start)| self.gamma * (*w - *start)));
    }

    /// Where the rule ends that starts at kernels `[neurons, inputs]`, for patterns with the second moments
    /// `C = mean(x x^T)`, `[inputs, inputs]`.
    ///
    /// Without noise this is Eq. 5, `w_i* = (C + gamma I)^-1 (C m + gamma w_i)`, with `m` the mean of the kernels at the
    /// start, which the rule keeps. With noise of variance `s^2`, of which the paper has no formula, it follows from the same
    /// rule: the noise of neuron `i` is in `z_i` and in what it learns by, and has a share of `1 / n` in the mean of `z`. So
    /// the mean over noise of the bracket of Eq. 4 is
    ///
    /// ```text
    /// C (w_i - mean(w)) + v w_i + gamma (w_i - w_i at the start),    v = s^2 (1 - 1 / n)
    /// ```
    ///
    /// which is 0 at `w_i* = (C + (gamma + v) I)^-1 (C m* + gamma w_i)`, with the mean `m* = gamma / (gamma + v) m`: noise is
    /// a decay of all weights towards 0, that `gamma` works against.
    ///
    /// There is none where `C + (gamma + v) I` has an eigenvalue of 0: kernels then stay apart in a direction that no
    /// pattern has.
    pub fn fixed_point(&self, start: &[f64], moments: &[f64]) -> Option<Vec<f64>> {
        let inputs = moments.len().isqrt();
        let (moments, decay) = (columns(moments, inputs), self.noise_decay(start.len() / inputs.max(1)));
        let mut matrix = moments.clone_owned();
        add_to_diagonal(&mut matrix, self.gamma + decay);
        let factors = factors(matrix)?;
        let kept = if decay == 0.0 { 1.0 } else { self.gamma / (self.gamma + decay) };
        let pulled = moments * DVector::from_vec(mean_kernel(start, inputs)) * kept;
        let mut ends = columns(start, inputs) * self.gamma;
        ends.column_iter_mut().for_each(|mut kernel| kernel += &pulled);
        factors.solve_mut(&mut ends);
        Some(ends.data.into())
    }

    /// The largest `eta` with which the rule does not diverge, for `neurons` kernels and patterns with the second moments `C`,
    /// `[inputs, inputs]`: 2 through the largest eigenvalue of `C + (gamma + v) I`, with `v` as in [`Hebbian::fixed_point`].
    /// It is not a number where a moment is none.
    pub fn most_eta(&self, moments: &[f64], neurons: usize) -> f64 {
        if !moments.iter().all(|c| c.is_finite()) {
            return f64::NAN;
        }
        let moments = columns(moments, moments.len().isqrt());
        2.0 / (moments.symmetric_eigenvalues().max() + self.gamma + self.noise_decay(neurons))
    }

    /// The decay that noise comes to, `s^2 (1 - 1 / n)`.
    fn noise_decay(&self, neurons: usize) -> f64 {
        self.noise.powi(2) * (1.0 - (neurons.max(1) as f64).recip())
    }
}

/// All iterations of the rule without noise as one matrix, for the many groups of one module.
///
/// The rule is linear, keeps the mean kernel and treats all differences from it alike: after `t` iterations they are
/// `M_t d` of what a difference `d` was, with `M_0 = I` and `M_(t+1) = M_t - eta (C_t M_t + gamma (M_t - I))`. What it costs to
/// make `M` is what it costs to relax as many kernels as a kernel has weights; with it, a group takes one small product.
#[derive(Debug)]
pub struct Relaxation {
    /// `M`, `[inputs, inputs]`.
    matrix: DMatrix<f64>,
}

impl Relaxation {
    /// The iterations of a rule with the `patterns` of [`Hebbian::relax`]. There is none for a rule with noise, which every
    /// group meets with numbers of its own.
    pub fn new(rule: &Hebbian, inputs: usize, patterns: impl IntoIterator<Item: AsRef<[f64]>>) -> Option<Self> {
        if rule.noise != 0.0 {
            return None;
        }
        let mut matrix = DMatrix::identity(inputs, inputs);
        for seen in patterns.into_iter().take(rule.iterations) {
            let patterns = columns(seen.as_ref(), inputs);
            let responses = patterns.transpose() * &matrix;
            let [step, decay] = [rule.eta / patterns.ncols() as f64, rule.eta * rule.gamma];
            matrix.gemm(-step, &patterns, &responses, 1.0 - decay);
            add_to_diagonal(&mut matrix, decay);
        }
        Some(Self { matrix })
    }

    /// Relaxes the kernels `[neurons, inputs]` of one group.
    pub fn relax(&self, weights: &mut [f64]) {
        let inputs = self.matrix.nrows();
        let mean = mean_kernel(weights, inputs);
        let apart = apart(weights, inputs, &mean);
        weights.chunks_exact_mut(inputs).for_each(|kernel| kernel.copy_from_slice(&mean));
        columns_mut(weights, inputs).gemm(1.0, &self.matrix, &apart, 1.0);
    }
}

/// Kernels `[neurons, inputs]` without a mean kernel, each of them a column.
fn apart(weights: &[f64], inputs: usize, mean: &[f64]) -> DMatrix<f64> {
    let mut apart = columns(weights, inputs).clone_owned();
    let mean = columns(mean, inputs);
    apart.column_iter_mut().for_each(|mut kernel| kernel -= &mean);
    apart
}

fn add_to_diagonal(matrix: &mut DMatrix<f64>, number: f64) {
    (0..matrix.nrows()).for_each(|n| matrix[(n, n)] += number);
}

/// The factors of a symmetric matrix. There are none where an eigenvalue is not positive, or so small beside the largest
/// that rounding hides it.
fn factors(matrix: DMatrix<f64>) -> Option<Cholesky<f64, Dyn>> {
    /// What rounding leaves of an eigenvalue of 0, for every row and as a share of the largest number.
    const ROUNDED: f64 = 1e-14;
    let hidden = ROUNDED * matrix.nrows() as f64 * matrix.diagonal().max();
    let factors = Cholesky::new(matrix)?;
    let is_positive = factors.l_dirty().diagonal().iter().all(|pivot| pivot.powi(2) > hidden);
    is_positive.then_some(factors)
}
