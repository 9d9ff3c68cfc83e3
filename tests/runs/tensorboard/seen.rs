//! What a reader finds in a run's event file.

use crate::tensorboard::wire;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

#[derive(Debug, Deserialize, PartialEq)]
pub struct Seen {
    /// The time of the first record, in seconds since 1970.
    #[serde(deserialize_with = "number")]
    pub started: f64,
    pub scalars: Vec<Scalar>,
    pub histograms: Vec<Histogram>,
    pub images: Vec<Image>,
    /// Of each tag the part of TensorBoard that shows it, and what it says there.
    pub shown: BTreeMap<String, [String; 2]>,
}

#[derive(Debug, Deserialize, PartialEq)]
pub struct Scalar {
    pub tag: String,
    pub step: i64,
    #[serde(deserialize_with = "number")]
    pub wall: f64,
    #[serde(deserialize_with = "number")]
    pub value: f64,
}

#[derive(Debug, Deserialize, PartialEq)]
pub struct Histogram {
    pub tag: String,
    pub step: i64,
    #[serde(deserialize_with = "number")]
    pub wall: f64,
    /// Smallest, largest, count, sum, sum of squares.
    #[serde(deserialize_with = "numbers")]
    pub moments: Vec<f64>,
    #[serde(deserialize_with = "numbers")]
    pub limits: Vec<f64>,
    #[serde(deserialize_with = "numbers")]
    pub counts: Vec<f64>,
}

#[derive(Debug, Deserialize, PartialEq)]
pub struct Image {
    pub tag: String,
    pub step: i64,
    #[serde(deserialize_with = "number")]
    pub wall: f64,
    /// Height and width as the event says, and as the PNG does.
    pub declared: [u32; 2],
    pub size: [u32; 2],
    #[serde(deserialize_with = "bytes")]
    pub pixels: Vec<u8>,
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

/// Two hexadecimal digits each.
fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    let pairs = (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..][..2], 16));
    pairs.collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

/// What is in the event file of a run; both readers must say the same.
#[track_caller]
pub fn seen(run: &Path) -> Seen {
    let mut ours = wire::read(run);
    let Some(mut theirs) = tensorboard(run) else { return ours };
    for seen in [&mut ours, &mut theirs] {
        seen.scalars.sort_by_key(|scalar| (scalar.tag.clone(), scalar.step));
        seen.histograms.sort_by_key(|histogram| (histogram.tag.clone(), histogram.step));
        seen.images.sort_by_key(|image| (image.tag.clone(), image.step));
    }
    assert_eq!(ours, theirs);
    ours
}

fn tensorboard(run: &Path) -> Option<Seen> {
    if !has_tensorboard() {
        return None;
    }
    let out = python("read.py", run);
    Some(serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}")))
}

/// Whether TensorBoard's own reader can be asked.
pub fn has_tensorboard() -> bool {
    let there = Command::new("python3").args(["-W", "ignore", "-c", "import tensorboard"]).output();
    let is_there = there.is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!(
            "SKIPPED: python3 has no tensorboard, so only the tests' own reader is asked; pip install tensorboard"
        );
    }
    is_there
}

/// What a script of this folder says of a folder.
pub fn python(script: &str, folder: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs/tensorboard").join(script);
    let output = Command::new("python3").args(["-W", "ignore"]).arg(script).arg(folder).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{err}");
    assert!(!err.contains("WARNING"), "{err}");
    out
}
