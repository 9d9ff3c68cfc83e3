//! What a file is that is no safetensors file, by how it begins, and what makes one of it.

use crate::train::TrainError;
use std::path::{Path, PathBuf};

/// How files of other kinds begin, what they are, and what to do.
const FORMATS: [(&[u8], &str, &str); 16] = [
    (b"\x93NUMPY", "an array of numpy (.npy)", "arrays under names are needed"),
    (b"\x89HDF", "an HDF5 file, as of Keras", FROM_ARRAYS),
    (b"MATLAB ", "a file of MATLAB", FROM_ARRAYS),
    (b"GGUF", "a GGUF file", FROM_ARRAYS),
    (b"version https://git-lfs", "a pointer of Git LFS in place of the file itself", "`git lfs pull` fetches it"),
    (b"<!DOCTYPE", "a web page", "fetch the file itself"),
    (b"<!doctype", "a web page", "fetch the file itself"),
    (b"<html", "a web page", "fetch the file itself"),
    (b"\x1f\x8b", "a file that gzip has compressed", "unpack it first"),
    (b"BZh", "a file that bzip2 has compressed", "unpack it first"),
    (b"\xfd7zXZ", "a file that xz has compressed", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a file that zstd has compressed", "unpack it first"),
    (b"7z\xbc\xaf", "an archive of 7-Zip", "unpack it first"),
    (b"\x89PNG", "a picture (PNG)", NAME_ONE),
    (b"\xff\xd8\xff", "a picture (JPEG)", NAME_ONE),
    (b"%PDF", "a PDF", NAME_ONE),
];

const FROM_ARRAYS: &str =
    "in Python, `safetensors.numpy.save_file({name: array, …}, \"best.safetensors\")` writes one of its arrays";
const NAME_ONE: &str = "name a run's folder or a safetensors file";

const TO_SAFETENSORS: &str =
    "in Python, `safetensors.torch.save_file(model.state_dict(), \"best.safetensors\")` writes one";

const ZIP: &[u8] = b"PK\x03\x04";
/// The pickle that older versions of `torch.save` begin with: the number 0x1950a86a20f9469cfc6c in ten bytes.
const LEGACY: &[u8] = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19";
/// The endings of files that `torch.save` writes.
const ENDINGS: [&str; 5] = ["pth", "pt", "bin", "ckpt", "pkl"];
/// How much of a file is looked through at its start and at its end, where an archive lists what is in it.
const LOOKED: usize = 1 << 16;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Empty,
    /// Written by `torch.save`.
    Torch,
    /// Arrays of numpy under names, `.npz`.
    Npz,
    /// A pickle of Python's own.
    Pickle,
    /// Something that has nothing but a name and an advice.
    Other(&'static str, &'static str),
}

/// What the bytes of a file are, if they are of another format; a safetensors file begins with a length.
fn found(bytes: &[u8]) -> Option<Found> {
    if bytes.is_empty() {
        return Some(Found::Empty);
    }
    // A header of 128 bytes begins with the byte of a pickle, and goes on as no pickle does.
    if bytes.get(8) == Some(&b'{') {
        return None;
    }
    if bytes.starts_with(ZIP) {
        return Some(match () {
            () if has(bytes, b"data.pkl") => Found::Torch,
            () if has(bytes, b".npy") => Found::Npz,
            () => Found::Other("an archive (ZIP) of no kind that holds weights", NAME_ONE),
        });
    }
    if let [0x80, 0..=5, rest @ ..] = bytes {
        return Some(if rest.starts_with(LEGACY) { Found::Torch } else { Found::Pickle });
    }
    let known = FORMATS.into_iter().find(|(start, ..)| bytes.starts_with(start));
    known.map(|(_, what, then)| Found::Other(what, then)).or_else(|| protobuf(bytes)).or_else(|| text(bytes))
}

/// Whether an archive has a file whose name ends so.
fn has(bytes: &[u8], name: &[u8]) -> bool {
    let ends = [&bytes[..bytes.len().min(LOOKED)], &bytes[bytes.len().saturating_sub(LOOKED)..]];
    ends.iter().any(|part| part.windows(name.len()).any(|window| window == name))
}

/// A model of ONNX begins with the number of its version, and goes on with a text or a graph.
fn protobuf(bytes: &[u8]) -> Option<Found> {
    let is_onnx = matches!(bytes, [0x08, 1..=30, 0x12 | 0x1a | 0x22 | 0x32 | 0x3a | 0x42, ..]);
    is_onnx.then_some(Found::Other(
        "a graph of ONNX",
        "name what it was made of: the run's folder, or the weights in PyTorch",
    ))
}

fn text(bytes: &[u8]) -> Option<Found> {
    let start = &bytes[..bytes.len().min(512)];
    // A letter may be cut where the look ends.
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let is_text = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    is_text.then_some(Found::Other("a text, as of a spec", NAME_ONE))
}

/// A sentence for a file that is known to be of another format.
pub fn other_format(bytes: &[u8]) -> Option<String> {
    let (what, then) = match found(bytes)? {
        Found::Empty => return Some("it is empty; expected a safetensors file".to_owned()),
        Found::Torch => ("a file of `torch.save`", TO_SAFETENSORS),
        Found::Npz => ("arrays of numpy (.npz)", FROM_ARRAYS),
        Found::Pickle => ("a pickle of Python", FROM_ARRAYS),
        Found::Other(what, then) => (what, then),
    };
    Some(format!("expected a safetensors file, found {what}; {then}"))
}

/// What a file is that weights were to be taken from and that is of another format, and how to make a safetensors file of it. No
/// file that is a program as well is read here: whoever wrote it could have it run any program.
pub fn refused(path: &Path, bytes: &[u8]) -> Option<TrainError> {
    let refused = |reason: String| Some(TrainError::Refused { path: path.to_owned(), reason });
    let from = format!("{:?}", path.display().to_string());
    let to = format!("{:?}", beside(path).display().to_string());
    let is_named_so =
        path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
    match found(bytes) {
        Some(Found::Torch) => refused(of_torch(&from, &to)),
        // One that is cut has lost the list of what is in it.
        Some(Found::Other(..)) if is_named_so && bytes.starts_with(ZIP) => refused(of_torch(&from, &to)),
        Some(Found::Npz) => refused(format!(
            "it holds arrays of numpy; in Python, these lines make a safetensors file of it:\n  import numpy, safetensors.numpy\n  \
             arrays = numpy.load({from})\n  safetensors.numpy.save_file({{name: arrays[name] for name in arrays.files}}, {to})"
        )),
        Some(Found::Pickle) => refused(format!(
            "a pickle of Python is a program as well, and is never run here; where you trust whoever made it, load it in Python with \
             `pickle.load`, and write the arrays that you find in it with `safetensors.numpy.save_file({{name: array, …}}, {to})`"
        )),
        Some(Found::Other(what, then)) => refused(format!("expected a safetensors file, found {what}; {then}")),
        Some(Found::Empty) | None => None,
    }
}

/// A safetensors file beside another file, of its name if that is free.
fn beside(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let others = (2..).map(|n| format!("{stem}-{n}.safetensors"));
    let names = std::iter::once(format!("{stem}.safetensors")).chain(others);
    let mut paths = names.map(|name| path.with_file_name(name)).take(100);
    paths.find(|path| !path.exists()).unwrap_or_else(|| path.with_extension("converted.safetensors"))
}

/// Takes the dict with the most tensors, wherever it lies: others call it `state_dict`, `model`, `net` or `model_ema`, and keep an
/// optimizer's numbers beside it.
const DICTS: &str = r#"import torch, safetensors.torch
def dicts(x, at=""):
    x = x.state_dict() if hasattr(x, "state_dict") else x
    if isinstance(x, (dict, list, tuple)):
        pairs = list(x.items() if isinstance(x, dict) else enumerate(x))
        yield at, {str(name): y for name, y in pairs if torch.is_tensor(y)}
        for name, y in pairs:
            yield from dicts(y, f"{at}[{name!r}]")

saved = torch.load(open(@FROM@, "rb"), map_location="cpu", weights_only=True)
found = [one for one in dicts(saved) if one[1] and "optim" not in one[0].lower()]
assert found, f"no tensors with names are in it, which is a {type(saved).__name__}"
at, state = max(found, key=lambda one: len(one[1]))
print(f"{len(state)} tensors of saved{at}; tensors are in {['saved' + at for at, _ in found][:9]}")
safetensors.torch.save_file({name: x.detach().clone().contiguous() for name, x in state.items()}, @TO@)"#;

/// How to make a safetensors file of one of `torch.save`.
fn of_torch(from: &str, to: &str) -> String {
    let lines = DICTS.replace("@FROM@", from).replace("@TO@", to).replace('\n', "\n  ");
    format!(
        "a file of `torch.save` is a program as well, and is never run here; in Python, these lines make a safetensors file of \
         it:\n  {lines}\nof a whole module, which `weights_only=True` refuses, `weights_only=False` runs the program in the file: \
         write that only where you trust whoever made it, with the module's class at hand"
    )
}
