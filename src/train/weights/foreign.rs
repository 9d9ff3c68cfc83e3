//! Weights that another program wrote: what their names and files look like, and how they become a net's.

use crate::back::burn::Weight;

/// The prefixes that wrappers of PyTorch put before every name: data parallel training, and `torch.compile`.
const PREFIXES: [&str; 2] = ["module.", "_orig_mod."];

/// The last part of the name of a counter in PyTorch's batch normalisation; the running statistics of lcnnc need none.
const COUNTER: &str = "num_batches_tracked";

/// How files of other kinds begin, and what they are.
const FORMATS: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "a file of `torch.save`"),
    (b"\x80", "a pickle, as of `torch.save`"),
    (b"\x89HDF", "an HDF5 file, as of Keras"),
    (b"version https://git-lfs", "a pointer of Git LFS in place of the file itself; `git lfs pull` fetches it"),
    (b"<!DOCTYPE", "a web page"),
    (b"GGUF", "a GGUF file"),
];

const TO_SAFETENSORS: &str =
    "in Python, `safetensors.torch.save_file(model.state_dict(), \"best.safetensors\")` writes one";

/// Whether a tensor only counts batches.
pub fn is_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some(COUNTER)
}

/// A sentence for a file that is known to be of another format; a safetensors file begins with a length.
pub fn other_format(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("it is empty; expected a safetensors file".to_owned());
    }
    // A header of 128 bytes begins with the byte of a pickle, and goes on as no pickle does.
    let is = |start: &[u8]| bytes.starts_with(start) && bytes.get(8) != Some(&b'{');
    let (_, what) = FORMATS.into_iter().find(|(start, _)| is(start))?;
    Some(format!("expected a safetensors file, found {what}; {TO_SAFETENSORS}"))
}

/// Takes the prefixes off that all names have and none of the net's has; gives the prefixes that were there.
pub fn unwrapped<'n>(weights: &mut [Weight], net: impl Iterator<Item = &'n str> + Clone) -> Vec<&'static str> {
    let mut taken = Vec::new();
    let wraps = |prefix: &&&str, weights: &[Weight]| {
        !weights.is_empty()
            && weights.iter().all(|weight| weight.name.starts_with(**prefix))
            && !net.clone().any(|name| name.starts_with(**prefix))
    };
    while let Some(prefix) = PREFIXES.iter().find(|prefix| wraps(prefix, weights)) {
        weights.iter_mut().for_each(|weight| drop(weight.name.drain(..prefix.len())));
        taken.push(*prefix);
    }
    taken
}
