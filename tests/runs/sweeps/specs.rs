//! Sweeps over specs whose files have one name.

use super::{FLAGS, SPEC, fs, place};
use crate::shell::{fine, rows};

/// Specs of one name are told apart by their folders, and never pooled.
#[test]
fn specs_of_one_name_are_told_apart() {
    let place = place();
    let here = place.path();
    for (folder, width) in [("a/x", 3), ("b/x", 4)] {
        fs::create_dir_all(here.join(folder)).unwrap();
        let spec = SPEC.replace("width = 2", &format!("width = {width}"));
        fs::write(here.join(folder).join("small.lcnn"), spec).unwrap();
    }
    fs::write(here.join("b/once.lcnn"), SPEC).unwrap();
    let flags = FLAGS.replace("--epochs 1", "--epochs 1 --seeds 2 --jobs 2");
    let over = "--over spec=small,a/x/small,b/x/small.lcnn,b/once";
    let said = fine(here, &format!("sweep run {flags} {over} --into s"));
    for label in ["spec small, seed 0", "spec a/x/small, seed 1", "spec b/x/small, seed 1", "spec once, seed 0"] {
        assert!(said.contains(label), "{label}: {said}");
    }
    let table = rows(&fine(here, "sweep table s --rows spec --format csv"));
    let found: Vec<[&str; 2]> = table.iter().map(|row| [&*row["row"], &*row["n"]]).collect();
    assert_eq!(found, [["small", "2"], ["a/x/small", "2"], ["b/x/small", "2"], ["once", "2"]]);
    // Two copies of one text are one spec.
    fs::write(here.join("a/small.lcnn"), SPEC).unwrap();
    let said = fine(here, &format!("sweep run {FLAGS} --over spec=small,a/small --into t"));
    assert!(said.contains("1 job: 1 finished") && said.contains("spec small, seed 0"), "{said}");
    // From a file, where grids have rows of their own and one of the specs is that of all jobs.
    let grids = "  - {row: first, set: {alpha: 0}}\n  - {row: second, spec: a/x/small, set: {alpha: 0}}\n";
    let file = format!("always: {{spec: small, epochs: 1, batch: 8, limit: 40, limit_test: 20}}\ngrids:\n{grids}");
    fs::write(here.join("f.yaml"), file).unwrap();
    fine(here, "sweep run f.yaml --device cpu --no-tensorboard --into f");
    let table = rows(&fine(here, "sweep table f --rows spec --format csv"));
    assert_eq!(table.iter().map(|row| &*row["row"]).collect::<Vec<_>>(), ["small", "x/small"]);
}
