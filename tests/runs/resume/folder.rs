//! A run's own folder: every command reads the spec that the run wrote there, whatever the author left to defaults.

use super::{Place, kept};
use std::fs;
use std::path::{Path, PathBuf};

/// A block that is called several times, a function that is called twice, a repeat, and consts that stand for kinds and
/// for choices; the last argument of each layer is a bare word.
const TWICE: &str = "\
model Twice
const kind = layer
const start = start_of_all
const start_of_all = he
const layer = conv
const other = gabor
const edge = same
input image: [1, 12, 12]
fn twice(x) = tanh(conv(conv(x, 2, kernel: 3, init: glorot), 2, kernel: 3, init: he))
block unit(x, k, begins, act) {
    weights W: k(channels(x) -> 4, kernel: 3, init: he)
    h = act(conv(W * x, 4, kernel: 3, padding: edge, init: begins))
    yield repeat 3 conv(h, 4, kernel: 1, init: start)
}
a = unit(image, kind, start, relu)
b = unit(a, local, other, batch_norm)
logits = dense(max_pool(twice(twice(b)), 2), classes)
output logits
train { optimizer: adam, batch: 32, epochs: 2 }
data {
    transform: [resize(12)]
    validation: 0.2500000000000001
}
";

fn folders(place: &Place, runs: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.0.path().join(runs).join("tiny")).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

fn spec_of(run: &Path) -> String {
    fs::read_to_string(run.join("spec.lcnn")).unwrap()
}

#[test]
fn every_command_reads_what_a_run_wrote() {
    let place = Place::new(TWICE);
    let good = |args: &str| {
        let said = place.lcnnc(args);
        assert_eq!(said.code, Some(0), "lcnnc {args}\n{}{}", said.out, said.err);
        said.out
    };
    const ARGS: &str = "--device cpu --threads 1 --limit 64";
    let out = good(&format!("run tiny {ARGS} --runs first"));
    let first = folders(&place, "first").remove(0);
    let accuracy = |out: &str| out.lines().find(|line| line.starts_with("test accuracy")).unwrap().to_owned();
    let run = first.display();
    assert_eq!(accuracy(&good(&format!("eval {run}"))), accuracy(&out));
    image::GrayImage::from_pixel(12, 12, image::Luma([90])).save(place.0.path().join("grey.png")).unwrap();
    assert!(good(&format!("predict {run} grey.png")).starts_with("grey.png: "));
    good(&format!("rerun {run}"));

    // Again from its settings: the same bits, and the same text once more.
    good(&format!("run --config {run}/run.yaml --runs second"));
    let second = fs::read_dir(place.0.path().join("second")).unwrap().next().unwrap().unwrap().path();
    let second = fs::read_dir(second).unwrap().next().unwrap().unwrap().path();
    assert_eq!(spec_of(&second), spec_of(&first));
    assert!(kept(&second).best == kept(&first).best, "the weights differ");
    good(&format!("show {run}/spec.lcnn"));

    good(&format!("run tiny {ARGS} --seeds 2 --jobs 1 --runs several"));
    assert_eq!(folders(&place, "several").len(), 2);
}

/// A run that was cut short goes on from the folder's own spec.
#[test]
fn a_run_of_such_a_spec_goes_on() {
    let place = Place::new(TWICE);
    let (mut child, run) = place.start("run tiny --device cpu --threads 1 --limit 64 --save-every 0");
    child.kill().unwrap();
    child.wait().unwrap();
    place.resume(&run);
    assert!(run.join("summary.json").is_file());
}
