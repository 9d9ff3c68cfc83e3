//! Weights that another program wrote: what their names and files look like, and how they become a net's.

use crate::back::burn::Weight;
use crate::train::TrainError;
use std::path::Path;

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

/// The endings of files that `torch.save` writes.
const ENDINGS: [&str; 5] = ["pth", "pt", "bin", "ckpt", "pkl"];

/// How to make a safetensors file of one of `torch.save`, for a file that is one. No such file is read here: whoever wrote it
/// could have it run any program.
pub fn in_safetensors(path: &Path, bytes: &[u8]) -> Option<TrainError> {
    let is_named_so =
        path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
    let is_saved = FORMATS[..2].iter().any(|(start, _)| bytes.starts_with(start));
    let [from, to] = [path.to_owned(), path.with_extension("safetensors")].map(|path| path.display().to_string());
    // Checkpoints have weights under one of these names, beside an optimizer's numbers; the first that is there is taken.
    let reason = format!(
        "a file of `torch.save` is a program as well, and is never run here; in Python, these lines make a safetensors file of \
         it:\n  import torch, safetensors.torch\n  saved = torch.load({from:?}, map_location=\"cpu\", weights_only=True)\n  \
         if isinstance(saved, dict):\n      \
         saved = next((saved[key] for key in (\"state_dict\", \"model_state_dict\", \"model\") if key in saved), saved)\n  \
         state = saved.state_dict() if hasattr(saved, \"state_dict\") else saved\n  \
         safetensors.torch.save_file({{name: x.contiguous().clone() for name, x in state.items() if torch.is_tensor(x)}}, {to:?})\n\
         of a whole module, which `weights_only=True` refuses, `weights_only=False` runs the program in the file: write that only \
         where you trust whoever made it, with the module's class at hand"
    );
    (is_named_so || is_saved).then(|| TrainError::Refused { path: path.to_owned(), reason })
}

/// Takes the prefixes off that all names have and none of the net's has; gives the prefixes that were there. A prefix is one of
/// a wrapper, or one without which names are those of the net.
pub fn unwrapped<'n>(weights: &mut [Weight], net: impl Iterator<Item = &'n str> + Clone) -> Vec<String> {
    let mut taken = Vec::new();
    while let Some(prefix) = prefix(weights, net.clone()) {
        weights.iter_mut().for_each(|weight| drop(weight.name.drain(..prefix.len())));
        taken.push(prefix);
    }
    taken
}

fn prefix<'n>(weights: &[Weight], net: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    let (first, _) = weights.first()?.name.split_once('.')?;
    let prefix = format!("{first}.");
    let rest: Option<Vec<&str>> = weights.iter().map(|weight| weight.name.strip_prefix(&prefix)).collect();
    let rest = rest?;
    let wraps = !net.clone().any(|name| name.starts_with(&prefix))
        && (PREFIXES.contains(&prefix.as_str()) || net.clone().any(|name| rest.contains(&name)));
    wraps.then_some(prefix)
}
