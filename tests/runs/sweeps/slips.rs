//! Slips in how sweeps are written: each is told where it stands, in the words that were typed, with what to write.

use super::{FLAGS, place};
use crate::shell::{fine, lcnnc};
use std::fs;

/// A value of `--over` that is none of its name is not told as one of `--set` or `--setting`.
#[test]
fn a_flag_is_called_as_it_was_typed() {
    let place = place();
    for (over, said) in [
        ("lr=abc,1", "`--over lr` must be a number"),
        ("batch=1.5,2", "`--over batch` must be a whole number"),
        ("width=x", "`--over width=x`: const `width` is a number"),
        ("optimizer=adm(lr:1),sgd", "choice for `--over optimizer`"),
        ("momentum=a", "`--over momentum`"),
    ] {
        let (code, _, err) = lcnnc(place.path(), &format!("sweep run small --over {over}"));
        assert!(matches!(code, Some(1 | 2)) && err.contains(said) && !err.contains("--set"), "{over}: {err}");
    }
}

/// Commas within braces separate keys, also those that belong to a value.
#[test]
fn commas_that_yaml_takes_for_other_ones_are_told_where_they_stand() {
    let place = place();
    let here = place.path();
    for (grid, at, said) in [
        ("lr: 1e-2, 1e-3", "3:23", "write `lr: [1e-2, 1e-3]`"),
        ("lr: 1e-2, 1e-3, 1, batch: 8", "3:23", "write `lr: [1e-2, 1e-3, 1]`"),
        ("lr: log_uniform(1e-4, 1e-1)", "3:23", "write `lr: \"log_uniform(1e-4, 1e-1)\"`"),
        ("lr: geometric(1e-3, 10, points: 5), batch: 8", "3:23", "write `lr: \"geometric(1e-3, 10, points: 5)\"`"),
        ("set: {width: 1, 2}", "3:32", "write `width: [1, 2]`"),
        ("lr: []", "3:23", "`lr` has no alternatives: give one or more, as in `lr: [1e-2, 1e-3]`"),
        ("lr: \"1e-2,1e-3\"", "3:23", "write `lr: [1e-2,1e-3]`"),
        ("lr: 1e-2, batch", "3:29", "`batch` has no value"),
        ("lr: abc", "3:23", "`lr` must be a number"),
        ("lr: [1, abc]", "3:27", "`lr` must be a number"),
        ("set: {width: x}", "small.lcnn:2:7", "`width: x`: const `width` is a number"),
        ("lr: [[1, 2], 3]", "3:24", "`lr` is a text, not a list"),
    ] {
        let text = format!("seeds: 2\ngrids:\n  - {{spec: small, {grid}}}\n");
        fs::write(here.join("s.yaml"), text).unwrap();
        let (code, _, err) = lcnnc(here, "sweep run s.yaml --dry-run --no-measuring");
        // A long message goes on in a line of its own.
        let err = err.replace("\n  │ ", " ");
        assert!(code == Some(1), "{grid}: {err}");
        assert!(err.contains(said) && err.contains(at) && !err.contains("--set"), "{grid}: {err}");
        assert_eq!(err.matches("error[").count(), 1, "{grid}: {err}");
    }
    for (text, at, said) in [
        ("choose: lr, batch\ngrids: [{spec: small, lr: [1, 2]}]\n", "1:9", "write `choose: [lr, batch]`"),
        ("always: {lr: 1e-2, 1e-3, spec: small}\ngrids: [{batch: 8}]\n", "1:14", "`lr` has one value here"),
        ("always: {lr: abc, spec: small}\ngrids: [{batch: 8}]\n", "1:14", "`lr` must be a number"),
    ] {
        fs::write(here.join("s.yaml"), text).unwrap();
        let (code, _, err) = lcnnc(here, "sweep run s.yaml --dry-run --no-measuring");
        assert!(code == Some(1) && err.contains(said) && err.contains(at), "{text}: {err}");
    }
    // As the messages say.
    let right = "grids:\n  - {spec: small, lr: \"geometric(1e-3, 10, points: 5)\", set: {width: [1, 2]}}\n";
    fs::write(here.join("s.yaml"), right).unwrap();
    assert!(fine(here, "sweep run s.yaml --dry-run --no-measuring").contains("10 jobs, nothing is trained"));
}

/// A limit beyond all images trains nothing more than the whole set does.
#[test]
fn a_limit_beyond_the_set_is_told_before_the_first_job() {
    let place = place();
    let here = place.path();
    let flags = FLAGS.replace("--limit 40 --limit-test 20 ", "");
    for dry in ["--dry-run --no-measuring", "--jobs 2"] {
        let (code, out, err) = lcnnc(here, &format!("sweep run small {flags} --over limit=40,99999 {dry}"));
        assert_eq!(code, Some(0), "{out}{err}");
        assert_eq!(
            err.matches("note: `limit` 99999 is beyond the 2800 training images of `contours`").count(),
            1,
            "{err}"
        );
    }
    let (_, _, err) = lcnnc(here, &format!("sweep run small {flags} --over lr=1,2 --limit-test 1001 --dry-run"));
    assert!(err.contains("`limit_test` 1001 is beyond the 1000 test images"), "{err}");
    let (_, _, err) = lcnnc(here, &format!("sweep run small {flags} --over limit=40,2800 --dry-run --no-measuring"));
    assert!(!err.contains("beyond"), "{err}");
}

/// Validation may choose among the grids of a file, as it may among the values of a name.
#[test]
fn the_row_of_grids_may_be_chosen() {
    let place = place();
    let here = place.path();
    let file = |choose: &str| {
        format!(
            "choose: {choose}\nalways: {{epochs: 1, batch: 8, limit: 40, limit_test: 20, spec: small}}\ngrids:\n  - {{row: one, set: \
             {{width: [1, 2]}}, lr: [1e-3, 0.1]}}\n  - {{row: other, set: {{width: [1, 2], alpha: 1}}, lr: 0.1}}\n"
        )
    };
    fs::write(here.join("s.yaml"), file("[row, lr, alpha]")).unwrap();
    fine(here, "sweep run s.yaml --device cpu --no-tensorboard --jobs 2 --into s");
    let table = fine(here, "sweep table s");
    assert!(table.starts_with("width  contours\n1 ") && table.contains("chosen by validation: row "), "{table}");
    fs::write(here.join("s.yaml"), file("row").replace("row: other, ", "").replace("row: one, ", "")).unwrap();
    let (code, _, err) = lcnnc(here, "sweep run s.yaml --dry-run --no-measuring");
    assert!(code == Some(2) && err.contains("rows are what several grids of a file call themselves"), "{err}");
}

/// A name that a grid does not go over has the value that is in force there.
#[test]
fn a_setting_of_the_spec_is_not_said_to_be_unset() {
    let place = place();
    let here = place.path();
    let spec = super::SPEC.to_owned() + "train {\n    batch: 16\n    optimizer: adam(lr: 2e-3)\n}\n";
    fs::write(here.join("own.lcnn"), spec).unwrap();
    let file = "always: {epochs: 1, limit: 40, limit_test: 20}\ngrids:\n  - {row: as it is, spec: own}\n  - {row: other, spec: own, lr: 0.1, \
                batch: 8, label_smoothing: 10%}\n";
    fs::write(here.join("s.yaml"), file).unwrap();
    fine(here, "sweep run s.yaml --device cpu --no-tensorboard --jobs 2 --into s");
    for (name, value) in [("lr", "2e-3"), ("batch", "16"), ("label_smoothing", "0")] {
        let csv = fine(here, &format!("sweep table s --rows {name} --columns row --choose row --format csv"));
        assert!(csv.contains(&format!("\n{value},as it is,")), "{name}: {csv}");
        assert!(!csv.contains("not set"), "{csv}");
    }
}

/// A damaged run is listed by the name of its folder where its own files no longer say what it is.
#[test]
fn a_damaged_run_has_a_name() {
    let place = place();
    let here = place.path();
    fine(here, &format!("run small {FLAGS}"));
    let run = fs::read_dir(here.join("runs/small")).unwrap().next().unwrap().unwrap().path();
    fs::write(run.join("manifest.json"), "{").unwrap();
    let csv = fine(here, "runs list --columns spec,state --format csv");
    assert_eq!(csv, "spec,state\nsmall,damaged\n");
    let name = run.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(fine(&run, "runs list . --columns run --format csv"), format!("run\n{name}\n"));
}

/// What looks like a slip in a file of published values is said.
#[test]
fn slips_in_published_values_are_said() {
    let place = place();
    let here = place.path();
    fine(here, &format!("sweep run small {FLAGS} --over width=1,2 --jobs 2"));
    let with = |text: &str| {
        fs::write(here.join("p.csv"), text).unwrap();
        lcnnc(here, "sweep table sweeps/small --rows width --published p.csv")
    };
    let (code, _, err) = with("row,column,mean,sd\n1,contuors,97.5,0.2\n2,contours,97,1\n");
    assert!(code == Some(0), "{err}");
    assert!(
        err.contains("warning: the published column `contuors` is not in the sweep; did you mean `contours`?"),
        "{err}"
    );
    let (_, _, err) = with("row,column,mean,sd\n1,contours,0.975,0.002\n2,contours,0.97,\n");
    assert!(err.contains("every published mean is at most 1") && err.contains("write 97.5 for 0.975"), "{err}");
    let (_, _, err) = with("row,column,mean,sd\nGabor,contours,97.5,\n");
    assert!(err.contains("no published row is one of the sweep's, which are 1, 2"), "{err}");
    let (code, _, err) = with("row,colunm,mean,sd\n");
    assert!(code == Some(2) && err.contains("expected `row,column,mean,sd`, and found `row,colunm,mean,sd`"), "{err}");
    let (_, _, err) = with("row,column,mean,sd\n1,contours,97.5,0.2\n3,contours,97,\n");
    assert_eq!(err, "", "a hole of the table is no slip");
}

/// The file of a sweep is not the sweep.
#[test]
fn the_file_of_a_sweep_is_not_its_folder() {
    let place = place();
    fs::write(place.path().join("s.yaml"), "grids: [{spec: small}]\n").unwrap();
    for verb in ["status", "table"] {
        let (code, _, err) = lcnnc(place.path(), &format!("sweep {verb} s.yaml"));
        assert!(code == Some(2) && err.contains("sweeps/s unless `--into`") && !err.contains("damaged"), "{err}");
    }
}

/// Scripts of an earlier plan that had more do not stay beside the new ones.
#[test]
fn scripts_of_an_earlier_plan_do_not_stay() {
    let place = place();
    let here = place.path();
    let ask = "--on slurm --write scripts --ask largest_array=2";
    fine(here, &format!("sweep run small {FLAGS} --over width=1..5 {ask}"));
    fs::write(here.join("scripts/slurm-9.sh"), "somebody's\n").unwrap();
    let scripts = || (1..10).filter(|n| here.join(format!("scripts/slurm-{n}.sh")).exists()).collect::<Vec<_>>();
    assert_eq!(scripts(), [1, 2, 3, 9]);
    fine(here, &format!("sweep run small {FLAGS} --over width=1,2 {ask}"));
    assert_eq!(scripts(), [1, 9]);
}
