//! CORnet-S as its authors published it, brought to `specs/cornet_s.lcnn` by `rename`.

mod tuned;

use super::{Tensor, row, run_of, tensors, write};
use crate::shell::{fine, lcnnc};
use safetensors::Dtype;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

/// Feature maps of the first area; the published net has 64.
const WIDTH: usize = 2;
/// Classes of the published net.
const CLASSES: usize = 1000;

/// run.yaml, with the names of the published net on the left.
const SETTINGS: &str = r#"
spec: cornet.lcnn
dataset: contours
device: cpu
threads: 1
limit: 8
limit_test: 4
set: {size: 32, width: 2}
weights_from:
  file: published.safetensors
  except: "decoder.linear.*"
  rename:
    "V1.conv1.*": "retina.conv.*"
    "V1.norm1.*": "retina.batch_norm.*"
    "V1.conv2.*": "V1.conv.*"
    "V1.norm2.*": "V1.batch_norm.*"
    "*.conv_input.*": "*.afferent.*"
    "*.skip.*": "*.skip.conv.*"
    "*.norm_skip.*": "*.skip.*"
    "*.conv1.*": "*.C1.*"
    "*.conv2.*": "*.C2.*"
    "*.conv3.*": "*.C3.*"
    "*.norm1_0.*": "*.a0.batch_norm.*"
    "*.norm2_0.*": "*.b0.batch_norm.*"
    "*.norm3_0.*": "*.first.batch_norm.*"
    "*.norm1_*.*": "*.time.a.batch_norm.*.*"
    "*.norm2_*.*": "*.time.b.batch_norm.*.*"
    "*.norm3_*.*": "*.time.S.batch_norm.*.*"
    "decoder.linear.*": "logits.*"
train:
  epochs: 1
  batch: 4
  optimizer: "sgd(lr: 1e-3)"
"#;

/// A state dict with the names and the layout of the published one, of random numbers.
#[derive(Default)]
struct StateDict(BTreeMap<String, Tensor>, u32);

impl StateDict {
    fn numbers(&mut self, name: &str, shape: &[usize]) {
        let mut next = || {
            // Numerical Recipes' generator; a number from 0.5 to 1.5, so that variances are positive.
            self.1 = self.1.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            0.5 + f32::from(u16::try_from(self.1 >> 16).unwrap()) / 65536.0
        };
        let bytes = (0..shape.iter().product()).flat_map(|_| next().to_le_bytes()).collect();
        self.0.insert(format!("module.{name}"), (Dtype::F32, shape.to_vec(), bytes));
    }

    fn conv(&mut self, name: &str, from: usize, to: usize, kernel: usize) {
        self.numbers(&format!("{name}.weight"), &[to, from, kernel, kernel]);
    }

    fn norm(&mut self, name: &str, of: usize) {
        for part in ["weight", "bias", "running_mean", "running_var"] {
            self.numbers(&format!("{name}.{part}"), &[of]);
        }
        let counter = (Dtype::I64, Vec::new(), 1_i64.to_le_bytes().to_vec());
        self.0.insert(format!("module.{name}.num_batches_tracked"), counter);
    }

    /// `CORblock_S`.
    fn area(&mut self, name: &str, [from, to]: [usize; 2], times: usize) {
        self.conv(&format!("{name}.conv_input"), from, to, 1);
        self.conv(&format!("{name}.skip"), to, to, 1);
        self.norm(&format!("{name}.norm_skip"), to);
        self.conv(&format!("{name}.conv1"), to, 4 * to, 1);
        self.conv(&format!("{name}.conv2"), 4 * to, 4 * to, 3);
        self.conv(&format!("{name}.conv3"), 4 * to, to, 1);
        for t in 0..times {
            self.norm(&format!("{name}.norm1_{t}"), 4 * to);
            self.norm(&format!("{name}.norm2_{t}"), 4 * to);
            self.norm(&format!("{name}.norm3_{t}"), to);
        }
    }

    fn published(width: usize, classes: usize) -> Self {
        let mut all = Self::default();
        all.conv("V1.conv1", 1, width, 7);
        all.norm("V1.norm1", width);
        all.conv("V1.conv2", width, width, 3);
        all.norm("V1.norm2", width);
        all.area("V2", [width, 2 * width], 2);
        all.area("V4", [2 * width, 4 * width], 4);
        all.area("IT", [4 * width, 8 * width], 2);
        all.numbers("decoder.linear.weight", &[classes, 8 * width]);
        all.numbers("decoder.linear.bias", &[classes]);
        all
    }
}

/// A place with `cornet.lcnn`, for images of one channel: the sets that need no files have those.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let spec = fs::read_to_string("specs/cornet_s.lcnn").unwrap();
    fs::write(place.path().join("cornet.lcnn"), spec.replace("[3, size, size]", "[1, size, size]")).unwrap();
    place
}

#[test]
fn the_published_names_of_cornet_s_are_taken_by_rename() {
    let place = place();
    let folder = place.path();
    fs::write(folder.join("run.yaml"), SETTINGS).unwrap();
    let StateDict(published, _) = StateDict::published(WIDTH, CLASSES);
    write(&folder.join("published.safetensors"), &published);
    let said = fine(folder, "run --config run.yaml");
    assert_eq!(
        row(&said, "module.V4.norm2_3.running_var"),
        "module.V4.norm2_3.running_var V4.time.b.batch_norm.3.running_var [32] taken"
    );
    assert_eq!(
        row(&said, "module.decoder.linear.bias"),
        "module.decoder.linear.bias logits.bias [1000] not taken: `decoder.linear.*` is excepted; starts as the spec says"
    );
    let initial = tensors(&folder.join(run_of(&said)).join("initial.safetensors"));
    let pairs = [
        ("V1.conv1.weight", "retina.conv.weight"),
        ("V1.norm2.running_mean", "V1.batch_norm.running_mean"),
        ("V2.conv_input.weight", "V2.afferent.weight"),
        ("V2.skip.weight", "V2.skip.conv.weight"),
        ("V2.norm_skip.weight", "V2.skip.weight"),
        ("V4.conv2.weight", "V4.C2.weight"),
        ("V4.norm3_0.bias", "V4.first.batch_norm.bias"),
        ("V4.norm1_2.weight", "V4.time.a.batch_norm.2.weight"),
        ("IT.norm3_1.running_var", "IT.time.S.batch_norm.1.running_var"),
    ];
    for (theirs, ours) in pairs {
        assert!(initial[ours] == published[&format!("module.{theirs}")], "{theirs} is {ours}");
    }
    // Every parameter but the two of the last layer, each from a tensor of its own.
    let taken = initial.iter().filter(|(_, tensor)| published.values().any(|theirs| theirs == *tensor)).count();
    assert_eq!(taken, initial.len() - 2);

    let settings = SETTINGS.replace("  except: \"decoder.linear.*\"\n", "");
    fs::write(folder.join("run.yaml"), settings).unwrap();
    let (code, _, err) = lcnnc(folder, "run --config run.yaml");
    assert_eq!(code, Some(2));
    assert!(
        err.contains("`module.decoder.linear.bias` of the file has the shape [1000], and `logits.bias` of the net [2]"),
        "{err}"
    );
}
