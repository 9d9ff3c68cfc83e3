//! Moments of numbers.

/// Mean and standard deviation of a sample (divided by the count less 1), which is 0 for a single number.
pub fn mean_and_sd(values: &[f64]) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    [mean, (squares / (n - 1.0).max(1.0)).sqrt()]
}

/// The median of some numbers, if there are any.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.get(values.len() / 2).copied()?;
    Some(if values.len().is_multiple_of(2) { (middle + values[values.len() / 2 - 1]) / 2.0 } else { middle })
}

/// The number below which a share of some numbers in rising order lies, if there are any: on the straight line between the two that
/// are nearest, as `numpy.quantile` has it.
pub fn quantile(rising: &[f64], share: f64) -> Option<f64> {
    let place = share.clamp(0.0, 1.0) * rising.len().checked_sub(1)? as f64;
    let [low, high] = [place.floor(), place.ceil()].map(|place| rising[place as usize]);
    let part = place.fract();
    // From the nearer one of both, as numpy does, so that rounding is the same.
    Some(if part < 0.5 { low + (high - low) * part } else { high - (high - low) * (1.0 - part) })
}

/// How numbers lie around their mean.
pub struct Spread {
    pub mean: f64,
    /// The standard deviation of the numbers, taken as a whole population (divided by their count).
    pub sd: f64,
    /// The standardised fourth moment minus 3; there is none where all numbers are equal.
    pub excess_kurtosis: Option<f64>,
    pub minimum: f64,
    pub maximum: f64,
}

impl Spread {
    /// The spread of one or more numbers. If one of them is no number, nothing of it is.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        // Unlike `f64::min`, these keep what is no number.
        let minimum = values.iter().copied().fold(f64::INFINITY, |a, x| if x < a || x.is_nan() { x } else { a });
        let maximum = values.iter().copied().fold(f64::NEG_INFINITY, |a, x| if x > a || x.is_nan() { x } else { a });
        if minimum == maximum {
            // Rounding would give equal numbers a spread.
            return Self { mean: minimum, sd: 0.0, excess_kurtosis: None, minimum, maximum };
        }
        let mean = values.iter().sum::<f64>() / n;
        let moment = |power: i32| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        let variance = moment(2);
        let excess_kurtosis = Some(moment(4) / variance.powi(2) - 3.0);
        Self { mean, sd: variance.sqrt(), excess_kurtosis, minimum, maximum }
    }
}
