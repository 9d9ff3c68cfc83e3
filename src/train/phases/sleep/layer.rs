//! A layer that sleeps: which places share, and how alike their kernels are.

use super::moments;
use super::snr::Snr;
use burn::tensor::Element;
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
    pub fn snr<W: Element>(&self, weights: &[W]) -> Snr {
        moments::snr(&moments::of_modules(weights, self.layer.kernel_len(), &self.modules), self.layer.taps())
    }

    /// Sets every kernel to the mean of its module, and gives how alike they were before and are then. The mean of equal kernels is
    /// that kernel, bit for bit.
    pub fn share<W: Element>(&self, weights: &mut [W]) -> [Snr; 2] {
        let (len, taps) = (self.layer.kernel_len(), self.layer.taps());
        let modules = moments::of_modules(weights, len, &self.modules);
        let means: Vec<Vec<W>> =
            modules.iter().map(|module| module.mean.iter().map(|mean| W::from_elem(*mean)).collect()).collect();
        let mut of_place = vec![0; self.layer.places()];
        for (module, places) in self.modules.iter().enumerate() {
            places.iter().for_each(|place| of_place[*place] = module);
        }
        weights.par_chunks_mut(len).zip(of_place).for_each(|(kernel, module)| kernel.copy_from_slice(&means[module]));
        [moments::snr(&modules, taps), moments::settled::<W>(&modules, taps)]
    }

    /// Changes the kernels of one output after the other at all places of a module, as `relax` does: it is given the number of the
    /// group that they are, and the kernels `[places of the module, taps]`. Taps come in the order of the repeating image's pixels,
    /// so that the same number means the same pixel for all modules. Gives how alike kernels were before and are then.
    pub fn each_group<W: Element>(&self, weights: &mut [W], relax: impl Fn(usize, &mut [f64]) + Sync) -> [Snr; 2] {
        let before = self.snr(weights);
        let (outputs, taps, len) = (self.layer.outputs, self.layer.taps(), self.layer.kernel_len());
        for (module, places) in self.modules.iter().enumerate() {
            let pixels = self.pixels(places);
            let taken = &*weights;
            let relaxed = |output: usize| {
                let mut kernels = vec![0.0; places.len() * taps];
                for (kernel, place) in kernels.chunks_exact_mut(taps).zip(places) {
                    let weights = &taken[place * len + output * taps..][..taps];
                    weights.iter().zip(&pixels).for_each(|(w, pixel)| kernel[*pixel] = w.elem());
                }
                relax(module * outputs + output, &mut kernels);
                kernels
            };
            let relaxed: Vec<Vec<f64>> = (0..outputs).into_par_iter().map(relaxed).collect();
            for (output, kernels) in relaxed.iter().enumerate() {
                for (kernel, place) in kernels.chunks_exact(taps).zip(places) {
                    let weights = &mut weights[place * len + output * taps..][..taps];
                    weights.iter_mut().zip(&pixels).for_each(|(w, pixel)| *w = W::from_elem(kernel[*pixel]));
                }
            }
        }
        [before, self.snr(weights)]
    }

    /// For each tap, which pixel of the image that repeats with the width of a kernel the places of a module see there. Where all
    /// places share though they see other parts of it, it is what the first of them sees.
    fn pixels(&self, places: &[usize]) -> Vec<usize> {
        let LocalLayer { inputs, kernel, stride, pad, to, .. } = self.layer;
        let first = places.first().copied().unwrap_or_default();
        // The image goes on into the zeros around the map: a multiple of its width keeps the numbers from falling below 0.
        let corner = [first / to[1], first % to[1]].map(|at| (at * stride + pad * (kernel - 1)) % kernel);
        let pixel = |channel: usize, row: usize, column: usize| {
            let [row, column] = [(corner[0] + row) % kernel, (corner[1] + column) % kernel];
            (channel * kernel + row) * kernel + column
        };
        let taps = (0..inputs).flat_map(|channel| (0..kernel).map(move |row| (channel, row)));
        taps.flat_map(|(channel, row)| (0..kernel).map(move |column| pixel(channel, row, column))).collect()
    }
}
