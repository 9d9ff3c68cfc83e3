//! The page that leads from a run to a figure: its commands and its Python programs.

use super::terminal::blocks;
use crate::shell::{fine, rows};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const PAGE: &str = "docs/figures.md";

/// What a program says in a folder.
pub(super) fn python(program: &str, here: &Path, variables: &[(&str, &str)]) -> String {
    let mut python = Command::new(env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    python.args(["-c", program]).current_dir(here).env("MPLBACKEND", "agg").env_remove("LCNNC_DATA");
    let output = python.envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{program}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder in which the commands of the page were typed, with small runs.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let binary = Path::new(assert_cmd::cargo::cargo_bin!("lcnnc")).parent().unwrap().display().to_string();
    let smaller = "--epochs 4 --limit 64 --limit-test 40 --batch 16 --device cpu --threads 1 --jobs 1 --no-tensorboard";
    let few = "--only sparsity similarity --limit 40";
    let typed = blocks(PAGE, "sh").concat();
    let script = format!(
        "lcnnc() {{ case $1 in run) command lcnnc \"$@\" {smaller} ;; report) command lcnnc \"$@\" {few} ;; *) command lcnnc \"$@\" ;; esac; }}\n{typed}"
    );
    let specs = env::current_dir().unwrap().join("specs");
    std::os::unix::fs::symlink(specs, place.path().join("specs")).unwrap();
    let path = format!("{binary}:{}", env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", &script]).current_dir(place.path()).env("PATH", path).env_remove("LCNNC_DATA");
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    place
}

/// Every table that the programs read is there, and has the columns that they name.
#[test]
fn programs_of_the_manual_read_what_is_there() {
    let place = place();
    let here = place.path();
    let means = fs::read_to_string(here.join("loop5/means.csv")).unwrap();
    let of = |row: &&std::collections::BTreeMap<String, String>| {
        row["analysis"] == "sparsity" && row["quantity"] == "kurtosis" && row["at"].starts_with("step ")
    };
    let kurtosis: Vec<_> = rows(&means).into_iter().filter(|row| of(&row)).collect();
    assert_eq!(kurtosis.len(), 6);
    assert!(kurtosis.iter().all(|row| row["runs"] == "3" && row["sd"].parse::<f64>().is_ok()), "{means}");
    let of_a_run = fs::read_dir(here.join("loop5")).unwrap().map(|entry| entry.unwrap().path().join("similarity.csv"));
    let tables: Vec<_> = of_a_run.filter(|path| path.is_file()).collect();
    assert_eq!(tables.len(), 3);
    let pairs = rows(&fs::read_to_string(&tables[0]).unwrap());
    for time in ["initial", "best"] {
        let of_time: Vec<_> = pairs.iter().filter(|row| row["weights"] == time).collect();
        assert_eq!(of_time.len(), 28, "{time}");
        let columns = ["d_afferent", "d_lateral", "d_lateral_se"];
        assert!(columns.iter().all(|column| of_time[0][*column].parse::<f64>().is_ok()));
    }
    assert!(here.join("loop5/x.npz").is_file());
}

/// The programs draw their figures. Needs Python with numpy, pandas and matplotlib, and takes seconds:
/// `cargo test --test runs figures_of_the_manual -- --ignored`.
#[test]
#[ignore = "needs Python"]
fn figures_of_the_manual_are_drawn() {
    let place = place();
    let programs = blocks(PAGE, "python");
    assert_eq!(programs.len(), 3);
    for program in &programs {
        python(program, place.path(), &[("PYTHONWARNINGS", "error")]);
    }
    for figure in ["kurtosis.pdf", "similarity.pdf", "maps.pdf"] {
        assert!(fs::metadata(place.path().join(figure)).unwrap().len() > 1000, "{figure}");
    }
}

/// Numbers of tables beside those of numpy, SciPy and powerlaw, as the manual's page on Park et al. (2025) shows of a trained run. Needs
/// Python with these and with safetensors: `cargo test --test runs tables_of_the_manual -- --ignored`.
#[test]
#[ignore = "needs Python"]
fn tables_of_the_manual_are_those_of_numpy() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let spec = env::current_dir().unwrap().join("specs/lc_cnn.lcnn").display().to_string();
    let script = env::current_dir().unwrap().join("tests/reference/tables.py").display().to_string();
    fine(here, &format!("run {spec} --epochs 1 --limit 64 --limit-test 25 --batch 16 --device cpu --threads 1"));
    let run = fs::read_dir(here.join("runs/lc_cnn")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, here.join("run")).unwrap();
    fine(here, "analyse run --limit 25 --into tables");
    fine(here, "activations run --values O@all --limit 25 --out tables/x.npz");
    let program = format!("import runpy, sys; sys.argv[1:] = ['run', 'tables']; runpy.run_path('{script}')");
    let said = python(&program, here, &[]);
    let tables = said.lines().filter_map(|line| Some((line, line.split_once("off by at most ")?.1)));
    let off: Vec<(&str, f64)> =
        tables.map(|(line, off)| (line, off.split(' ').next().unwrap().parse().unwrap())).collect();
    assert!(off.len() > 15, "{said}");
    for (line, off) in off {
        // powerlaw's search ends at about five digits.
        assert!(off < if line.contains("powerlaw") { 1e-2 } else { 1e-9 }, "{line}");
    }
}
