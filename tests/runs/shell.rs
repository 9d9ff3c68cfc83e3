//! The command line as users type it, in a folder of its own.

use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A spec that trains in no time, whose const `width` makes it another net.
pub const SMALL: &str = "\
model Small
const width = 2
input image: [1, 12, 12]
weights W: conv(1 -> width, kernel: 3)
A = relu(W * image)
logits = dense(global_avg_pool(A), classes)
output logits
data {
    transform: [resize(12)]
}
";

/// Runs `lcnnc` with arguments that hold no spaces: its exit code, and what it says on both streams.
pub fn lcnnc(folder: &Path, args: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(folder).env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", folder.join("cache"));
    let output = command.args(args.split_whitespace()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What must succeed: what it says on standard output.
#[track_caller]
pub fn fine(folder: &Path, args: &str) -> String {
    let (code, out, err) = lcnnc(folder, args);
    assert_eq!(code, Some(0), "{out}{err}");
    out
}

/// The rows of a table whose cells hold no commas, each cell by its column.
pub fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = csv.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

/// Makes the first number of a tensor of a file of weights none.
pub fn spoil(file: &Path, name: &str) {
    let bytes = fs::read(file).unwrap();
    let at = {
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        tensors.tensor(name).unwrap().data().as_ptr() as usize - bytes.as_ptr() as usize
    };
    let mut bytes = bytes;
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(file, bytes).unwrap();
}
