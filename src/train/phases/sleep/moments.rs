//! Means and spreads of kernels over places: what a sleep sets them to, and how alike they are.

use super::snr::Snr;
use burn::tensor::Element;
use rayon::prelude::*;

/// The mean and the spread of each weight of a kernel over some places.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    places: usize,
    pub mean: Vec<f64>,
    /// Sums of squared differences from the mean.
    squares: Vec<f64>,
}

impl Moments {
    /// Those of the kernels at these places, of which there are some; each kernel has `len` weights. Of equal kernels the mean is
    /// that kernel and the spread is 0, exactly.
    fn of<W: Element>(weights: &[W], len: usize, places: &[usize]) -> Self {
        /// Places that a thread goes through, whatever the number of threads: sums depend on their order.
        const STRETCH: usize = 64;
        let stretches: Vec<Self> = places.par_chunks(STRETCH).map(|places| Self::one(weights, len, places)).collect();
        Self::together(&stretches).unwrap_or_else(|| unreachable!("a module has places"))
    }

    fn one<W: Element>(weights: &[W], len: usize, places: &[usize]) -> Self {
        let kernel = |place: usize| &weights[place * len..][..len];
        let first: Vec<f64> = kernel(places.first().copied().unwrap_or_default()).iter().map(|w| w.elem()).collect();
        let (mut sums, mut squares) = (vec![0.0; len], vec![0.0; len]);
        for place in places {
            let sums = sums.iter_mut().zip(&mut squares);
            for (((sum, square), w), first) in sums.zip(kernel(*place)).zip(&first) {
                let off = w.elem::<f64>() - first;
                *sum += off;
                *square += off * off;
            }
        }
        let n = places.len().max(1) as f64;
        for (square, sum) in squares.iter_mut().zip(&sums) {
            let spread = *square - sum * sum / n;
            // Rounding may leave less than 0. What is not a number must stay so: `max` would make 0 of it.
            *square = if spread < 0.0 { 0.0 } else { spread };
        }
        let mean = first.iter().zip(sums).map(|(first, sum)| first + sum / n).collect();
        Self { places: places.len(), mean, squares }
    }

    /// Those of kernels that are all set to the mean, as numbers of the type that weights have.
    fn settled<W: Element>(&self) -> Self {
        let mean = self.mean.iter().map(|mean| W::from_elem(*mean).elem()).collect();
        Self { places: self.places, mean, squares: vec![0.0; self.squares.len()] }
    }

    /// Those of all places together.
    fn together(all: &[Self]) -> Option<Self> {
        let add = |mut sum: Self, more: &Self| {
            let [n, m] = [sum.places, more.places].map(|places| places as f64);
            let both = n + m;
            for (n_mean, (m_mean, (square, more))) in
                sum.mean.iter_mut().zip(more.mean.iter().zip(sum.squares.iter_mut().zip(&more.squares)))
            {
                let off = m_mean - *n_mean;
                *square += more + off * off * n * m / both;
                *n_mean += off * m / both;
            }
            Self { places: sum.places + more.places, ..sum }
        };
        let (first, others) = all.split_first()?;
        Some(others.iter().fold(first.clone(), add))
    }

    /// The weight signal-to-noise ratio of kernels `[outputs, taps]`: see [`crate::sharing::snr()`].
    fn snr(&self, taps: usize) -> f64 {
        let n = self.places.max(1) as f64;
        let of_output = |(mean, squares): (&[f64], &[f64])| {
            let ratios = mean.iter().zip(squares).filter(|(mean, square)| **mean != 0.0 || **square != 0.0);
            let (sum, counted) =
                ratios.fold((0.0, 0_usize), |(sum, n_of), (mean, square)| (sum + mean * mean / (square / n), n_of + 1));
            if counted == 0 { f64::INFINITY } else { sum / counted as f64 }
        };
        let outputs = (self.mean.len() / taps).max(1);
        self.mean.chunks_exact(taps).zip(self.squares.chunks_exact(taps)).map(of_output).sum::<f64>() / outputs as f64
    }
}

/// The moments of each module of a layer with weights `[places, outputs, taps]`, in the order of the modules.
pub(super) fn of_modules<W: Element>(weights: &[W], len: usize, modules: &[Vec<usize>]) -> Vec<Moments> {
    modules.par_iter().map(|places| Moments::of(weights, len, places)).collect()
}

/// How alike kernels are, over all places and within modules. A module of one place is alike with itself alone, and does not count.
pub(super) fn snr(modules: &[Moments], taps: usize) -> Snr {
    let within: Vec<f64> = modules.iter().filter(|module| module.places > 1).map(|module| module.snr(taps)).collect();
    let mean = if within.is_empty() { f64::INFINITY } else { within.iter().sum::<f64>() / within.len() as f64 };
    Snr { places: Moments::together(modules).map_or(f64::INFINITY, |all| all.snr(taps)), modules: mean }
}

/// How alike kernels are once each is set to the mean of its module.
pub(super) fn settled<W: Element>(modules: &[Moments], taps: usize) -> Snr {
    let settled: Vec<Moments> = modules.iter().map(Moments::settled::<W>).collect();
    snr(&settled, taps)
}
