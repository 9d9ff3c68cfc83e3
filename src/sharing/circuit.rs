//! The circuit of one inhibitory neuron for each group (Eq. 8), and the rates that it settles at (Eq. 9).

use super::{Group, dot};
use lcnnc_kernels::draws::Draws;

/// The excitatory neurons `i` of a group with one inhibitory neuron, which hears their mean and silences all of them (Eq. 8):
///
/// ```text
/// tau dr_i/dt   = -r_i + w_i . x - alpha r_inh + b
/// tau dr_inh/dt = -r_inh + mean over neurons of r - b
/// dw_i/dt       = -eta / present [ (r_i - b) x + gamma (w_i - w_i at the start) ]
/// ```
///
/// A pattern is presented for a while, from zero activity, and all of it is integrated by Euler's explicit steps of `dt`.
/// Rates have the unit of `w . x`, and are not rectified: `b` is the rate from which the circuit counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circuit {
    /// How strongly the inhibitory neuron acts. Above [`Circuit::most_alpha`] the steps are too long for it.
    pub alpha: f64,
    /// Time constant of all neurons in milliseconds.
    pub tau: f64,
    /// How long a pattern is presented, in milliseconds.
    pub present: f64,
    /// Length of a step in milliseconds.
    pub dt: f64,
    /// The rate `b` that neurons have without input.
    pub bias: f64,
    /// How far weights go in one presentation, if all of it were spent at the rates of Eq. 9: a step has the share
    /// `dt / present` of it. So it means what [`Hebbian`](super::Hebbian)'s means for a single pattern.
    pub eta: f64,
    /// How strongly kernels are held at what they were at the start.
    pub gamma: f64,
    /// Presentations of one sleep.
    pub iterations: usize,
    /// The standard deviation of the noise in every input, which differs from neuron to neuron and stays the same for the
    /// whole of a presentation.
    pub noise: f64,
}

impl Circuit {
    /// Relaxes the kernels `[neurons, inputs]` of one group by presenting it with patterns, each of them `[inputs]`. `draws`
    /// gives the noise, and is not read where there is none.
    pub fn relax(
        &self,
        weights: &mut [f64],
        inputs: usize,
        patterns: impl IntoIterator<Item: AsRef<[f64]>>,
        draws: &mut Draws,
    ) {
        let mut group = Group::new(weights, inputs);
        for pattern in patterns.into_iter().take(self.iterations) {
            self.present(&mut group, pattern.as_ref(), draws);
        }
    }

    /// Presents a group with one pattern `[inputs]`, changes its kernels, and gives the rates of its excitatory neurons at the
    /// end.
    pub fn present(&self, group: &mut Group, pattern: &[f64], draws: &mut Draws) -> Vec<f64> {
        let mut neurons = self.begun(group, pattern, draws);
        let steps = self.steps();
        let (share, learned) = (self.dt / self.tau, self.eta / steps as f64);
        let kept = 1.0 - learned * self.gamma;
        let (mut inhibitory, mut left) = (0.0, 1.0);
        for _ in 0..steps {
            let mean = neurons.iter().map(|neuron| neuron.rate).sum::<f64>() / neurons.len() as f64;
            let inhibition = self.alpha * inhibitory;
            inhibitory += share * (mean - self.bias - inhibitory);
            for Neuron { rate, seen, start, moved, square } in &mut neurons {
                // The weights are `w at the start + left (w before - w at the start) + moved x`.
                let drive = *start + left * *seen + *moved * *square;
                let above = *rate - self.bias;
                *rate += share * (drive - inhibition - above);
                *moved = kept * *moved - learned * above;
            }
            left *= kept;
        }
        Self::learn(group, pattern, left, &neurons);
        neurons.iter().map(|neuron| neuron.rate).collect()
    }

    /// The neurons of a group as a presentation begins, with rates of zero. What each of them sees, if there is noise, is put
    /// into the group's memory.
    fn begun(&self, group: &mut Group, pattern: &[f64], draws: &mut Draws) -> Vec<Neuron> {
        let Group { weights, start, inputs, room } = group;
        assert_eq!(pattern.len(), *inputs, "a pattern has a number for each input");
        let seen = &mut room.seen;
        seen.clear();
        if self.noise != 0.0 {
            seen.resize(weights.len(), 0.0);
            draws.fill_normal(self.noise, seen);
            seen.chunks_exact_mut(*inputs).for_each(|x| x.iter_mut().zip(pattern).for_each(|(x, p)| *x += p));
        }
        let kernels = weights.chunks_exact(*inputs).zip(start.chunks_exact(*inputs)).enumerate();
        let neuron = |(n, (w, start)): (usize, (&[f64], &[f64]))| {
            let x = seen.get(n * *inputs..(n + 1) * *inputs).unwrap_or(pattern);
            let at_start = dot(start, x);
            Neuron { rate: 0.0, start: at_start, seen: dot(w, x) - at_start, moved: 0.0, square: dot(x, x) }
        };
        kernels.map(neuron).collect()
    }

    /// Writes what a presentation has made of the kernels.
    fn learn(group: &mut Group, pattern: &[f64], left: f64, neurons: &[Neuron]) {
        let Group { weights, start, inputs, room } = group;
        let kernels = weights.chunks_exact_mut(*inputs).zip(start.chunks_exact(*inputs));
        for (n, ((kernel, start), neuron)) in kernels.zip(neurons).enumerate() {
            let x = room.seen.get(n * *inputs..(n + 1) * *inputs).unwrap_or(pattern);
            for ((w, start), x) in kernel.iter_mut().zip(start).zip(x) {
                *w = start + left * (*w - start) + neuron.moved * x;
            }
        }
    }

    /// The rates that the excitatory neurons settle at while weights stay as they are (Eq. 9), for the `drives` `w_i . x`:
    /// `r_i = b + w_i . x - mean_j(w_j . x) + mean_j(w_j . x) / (1 + alpha)`.
    pub fn stationary(&self, drives: &[f64]) -> Vec<f64> {
        let mean = drives.iter().sum::<f64>() / drives.len() as f64;
        let left = mean / (1.0 + self.alpha);
        drives.iter().map(|drive| self.bias + drive - mean + left).collect()
    }

    /// The largest `alpha` with which the steps do not diverge, `2 tau / dt - 1`: mean rate and inhibition swing around each
    /// other `sqrt(alpha)` times as fast as they come to rest.
    pub fn most_alpha(&self) -> f64 {
        2.0 * self.tau / self.dt - 1.0
    }

    /// The steps of a presentation, at least one.
    pub fn steps(&self) -> usize {
        ((self.present / self.dt).round() as usize).max(1)
    }

    /// The share of `eta` that differences between kernels are learned by in one presentation: rates begin without them and
    /// come to them as `1 - exp(-t / tau)`, of which this is the mean over the steps. So where `alpha` is large a sleep ends
    /// at the fixed point of Eq. 5 with `gamma` divided by this share.
    pub fn response_share(&self) -> f64 {
        let (steps, left) = (self.steps() as f64, 1.0 - self.dt / self.tau);
        1.0 - (1.0 - left.powf(steps)) / (steps * (1.0 - left))
    }
}

/// An excitatory neuron in a presentation.
struct Neuron {
    rate: f64,
    /// `w . x` with the weights at the start of the sleep.
    start: f64,
    /// What the weights before the presentation make `w . x` larger by than those at the start of the sleep.
    seen: f64,
    /// How much of `x` was added to the weights in this presentation.
    moved: f64,
    /// `x . x`
    square: f64,
}
