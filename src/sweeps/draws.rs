//! Values of a random search: `uniform(0, 1)` and `log_uniform(1e-4, 1e-1)`.

use lcnnc_kernels::draws::Draws;
use lcnnc_lang::vocabulary::real;
use std::collections::BTreeSet;

/// Draws for each value that is wanted: equal ones are drawn again.
const TRIES: usize = 20;

/// That a distribution stands among other alternatives.
pub const ALONE: &str = "values are drawn from a distribution that stands alone, without other alternatives";

/// Where the values of one name are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    /// Both ends.
    ends: [f64; 2],
    /// Whether it is the logarithm that is uniform.
    is_log: bool,
}

impl Distribution {
    /// The distribution that a text names; none if it names none.
    ///
    /// # Errors
    /// What is wrong with its ends.
    pub fn read(text: &str) -> Option<Result<Self, String>> {
        let (word, rest) = text.trim().split_once('(')?;
        let is_log = match word.trim() {
            "uniform" => false,
            "log_uniform" => true,
            _ => return None,
        };
        let expected =
            || format!("`{text}`: expected two numbers, the smaller one first, as in `log_uniform(1e-4, 1e-1)`");
        let ends = rest.strip_suffix(')').and_then(|inside| inside.split_once(','));
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let ends = ends.and_then(|(low, high)| Some([number(low)?, number(high)?]));
        Some(match ends.filter(|[low, high]| low < high) {
            None if text.contains('%') => {
                Err(format!("{}; a share is a number from 0 to 1 here: write 0.2 for 20%", expected()))
            }
            None => Err(expected()),
            Some([low, _]) if is_log && low <= 0.0 => {
                Err(format!("`{text}`: both ends are above 0, since it is the logarithm that is uniform"))
            }
            Some(ends) => Ok(Self { ends, is_log }),
        })
    }

    /// Values of a name, so many different ones; each name has values of its own. There are fewer where the ends are too close to one
    /// another for so many.
    pub fn values(self, name: &str, seed: u64, count: usize) -> Vec<String> {
        let stream = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut draws = Draws::new(seed, stream);
        let ends = if self.is_log { self.ends.map(f64::ln) } else { self.ends };
        let value = |share: f64| {
            let x = ends[0] + share * (ends[1] - ends[0]);
            let x = if self.is_log { x.exp() } else { x };
            // Six digits are enough to search with, and short enough to read.
            real(format!("{x:.5e}").parse().unwrap_or(x))
        };
        let (mut known, mut values) = (BTreeSet::new(), Vec::new());
        for _ in 0..TRIES * count {
            let drawn = value(draws.unit());
            if values.len() < count && known.insert(drawn.clone()) {
                values.push(drawn);
            }
        }
        values
    }
}
