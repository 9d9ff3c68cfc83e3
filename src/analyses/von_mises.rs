//! The curve of von Mises through responses to orientations (Swindale, 1998).

use super::least_squares::{between, explained, least_squares, linear, unbound};

/// How wide a curve may be, in its narrowness: below that it is a cosine.
const WIDEST: f64 = 0.01;
/// Where fits begin, in shares of the largest narrowness.
const STARTS: [f64; 4] = [0.02, 0.1, 0.4, 0.8];
/// Of four numbers, four responses are no test.
const LEAST: usize = 5;

/// `base + height exp(k (cos(2 (theta - peak)) - 1))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VonMises {
    /// In degrees, from 0 to below 180.
    pub peak: f64,
    /// How narrow the curve is, `k`.
    pub narrowness: f64,
    pub base: f64,
    pub height: f64,
    /// The share of the responses' variance that it explains.
    pub r2: f64,
}

impl VonMises {
    /// The curve through responses to orientations that divide 180 degrees evenly, by least squares; `near` is where its peak is
    /// looked for, in degrees. There is none through fewer than five, or through equal ones.
    pub fn through(responses: &[f64], near: f64) -> Option<Self> {
        if responses.len() < LEAST || explained(responses, 0.0).is_none() {
            return None;
        }
        // What is narrower than half of the distance of two orientations can stand between them, as high as it may.
        let apart = 180.0 / responses.len() as f64;
        let narrow = [WIDEST, 2.0_f64.ln() / (1.0 - apart.to_radians().cos())];
        // Height and base are linear, and follow from the other two.
        let of = |at: &[f64]| {
            let narrowness = between(narrow, at[1]);
            let shape: Vec<f64> =
                (0..responses.len()).map(|n| bump(apart * n as f64 - at[0].to_degrees(), narrowness)).collect();
            let ones = vec![1.0; responses.len()];
            linear([&shape, &ones], responses)
        };
        let fits = STARTS.iter().map(|share| {
            let start = [near.to_radians(), unbound(narrow, share * narrow[1])];
            least_squares(&start, &|at| of(at).1)
        });
        let (at, left) = fits.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let ([height, base], _) = of(&at);
        // A dip is no peak.
        let peak = at[0].to_degrees().rem_euclid(180.0);
        let r2 = explained(responses, left)?;
        (height > 0.0).then(|| Self { peak, narrowness: between(narrow, at[1]), base, height, r2 })
    }

    pub fn at(&self, orientation: f64) -> f64 {
        self.base + self.height * bump(orientation - self.peak, self.narrowness)
    }

    /// How far from the peak, in degrees, the curve is halfway between its largest and its smallest value: 45 for a cosine.
    pub fn half_width(&self) -> f64 {
        let k = self.narrowness;
        let cosine = 1.0 + ((1.0 + (-2.0 * k).exp()) / 2.0).ln() / k;
        cosine.clamp(-1.0, 1.0).acos().to_degrees() / 2.0
    }
}

fn bump(from_peak: f64, narrowness: f64) -> f64 {
    (narrowness * ((2.0 * from_peak.to_radians()).cos() - 1.0)).exp()
}
