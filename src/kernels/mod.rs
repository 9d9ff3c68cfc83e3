//! Fused parts of a net as kernels: the whole way from the image to the scores, loops and way back included, while a
//! block of images stays in the cache.

mod adjoint;
mod cpu;
mod graph;
mod part;
mod schedule;
mod unroll;

pub use cpu::Vectors;

pub use part::Part;

use crate::ir::Net;
use crate::ir::regions::Fused;

/// The convolutions of a fused part for people, those of one input together: `conv 7x7, 1 -> 8 maps: ...`.
pub fn convolutions(net: &Net, fused: &Fused) -> Vec<String> {
    let (graph, _) = unroll::unroll(net, fused);
    let convolution = |bank: &graph::Bank| {
        let slots = bank.members.iter().map(|(slot, _)| net.param(fused.params[*slot]).name.as_str());
        let weights = slots.collect::<Vec<&str>>().join(", ");
        let (k, inputs, outputs) = (bank.kernel, bank.inputs, bank.outputs());
        let way = match cpu::points(bank) {
            Some([height, width]) => format!("by Fourier transforms of {height} x {width} points"),
            None => "tap by tap".to_owned(),
        };
        format!("{k}x{k} kernels, {inputs} -> {outputs} maps, {way}: {weights}")
    };
    graph.banks.iter().map(convolution).collect()
}
