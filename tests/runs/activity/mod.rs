//! What a net makes of images and what its lateral weights are, each against numbers that are computed here from the files, another
//! way.

mod analysed;
mod arrays;

use crate::shell::fine;
use safetensors::SafeTensors;
use std::fs;
use std::io::Read;
use std::path::Path;
use tempfile::TempDir;

/// A loop over one lateral bundle, in which every weight is the same and none learns, and a branch.
const SPEC: &str = "\
model Loop
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 3, bias: false)
weights W_L: conv(3 -> 3, kernel: 3, bias: false, init: normal(mean: 0.02, sd: 0), frozen: true)
A = relu(W_A * image)
loop V1(steps: 3) {
    state O = A
    O' = relu(A - W_L * O)
}
h = global_avg_pool(O)
logits = dense(h, classes)
output logits
data { transform: [resize(12)] }
";

/// A finished run in the folder `run`.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("loop.lcnn"), SPEC).unwrap();
    let flags = "--device cpu --threads 1 --limit 64 --limit-test 40 --epochs 1 --batch 16";
    fine(place.path(), &format!("run loop {flags}"));
    let run = fs::read_dir(place.path().join("runs/loop")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, place.path().join("run")).unwrap();
    place
}

/// An array of a file of numpy's format: its shape and numbers.
fn npy(bytes: &[u8]) -> (Vec<usize>, Vec<f64>) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(end.is_multiple_of(64), "numpy asks for an aligned start");
    let header = std::str::from_utf8(&bytes[10..end]).unwrap();
    let shape = header.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0;
    let shape = shape.split(',').filter_map(|dim| dim.trim().parse().ok()).collect();
    let numbers = match header.contains("'<i8'") {
        true => bytes[end..].chunks_exact(8).map(|x| i64::from_le_bytes(x.try_into().unwrap()) as f64).collect(),
        false => bytes[end..].chunks_exact(4).map(|x| f64::from(f32::from_le_bytes(x.try_into().unwrap()))).collect(),
    };
    (shape, numbers)
}

/// An array of an archive of them.
fn npz(file: &Path, name: &str) -> (Vec<usize>, Vec<f64>) {
    let mut archive = zip::ZipArchive::new(fs::File::open(file).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    npy(&bytes)
}

/// The tensor of a file of weights.
fn weights(file: &Path, name: &str) -> Vec<f64> {
    let bytes = fs::read(file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(4).map(|x| f64::from(f32::from_le_bytes(x.try_into().unwrap()))).collect()
}
