//! How alike the kernels of a group are.

/// The weight signal-to-noise ratio of kernels `[neurons, inputs]` (Eq. 6): the mean over inputs `j` of
/// `mean_i(w_ij)^2 / var_i(w_ij)`, where the variance is that of the population, divided by the number of neurons.
///
/// It is infinite where all neurons have the same weight of some input. An input whose weights are all exactly 0 says
/// nothing of how alike kernels are, and is left out of the mean; kernels that are 0 throughout are alike, and their ratio is
/// infinite. A weight that is not a number makes the ratio not a number.
pub fn snr(weights: &[f64], inputs: usize) -> f64 {
    assert!(inputs > 0 && weights.len().is_multiple_of(inputs), "every kernel has {inputs} weights");
    let neurons = (weights.len() / inputs) as f64;
    let Some(first) = weights.get(..inputs) else { return f64::INFINITY };
    // Sums of differences from the first kernel: equal weights then have a variance of exactly 0.
    let (mut sums, mut squares) = (vec![0.0; inputs], vec![0.0; inputs]);
    for kernel in weights.chunks_exact(inputs) {
        for (j, (w, w_0)) in kernel.iter().zip(first).enumerate() {
            sums[j] += w - w_0;
        }
    }
    for kernel in weights.chunks_exact(inputs) {
        for (j, (w, w_0)) in kernel.iter().zip(first).enumerate() {
            squares[j] += (w - w_0 - sums[j] / neurons).powi(2);
        }
    }
    let (mut sum, mut counted) = (0.0, 0_usize);
    for (j, w_0) in first.iter().enumerate() {
        let (mean, variance) = (w_0 + sums[j] / neurons, squares[j] / neurons);
        if mean != 0.0 || variance != 0.0 {
            sum += mean.powi(2) / variance;
            counted += 1;
        }
    }
    if counted == 0 { f64::INFINITY } else { sum / counted as f64 }
}

/// The mean over groups of their [`snr`]: a layer has a group for every output channel in every module. The groups may have
/// different numbers of neurons. Without any group there is no mean, and the answer is not a number.
pub fn snr_of_groups(groups: impl IntoIterator<Item: AsRef<[f64]>>, inputs: usize) -> f64 {
    let (mut sum, mut counted) = (0.0, 0_usize);
    for group in groups {
        sum += snr(group.as_ref(), inputs);
        counted += 1;
    }
    sum / counted as f64
}
