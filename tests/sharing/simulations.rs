//! `lcnnc simulate sharing` as users type it: its table against the equations written out, and its figures.

use lcnnc::simulations::SIMULATIONS;
use lcnnc::train::Stop;
use lcnnc_kernels::draws::Draws;
use roxmltree::{Document, Node};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const NEURONS: usize = 100;
const GAMMAS: [f64; 3] = [1e-1, 1e-2, 1e-3];

fn command(folder: &Path, args: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(folder).args(["simulate", "sharing"]).args(args.split_whitespace());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn simulate(folder: &Path, args: &str) -> (Option<i32>, String, String) {
    let output = command(folder, args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The table that a simulation writes, without a word on standard error.
#[track_caller]
fn csv(args: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = simulate(place.path(), args);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let panel = args.split_once("--panel ").map_or(String::new(), |(_, rest)| format!("_{}", &rest[..1]));
    fs::read_to_string(place.path().join(format!("simulations/sharing{panel}.csv"))).unwrap()
}

/// A row of the table: `k`, `gamma`, patterns, mean, standard deviation and minimum.
type Row = [f64; 6];

/// The rows of a panel.
fn rows(csv: &str, panel: &str) -> Vec<Row> {
    let of_panel = csv.lines().filter_map(|line| line.strip_prefix(panel)?.strip_prefix(','));
    of_panel.map(|line| line.split(',').map(|x| x.parse().unwrap()).collect::<Vec<f64>>().try_into().unwrap()).collect()
}

/// The rows of a curve.
fn curve(rows: &[Row], k: usize, gamma: f64) -> Vec<Row> {
    rows.iter().copied().filter(|row| row[..2] == [k as f64, gamma]).collect()
}

/// Kernels that are learned pattern by pattern, every sum written out.
struct Trial {
    k: usize,
    gamma: f64,
    start: Vec<Vec<f64>>,
    weights: Vec<Vec<f64>>,
    patterns: Draws,
    noise: Draws,
    sd: f64,
}

impl Trial {
    /// The first trial of a curve, with the streams of the command's.
    fn first(seed: u64, panel: u64, k: usize, gamma: f64, sd: f64) -> Self {
        let stream = 4 * k as u64 + 2 * panel;
        let [mut patterns, noise] = [stream, stream + 1].map(|stream| Draws::new(seed, stream));
        let mut start = vec![0.0; NEURONS * k * k];
        patterns.fill_normal(1.0, &mut start);
        let start: Vec<Vec<f64>> = start.chunks(k * k).map(|kernel| kernel.iter().map(|w| 1.0 + w).collect()).collect();
        Self { k, gamma, weights: start.clone(), start, patterns, noise, sd }
    }

    /// What each neuron sees of the next pattern.
    fn seen(&mut self) -> Vec<Vec<f64>> {
        let mut pattern = vec![0.0; self.k * self.k];
        self.patterns.fill_normal(1.0, &mut pattern);
        let mut noise = vec![0.0; NEURONS * pattern.len()];
        if self.sd > 0.0 {
            self.noise.fill_normal(self.sd, &mut noise);
        }
        noise.chunks(pattern.len()).map(|xi| xi.iter().zip(&pattern).map(|(xi, x)| x + xi).collect()).collect()
    }

    fn drive(&self, n: usize, x: &[f64]) -> f64 {
        self.weights[n].iter().zip(x).map(|(w, x)| w * x).sum()
    }

    /// Eq. 4 with the steps and the momentum of panel A.
    fn iterate(&mut self, i: usize, velocity: &mut [Vec<f64>]) {
        let seen = self.seen();
        let z: Vec<f64> = seen.iter().enumerate().map(|(n, x)| self.drive(n, x)).collect();
        let mean = z.iter().sum::<f64>() / NEURONS as f64;
        for (n, x) in seen.iter().enumerate() {
            for (j, x) in x.iter().enumerate() {
                let decay = self.gamma * (self.weights[n][j] - self.start[n][j]);
                velocity[n][j] = 0.95 * velocity[n][j] + (z[n] - mean) * x + decay;
                self.weights[n][j] -= 0.5 / (1000.0 + i as f64) * velocity[n][j];
            }
        }
    }

    /// Eq. 8 for one presentation, with every weight changed at every millisecond.
    fn present(&mut self, i: usize, alpha: f64) {
        let (seen, steps) = (self.seen(), if self.k == 3 { 200 } else { 150 });
        let eta = 10.0 / (1000.0 + i as f64) / f64::from(steps);
        let (mut rates, mut inhibitory) = (vec![0.0; NEURONS], 0.0);
        for _ in 0..steps {
            let (before, mean) = (rates.clone(), rates.iter().sum::<f64>() / NEURONS as f64);
            for n in 0..NEURONS {
                rates[n] += (-rates[n] + self.drive(n, &seen[n]) - alpha * inhibitory + 1.0) / 30.0;
            }
            inhibitory += (-inhibitory + mean - 1.0) / 30.0;
            for (n, x) in seen.iter().enumerate() {
                for (j, x) in x.iter().enumerate() {
                    let decay = self.gamma * (self.weights[n][j] - self.start[n][j]);
                    self.weights[n][j] -= eta * ((before[n] - 1.0) * x + decay);
                }
            }
        }
    }

    /// The kernels at the fixed point where inputs are independent and of variance 1: noise of the variance `v`, less the
    /// share that every neuron has in the mean, draws all weights to 0.
    fn fixed_point(&self) -> Vec<Vec<f64>> {
        let v = self.sd * self.sd * (1.0 - 1.0 / NEURONS as f64);
        let mean = |j: usize| self.start.iter().map(|kernel| kernel[j]).sum::<f64>() / NEURONS as f64;
        let end = |(j, w): (usize, &f64)| {
            let kept = self.gamma / (self.gamma + v) * mean(j);
            (kept + self.gamma * w) / (1.0 + self.gamma + v)
        };
        self.start.iter().map(|kernel| kernel.iter().enumerate().map(end).collect()).collect()
    }
}

/// `-ln(SNR)` of kernels (Eq. 6).
fn unlike(kernels: &[Vec<f64>]) -> f64 {
    let (n, inputs) = (kernels.len() as f64, kernels[0].len());
    let ratio = |j: usize| {
        let mean = kernels.iter().map(|kernel| kernel[j]).sum::<f64>() / n;
        mean * mean / (kernels.iter().map(|kernel| (kernel[j] - mean).powi(2)).sum::<f64>() / n)
    };
    -((0..inputs).map(ratio).sum::<f64>() / inputs as f64).ln()
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

#[test]
fn panel_a_is_the_hebbian_rule_written_out() {
    const ITERATIONS: usize = 30;
    for noise in [0.0, 0.2] {
        let csv = csv(&format!("--panel a --trials 1 --iterations {ITERATIONS} --seed 5 --noise {noise}"));
        for (k, gamma) in [3, 6, 9].into_iter().flat_map(|k| GAMMAS.map(|gamma| (k, gamma))) {
            let curve = curve(&rows(&csv, "a"), k, gamma);
            assert_eq!(curve.len(), 1 + ITERATIONS);
            let mut trial = Trial::first(5, 0, k, gamma, noise);
            let mut velocity = vec![vec![0.0; k * k]; NEURONS];
            let minimum = unlike(&trial.fixed_point());
            for (i, row) in curve.iter().enumerate() {
                close(row[2], i as f64);
                close(row[3], unlike(&trial.weights));
                close(row[4], 0.0);
                close(row[5], minimum);
                trial.iterate(i, &mut velocity);
            }
        }
    }
}

#[test]
fn panel_b_is_the_circuit_written_out() {
    for (noise, alpha) in [(0.0, 10.0), (0.3, 2.5)] {
        let csv = csv(&format!("--panel b --trials 1 --presentations 2 --noise {noise} --alpha {alpha}"));
        for (k, gamma) in [(3, 1e-1), (6, 1e-2), (9, 1e-3)] {
            let mut trial = Trial::first(0, 1, k, gamma, noise);
            for (i, row) in curve(&rows(&csv, "b"), k, gamma).iter().enumerate() {
                close(row[3], unlike(&trial.weights));
                trial.present(i, alpha);
            }
        }
    }
}

/// What the paper says of its figure: the rule comes down to the minimum, the circuit does not stay at its lowest point.
#[test]
fn the_rule_ends_at_its_minimum_and_the_circuit_goes_past_its_lowest_point() {
    let a = rows(&csv("--panel a --trials 1"), "a");
    for (k, gamma) in [3, 6, 9].into_iter().flat_map(|k| GAMMAS.map(|gamma| (k, gamma))) {
        let curve = curve(&a, k, gamma);
        let [start, end] = [curve[0], curve[curve.len() - 1]];
        assert_eq!((curve.len(), end[2]), (201, 2000.0));
        assert!(end[3] < start[3] - 3.0, "k {k}, gamma {gamma}: from {} to {}", start[3], end[3]);
        assert!((end[3] - end[5]).abs() < 0.3, "k {k}, gamma {gamma}: {} is not near {}", end[3], end[5]);
    }
    let b = rows(&csv("--panel b --trials 1 --alpha 1 --presentations 1000"), "b");
    for k in [3, 6, 9] {
        let curve = curve(&b, k, 1e-1);
        let lowest = curve.iter().min_by(|a, b| a[3].total_cmp(&b[3])).unwrap();
        let end = curve[curve.len() - 1];
        assert!(lowest[2] < 900.0 && lowest[3] < end[3] - 0.1, "k {k}: lowest {lowest:?}, at the end {end:?}");
    }
}

#[test]
fn a_seed_fixes_every_byte_for_any_number_of_threads() {
    const FLAGS: &str = "--trials 3 --iterations 20 --presentations 3 --noise 0.1";
    let [one, two, other] = ["--threads 1 --seed 1", "--threads 5 --seed 1", "--threads 1 --seed 2"]
        .map(|more| csv(&format!("{FLAGS} {more}")));
    assert_eq!(one, two);
    assert_ne!(one, other);
}

#[test]
fn the_table_has_the_mean_and_the_deviation_of_trials() {
    let csv = csv("--trials 2 --iterations 4 --presentations 2");
    let columns: Vec<&str> = SIMULATIONS[0].columns.iter().map(|column| column.name).collect();
    assert_eq!(csv.lines().next().unwrap(), columns.join(","));
    assert_eq!((rows(&csv, "a").len(), rows(&csv, "b").len(), csv.lines().count()), (9 * 5, 9 * 3, 1 + 9 * 8));
    let [.., mean, sd, minimum] = curve(&rows(&csv, "a"), 3, 1e-1)[0];
    // The first number of the first trial, and of the second: 16 widths and 2 panels of 2 streams further.
    let trial = |stream| {
        let mut start = vec![0.0; NEURONS * 9];
        Draws::new(0, stream).fill_normal(1.0, &mut start);
        unlike(&start.chunks(9).map(|kernel| kernel.iter().map(|w| 1.0 + w).collect()).collect::<Vec<_>>())
    };
    let [first, second] = [trial(12), trial(12 + 64)];
    close(mean, f64::midpoint(first, second));
    close(sd, (first - second).abs() / 2.0_f64.sqrt());
    assert!(minimum < mean - 4.0);
}

/// An argument of the other panel is told of, and so is none of the panel's own.
#[test]
fn arguments_of_a_panel_that_is_not_computed_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    for (args, expected) in [
        ("--panel a --trials 1 --iterations 5 --alpha 5", vec!["note: `--alpha` is about panel b alone"]),
        ("--panel b --trials 1 --presentations 5 --iterations 5", vec!["note: `--iterations` is about panel a alone"]),
        ("--panel b --trials 1 --presentations 5 --alpha 5", vec![]),
    ] {
        let (code, out, err) = simulate(folder.path(), args);
        assert_eq!(code, Some(0), "{err}");
        assert_eq!(out.lines().filter(|line| line.starts_with("note:")).collect::<Vec<_>>(), expected, "{args}");
    }
}

#[test]
fn one_panel_alone_is_the_same_as_beside_the_other() {
    const FLAGS: &str = "--trials 1 --iterations 4 --presentations 2";
    let both = csv(FLAGS);
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = simulate(place.path(), &format!("{FLAGS} --panel a --into here/and/there"));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("sharing: 45 rows and 1 figure, see here/and/there"), "{out}");
    assert_eq!(files(&place.path().join("here/and/there")), ["sharing_a.csv", "sharing_a.svg"]);
    let alone = fs::read_to_string(place.path().join("here/and/there/sharing_a.csv")).unwrap();
    assert_eq!(
        both.lines().filter(|line| !line.starts_with('b')).collect::<Vec<_>>(),
        alone.lines().collect::<Vec<_>>()
    );
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_figure_has_a_curve_and_a_minimum_for_every_k_and_gamma() {
    let place = tempfile::tempdir().unwrap();
    let flags = "--trials 2 --iterations 50 --presentations 5 --noise 0.05 --alpha 4";
    assert_eq!(simulate(place.path(), flags).0, Some(0));
    for (panel, axis) in [("a", "iterations"), ("b", "presentations")] {
        let text = fs::read_to_string(place.path().join(format!("simulations/sharing_{panel}.svg"))).unwrap();
        let svg = Document::parse(&text).unwrap();
        let named = |name: &str| svg.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<Node>>();
        let words: Vec<&str> = named("text").iter().filter_map(Node::text).collect();
        for word in ["k = 3", "k = 6", "k = 9", "γ = 0.1", "γ = 0.01", "γ = 0.001", "fixed point", "± sd"] {
            assert_eq!(words.iter().filter(|w| **w == word).count(), 1, "{panel}: {word} in {words:?}");
        }
        assert_eq!(words.iter().filter(|w| **w == axis).count(), 3, "{panel}: {axis} below each width in {words:?}");
        assert_eq!(words[0].contains("α = 4"), panel == "b");
        assert!(words[0].ends_with(", noise 0.05"));
        let of = |class: &str| svg.descendants().filter(|n| n.attribute("class") == Some(class)).collect::<Vec<Node>>();
        assert_eq!(["band", "line", "across"].map(|class| of(class).len()), [9; 3], "one of each for each curve");
        let [width, height] =
            ["width", "height"].map(|side| svg.root_element().attribute(side).unwrap().parse::<f64>().unwrap());
        for line in of("line").into_iter().chain(of("across")) {
            for point in line.attribute("d").unwrap().split(['M', 'L']).filter(|point| !point.is_empty()) {
                let (x, y) = point.split_once(' ').unwrap();
                let [x, y] = [x, y].map(|number| number.parse::<f64>().unwrap());
                assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{panel}: {point}");
            }
        }
    }
}

#[test]
fn what_no_flag_takes_is_refused_before_anything_is_written() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    for (args, said) in [
        ("--trials 0", "`--trials`"),
        ("--alpha x", "`--alpha`"),
        ("--alpha 51", "`--alpha`"),
        ("--noise -1", "`--noise`"),
        ("--panel c", "`--panel`"),
        ("--threads 0", "--threads"),
        ("--into file", "--into"),
        ("--into file/folder", "file/folder: cannot be made"),
    ] {
        let (code, out, err) = simulate(place.path(), args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args}: {err}");
        assert!(err.contains(said), "{args}: {err}");
        assert_eq!(files(place.path()), ["file"], "{args}");
    }
    let (code, _, err) = simulate(place.path(), "--trials 0 --noise 2");
    assert!(code == Some(2) && err.contains("`--trials`") && err.contains("`--noise`"), "all that is wrong: {err}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_without_files() {
    let place = tempfile::tempdir().unwrap();
    let mut child = command(place.path(), "--panel a --iterations 1000000").spawn().unwrap();
    // Signals are heard once the folder is there.
    while !place.path().join("simulations").exists() {
        sleep(Duration::from_millis(10));
    }
    Stop::ask(&mut child).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("stopped, as asked"));
    assert!(files(&place.path().join("simulations")).is_empty());
}
