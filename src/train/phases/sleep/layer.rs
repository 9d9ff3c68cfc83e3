//! A layer that sleeps: which places share, and how alike their kernels are.

use super::snr::{Snr, snr};
use lcnnc_lang::ir::{LocalLayer, Modules, Net, ParamId};
use rayon::prelude::*;

/// A layer without weight sharing, with its places in modules.
#[derive(Debug)]
pub(in crate::train) struct Layer {
    name: String,
    pub layer: LocalLayer,
    /// The places of each module.
    pub modules: Vec<Vec<usize>>,
}

impl Layer {
    pub fn new(net: &Net, layer: LocalLayer, modules: Modules) -> Self {
        let name = net.param(layer.weight).owner().to_owned();
        Self { name, modules: layer.modules(modules), layer }
    }

    /// The layer's name in the spec, dotted.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn weight(&self) -> ParamId {
        self.layer.weight
    }

    /// How alike the kernels are, over all places and within modules.
    pub fn snr(&self, weights: &[f32]) -> Snr {
        snr(weights, [self.layer.outputs, self.layer.taps()], &self.modules)
    }

    /// Sets every kernel to the mean of its module. The mean of equal kernels is that kernel, bit for bit.
    pub fn share(&self, weights: &mut [f32]) {
        let len = self.layer.kernel_len();
        let mean = |places: &Vec<usize>| {
            let mut sums = vec![0.0; len];
            for place in places {
                sums.iter_mut().zip(&weights[place * len..][..len]).for_each(|(sum, w)| *sum += f64::from(*w));
            }
            sums.into_iter().map(|sum| (sum / places.len() as f64) as f32).collect()
        };
        let means: Vec<Vec<f32>> = self.modules.par_iter().map(mean).collect();
        let mut of_place = vec![0; self.layer.places()];
        for (module, places) in self.modules.iter().enumerate() {
            places.iter().for_each(|place| of_place[*place] = module);
        }
        weights.par_chunks_mut(len).zip(of_place).for_each(|(kernel, module)| kernel.copy_from_slice(&means[module]));
    }
}
