//! The weight signal-to-noise ratio of a whole layer (Eq. 6 of Pogodin et al., 2021).

use serde::{Deserialize, Serialize};

/// How alike the kernels of a layer are: the mean over outputs of their signal-to-noise ratios, which are means over the inputs
/// of a kernel of `mean^2 / variance`. Infinite where kernels are the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snr {
    /// Over all places: how convolutional the layer is.
    #[serde(with = "finite")]
    pub places: f64,
    /// Within modules, on the mean: how far sharing has come.
    #[serde(with = "finite")]
    pub modules: f64,
}

/// What is infinite is `null` in JSON, and what is not a number the text `NaN`: JSON has no other words for them.
mod finite {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// A ratio as it is written down.
    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written {
        Finite(f64),
        NotANumber(String),
        Infinite(()),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match *x {
            x if x.is_nan() => Written::NotANumber("NaN".to_owned()),
            x if x.is_finite() => Written::Finite(x),
            _ => Written::Infinite(()),
        };
        written.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Finite(x) => x,
            Written::NotANumber(_) => f64::NAN,
            Written::Infinite(()) => f64::INFINITY,
        })
    }
}
