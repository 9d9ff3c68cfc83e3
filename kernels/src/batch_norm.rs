//! Batch normalisation (Ioffe & Szegedy, 2015): what each channel is multiplied by and what is added to it, from sums over
//! the whole batch.
//!
//! This is where the images of a batch meet: before a row can be normalised, all blocks have to have added up what they have
//! of its channel, and so it is once more on the way back. The rest of a net is cut into *stages* by that, each of which a
//! block goes through alone.

use super::graph::Slot;

/// A batch normalisation of a graph: `y = scale * (x - m) / sqrt(v + epsilon) + shift` with the mean `m` and the variance
/// `v` of each channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    pub channels: usize,
    /// Pixels that each image has of a channel.
    pub cells: usize,
    /// The parameter that holds each channel's scale.
    pub scale: Slot,
    /// The parameter that holds each channel's shift.
    pub shift: Slot,
    /// The parameter that holds each channel's running mean.
    pub mean: Slot,
    /// The parameter that holds each channel's running variance.
    pub variance: Slot,
    pub epsilon: f64,
}

/// The source of a batch normalisation's mean and variance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Statistics {
    /// The batch has its own, as in training.
    Batch,
    /// They are the running ones, as after training.
    #[default]
    Running,
}

/// The pass that a sum over the batch belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    Forward,
    Backward,
}

/// A batch normalisation by its index in a graph, in one of its passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NormPass {
    pub norm: usize,
    pub pass: Pass,
}

/// The sums of one channel over the batch.
///
/// * Forward, the sums of `x` and of its square.
/// * Backward, the sums of the gradient `dy` and of `dy * x`.
pub type Sums = [f64; 2];

/// The numbers that rows of a channel are calculated with.
///
/// * Forward, `y = (x - mean) * factor + offset`.
/// * Backward, `dx = dy * factor + (x - mean) * slope + offset`.
///
/// The mean is taken off first: where it is far from 0, the digits of a product with it would be lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct NormNumbers {
    pub mean: f32,
    pub factor: f32,
    pub slope: f32,
    pub offset: f32,
}

/// The batch normalisations of a graph while a batch runs: their sums come in stage by stage, and all blocks read from here what
/// to calculate rows with.
#[derive(Debug)]
pub struct Meeting<'a> {
    norms: &'a [BatchNorm],
    statistics: Statistics,
    images: usize,
    params: Parameters<'a>,
    /// For each norm, the first of its channels among those of all norms.
    first: Vec<usize>,
    /// Each channel's mean, and one over its standard deviation.
    moments: Vec<[f64; 2]>,
    /// Each channel's variance by `n - 1` numbers, as running statistics take it in.
    variances: Vec<f64>,
    /// The numbers of all rows; those of the forward pass come first.
    numbers: Vec<NormNumbers>,
}

/// All parameters, and where the sums of their gradients are.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    pub values: &'a [&'a [f32]],
    /// Where the sums of each one's gradient begin.
    pub of_sums: &'a [usize],
}

impl Parameters<'_> {
    /// The number that a parameter has for a channel.
    fn get(&self, slot: Slot, channel: usize) -> f64 {
        f64::from(self.values[slot][channel])
    }
}

impl<'a> Meeting<'a> {
    /// Begins a batch of so many images. With running statistics, everything that the forward pass needs is known from
    /// here on.
    pub fn new(norms: &'a [BatchNorm], statistics: Statistics, images: usize, params: Parameters<'a>) -> Self {
        let starts = norms.iter().scan(0, |sum, norm| Some(std::mem::replace(sum, *sum + norm.channels)));
        let first: Vec<usize> = starts.collect();
        let channels = norms.iter().map(|norm| norm.channels).sum();
        let (moments, variances) = (vec![[0.0; 2]; channels], vec![0.0; channels]);
        let numbers = vec![NormNumbers::default(); 2 * channels];
        let mut meeting = Self { norms, statistics, images, params, first, moments, variances, numbers };
        if statistics == Statistics::Running {
            (0..norms.len()).for_each(|norm| meeting.begin_with_running(norm));
        }
        meeting
    }

    /// How many [`Sums`] there are: a forward and a backward one for each channel of all norms.
    pub fn sum_count(&self) -> usize {
        self.numbers.len()
    }

    /// The place of a channel among the sums and the numbers.
    pub fn at(&self, NormPass { norm, pass }: NormPass, channel: usize) -> usize {
        let first = match pass {
            Pass::Forward => 0,
            Pass::Backward => self.moments.len(),
        };
        first + self.first[norm] + channel
    }

    /// The numbers that rows of a channel are calculated with.
    pub fn numbers(&self, norm: NormPass, channel: usize) -> NormNumbers {
        self.numbers[self.at(norm, channel)]
    }

    /// The mean of each channel and its variance by `n - 1` numbers, `[means, variances]` of one norm after the other, once
    /// the forward pass is done; empty with running statistics.
    pub fn statistics(&self) -> Vec<f32> {
        if self.statistics == Statistics::Running {
            return Vec::new();
        }
        let of = |(norm, first): (&BatchNorm, &usize)| {
            let own = *first..first + norm.channels;
            let means = self.moments[own.clone()].iter().map(|[mean, _]| *mean as f32);
            means.chain(self.variances[own].iter().map(|x| *x as f32)).collect::<Vec<f32>>()
        };
        self.norms.iter().zip(&self.first).flat_map(of).collect()
    }

    fn begin_with_running(&mut self, norm: usize) {
        let BatchNorm { channels, mean, variance, .. } = self.norms[norm];
        for channel in 0..channels {
            let [mean, variance] = [mean, variance].map(|slot| self.params.get(slot, channel));
            self.begin(norm, channel, mean, variance);
            let factor = self.numbers(NormPass { norm, pass: Pass::Forward }, channel).factor;
            let backward = self.at(NormPass { norm, pass: Pass::Backward }, channel);
            self.numbers[backward] = NormNumbers { factor, ..NormNumbers::default() };
        }
    }

    /// Notes a channel's mean and variance, and what its rows are to be multiplied by.
    fn begin(&mut self, norm: usize, channel: usize, mean: f64, variance: f64) {
        let BatchNorm { scale, shift, epsilon, .. } = self.norms[norm];
        let [scale, shift] = [scale, shift].map(|slot| self.params.get(slot, channel));
        let per_deviation = (variance + epsilon).sqrt().recip();
        let factor = scale * per_deviation;
        let at = self.at(NormPass { norm, pass: Pass::Forward }, channel);
        self.moments[at] = [mean, per_deviation];
        // What the mean loses in single precision is left to the offset.
        let rounded = mean as f32;
        let offset = shift - (mean - f64::from(rounded)) * factor;
        self.numbers[at] = NormNumbers { mean: rounded, factor: factor as f32, slope: 0.0, offset: offset as f32 };
    }

    /// Takes in what all images have added up for a norm's pass, `sums` of all channels of all norms, and adds to the
    /// sums of the gradients of the norm's parameters.
    pub fn meet(&mut self, norm: NormPass, sums: &[Sums], gradients: &mut [f32]) {
        let own: Vec<Sums> = (0..self.norms[norm.norm].channels).map(|channel| sums[self.at(norm, channel)]).collect();
        match norm.pass {
            Pass::Forward => self.meet_forward(norm.norm, &own),
            Pass::Backward => self.meet_backward(norm, &own, gradients),
        }
    }

    fn meet_forward(&mut self, norm: usize, sums: &[Sums]) {
        let count = self.count(norm);
        for (channel, [sum, squares]) in sums.iter().enumerate() {
            let mean = sum / count;
            let variance = squares / count - mean * mean;
            // Rounding may leave less than nothing; what is no number stays none.
            let variance = if variance < 0.0 { 0.0 } else { variance };
            self.variances[self.first[norm] + channel] = variance * (count / (count - 1.0).max(1.0));
            self.begin(norm, channel, mean, variance);
        }
    }

    fn meet_backward(&mut self, norm: NormPass, sums: &[Sums], gradients: &mut [f32]) {
        let BatchNorm { scale, shift, .. } = self.norms[norm.norm];
        let count = self.count(norm.norm);
        for (channel, [of_shift, products]) in sums.iter().enumerate() {
            let [mean, per_deviation] = self.moments[self.first[norm.norm] + channel];
            let of_scale = (products - mean * of_shift) * per_deviation;
            gradients[self.params.of_sums[shift] + channel] += *of_shift as f32;
            gradients[self.params.of_sums[scale] + channel] += of_scale as f32;
            if self.statistics == Statistics::Batch {
                let factor = self.params.get(scale, channel) * per_deviation;
                let slope = -factor * per_deviation * of_scale / count;
                let rounded = mean as f32;
                let offset = (f64::from(rounded) - mean) * slope - factor * of_shift / count;
                let at = self.at(norm, channel);
                self.numbers[at] =
                    NormNumbers { mean: rounded, factor: factor as f32, slope: slope as f32, offset: offset as f32 };
            }
        }
    }

    /// How many numbers the batch has of each channel.
    fn count(&self, norm: usize) -> f64 {
        (self.images * self.norms[norm].cells) as f64
    }
}
