//! How much memory a schedule takes on the CPU, known before it runs.

use super::conv::PreparedBank;
use super::lanes::LANES;
use super::runner::{CHUNKS, chunk_size};
use crate::task_schedule::TaskSchedule;

/// How a schedule runs, as far as its memory depends on it.
#[derive(Clone, Copy, Debug)]
pub struct RunSize {
    /// Images in a batch.
    pub images: usize,
    pub threads: usize,
    /// Whether the schedule makes gradients of parameters.
    pub gradients: bool,
}

/// Estimates the bytes that a schedule takes beside its inputs and outputs while a batch runs, if its parameters have
/// `params` numbers in all, and each chunk sums the gradients of `sums` of them.
pub fn memory_bytes(
    schedule: &TaskSchedule,
    [params, sums]: [usize; 2],
    RunSize { images, threads, gradients }: RunSize,
) -> usize {
    let chunks = images.div_ceil(chunk_size(images)).min(CHUNKS);
    let banks: Vec<PreparedBank> =
        schedule.banks.iter().map(|bank| PreparedBank::new(bank, schedule.goes_back())).collect();
    let kernels: usize = banks.iter().map(PreparedBank::kernel_floats).sum();
    let of_banks: usize = if gradients { banks.iter().map(PreparedBank::sum_floats).sum() } else { 0 };
    let scratch = banks.iter().map(PreparedBank::scratch_floats).max().unwrap_or(0);
    let buffers = |crosses: bool| {
        let some = schedule.buffers.iter().filter(|buffer| buffer.crosses == crosses);
        some.map(|buffer| buffer.len).sum::<usize>() * LANES
    };
    let at_once = chunks.min(threads.max(1));
    // Where there are more threads than chunks, several of them have scratch of their own for one block.
    let scratch = scratch * (threads / at_once.max(1)).max(1);
    let each_chunk = buffers(false) + of_banks + scratch;
    let of_blocks = images.div_ceil(LANES) * buffers(true);
    let gradients = if gradients { chunks * sums + params } else { 0 };
    size_of::<f32>() * (kernels + at_once * each_chunk + of_blocks + gradients)
}
