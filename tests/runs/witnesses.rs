//! Analyses against closed forms and against numpy and SciPy (tests/reference/analyses.py), and as users ask for them.

use lcnnc::analyses::cka::Gram;
use lcnnc::analyses::moments::quantile;
use lcnnc::analyses::rdm::{correlations, distances};
use lcnnc::analyses::reaction_time::entropy;
use lcnnc::analyses::similarity::Line;
use lcnnc::analyses::spectrum::Kernels;
use lcnnc::analyses::weight_snr::ratio;
use lcnnc_lang::ir::{LocalLayer, Modules, ParamId};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

#[track_caller]
fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{found}, not {wanted}");
}

fn table(rows: u16, columns: u16, of: impl Fn(u16, u16) -> u16) -> Vec<Vec<f32>> {
    (0..rows).map(|i| (0..columns).map(|j| f32::from(of(i, j))).collect()).collect()
}

/// Both samples of tests/reference/analyses.py.
fn samples() -> [Vec<Vec<f32>>; 2] {
    [table(5, 6, |i, j| (i * 7 + j * 5) % 11 + (i * j) % 3), table(5, 3, |i, j| (i * 3 + j * 4) % 7)]
}

#[test]
fn dissimilarities_are_those_of_numpy_and_scipy() {
    let [x, _] = samples();
    let [first, second] = [correlations(&x), distances(&x)];
    let below = (0..5).flat_map(|a| (0..a).map(move |b| (a, b)));
    let wanted = [
        1.0102765642474552,
        1.261218862484406,
        1.4012763639161006,
        0.7815785936532156,
        0.83646328231078,
        1.8361624588263545,
        1.2008983425955104,
        0.6319067819769266,
        1.168822556533929,
        1.3411441196105065,
    ];
    for ((a, b), wanted) in below.zip(wanted) {
        near(first[a * 5 + b], wanted);
        assert_eq!(first[a * 5 + b], first[b * 5 + a]);
    }
    for (n, wanted) in [12.96148139681572, 12.0, 10.246950765959598, 13.30413469565007].into_iter().enumerate() {
        near(second[n + 1], wanted);
    }
    assert!((0..5).all(|n| first[n * 6] == 0.0 && second[n * 6] == 0.0));
    // An image whose numbers are all equal has no correlation.
    assert!(correlations(&[vec![0.1; 3], vec![1.0, 2.0, 4.0]])[1].is_nan());
}

#[test]
fn alignment_is_that_of_numpy_and_blind_to_turns() {
    let [x, y] = samples();
    for (is_unbiased, wanted) in [(false, 0.8878414097854413), (true, 0.6690576124546245)] {
        let gram = |of: &[Vec<f32>]| Gram::of(of, is_unbiased);
        let both = gram(&x).alignment(&gram(&y)).unwrap();
        near(both, wanted);
        near(gram(&x).alignment(&gram(&x)).unwrap(), 1.0);
        // The first two numbers turned by the angle of 3, 4, 5 (times 5), the others five times as large, all moved.
        let turned: Vec<Vec<f32>> = x
            .iter()
            .map(|x| {
                let head = [3.0 * x[0] - 4.0 * x[1] + 7.0, 4.0 * x[0] + 3.0 * x[1] - 2.0];
                head.into_iter().chain(x[2..].iter().map(|x| 5.0 * x + 1.0)).collect()
            })
            .collect();
        near(gram(&x).alignment(&gram(&turned)).unwrap(), 1.0);
        near(gram(&turned).alignment(&gram(&y)).unwrap(), wanted);
        assert_eq!(gram(&x).alignment(&gram(&table(5, 3, |_, j| j))), None, "the same for all images");
    }
}

#[test]
fn the_entropy_of_known_scores() {
    near(entropy(&[7.0; 10]), 10_f64.ln());
    near(entropy(&[0.5, -1.0, 2.0, 0.0]), 0.8782811752687326);
    assert_eq!(entropy(&[1000.0, -1000.0]), 0.0);
    assert_eq!(entropy(&[0.0, f32::NEG_INFINITY]), 0.0);
}

/// Weights 1 and 3 have the mean 2 and the variance 1: 4. Weights 2 and 6 have it too, and 0 and 2 have 1.
#[test]
fn the_ratio_of_a_layer_by_hand() {
    let layer = LocalLayer {
        weight: ParamId(0),
        inputs: 2,
        outputs: 2,
        kernel: 1,
        stride: 1,
        pad: 0,
        from: [1, 2],
        to: [1, 2],
    };
    // Of each place, each output and each input.
    let weights = [1.0, 2.0, 0.0, 1.0, 3.0, 6.0, 2.0, 3.0];
    near(ratio(&layer, Modules::Whole, &weights), f64::midpoint(4.0, f64::midpoint(1.0, 4.0)));
    assert_eq!(ratio(&layer, Modules::Whole, &[1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0]), f64::INFINITY);
}

/// Median and upper quartile of eight numbers and of seven.
#[test]
fn quantiles_are_those_of_numpy() {
    let eight = [0.05, 0.1, 0.25, 0.3, 0.4, 0.6, 0.7, 0.9];
    let seven = [0.01, 0.02, 0.1, 0.25, 0.3, 0.7, 0.9];
    for (numbers, wanted) in [(&eight[..], [0.35, 0.625]), (&seven[..], [0.25, 0.5])] {
        for (share, wanted) in [0.5, 0.75].into_iter().zip(wanted) {
            near(quantile(numbers, share).unwrap(), wanted);
        }
        assert_eq!(
            [0.0, 1.0].map(|share| quantile(numbers, share)),
            [numbers.first(), numbers.last()].map(Option::<&f64>::copied)
        );
    }
    assert_eq!((quantile(&[], 0.5), quantile(&[2.0], 0.75)), (None, Some(2.0)));
}

#[test]
fn a_line_is_that_of_scipy() {
    let line = Line::through(&[[0.5, 1.0], [1.25, 0.75], [2.0, 2.5], [3.5, 2.25]]).unwrap();
    near(line.slope, 0.5142857142857142);
    near(line.at_zero, 0.692857142857143);
    near(line.r, 0.7502895194085833);
    assert!(Line::through(&[[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]).is_none());
}

#[test]
fn eigenvalues_of_a_block_are_those_of_numpy() {
    let weights = (0..36).map(|n| f64::from(n * 13 % 17 - 8) / 10.0).collect();
    let all = Kernels { maps: 2, size: 3, weights }.torus(4);
    let found = all.iter().find(|frequency| frequency.at == [1, 2]).unwrap();
    near(found.top.re, -2.0350544703401763);
    near(found.top.im, -0.9513128479443707);
    near(found.gain, 2.283801913414376);
}

/// A complex pair is the outermost, so that activity does not grow evenly from one application to the next.
#[test]
fn the_radius_with_zeros_around_the_map_is_that_of_numpy() {
    let weights = (0..36).map(|n| f64::from(n * 13 % 17 - 8) / 10.0).collect();
    let kernels = Kernels { maps: 2, size: 3, weights };
    for seed in [0, 1] {
        let (radius, is_settled) = kernels.padded(12, seed);
        assert!(is_settled && (radius - 2.4145828694932567).abs() < 1e-4, "{radius}");
    }
    let (radius, is_settled) = Kernels { maps: 2, size: 3, weights: vec![0.0; 36] }.padded(12, 0);
    assert!(is_settled && radius == 0.0, "{radius}");
}

/// Lateral kernels of each place, scores at each step, and arms that come out the other way round.
const SPEC: &str = "\
model Steps
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 3, bias: false)
weights W_L: local(3 -> 3, kernel: 3, bias: false)
weights W_E: conv(3 -> 3, kernel: 1, bias: false, init: constant(-0.5), frozen: true)
weights W_I: conv(3 -> 3, kernel: 1, bias: false, init: constant(0.5), frozen: true)
weights R: dense(3 * 3 * 3 -> classes)
A = relu(W_A * image)
branch B = sum {
    exc E = W_E * A
    inh N = W_I * A
}
loop V1(steps: 2) {
    state O = A
    O' = relu(A + B + W_L * O)
    logits = R * flatten(max_pool(O', 4))
}
output logits@all
penalty separation = 0.1 * sat_abs(W_E, W_I)
data { transform: [resize(12)] }
";

fn lcnnc(folder: &Path, args: &str) -> (bool, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(folder).env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", folder.join("cache"));
    let output = command.args(args.split_whitespace()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn rows(file: &Path) -> Vec<BTreeMap<String, String>> {
    let csv = fs::read_to_string(file).unwrap();
    let mut lines = csv.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<String>>());
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

#[test]
fn tables_and_arrays_of_a_run() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("steps.lcnn"), SPEC).unwrap();
    let flags = "--device cpu --threads 1 --limit 64 --limit-test 20 --epochs 3 --keep 1 --batch 16";
    let (is_fine, _, err) = lcnnc(here, &format!("run steps {flags}"));
    assert!(is_fine, "{err}");
    let run = fs::read_dir(here.join("runs/steps")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, here.join("run")).unwrap();
    let calls = "rdm(of:[O,image]) cka reaction_time(bound:2.3) signs weight_snr similarity histograms ei_ratio";
    let (is_fine, out, err) = lcnnc(here, &format!("analyse run {calls} --into out --weights last"));
    assert!(is_fine, "{out}{err}");
    let table = |name: &str| rows(&here.join("out").join(name));
    let number = |row: &BTreeMap<String, String>, key: &str| row[key].parse::<f64>().unwrap();

    // A matrix in numpy's format, whose means are those of the table.
    let bytes = fs::read(here.join("out/rdm_O_2.npy")).unwrap();
    let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..end]).unwrap();
    assert!(header.contains("'<f8'") && header.contains("(20, 20,)"), "{header}");
    let matrix: Vec<f64> = bytes[end..].chunks_exact(8).map(|x| f64::from_le_bytes(x.try_into().unwrap())).collect();
    let images = table("rdm_images.csv");
    let classes: Vec<&str> = images.iter().map(|row| row["class"].as_str()).collect();
    let same = (0..400).filter(|n| n / 20 > n % 20 && classes[n / 20] == classes[n % 20]).map(|n| matrix[n]);
    let same: Vec<f64> = same.collect();
    let rdm = table("rdm.csv");
    assert_eq!(rdm.iter().map(|row| row["step"].as_str()).collect::<Vec<_>>(), ["0", "1", "2", ""]);
    near(number(&rdm[2], "within"), same.iter().sum::<f64>() / same.len() as f64);

    assert!(
        table("cka.csv")
            .iter()
            .filter(|row| row["step"] == row["other_step"])
            .all(|row| number(row, "cka") > 1.0 - 1e-12)
    );

    // Answers at their own steps are as often right as those of the images say.
    let (times, seen) = (table("reaction_time.csv"), table("reaction_time_images.csv"));
    let right = seen.iter().filter(|row| row["class"] == row["answer"]).count() as f64 / 20.0;
    near(number(&times[0], "accuracy"), right);
    let never = seen.iter().filter(|row| row["step"].is_empty()).count() as f64 / 20.0;
    near(number(&times[0], "never"), never);
    assert!(seen.iter().all(|row| row["step"].is_empty() || number(row, "entropy") < 2.3));

    // Weights of one sign make maps of one sign of what is rectified, whatever the arm is called.
    let signs = table("signs.csv");
    let [e, n] = ["E", "N"].map(|name| signs.iter().find(|row| row["value"] == name).unwrap());
    assert_eq!([&e["role"], &n["role"], &e["swapped"]], ["inhibitory", "excitatory", "1"]);
    assert_eq!([&e["positive"], &n["negative"], &e["negative"]], ["0", "0", &n["positive"]]);
    near(number(n, "positive") + number(n, "zero"), 1.0);
    assert!(number(n, "positive") > 0.0 && out.contains("`W_I` counts as excitatory here"), "{out}");

    for name in ["weight_snr.csv", "histograms.csv", "similarity.csv"] {
        let mut times: Vec<String> = table(name).iter().map(|row| row["weights"].clone()).collect();
        times.dedup();
        times.truncate(5);
        assert_eq!(times, ["initial", "epoch:1", "epoch:2", "epoch:3", "last"], "{name}");
    }
    // A time that was kept and is lost is told of.
    fs::remove_file(here.join("run/epochs/0002.safetensors")).unwrap();
    let (is_fine, out, err) = lcnnc(here, "analyse run weight_snr");
    assert!(is_fine && !out.contains("epoch:2") && err.contains("epochs/0002.safetensors is missing"), "{out}{err}");
    let ratios = table("weight_snr.csv");
    assert_eq!(ratios[3]["snr"], ratios[4]["snr"], "the last epoch is the last one");
    assert_ne!(ratios[0]["snr"], ratios[1]["snr"]);
    assert_eq!(table("similarity.csv")[0]["places"], "144");

    // Every weight of the excitatory bundle is 0.5, and of the inhibitory one -0.5.
    let counts: Vec<[String; 3]> =
        table("ei_ratio.csv").iter().map(|row| ["over", "above", "below"].map(|key| row[key].clone())).collect();
    assert!(counts.contains(&["connections", "9", "9"].map(str::to_owned)), "{counts:?}");
    assert!(counts.contains(&["units", "3", "3"].map(str::to_owned)), "{counts:?}");

    // The figure says which of both weights came out excitatory, beside what the penalty did in the paper.
    let figure = fs::read_to_string(here.join("out/histograms.svg")).unwrap();
    assert!(figure.contains("W_E.weight (relabelled inhibitory)"), "{figure}");
    assert!(fs::read_to_string(here.join("out/report.html")).unwrap().contains("saw the penalty pull"));

    // What cannot be answered says why, and what to do.
    let (is_fine, _, err) = lcnnc(here, "analyse run cka --limit 3");
    assert!(!is_fine && err.contains("alignment takes 4 images or more"), "{err}");
    let (is_fine, out, err) = lcnnc(here, "analyse run --limit 1 --into all");
    assert!(is_fine && err.contains("rdm: left out, since ") && err.contains("cka: left out, since "), "{out}{err}");
}
