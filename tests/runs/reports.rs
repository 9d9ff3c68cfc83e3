//! `lcnnc report`: several runs side by side, and how a browser shows a report.

use crate::shell::{fine, lcnnc, rows, spoil};
use lcnnc::analyses::Measure;
use lcnnc::analyses::across::{figures, groups};
use lcnnc::analyses::measure::{Measured, means};
use lcnnc::figures::Drawing;
use lcnnc::train::facts::Fact;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const SPEC: &str = "\
model Loop
const steps = 2
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 3, bias: false)
weights W_L: conv(3 -> 3, kernel: 3, bias: false)
A = relu(W_A * image)
loop V1(steps: steps) {
    state O = A
    O' = relu(A - W_L * O)
}
logits = dense(global_avg_pool(O), classes)
output logits
data { transform: [resize(12)] }
";

/// Studies of two seeds each, with one step of the loop and with two.
fn place() -> (TempDir, Vec<PathBuf>) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("loop.lcnn"), SPEC).unwrap();
    for steps in [1, 2] {
        let flags = "--device cpu --threads 1 --limit 64 --limit-test 20 --epochs 1 --batch 16 --no-tensorboard";
        fine(place.path(), &format!("run loop {flags} --seeds 2 --jobs 1 --set steps={steps}"));
    }
    let files = fs::read_dir(place.path().join("runs/loop")).unwrap().map(|entry| entry.unwrap().path());
    let mut studies: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
    studies.sort();
    assert_eq!(studies.len(), 2);
    (place, studies)
}

#[test]
fn runs_that_differ_in_their_seed_alone_are_one_group() {
    let (place, studies) = place();
    let here = place.path();
    let names: Vec<String> = studies.iter().map(|path| path.display().to_string()).collect();
    fine(here, &format!("report {} --only sparsity similarity --into beside", names.join(" ")));

    let all = rows(&fs::read_to_string(here.join("beside/summary.csv")).unwrap());
    let means = rows(&fs::read_to_string(here.join("beside/means.csv")).unwrap());
    let groups: Vec<&str> = all.iter().map(|row| row["group"].as_str()).collect();
    assert!(groups.contains(&"steps 1") && groups.contains(&"steps 2"), "{groups:?}");
    for mean in &means {
        let is_of = |row: &&BTreeMap<String, String>| {
            ["group", "analysis", "of", "at", "quantity"].iter().all(|key| row[*key] == mean[*key])
        };
        let values: Vec<f64> = all.iter().filter(is_of).map(|row| row["value"].parse().unwrap()).collect();
        let [a, b] = values[..] else { panic!("two seeds: {values:?}") };
        let [middle, sd]: [f64; 2] = ["mean", "sd"].map(|key| mean[key].parse().unwrap());
        assert!((middle - f64::midpoint(a, b)).abs() < 1e-9 * middle.abs().max(1.0), "{mean:?} {values:?}");
        assert!((sd - (a - b).abs() / 2.0_f64.sqrt()).abs() < 1e-9 * sd.max(1.0), "{mean:?} {values:?}");
        assert_eq!(mean["runs"], "2");
    }
    let steps_of = |group: &str| {
        let is_it = |row: &&BTreeMap<String, String>| row["group"] == group && row["quantity"] == "kurtosis";
        means.iter().filter(is_it).map(|row| row["at"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(steps_of("steps 1"), ["step 0", "step 1"]);
    assert_eq!(steps_of("steps 2"), ["step 0", "step 1", "step 2"]);

    // The number of one run is what its own analysis says.
    let run = fs::read_dir(here.join("beside")).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    let own = rows(&fs::read_to_string(run.unwrap().join("summary.csv")).unwrap());
    let first = own.iter().find(|row| row["quantity"] == "kurtosis" && row["at"] == "step 1").unwrap();
    let same = |row: &&BTreeMap<String, String>| {
        row["run"] == first["run"] && row["quantity"] == "kurtosis" && row["at"] == "step 1"
    };
    assert_eq!(all.iter().find(same).unwrap()["value"], first["value"]);

    let page = fs::read_to_string(here.join("beside/report.html")).unwrap();
    for said in ["4 runs in 2 groups", "steps 1", "steps 2", "(mean of 2 runs)", "beside\"", "means.csv"] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("<script") && !page.contains("src=\"http"));
    assert!(here.join("beside/sparsity.png").is_file() && here.join("beside/sparsity.svg").is_file());
}

#[test]
fn what_is_no_run_is_refused_before_anything_is_written() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("other.json"), "{\"a\": 1}").unwrap();
    for (args, said) in [
        ("report other.json", "neither a run's folder nor the file `seeds-….json` of a study"),
        ("report nothing", "nothing"),
        ("report other.json --only sparsty", "did you mean `sparsity`?"),
    ] {
        let (code, _, err) = lcnnc(here, args);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(said), "{args}: {err}");
        assert!(!here.join("report").exists(), "{args}");
    }
}

/// Groups are called by what distinguishes them and matters.
#[test]
fn names_of_groups_hold_what_matters() {
    let run = |facts: &[(&str, &str)]| -> Vec<Fact> {
        facts.iter().map(|(name, text)| Fact { name: (*name).to_owned(), text: (*text).to_owned() }).collect()
    };
    let named = |runs: &[Vec<Fact>]| groups(runs);
    let plain = [("model", "A"), ("spec", "a (11)"), ("lr", "0.1"), ("alpha", "1"), ("seed", "0")];
    let kept = [&plain[..4], &[("seed", "1"), ("keep", "5 epochs")]].concat();
    assert_eq!(named(&[run(&plain), run(&kept)]), ["A", "A"], "what is kept changes nothing");
    let other = [("model", "B"), ("spec", "b (22)"), ("lr", "0.1"), ("alpha", "2"), ("beta", "3"), ("seed", "0")];
    assert_eq!(named(&[run(&plain), run(&other)]), ["model A", "model B"], "consts go with the model");
    let faster = [("model", "B"), ("spec", "b (22)"), ("lr", "0.2"), ("alpha", "2"), ("beta", "4"), ("seed", "0")];
    assert_eq!(
        named(&[run(&plain), run(&other), run(&faster)]),
        ["model A, lr 0.1", "model B, lr 0.1, beta 3", "model B, lr 0.2, beta 4"]
    );
    let limited = [&plain[..], &[("limit", "100")]].concat();
    assert_eq!(named(&[run(&plain), run(&limited)]), ["no limit", "limit 100"]);
    let rule = |rest: &[(&str, &str)]| run(&[&[("model", "A"), ("spec", "a (11)")], rest].concat());
    let sgd = rule(&[("optimizer", "sgd"), ("lr", "0.01"), ("momentum", "0.9")]);
    let adam = rule(&[("optimizer", "adam"), ("lr", "0.001"), ("beta1", "0.9"), ("epsilon", "1e-8")]);
    let slow = rule(&[("optimizer", "sgd"), ("lr", "0.01"), ("momentum", "0.5")]);
    assert_eq!(named(&[sgd.clone(), adam]), ["optimizer sgd, lr 0.01", "optimizer adam, lr 0.001"]);
    assert_eq!(named(&[sgd, slow]), ["momentum 0.9", "momentum 0.5"]);
    let long = "[grayscale, resize(48), normalize(mean: [0.5], std: [0.25])]";
    let with = |set: &'static str, transform: &'static str| {
        run(&[("model", "A"), ("spec", "a (11)"), ("dataset", set), ("transform", transform)])
    };
    assert_eq!(named(&[with("mnist", "[]"), with("cifar10", long)]), ["dataset mnist", "dataset cifar10"]);
    assert_eq!(named(&[with("mnist", "[]"), with("mnist", long)])[1], format!("transform {long}"));
}

/// A run that is given twice is one, and that is said.
#[test]
fn a_run_that_is_given_twice_is_taken_once() {
    let (place, _) = place();
    let here = place.path();
    let run = fs::read_dir(here.join("runs/loop")).unwrap().map(|it| it.unwrap().path()).find(|path| path.is_dir());
    let run = run.unwrap().strip_prefix(here).unwrap().display().to_string();
    let (code, out, err) = lcnnc(here, &format!("report {run} ./{run} --only weights"));
    assert!(code == Some(0) && out.contains("1 run side by side"), "{out}{err}");
    assert!(err.contains(&format!("note: ./{run} is given twice, and taken once")), "{err}");
    // A copy is no second seed.
    fs::create_dir(here.join("copy")).unwrap();
    for file in fs::read_dir(here.join(&run)).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
        fs::copy(file.path(), here.join("copy").join(file.file_name())).unwrap();
    }
    let (code, out, err) = lcnnc(here, &format!("report {run} copy --only weights"));
    assert!(code == Some(0) && out.contains("1 run side by side"), "{out}{err}");
    assert!(err.contains(&format!("note: copy is the run of {run} once more, and taken once")), "{err}");
}

/// What a net has no answer to leaves its other answers where they are.
#[test]
fn an_analysis_that_does_not_apply_takes_no_others_with_it() {
    let (place, studies) = place();
    let here = place.path();
    let study = studies[0].display();
    let (code, out, err) = lcnnc(here, &format!("report {study} --only ei_ratio sparsity"));
    assert!(code == Some(2) && out.contains("2 runs side by side"), "{out}{err}");
    assert!(err.contains("error: ei_ratio: left out, since `ei_ratio` has nothing to say of this run"), "{err}");
    assert!(fs::read_to_string(here.join("report/means.csv")).unwrap().contains("kurtosis"));
    let (code, out, err) = lcnnc(here, &format!("report {study} --only ei_ratio --into none"));
    assert!(code == Some(2) && !here.join("none/means.csv").exists(), "{out}{err}");
}

/// A run that has no number at a step does not bring the steps out of order.
#[test]
fn means_stand_in_the_order_of_steps() {
    let of = |steps: &[usize]| -> Vec<Measure> {
        let measure = |step: &usize| Measure::new("O", format!("step {step}"), "exponent", *step as f64);
        steps.iter().map(measure).collect()
    };
    let (first, second) = (of(&[5]), of(&[0, 3, 10]));
    let measured = |measures| Measured { analysis: "responses", run: "r", group: "g", measures };
    let means = means(&[measured(first.as_slice()), measured(second.as_slice())]);
    let places: Vec<&str> = means.iter().map(|mean| mean.at.as_str()).collect();
    assert_eq!(places, ["step 0", "step 3", "step 5", "step 10"]);
    // Along the axis stand all steps, so that those with numbers are as far from each other as they are.
    let Drawing::Plot(plot) = &figures(&means)[0].1.drawing else { panic!("a plot") };
    assert_eq!(plot.panels[0].x.names, (0..=10).map(|step| step.to_string()).collect::<Vec<_>>());
}

/// A run that cannot be analysed is left out, and the others are not.
#[test]
fn a_run_without_numbers_is_left_out() {
    let (place, studies) = place();
    let here = place.path();
    let run =
        fs::read_dir(here.join("runs/loop")).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    spoil(&run.unwrap().join("best.safetensors"), "W_A.weight");
    let names: Vec<String> = studies.iter().map(|path| path.display().to_string()).collect();
    let (code, out, err) = lcnnc(here, &format!("report {} --only sparsity --force", names.join(" ")));
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(err.contains("left out, since ") && out.contains("3 runs side by side"), "{out}{err}");
    let means = rows(&fs::read_to_string(here.join("report/means.csv")).unwrap());
    assert!(means.iter().any(|row| row["runs"] == "1") && means.iter().any(|row| row["runs"] == "2"), "{means:?}");
}

/// A browser lays both kinds of report out: every figure has a size, and nothing is complained of. Needs `chromium` and takes seconds:
/// `cargo test --test runs a_browser_shows_the_report -- --ignored`.
#[test]
#[ignore = "needs a browser"]
fn a_browser_shows_the_report() {
    let (place, studies) = place();
    let here = place.path();
    fine(here, &format!("report {} {}", studies[0].display(), studies[1].display()));
    let of_a_run = fs::read_dir(here.join("report")).unwrap().map(|entry| entry.unwrap().path().join("report.html"));
    let pages = of_a_run.filter(|path| path.is_file()).take(1).chain([here.join("report/report.html")]);
    pages.for_each(|path| drawn_in_a_browser(here, &path, &[]));
}

/// Has a browser lay a page out: every figure of it has a size, none is wider than the page, and nothing is complained of.
pub fn drawn_in_a_browser(here: &Path, path: &Path, flags: &[&str]) {
    let page = fs::read_to_string(path).unwrap();
    // What the browser has made of the page is only seen from within.
    let measure = "<script>document.title = [...document.querySelectorAll('figure > svg')]
        .map(svg => { const box = svg.getBoundingClientRect();
            return box.width > 100 && box.height > 100 && box.right <= document.documentElement.clientWidth ? 'drawn' : 'empty'; })
        .join(' ')</script></body>";
    fs::write(here.join("measured.html"), page.replace("</body>", measure)).unwrap();
    let mut browser = Command::new("chromium");
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]).args(flags);
    let shown = browser.arg(format!("file://{}", here.join("measured.html").display())).output().unwrap();
    let (dom, said) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
    assert!(!said.contains("CONSOLE"), "{said}");
    let title = dom.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
    assert_eq!(title.matches("drawn").count(), page.matches("<figure>").count(), "{title}");
    assert!(!title.contains("empty"), "{title}");
}
