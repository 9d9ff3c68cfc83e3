//! What is kept of more numbers than memory holds: their moments, a histogram of them all, and some of them.

/// Of more positive numbers than these some are left out.
pub const MOST: usize = 200_000;
/// Decades of positive numbers in single precision: from below the smallest one to above the largest one.
const DECADES: [i32; 2] = [-46, 39];

/// The distribution of numbers that come bit by bit.
pub struct Sample {
    zeros: usize,
    others: Moments,
    /// How many are above 0.
    pub positive: usize,
    bins: usize,
    counts: Vec<usize>,
    /// A number is kept whose mark is not above this one, so that what is kept is a fair choice, and always the same.
    bar: u64,
    kept: Vec<(u64, f32)>,
}

#[derive(Clone, Copy, Default)]
struct Moments {
    n: f64,
    mean: f64,
    /// The sum of the squared distances from the mean.
    squares: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (n, sum) = values.clone().fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x));
        if n == 0.0 {
            return Self::default();
        }
        let mean = sum / n;
        Self { n, mean, squares: values.map(|x| (x - mean).powi(2)).sum() }
    }

    fn with(self, other: Self) -> Self {
        let n = self.n + other.n;
        if n == 0.0 {
            return self;
        }
        let apart = other.mean - self.mean;
        let squares = self.squares + other.squares + apart * apart * self.n * other.n / n;
        Self { n, mean: self.mean + apart * other.n / n, squares }
    }
}

/// A number that looks random, of its place in a row (the mixing of SplitMix64).
fn mark(place: u64) -> u64 {
    let mut z = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Sample {
    /// One of no numbers yet, with so many bins for a decade.
    pub fn new(bins: usize) -> Self {
        let decades = (DECADES[1] - DECADES[0]) as usize;
        Self {
            zeros: 0,
            others: Moments::default(),
            positive: 0,
            bins,
            counts: vec![0; bins * decades],
            bar: u64::MAX,
            kept: Vec::new(),
        }
    }

    pub fn add(&mut self, values: &[f32]) {
        let others = values.iter().filter(|x| **x != 0.0).map(|x| f64::from(*x));
        let moments = Moments::of(others.clone());
        self.zeros += values.len() - moments.n as usize;
        self.others = self.others.with(moments);
        for x in values.iter().copied().filter(|x| *x > 0.0 && x.is_finite()) {
            let place = (f64::from(x).log10() - f64::from(DECADES[0])) * self.bins as f64;
            let last = self.counts.len() - 1;
            self.counts[(place as usize).min(last)] += 1;
            self.positive += 1;
            let mark = mark(self.positive as u64);
            if mark <= self.bar {
                self.kept.push((mark, x));
                if self.kept.len() > MOST {
                    self.bar /= 2;
                    let bar = self.bar;
                    self.kept.retain(|(mark, _)| *mark <= bar);
                }
            }
        }
    }

    /// How many numbers there are, and their standard deviation as a whole population.
    pub fn count_and_sd(&self, with_zeros: bool) -> (usize, f64) {
        let zeros = Moments { n: self.zeros as f64, ..Moments::default() };
        let all = if with_zeros { self.others.with(zeros) } else { self.others };
        (all.n as usize, if all.n == 0.0 { 0.0 } else { (all.squares / all.n).sqrt() })
    }

    /// Positive numbers in rising order: all, or a fair choice of them.
    pub fn sorted(&self) -> Vec<f64> {
        let mut kept: Vec<f64> = self.kept.iter().map(|(_, x)| f64::from(*x)).collect();
        kept.sort_by(f64::total_cmp);
        kept
    }

    /// The bins that are not empty: both borders, and the share of `n` numbers there over the distance of the borders.
    pub fn densities(&self, n: usize) -> Vec<[f64; 3]> {
        let border = |at: usize| 10.0_f64.powf(at as f64 / self.bins as f64 + f64::from(DECADES[0]));
        let bins = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        bins.map(|(at, count)| {
            let [low, high] = [border(at), border(at + 1)];
            [low, high, *count as f64 / n as f64 / (high - low)]
        })
        .collect()
    }
}

/// The exponent of a line by least squares through the logarithms of the densities of bins from `x_min` on, if there are three.
pub fn binned_exponent(densities: &[[f64; 3]], x_min: f64) -> Option<f64> {
    let points: Vec<[f64; 2]> = densities
        .iter()
        .filter(|[low, ..]| *low >= x_min)
        .map(|[low, high, density]| [(low * high).sqrt().ln(), density.ln()])
        .collect();
    let n = points.len() as f64;
    let [x, y] = [0, 1].map(|side| points.iter().map(|point| point[side]).sum::<f64>() / n);
    let slope = points.iter().map(|point| (point[0] - x) * (point[1] - y)).sum::<f64>()
        / points.iter().map(|point| (point[0] - x).powi(2)).sum::<f64>();
    (points.len() >= 3).then_some(-slope)
}
