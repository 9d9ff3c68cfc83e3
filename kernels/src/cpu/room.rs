//! How much memory an engine takes, known before it runs.

use super::convolve::{Ready, Way};
use super::lanes::LANES;
use super::{CHUNKS, chunk_size};
use crate::schedule::Program;

impl Ready {
    /// Floats of the kernels as both ways read them, which all threads share.
    fn kernel_floats(&self) -> usize {
        let weights = self.bank.inputs * self.bank.outputs() * self.bank.kernel * self.bank.kernel;
        match &self.way {
            Way::Direct(_) => 2 * weights,
            Way::Spectral(spectral) => spectral.kernels(),
            Way::Winograd(winograd) => 2 * winograd.kernels(),
        }
    }

    /// Floats that a thread needs for planes between two stages, either way.
    fn scratch_floats(&self) -> usize {
        match &self.way {
            Way::Direct(direct) => direct.scratch().max(direct.back().scratch()),
            Way::Spectral(spectral) => {
                let height = self.bank.from[0].max(self.bank.to()[0]);
                let planes = spectral.inputs.max(spectral.outputs);
                2 * (spectral.row_spectra(planes, height) + spectral.column(planes)) + spectral.line()
            }
            Way::Winograd(winograd) => 2 * winograd.row(self.bank.inputs.max(self.bank.outputs())),
        }
    }
}

/// Bytes that a program takes beside its inputs and outputs while a batch of so many images runs on so many threads, if
/// it has so many parameters and makes their `gradients`.
pub fn room(program: &Program, params: usize, [images, threads]: [usize; 2], gradients: bool) -> usize {
    let chunks = images.div_ceil(chunk_size(images)).min(CHUNKS);
    let banks: Vec<Ready> = program.banks.iter().map(Ready::new).collect();
    let kernels: usize = banks.iter().map(Ready::kernel_floats).sum();
    let sums: usize = if gradients { banks.iter().map(Ready::sums).sum() } else { 0 };
    let scratch = banks.iter().map(Ready::scratch_floats).max().unwrap_or(0);
    let each = program.buffers.iter().sum::<usize>() * LANES + sums + scratch;
    let gradients = if gradients { chunks * params } else { 0 };
    size_of::<f32>() * (kernels + chunks.min(threads.max(1)) * each + gradients)
}
