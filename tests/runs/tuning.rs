//! Tuning to gratings, Gabor functions and pictures of kernels, as a command gives them: each against closed forms, or against numbers
//! that are computed here from the files of weights.

use crate::shell::{fine, lcnnc};
use lcnnc::analyses::tuning::circular;
use lcnnc::analyses::von_mises::VonMises;
use safetensors::SafeTensors;
use std::f64::consts::TAU;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Four orientations of Gabor functions, two phases each, none of which learns, and a loop that inhibits. Even grey becomes 0, and
/// the brightest grey 2.
const SPEC: &str = "\
model Tuned
input image: [1, 24, 24]
weights W_A: conv(1 -> 8, kernel: 7, bias: false, init: gabor(wavelength: 5), frozen: true)
weights W_L: conv(8 -> 8, kernel: 3, bias: false, init: normal(mean: 0.004, sd: 0), frozen: true)
A = relu(W_A * image)
loop V1(steps: 1) {
    state O = A
    O' = relu(A - W_L * O)
}
h = global_avg_pool(O)
logits = dense(h, classes)
output logits
data { transform: [resize(24), normalise(mean: 0.5, sd: 0.25)] }
";
const SIDE: usize = 24;
const TAPS: usize = 49;

/// A finished run in the folder `run`.
pub fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("tuned.lcnn"), SPEC).unwrap();
    fine(place.path(), "run tuned --device cpu --threads 1 --limit 32 --limit-test 16 --epochs 1 --batch 16");
    let run = fs::read_dir(place.path().join("runs/tuned")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, place.path().join("run")).unwrap();
    place
}

/// A column of a table; what does not exist is no number.
fn column(csv: &str, name: &str) -> Vec<f64> {
    texts(csv, name).iter().map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()
}

fn texts(csv: &str, name: &str) -> Vec<String> {
    let place = csv.lines().next().unwrap().split(',').position(|column| column == name).unwrap();
    csv.lines().skip(1).map(|line| line.split(',').nth(place).unwrap().to_owned()).collect()
}

fn weights(file: &Path, name: &str) -> Vec<f64> {
    let bytes = fs::read(file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(4).map(|x| f64::from(f32::from_le_bytes(x.try_into().unwrap()))).collect()
}

#[track_caller]
pub fn near(found: f64, wanted: f64, by: f64, what: &str) {
    assert!((found - wanted).abs() <= by, "{what}: {found}, not {wanted}");
}

/// How far apart two directions are that are the same after a whole turn.
pub fn apart(a: f64, b: f64, turn: f64) -> f64 {
    let d = (a - b).rem_euclid(turn);
    d.min(turn - d)
}

/// What a linear unit with this kernel makes at most of a grating of amplitude 2: twice the absolute value of its Fourier transform.
fn amplitude(kernel: &[f64], orientation: f64, frequency: f64) -> f64 {
    let (sin, cos) = orientation.to_radians().sin_cos();
    let (mut even, mut odd) = (0.0, 0.0);
    for (tap, w) in kernel.iter().enumerate() {
        let turn = TAU * frequency * ((tap % 7) as f64 * sin + (tap / 7) as f64 * cos);
        even += w * turn.cos();
        odd += w * turn.sin();
    }
    2.0 * even.hypot(odd)
}

/// The init begins with stripes that stand and turns them; its angle is that of the wave, from the rows downwards.
fn orientation_of(channel: usize) -> f64 {
    (90.0 - 45.0 * (channel / 2) as f64).rem_euclid(180.0)
}

#[test]
fn a_kernel_prefers_its_own_orientation_and_frequency() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run orientation(of:A,frequencies:3,lowest:0.1,highest:0.4)");
    let w = weights(&here.join("run/best.safetensors"), "W_A.weight");
    assert_eq!(texts(&csv, "step"), [""; 8]);
    for channel in 0..8 {
        let of = |name: &str| column(&csv, name)[channel];
        let best = orientation_of(channel);
        assert_eq!(of("best_orientation"), best, "channel {channel}");
        near(of("best_frequency"), 0.2, 1e-12, "frequency");
        near(apart(of("orientation"), best, 180.0), 0.0, 1.0, "preferred orientation");
        near(apart(of("peak"), best, 180.0), 0.0, 1.0, "peak of the curve");
        let kernel = &w[channel * TAPS..][..TAPS];
        // Units and phases are not as fine as the wave.
        let wanted = amplitude(kernel, best, 0.2);
        assert!((0.97 * wanted..1.0001 * wanted).contains(&of("response")), "{}, not {wanted}", of("response"));
        let all: Vec<f64> = (0..8).map(|n| amplitude(kernel, 22.5 * f64::from(n), 0.2)).collect();
        near(of("circular_variance"), circular(&all).unwrap()[1], 0.02, "circular variance");
        let fit = VonMises::through(&all, best).unwrap();
        near(of("half_width"), fit.half_width(), 1.0, "half width");
        near(of("r2"), fit.r2, 0.02, "R²");
    }
    // Every step of a loop has rows, and the first one those of `A`.
    let looped = fine(here, "analyse run orientation(of:O,frequencies:3,lowest:0.1,highest:0.4)");
    assert_eq!(texts(&looped, "step"), [["0"; 8], ["1"; 8]].concat());
    assert_eq!(column(&looped, "response")[..8], column(&csv, "response"));
    let drawn = fine(here, "analyse run orientation --into x");
    assert!(drawn.contains("`O` from its first step to its last: median circular variance "), "{drawn}");
    assert!(here.join("x/orientation_O.png").exists() && here.join("x/orientation_O_variance.svg").exists());
}

#[test]
fn kernels_that_begin_as_gabor_functions_are_fitted_as_such() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run gabor(of:W_A)");
    assert_eq!(texts(&csv, "weights"), [["initial"; 8], ["best"; 8]].concat());
    for row in 0..16 {
        let of = |name: &str| column(&csv, name)[row];
        assert!(of("r2") > 0.98, "row {row}: {}", of("r2"));
        near(apart(of("orientation"), orientation_of(row % 8), 180.0), 0.0, 0.1, "orientation");
        // Of the odd ones no mean had to be taken off, which leaves a pure function.
        if row % 2 == 1 {
            near(of("r2"), 1.0, 1e-9, "R²");
            near(of("frequency"), 0.2, 1e-4, "frequency");
            near(of("sigma"), 2.5, 1e-2, "sigma");
            near(of("aspect"), 0.5, 1e-2, "aspect");
        }
    }
    let said = fine(here, "analyse run gabor kernels --into x");
    assert!(
        said.contains(
            "`W_A`, best weights: the Gabor function explains less than half of 0 of 8 kernels (R² below 0.5)"
        ),
        "{said}"
    );
    assert!(here.join("x/gabor_W_A_best.png").exists() && here.join("x/kernels_W_L.png").exists());
    let csv = fs::read_to_string(here.join("x/kernels.csv")).unwrap();
    let w = weights(&here.join("run/best.safetensors"), "W_A.weight");
    let rows =
        texts(&csv, "bundle").iter().zip(texts(&csv, "weights")).map(|(b, w)| format!("{b} {w}")).collect::<Vec<_>>();
    assert_eq!(rows.len(), 2 * (8 + 64));
    let first = rows.iter().position(|row| row == "W_A best").unwrap();
    for channel in 0..8 {
        let kernel = &w[channel * TAPS..][..TAPS];
        let norm = kernel.iter().fold(0.0, |length: f64, w| length.hypot(*w));
        near(column(&csv, "norm")[first + channel], norm, 1e-9, "norm");
        assert_eq!([column(&csv, "to")[first + channel], column(&csv, "from")[first + channel]], [channel as f64, 0.0]);
    }
}

/// A convolution with zeros around, `[to, from, size, size]`.
fn convolved(x: &[f64], [to, from, size]: [usize; 3], kernel: &[f64]) -> Vec<f64> {
    let inside = |n: usize, tap: usize| (n + tap).checked_sub(size / 2).filter(|n| *n < SIDE);
    let mut y = vec![0.0; to * SIDE * SIDE];
    for (n, y) in y.iter_mut().enumerate() {
        let (out, row, column) = (n / (SIDE * SIDE), n / SIDE % SIDE, n % SIDE);
        for (map, tap) in (0..from).flat_map(|map| (0..size * size).map(move |tap| (map, tap))) {
            if let (Some(row), Some(column)) = (inside(row, tap / size), inside(column, tap % size)) {
                *y += kernel[(out * from + map) * size * size + tap] * x[(map * SIDE + row) * SIDE + column];
            }
        }
    }
    y
}

#[test]
fn size_tuning_is_that_of_the_equations() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run size_tuning(of:O,radii:4,frequencies:1,lowest:0.2,highest:0.2)");
    assert_eq!(texts(&csv, "step"), [["0"; 32], ["1"; 32]].concat());
    let best = here.join("run/best.safetensors");
    let [w_a, w_l] = ["W_A.weight", "W_L.weight"].map(|name| weights(&best, name));
    let radii: Vec<f64> = (0..4).map(|n| 12_f64.powf(f64::from(n) / 3.0)).collect();
    let channel = 2;
    let mut wanted = [[0.0_f64; 4]; 2];
    for (n, radius) in radii.iter().enumerate() {
        for phase in 0..4 {
            let image: Vec<f64> = (0..SIDE * SIDE)
                .map(|place| {
                    let [down, right] = [place / SIDE, place % SIDE].map(|at| at as f64 - 12.0);
                    let within = (radius + 0.5 - down.hypot(right)).clamp(0.0, 1.0);
                    let (sin, cos) = orientation_of(channel).to_radians().sin_cos();
                    2.0 * within * (TAU * (0.2 * (right * sin + down * cos) + f64::from(phase) / 4.0)).cos()
                })
                .collect();
            let a: Vec<f64> = convolved(&image, [8, 1, 7], &w_a).iter().map(|x| x.max(0.0)).collect();
            let lateral = convolved(&a, [8, 8, 3], &w_l);
            let unit = (channel * SIDE + 12) * SIDE + 12;
            wanted[0][n] = wanted[0][n].max(a[unit]);
            wanted[1][n] = wanted[1][n].max(a[unit] - lateral[unit]);
        }
    }
    for (step, wanted) in wanted.iter().enumerate() {
        let first = step * 32 + channel * 4;
        let rows = |name: &str| column(&csv, name)[first..first + 4].to_vec();
        assert_eq!(rows("best_orientation"), [orientation_of(channel); 4]);
        let largest = wanted.iter().copied().fold(0.0, f64::max);
        for n in 0..4 {
            near(rows("radius")[n], radii[n], 1e-9, "radius");
            near(rows("response")[n], wanted[n], 1e-4, "response");
            near(rows("suppression")[n], 1.0 - wanted[3] / largest, 1e-4, "suppression");
        }
    }
    // A kernel of 7 x 7 pixels sees nothing of what lies beyond.
    let feed_forward = fine(here, "analyse run size_tuning(of:A,radii:20)");
    let (radii, responses) = (column(&feed_forward, "radius"), column(&feed_forward, "response"));
    for channel in 0..8 {
        let beyond = (channel * 20..channel * 20 + 20).filter(|row| radii[*row] > 5.0).map(|row| responses[row]);
        let beyond: Vec<f64> = beyond.collect();
        assert!(beyond.len() > 4 && beyond.iter().all(|r| (r - beyond[0]).abs() < 1e-5), "{beyond:?}");
    }
}

/// The weights of a file, changed in place.
pub fn change(file: &Path, name: &str, new: &[f32]) {
    let mut bytes = fs::read(file).unwrap();
    let place = {
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let data = tensors.tensor(name).unwrap().data();
        data.as_ptr() as usize - bytes.as_ptr() as usize
    };
    let new: Vec<u8> = new.iter().flat_map(|x| x.to_le_bytes()).collect();
    bytes[place..place + new.len()].copy_from_slice(&new);
    fs::write(file, bytes).unwrap();
}

#[test]
fn weights_between_channels_of_one_orientation_are_like_to_like() {
    let place = place();
    let here = place.path();
    // Equal weights have no line.
    let said = fine(here, "analyse run tuning_weights --out x.csv");
    assert!(said.contains("`W_L`, best weights: no line through 56 pairs of channels"), "{said}");
    // Excitation between both channels of an orientation, inhibition between all others; the middle of each kernel has all of it.
    let weight = |q: usize, p: usize| if p / 2 == q / 2 { 0.5 } else { -0.125 };
    let new: Vec<f32> =
        (0..64).flat_map(|n| (0..9).map(move |tap| if tap == 4 { weight(n / 8, n % 8) } else { 0.0 })).collect();
    change(&here.join("run/best.safetensors"), "W_L.weight", &new);
    let said = fine(here, "analyse run tuning_weights --force --out x.csv");
    assert!(said.contains("`W_L`, best weights: like to like, slope "), "{said}");
    let csv = fs::read_to_string(here.join("x.csv")).unwrap();
    assert_eq!(column(&csv, "p").len(), 2 * 56);
    assert_eq!([&texts(&csv, "value")[0], &texts(&csv, "weights")[56]], ["O@0", "best"]);
    for row in 56..112 {
        let of = |name: &str| column(&csv, name)[row];
        let (p, q) = (of("p") as usize, of("q") as usize);
        assert!(p != q);
        assert_eq!([of("weight"), of("centre")], [f64::from(weight(q, p)); 2], "from {p} to {q}");
        assert_eq!(of("similarity") > 0.9, p / 2 == q / 2, "{p} and {q}: {}", of("similarity"));
    }
    // Of all orders of 8 channels, 384 of 40,320 leave the four pairs together.
    let p: f64 = said.split("best weights").nth(1).unwrap().split("p = ").nth(1).unwrap()[..6].parse().unwrap();
    assert!((0.005..0.03).contains(&p), "{p}");
}

#[test]
fn what_has_no_tuning_is_said() {
    let place = place();
    let here = place.path();
    for (call, message) in [
        ("orientation(of:Q)", "the net has no value `Q`"),
        ("orientation(of:image)", "`image` is the picture itself, which has no tuning: name what the net makes of it"),
        ("orientation(lowest:0.4,highest:0.1)", "`lowest: 0.4` is above `highest: 0.1`; give them in rising order"),
        ("orientation(contrast:2)", "must be from 0 to 1"),
        ("gabor(of:W_L)", "the kernels of `W_L` are smaller than 5 x 5"),
        ("gabor(of:Q)", "`Q` is no bundle of a convolution: write `W_A` or `W_L`"),
        ("kernels(of:Q)", "`Q` is no bundle of a convolution"),
        ("spectrum(of:W_l)", "`W_l` is no bundle of a convolution: did you mean `W_L`?"),
        (
            "spectrum(of:W_A)",
            "`W_A` is no lateral bundle: that is a convolution larger than 1 x 1 with as many maps in as out",
        ),
        ("tuning_weights(bundle:W_l)", "`W_l` is no bundle of a convolution: did you mean `W_L`?"),
        ("similarity(of:area.W_L)", "`area.W_L` is no bundle of a layer with kernels: "),
        ("similarity(afferent:W_a)", "`W_a` is no bundle of a layer with kernels: did you mean `W_A`?"),
        (
            "similarity(afferent:[W_A,W_A])",
            "`afferent` names 2 bundles for W_L: name one for all of them, or one for each",
        ),
    ] {
        let (code, out, err) = lcnnc(here, &format!("analyse run {call}"));
        assert!(code == Some(2) && out.is_empty() && err.contains(message), "{call}: {err}");
    }
    // Without contrast nothing answers, and what does not exist is empty.
    let csv = fine(here, "analyse run orientation(contrast:0)");
    assert!(column(&csv, "response").iter().all(|r| *r == 0.0));
    assert!(texts(&csv, "orientation").iter().chain(&texts(&csv, "best_orientation")).all(String::is_empty));
    let said =
        fine(here, "analyse run orientation(contrast:0) size_tuning(contrast:0) tuning_weights(contrast:0) --into x");
    assert!(said.contains("`O` does not answer to gratings") && said.contains("8 channels left out"), "{said}");
}

/// A state of zeros answers to nothing, and what it becomes does. The pictures say that zeros have no value.
#[test]
fn a_state_that_begins_with_zeros_answers_from_its_first_step_on() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("late.lcnn"), SPEC.replace("state O = A", "state O = zeros(8, 24, 24)")).unwrap();
    fine(here, "run late --device cpu --threads 1 --limit 32 --limit-test 16 --epochs 1 --batch 16");
    let run = fs::read_dir(here.join("runs/late")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, here.join("run")).unwrap();
    let said = fine(here, "analyse run orientation(of:O) cka(of:O) rdm(of:[O,A]) --into x");
    assert!(said.contains("`O` from its first step to its last: median circular variance none to 0."), "{said}");
    assert!(!said.contains("does not answer to gratings"), "{said}");
    let page = fs::read_to_string(here.join("x/report.html")).unwrap();
    assert!(page.contains("What is hatched has no alignment: the numbers of its row"), "{page}");
    assert!(page.contains("are equal there, or since the net does not make it at that step"), "{page}");
    for name in ["cka", "rdm"] {
        assert!(fs::read_to_string(here.join(format!("x/{name}.svg"))).unwrap().contains(">no value<"), "{name}");
    }
}

/// Gratings are a set of their own classes, which a net that has others can be shown, and not be judged by.
#[test]
fn gratings_are_shown_to_a_net_of_other_classes() {
    let place = place();
    let here = place.path();
    let set = "--dataset gratings(orientations:4,frequencies:1,lowest:0.2,highest:0.2,phases:2,size:24)";
    fine(here, &format!("activations run --values A --out a.npz {set}"));
    let about: serde_json::Value = serde_json::from_str(&fs::read_to_string(here.join("a.npz.json")).unwrap()).unwrap();
    let images = about["images"].as_array().unwrap();
    assert_eq!(images.len(), 8);
    let of = |n: usize, key: &str| images[n][key].to_string();
    assert!(images.iter().any(|image| image.to_string().contains("135 degrees, 0.2000 cycles per pixel")), "{about}");
    assert_ne!(of(0, "label"), of(7, "label"));
    // All of them are shown, however few images the run was tested with.
    fine(here, "activations run --values A --out all.npz --dataset gratings(size:24)");
    let all: serde_json::Value = serde_json::from_str(&fs::read_to_string(here.join("all.npz.json")).unwrap()).unwrap();
    assert_eq!(all["images"].as_array().unwrap().len(), 128);
    let table = fine(here, &format!("analyse run sparsity {set}"));
    assert_eq!(table.lines().count(), 3, "{table}");
    let (code, _, err) = lcnnc(here, &format!("eval run {set}"));
    assert!(code == Some(2) && err.contains("has 4 classes, but the run was trained on 2"), "{err}");
}
