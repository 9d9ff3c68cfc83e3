//! `lcnnc activations`, and the analyses of what a net makes and of its lateral weights: each against numbers that are computed
//! here from the files, another way.

use crate::shell::{fine, lcnnc};
use safetensors::SafeTensors;
use serde_json::Value;
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

/// A convolution of planes with zeros around them, tap by tap.
fn convolved(x: &[f64], [from, to]: [usize; 2], side: usize, kernel: &[f64]) -> Vec<f64> {
    let at = |map: usize, row: isize, column: isize| match (usize::try_from(row), usize::try_from(column)) {
        (Ok(row), Ok(column)) if row < side && column < side => x[(map * side + row) * side + column],
        _ => 0.0,
    };
    let mut y = Vec::new();
    for out in 0..to {
        for place in 0..side * side {
            let mut sum = 0.0;
            for map in 0..from {
                for tap in 0..9 {
                    let [row, column] = [place / side + tap / 3, place % side + tap % 3].map(|n| n as isize - 1);
                    sum += kernel[(out * from + map) * 9 + tap] * at(map, row, column);
                }
            }
            y.push(sum);
        }
    }
    y
}

#[test]
fn activations_are_those_of_the_equations() {
    let place = place();
    let here = place.path();
    let said = fine(here, "activations run --values image,A,O@all,O@2,O,logits --out x.npz");
    assert!(
        said.contains(
            "6 values of 40 images (drawn from the 1000 images of the test half of `contours`), see x.npz and x.npz.json"
        ),
        "{said}"
    );
    let x = here.join("x.npz");
    let (shape, images) = npz(&x, "image");
    assert_eq!(shape, [40, 1, 12, 12]);
    let (shape, all) = npz(&x, "O@all");
    assert_eq!(shape, [40, 4, 3, 12, 12]);
    let ((_, afferent), (_, second), (_, last)) = (npz(&x, "A"), npz(&x, "O@2"), npz(&x, "O"));
    let best = here.join("run/best.safetensors");
    let [w_a, w_l] = ["W_A.weight", "W_L.weight"].map(|name| weights(&best, name));
    let (plane, maps) = (144, 3 * 144);
    for image in [0, 17, 39] {
        let a: Vec<f64> =
            convolved(&images[image * plane..][..plane], [1, 3], 12, &w_a).iter().map(|x| x.max(0.0)).collect();
        let mut o = a.clone();
        for step in 0..=3 {
            if step > 0 {
                let lateral = convolved(&o, [3, 3], 12, &w_l);
                o = a.iter().zip(lateral).map(|(a, l)| (a - l).max(0.0)).collect();
            }
            let found = &all[(image * 4 + step) * maps..][..maps];
            for (found, expected) in found.iter().zip(&o) {
                assert!((found - expected).abs() < 1e-5, "image {image}, step {step}: {found} is not {expected}");
            }
        }
        assert_eq!(&afferent[image * maps..][..maps], &all[image * 4 * maps..][..maps]);
        assert_eq!(&second[image * maps..][..maps], &all[(image * 4 + 2) * maps..][..maps]);
        assert_eq!(&last[image * maps..][..maps], &all[(image * 4 + 3) * maps..][..maps]);
    }

    // The scores name as many images right as `eval` does.
    let ((shape, scores), (_, labels)) = (npz(&x, "logits"), npz(&x, "labels"));
    let classes = shape[1];
    let largest = |scores: &[f64]| (0..classes).fold(0, |top, n| if scores[n] > scores[top] { n } else { top });
    let right = scores.chunks_exact(classes).zip(&labels).filter(|(scores, label)| largest(scores) == **label as usize);
    let eval = fine(here, "eval run");
    assert!(eval.contains(&format!("({} of 40", right.count())), "{eval}");

    let about: Value = serde_json::from_str(&fs::read_to_string(here.join("x.npz.json")).unwrap()).unwrap();
    assert_eq!(about["values"][2]["axes"], serde_json::json!(["image", "step", "channel", "row", "column"]));
    assert_eq!(about["values"][2]["steps"], serde_json::json!([[0], [1], [2], [3]]));
    assert_eq!(about["images"].as_array().unwrap().len(), 40);
    assert_eq!(about["images"][5]["label"].as_f64(), Some(labels[5]));
}

#[test]
fn every_format_has_the_same_numbers() {
    let place = place();
    let here = place.path();
    for file in ["x.npz", "x.safetensors", "x.npy"] {
        fine(here, &format!("activations run --values O@1 --out {file} --limit 7"));
    }
    let (shape, numbers) = npz(&here.join("x.npz"), "O@1");
    assert_eq!(npy(&fs::read(here.join("x.npy")).unwrap()), (shape, numbers.clone()));
    assert_eq!(weights(&here.join("x.safetensors"), "O@1"), numbers);
    // The last step has a word, as in analyses.
    fine(here, "activations run --values O@last,O@3,O --out last.npz --limit 7");
    let [last, third, bare] = ["O@last", "O@3", "O"].map(|name| npz(&here.join("last.npz"), name));
    assert!(last == third && last == bare);
    // The same run gives the same bytes.
    for file in ["x.npz", "x.safetensors"] {
        let before = fs::read(here.join(file)).unwrap();
        fine(here, &format!("activations run --values O@1 --out {file} --limit 7"));
        assert_eq!(fs::read(here.join(file)).unwrap(), before, "{file}");
    }
    // Arrays of an earlier call are replaced, and no other file: neither in the place of the arrays nor beside them.
    fs::write(here.join("theirs.npz.json"), "{\"lab\": 3}").unwrap();
    fs::write(here.join("theirs.npy"), "numbers").unwrap();
    fs::copy(here.join("run/best.safetensors"), here.join("theirs.safetensors")).unwrap();
    for file in ["theirs.npz", "theirs.npy", "theirs.safetensors"] {
        let there = || ["", ".json"].map(|more| fs::read(here.join(format!("{file}{more}"))).ok());
        let before = there();
        let (code, _, err) = lcnnc(here, &format!("activations run --values O@1 --out {file} --limit 7"));
        assert!(code == Some(2) && err.contains("there is such a file already"), "{file}: {err}");
        assert_eq!(there(), before, "{file}");
    }
    // Nor does a table.
    for args in ["analyse run weights --out theirs.safetensors", "eval run --format csv --out net.lcnn"] {
        fs::write(here.join("net.lcnn"), "model Mine").unwrap();
        let (code, _, err) = lcnnc(here, args);
        assert!(code == Some(2) && err.contains("its name is that of another kind of file"), "{args}: {err}");
    }
}

#[test]
fn picture_files_are_shown_in_order() {
    let place = place();
    let here = place.path();
    fs::create_dir(here.join("pictures")).unwrap();
    for (n, name) in ["b.png", "a.png"].into_iter().enumerate() {
        let picture = image::GrayImage::from_pixel(12, 12, image::Luma([51 * (n as u8 + 1)]));
        picture.save(here.join("pictures").join(name)).unwrap();
    }
    fine(here, "activations run --values image --out x.npy --images pictures pictures/b.png");
    let (shape, numbers) = npy(&fs::read(here.join("x.npy")).unwrap());
    assert_eq!(shape, [3, 1, 12, 12]);
    for (image, expected) in [0.4, 0.2, 0.2].into_iter().enumerate() {
        assert!((numbers[image * 144] - expected).abs() < 1e-6, "image {image}: {}", numbers[image * 144]);
    }
    // `predict` takes folders, too; each bad picture is named, and the others are answered.
    let said = fine(here, "predict run pictures");
    assert_eq!(
        said.lines().map(|line| line.split(": ").next().unwrap()).collect::<Vec<_>>(),
        ["pictures/a.png", "pictures/b.png"]
    );
    fs::create_dir(here.join("pictures/below")).unwrap();
    fs::write(here.join("pictures/below/c.png"), "none").unwrap();
    fs::write(here.join("pictures/d.png"), "none").unwrap();
    let (code, out, err) = lcnnc(here, "predict run pictures");
    assert!(code == Some(2) && out.lines().count() == 2 && err.matches("cannot be decoded").count() == 2, "{out}{err}");
    // Arrays have a row for each picture, so all are to be whole.
    let (code, _, err) = lcnnc(here, "activations run --values image --out y.npy --images pictures");
    assert!(code == Some(2) && err.contains("2 of 4 image files: these cannot be shown to the net"), "{err}");
    assert!(err.contains("pictures/below/c.png: ") && err.contains("pictures/d.png: "), "{err}");
    fs::create_dir(here.join("empty")).unwrap();
    let (code, _, err) = lcnnc(here, "predict run empty");
    assert!(code == Some(2) && err.contains("there is no picture in the folder"), "{err}");
    let (code, _, err) = lcnnc(here, "activations run --values image --out y.npy --images empty");
    assert!(code == Some(2) && err.contains("there is no picture in the folder"), "{err}");
    assert!(!here.join("y.npy").exists() && !here.join("y.npy.json").exists());
}

#[test]
fn what_cannot_be_had_is_said() {
    let place = place();
    let here = place.path();
    for (args, message) in [
        ("--values Q --out y.npy", "the net has no value `Q`; its values are "),
        ("--values logit --out y.npy", "did you mean `logits`?"),
        (
            "--values O@9 --out y.npy",
            "its steps go from `O@0` to `O@3`; `@last` is the last one, and `@all` stands for all of them",
        ),
        ("--values O@x --out y.npy", "expected a value of the net, as in `A`, `O@3`, `O@last` or `O@all`"),
        ("--values A@1 --out y.npy", "`A` is outside of loops and has no steps: write `A`"),
        ("--values image@1 --out y.npy", "the input has no steps: write `image`"),
        ("--values A,O --out y.npy", "a .npy file holds one array"),
        ("--values A --out y.txt", "expected a file that ends in .npy, .npz or .safetensors"),
        ("--values A --out run/best.safetensors", "it belongs to the run `"),
        ("--out y.npy", "--values"),
    ] {
        let (code, _, err) = lcnnc(here, &format!("activations run {args}"));
        assert!(code == Some(2) && err.contains(message), "{args}: {err}");
    }
    let left = fs::read_dir(here)
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with('y'));
    assert_eq!(left.count(), 0, "nothing half-written");
}

/// The cells of a table, row by row, by column.
fn table(csv: &str, column: &str) -> Vec<String> {
    let mut lines = csv.lines();
    let at = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

fn numbers(csv: &str, column: &str) -> Vec<f64> {
    table(csv, column).iter().map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn sparsity_is_that_of_the_activations() {
    let place = place();
    let here = place.path();
    fine(here, "activations run --values O@all --out x.npz");
    let (_, all) = npz(&here.join("x.npz"), "O@all");
    let csv = fine(here, "analyse run sparsity(of:O)");
    assert_eq!(table(&csv, "step"), ["0", "1", "2", "3"]);
    let (images, len) = (40, 3 * 144);
    for step in 0..4 {
        let of = |image: usize| &all[(image * 4 + step) * len..][..len];
        // Raw moments, which is another way than around the mean.
        let kurtosis = |x: &[f64]| {
            let raw = |power: i32| x.iter().map(|x| x.powi(power)).sum::<f64>() / len as f64;
            let [m, s, t, f] = [1, 2, 3, 4].map(raw);
            (f - 4.0 * m * t + 6.0 * m * m * s - 3.0 * m.powi(4)) / (s - m * m).powi(2)
        };
        let zeros: f64 = (0..images).map(|n| of(n).iter().filter(|x| **x == 0.0).count() as f64 / len as f64).sum();
        let fourth: f64 = (0..images).map(|n| kurtosis(of(n))).sum();
        for (column, sum) in [("zeros", zeros), ("kurtosis", fourth)] {
            let (found, expected) = (numbers(&csv, column)[step], sum / images as f64);
            assert!((found - expected).abs() < 1e-6 * expected, "{column} at {step}: {found} is not {expected}");
        }
    }
}

/// A kernel whose weights are all `c`, from 3 maps to 3: at zero frequency each entry of the matrix is `9 c`, so that the largest
/// eigenvalue is `27 c`; elsewhere it is the product of two Dirichlet kernels times that.
#[test]
fn the_spectrum_of_equal_weights_is_known() {
    let place = place();
    let csv = fine(place.path(), "analyse run spectrum(side:12,random:0)");
    let c = f64::from(0.02_f32);
    let of_side = |f: f64| (1.0 + 2.0 * (std::f64::consts::TAU * f).cos()) / 3.0;
    let (rows, columns) = (numbers(&csv, "row_frequency"), numbers(&csv, "column_frequency"));
    let (radii, gains) = (numbers(&csv, "radius"), numbers(&csv, "gain"));
    assert_eq!(radii.len(), 2 * 144, "before and after training");
    for n in 0..radii.len() {
        let expected = (27.0 * c * of_side(rows[n]) * of_side(columns[n])).abs();
        for found in [radii[n], gains[n]] {
            assert!((found - expected).abs() < 1e-9, "({}, {}): {found} is not {expected}", rows[n], columns[n]);
        }
    }
    // With zeros around the map, the eigenvalue is that of sines that vanish outside of it.
    let said = fine(place.path(), "analyse run spectrum(side:12,random:0) --out x.csv");
    let expected = 3.0 * c * (1.0 + 2.0 * (std::f64::consts::PI / 13.0).cos()).powi(2);
    assert!(said.contains(&format!("{expected:.3} with zero padding")), "{expected}: {said}");
}

#[test]
fn similarity_compares_every_pair() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run similarity");
    assert_eq!(table(&csv, "weights"), ["initial", "initial", "initial", "best", "best", "best"]);
    let w = weights(&here.join("run/best.safetensors"), "W_A.weight");
    for (row, [p, q]) in [[0, 1], [0, 2], [1, 2]].into_iter().enumerate() {
        let expected = (0..9).map(|tap| (w[p * 9 + tap] - w[q * 9 + tap]).powi(2)).sum::<f64>().sqrt();
        assert!((numbers(&csv, "d_afferent")[3 + row] - expected).abs() < 1e-12);
        // All lateral kernels are the same.
        assert_eq!((numbers(&csv, "d_lateral")[row], numbers(&csv, "d_lateral_se")[row]), (0.0, 0.0));
    }
}

#[test]
fn histograms_count_every_weight() {
    let place = place();
    let here = place.path();
    let csv = fine(here, "analyse run histograms(bins:7)");
    let of = |parameter: &str, time: &str| {
        let rows = table(&csv, "parameter").into_iter().zip(table(&csv, "weights")).zip(numbers(&csv, "count"));
        rows.filter(|((p, t), _)| p == parameter && t == time).map(|(_, count)| count).collect::<Vec<f64>>()
    };
    for (parameter, count) in [("W_A.weight", 27.0), ("W_L.weight", 81.0)] {
        for time in ["initial", "best"] {
            let counts = of(parameter, time);
            assert_eq!((counts.len(), counts.iter().sum::<f64>()), (7, count), "{parameter}, {time}");
        }
    }
    let w = weights(&here.join("run/best.safetensors"), "W_A.weight");
    let (from, to) = (numbers(&csv, "from"), numbers(&csv, "to"));
    let counted = w.iter().filter(|x| **x >= from[2] && **x < to[2]).count();
    assert_eq!(of("W_A.weight", "best")[2], counted as f64);
}

#[test]
fn all_that_apply_go_into_the_folder_of_the_run() {
    let place = place();
    let here = place.path();
    let said = fine(here, "analyse run");
    assert!(said.contains("ei_ratio: left out, since no penalty of the net pushes"), "{said}");
    let files = |ending: &str| {
        let files = fs::read_dir(here.join("run/analyses")).unwrap().map(|file| file.unwrap().file_name());
        files.filter(|name| name.to_string_lossy().ends_with(ending)).count()
    };
    assert_eq!(files("svg"), files("png"));
    assert!(files("svg") >= 5 && files("csv") >= 6);
    for name in ["maps_O_0.svg", "sparsity.svg", "similarity.svg", "spectrum.svg", "histograms.svg"] {
        let svg = fs::read_to_string(here.join("run/analyses").join(name)).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{name}");
    }
    let page = fs::read_to_string(here.join("run/analyses/report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.len() < 3_000_000, "{}", page.len());
    assert_eq!(page.matches("<figure>").count(), files("svg"), "every figure is on the page");
    assert_eq!(page.matches("role=\"img\"").count(), files("svg"), "and has an alternative in words");
    for absent in ["<script", "http://127", "src=\"", "<link", "@import"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(
        page.contains("Left out") && page.contains("ei_ratio: no penalty of the net pushes"),
        "what is left out is said"
    );
    assert!(
        page.contains("Both axes are logarithmic. Loop trained on contours, best weights"),
        "each figure says of which net"
    );
    assert!(!page.contains("saw the penalty pull"), "this net has none");
    // The run is still a run, and the same analysis gives the same bytes.
    fine(here, "eval run");
    let before = fs::read(here.join("run/analyses/maps_O_1.png")).unwrap();
    fine(here, "analyse run maps spectrum --into again");
    assert_eq!(fs::read(here.join("again/maps_O_1.png")).unwrap(), before);
    let (code, _, err) = lcnnc(here, "analyse run ei_ratio");
    assert!(code == Some(2) && err.contains("`ei_ratio` has nothing to say of this run"), "{err}");
}

#[test]
fn answers_for_programs_have_every_class() {
    let place = place();
    let here = place.path();
    image::GrayImage::from_fn(12, 12, |x, _| image::Luma([20 * x as u8])).save(here.join("x.png")).unwrap();
    fine(here, "activations run --values logits --out x.npy --images x.png");
    let (_, scores) = npy(&fs::read(here.join("x.npy")).unwrap());
    let said = fine(here, "predict run x.png x.png --format json");
    assert_eq!(said.lines().count(), 2, "a line for each image: {said}");
    let line: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(line["image"], "x.png");
    let answers = line["answers"].as_array().unwrap();
    let all: f64 = scores.iter().map(|score| score.exp()).sum();
    let mut found: Vec<f64> = answers.iter().map(|answer| answer["score"].as_f64().unwrap()).collect();
    for answer in answers {
        let [score, probability] = ["score", "probability"].map(|key| answer[key].as_f64().unwrap());
        assert!((score.exp() / all - probability).abs() < 1e-5, "{line}");
    }
    assert!(found.is_sorted_by(|a, b| a >= b), "the most probable first: {line}");
    let mut expected = scores.clone();
    [&mut found, &mut expected].into_iter().for_each(|of| of.sort_by(f64::total_cmp));
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
}
