//! `lcnnc analyse`: its tables against numbers computed here from the files, and what it says where it cannot answer.

use crate::shell::lcnnc;
use lcnnc::analyses::{ANALYSES, Cell, Column, Table};
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Both arms of a branch, statistics, weights that are all 0, and gains that are all the same.
const SPEC: &str = "\
model Arms
input image: [1, 12, 12]
weights W: conv(1 -> 4, kernel: 3)
weights F: conv(4 -> 4, kernel: 3, bias: false, init: zeros, frozen: true)
weights W_E: conv(4 -> 4, kernel: 3, bias: false)
weights W_I: conv(4 -> 4, kernel: 3, bias: false)
A = batch_norm(relu(W * image))
B = gain(A + F * A, start: 0.1, frozen: true)
branch O = sum {
    exc E = W_E * B
    inh I = W_I * B
}
logits = dense(max_pool(relu(O), 4), classes)
output logits
data {
    transform: [resize(12)]
}
";

/// A finished run in the folder `run`.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("arms.lcnn"), SPEC).unwrap();
    let flags = "--device cpu --threads 1 --limit 64 --limit-test 16 --epochs 2 --batch 16";
    let (code, out, err) = lcnnc(place.path(), &format!("run arms {flags}"));
    assert_eq!(code, Some(0), "{out}{err}");
    let run = fs::read_dir(place.path().join("runs/arms")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, place.path().join("run")).unwrap();
    place
}

/// What must succeed without a word on standard error.
#[track_caller]
fn answer(folder: &Path, args: &str) -> String {
    let (code, out, err) = lcnnc(folder, args);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    out
}

/// What is no run's folder is told with what to give in its place, and a wrong argument is told as one.
#[test]
fn what_to_give_instead_is_said() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("arms.lcnn"), SPEC).unwrap();
    let flags = "--device cpu --limit 64 --limit-test 16 --epochs 1 --batch 16 --seeds 2";
    let (code, out, err) = lcnnc(here, &format!("run arms {flags}"));
    assert_eq!(code, Some(0), "{out}{err}");
    let all = fs::read_dir(here.join("runs/arms")).unwrap().map(|it| it.unwrap().path());
    let (mut runs, files): (Vec<_>, Vec<_>) = all.partition(|path| path.is_dir());
    runs.sort();
    let [last, study] = [&runs[1], &files[0]].map(|it| it.strip_prefix(here).unwrap().display().to_string());
    for folder in ["runs/arms", "runs"] {
        for verb in ["analyse", "eval"] {
            let (code, _, err) = lcnnc(here, &format!("{verb} {folder}"));
            let said =
                format!("error: {folder}: not a run folder: 2 runs lie below it: name one of them, as in {last}\n");
            assert_eq!((code, err), (Some(2), said));
        }
    }
    let (code, _, err) = lcnnc(here, &format!("analyse {study}"));
    assert!(code == Some(2) && err.contains("the runs of several seeds") && err.contains("`lcnnc report`"), "{err}");
    for (call, said) in [
        ("orientation(lowest:0.4,highest:0.2)", "error: `orientation`: `lowest: 0.4` is above `highest: 0.2`"),
        ("kernels(of:Q)", "error: `kernels`: `Q` is no bundle of a convolution: write "),
        ("spectrum(of:W)", "error: `spectrum`: `W` is no lateral bundle"),
        ("rdm(distance:euclidian)", "`euclidian` is no choice for `distance` of `rdm`"),
        ("reaction_time", "`reaction_time` has nothing to say of this run: "),
    ] {
        let (code, _, err) = lcnnc(here, &format!("analyse {last} {call}"));
        assert!(code == Some(2) && err.contains(said), "{call}: {err}");
    }
}

/// The rows of a table without quotes, by their first cell; each cell by its column.
fn rows(csv: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut lines = csv.strip_suffix('\n').unwrap().split('\n').map(|line| line.split(',').map(str::to_owned));
    let names: Vec<String> = lines.next().unwrap().collect();
    let row = |cells: Vec<String>| {
        assert_eq!(cells.len(), names.len(), "{cells:?}");
        (cells[0].clone(), names.iter().cloned().zip(cells).collect())
    };
    lines.map(|cells| row(cells.collect())).collect()
}

/// The tensors of a file: shape and numbers, by name.
fn tensors(file: &Path) -> BTreeMap<String, (Vec<usize>, Vec<f64>)> {
    let bytes = fs::read(file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let numbers = |bytes: &[u8]| {
        bytes.chunks_exact(4).map(|x| f64::from(f32::from_le_bytes(x.try_into().unwrap()))).collect::<Vec<f64>>()
    };
    tensors.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), numbers(view.data())))).collect()
}

/// The statistics from power sums around the first number, which is another way than that of the program.
fn expected(x: &[f64]) -> BTreeMap<&'static str, f64> {
    let n = x.len() as f64;
    let raw = |power: i32| x.iter().rev().map(|y| (y - x[0]).powi(power)).sum::<f64>() / n;
    let [m, second, third, fourth] = [1, 2, 3, 4].map(raw);
    let variance = (second - m * m).max(0.0);
    let around = fourth - 4.0 * m * third + 6.0 * m * m * second - 3.0 * m.powi(4);
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    BTreeMap::from([
        ("count", n),
        ("mean", x[0] + m),
        ("sd", variance.sqrt()),
        ("minimum", sorted[0]),
        ("maximum", sorted[x.len() - 1]),
        ("zeros", x.iter().filter(|x| **x == 0.0).count() as f64 / n),
        ("l1", sorted.iter().map(|x| x.abs()).sum()),
        ("l2", x.iter().fold(0.0, |length: f64, x| length.hypot(*x))),
        ("excess_kurtosis", around / (variance * variance) - 3.0),
    ])
}

#[track_caller]
fn agree(csv: &str, file: &Path) {
    let (rows, tensors) = (rows(csv), tensors(file));
    assert_eq!(rows.keys().collect::<Vec<_>>(), tensors.keys().collect::<Vec<_>>());
    for (name, (shape, numbers)) in &tensors {
        let row = &rows[name];
        let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
        assert_eq!(row["shape"], sides.join("x"), "{name}");
        let is_even = numbers.iter().all(|x| *x == numbers[0]);
        for (column, wanted) in expected(numbers) {
            let cell = &row[column];
            match column {
                "excess_kurtosis" if is_even => assert_eq!(cell, "", "{name}"),
                "sd" if is_even => assert_eq!(cell, "0", "{name}"),
                "count" | "minimum" | "maximum" => assert_eq!(cell.parse::<f64>().unwrap(), wanted, "{name}: {column}"),
                _ => {
                    let found: f64 = cell.parse().unwrap();
                    let near = (found - wanted).abs() <= 1e-6 * wanted.abs().max(1e-2);
                    assert!(near, "{name}: {column} is {found}, not {wanted}");
                }
            }
        }
    }
}

#[test]
fn the_statistics_of_weights_are_those_of_the_files() {
    let place = place();
    let (here, run) = (place.path(), place.path().join("run"));
    let best = answer(here, "analyse run weights");
    agree(&best, &run.join("best.safetensors"));
    agree(&answer(here, "analyse run weights --weights last"), &run.join("last.safetensors"));
    let rows = rows(&best);
    for (name, class, role) in [
        ("W.weight", "kernel", "none"),
        ("W.bias", "bias", "none"),
        ("W_E.weight", "kernel", "excitatory"),
        ("W_I.weight", "kernel", "inhibitory"),
        ("A.weight", "norm", "none"),
        ("A.running_var", "statistic", "none"),
    ] {
        assert_eq!((rows[name]["class"].as_str(), rows[name]["role"].as_str()), (class, role), "{name}");
    }
    let [zeros, gain] = ["F.weight", "B.weight"].map(|name| &rows[name]);
    assert_eq!([&zeros["zeros"], &zeros["l1"], &zeros["sd"], &zeros["excess_kurtosis"]], ["1", "0", "0", ""]);
    assert_eq!([&gain["zeros"], &gain["sd"]], ["0", "0"]);
    assert_eq!(gain["mean"].parse::<f64>().unwrap(), f64::from(0.1_f32), "to the last digit");
    assert_eq!(answer(here, "analyze run weights"), best);

    // With `--out` the same table is in a file, and a file that is there is replaced.
    fs::write(here.join("table.csv"), "old").unwrap();
    let said = answer(here, "analyse run weights --out table.csv");
    assert_eq!(said, format!("weights: {} rows, see table.csv\n", rows.len()));
    assert_eq!(fs::read_to_string(here.join("table.csv")).unwrap(), best);
}

/// Nobody can make a file in that folder.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_file_is_named() {
    let place = place();
    let (code, out, err) = lcnnc(place.path(), "analyse run weights --out /proc/table.csv");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("/proc: cannot be given a new file: "), "{err}");
}

#[cfg(unix)]
#[test]
fn a_table_goes_through_a_pipe_and_leaves_it_one() {
    use std::os::unix::fs::FileTypeExt;
    let place = place();
    let here = place.path();
    let table = answer(here, "analyse run weights");
    assert_eq!(answer(here, "analyse run weights --out -"), table);
    assert!(!here.join("-").exists());

    let pipe = here.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    answer(here, "analyse run weights --out pipe");
    assert_eq!(reader.join().unwrap(), table);
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

/// A spec in a run's folder is formatted no more than a table replaces the weights.
#[test]
fn the_files_of_a_run_are_not_written_over() {
    let place = place();
    let here = place.path();
    let files = ["best.safetensors", "summary.json", "spec.lcnn", "checkpoints/table.csv", "metrics.csv"];
    for file in files {
        let path = here.join("run").join(file);
        let before = fs::read(&path).ok();
        let (code, out, err) = lcnnc(here, &format!("analyse run weights --out run/{file}"));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{file}");
        assert!(err.contains(&format!("run/{file}: it belongs to the run `")), "{err}");
        assert_eq!(fs::read(&path).ok(), before, "{file}");
    }
    // What a run does not write may lie beside what it does.
    answer(here, "analyse run weights --out run/table.csv");
    let spec = here.join("run/spec.lcnn");
    let untidy = format!("{}\n\n", fs::read_to_string(&spec).unwrap());
    fs::write(&spec, &untidy).unwrap();
    let (code, _, err) = lcnnc(here, "fmt run/spec.lcnn");
    assert!(code == Some(2) && err.contains("run/spec.lcnn: it belongs to the run `"), "{err}");
    assert_eq!(fs::read_to_string(&spec).unwrap(), untidy);
}

#[test]
fn what_is_no_analysis_is_told_what_there_is() {
    let place = place();
    let here = place.path();
    let list = answer(here, "analyse run --list");
    for analysis in ANALYSES {
        let is_its = |line: &str| {
            line.split_once("  ")
                .is_some_and(|(name, about)| (name, about.trim_start()) == (analysis.name, analysis.about))
        };
        assert!(list.lines().any(is_its), "{list}");
    }
    for (call, message) in [
        ("wieghts", "error: there is no analysis `wieghts`; did you mean `weights`?\nthere are:\nweights "),
        ("nonsense", "error: there is no analysis `nonsense`\nthere are:\nweights "),
        ("weights(bins:3)", "`weights` has no argument `bins`"),
        ("weights(", "error["),
    ] {
        let (code, out, err) = lcnnc(here, &format!("analyse run {call}"));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{call}: {err}");
        assert!(err.contains(message), "{call}: {err}");
    }
    for call in ["analyse nothing weights", "analyse nothing"] {
        let (code, _, err) = lcnnc(here, call);
        assert!(code == Some(2) && err.contains("nothing: there is no such folder"), "{err}");
    }
    // What has nothing to work on is said, and not passed over.
    for (flags, message) in [
        ("--out table.csv", "ANALYSIS"),
        ("--list weights", "cannot be used with"),
        ("weights histograms --out table.csv", "it takes the table of one analysis"),
        ("weights weights --into here", "`weights` is asked for twice"),
        ("sparsity(of:Q)", "the net has no value `Q`"),
        ("spectrum(side:1)", "must be from 2 to 256"),
    ] {
        let (code, _, err) = lcnnc(here, &format!("analyse run {flags}"));
        assert!(code == Some(2) && err.contains(message), "{flags}: {err}");
    }
}

#[test]
fn damaged_weights_are_refused_or_named() {
    let place = place();
    let here = place.path();
    let file = here.join("run/best.safetensors");
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let (code, out, err) = lcnnc(here, "analyse run weights");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("run/best.safetensors: expected the SHA-256 "), "{err}");
    // What is passed over is said beside the table, and not in it.
    let (code, out, err) = lcnnc(here, "analyse run weights --force");
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("warning: run/best.safetensors: expected the SHA-256 "), "{err}");
    agree(&out, &file);
    let (_, out, _) = lcnnc(here, "analyse run weights --force --out table.csv");
    assert!(out.contains("with --force, although run/best.safetensors: expected "), "{out}");
    answer(here, "analyse run weights --weights last");
}

#[test]
fn a_table_quotes_what_would_break_it() {
    const COLUMNS: &[Column] = &[Column { name: "name", about: "" }, Column { name: "x", about: "" }];
    let cells = |name: &str, x| vec![Cell::Text(name.to_owned()), x];
    let rows = vec![
        cells("plain", Cell::Number(0.1)),
        cells("a, b", Cell::Number(1e-300)),
        cells("a \"b\"", Cell::Number(-2.5e17)),
        cells("a\nb", Cell::Count(3)),
        cells("", Cell::Absent),
        cells("n", Cell::Number(f64::NAN)),
        cells("third", Cell::Number(1.0 / 3.0)),
    ];
    let expected = "name,x\nplain,0.1\n\"a, b\",1e-300\n\"a \"\"b\"\"\",-2.5e17\n\"a\nb\",3\n,\nn,NaN\n\
                    third,0.3333333333333333\n";
    assert_eq!(Table { columns: COLUMNS, rows }.csv(), expected);
}
