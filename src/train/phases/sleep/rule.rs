//! The rules by which kernels come to be alike, on the weights of a layer.

use super::layer::Layer;
use super::snr::Snr;
use crate::sharing::{Circuit, Hebbian, Relaxation};
use burn::tensor::Element;
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::vocabulary::{Bound, sharing};

/// A rule with its numbers.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    Mean,
    Hebbian(Hebbian),
    Circuit(Circuit),
}

/// Which sleep of which layer random numbers are drawn for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub seed: u64,
    /// Sleeps before this one.
    pub sleep: usize,
    /// The layer's place among those that sleep.
    pub layer: usize,
}

impl Stream {
    /// What the patterns of the layer are drawn from: they are the same for all its modules and outputs.
    fn patterns(self) -> Draws {
        Draws::of_sleep(self.seed, [self.sleep, self.layer, 0])
    }

    /// What the noise of a group of neurons is drawn from.
    fn noise(self, group: usize) -> Draws {
        Draws::of_sleep(self.seed, [self.sleep, self.layer, 1 + group])
    }
}

impl Rule {
    /// The rule that a call names.
    ///
    /// # Panics
    /// If the call was not bound against [`sharing::CALLABLES`]; no spec can bring that about.
    pub fn new(call: &Bound) -> Self {
        let call = sharing::complete(call);
        match call.callee {
            "mean" => Rule::Mean,
            "hebbian" => Rule::Hebbian(Hebbian {
                eta: call.real("eta"),
                gamma: call.real("gamma"),
                iterations: call.count("iterations"),
                patterns: call.count("patterns"),
                noise: call.real("noise"),
            }),
            "circuit" => Rule::Circuit(Circuit {
                alpha: call.real("alpha"),
                tau: call.real("tau"),
                present: call.real("present"),
                dt: call.real("dt"),
                bias: call.real("bias"),
                eta: call.real("eta"),
                gamma: call.real("gamma"),
                iterations: call.count("iterations"),
                noise: call.real("noise"),
            }),
            other => unreachable!("no rule is called `{other}`"),
        }
    }

    /// Lets the kernels of a layer come to be alike, and gives how alike they were before and are then.
    ///
    /// Every place of a module is shown the same input, as an image that repeats with the width of a kernel shows it, in the zeros
    /// around the map too. The patterns of an iteration are the same for all modules, each of which sees them from another corner.
    pub fn relax<W: Element>(&self, layer: &Layer, weights: &mut [W], stream: Stream) -> [Snr; 2] {
        let taps = layer.layer.taps();
        match self {
            Rule::Mean => layer.share(weights),
            Rule::Hebbian(rule) => layer.each_group(weights, {
                let patterns = move || Patterns::new(stream, rule.patterns * taps);
                let relaxation = Relaxation::new(rule, taps, patterns());
                move |group, kernels| match &relaxation {
                    Some(relaxation) => relaxation.relax(kernels),
                    None => rule.relax(kernels, taps, patterns(), &mut stream.noise(group)),
                }
            }),
            Rule::Circuit(circuit) => layer.each_group(weights, |group, kernels| {
                circuit.relax(kernels, taps, Patterns::new(stream, taps), &mut stream.noise(group));
            }),
        }
    }
}

/// Gaussian patterns of variance 1, those of one iteration after those of another without end.
struct Patterns {
    draws: Draws,
    /// Numbers of all patterns of an iteration.
    len: usize,
}

impl Patterns {
    fn new(stream: Stream, len: usize) -> Self {
        Self { draws: stream.patterns(), len }
    }
}

impl Iterator for Patterns {
    type Item = Vec<f64>;

    fn next(&mut self) -> Option<Vec<f64>> {
        let mut patterns = vec![0.0; self.len];
        self.draws.fill_normal(1.0, &mut patterns);
        Some(patterns)
    }
}
