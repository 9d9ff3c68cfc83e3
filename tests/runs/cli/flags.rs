//! Every flag of every verb, with a value that it does not take: exit code 2, and a message that names the flag as it was
//! typed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const GOOD: &str =
    "model Good\nconst width = 8\ninput image: [1, 8, 8]\nlogits = dense(image, classes)\noutput logits\n";

/// The plan of a sweep of which nothing is trained.
const PLAN: &str = r#"{"lcnnc":"0.1.0","jobs":1}
{"index":0,"folder":"width=1-00000000","values":{"dataset":"contours","seed":"0","width":"1"},"args":["good.lcnn"]}
"#;

/// Verbs with what they need to come as far as their flags.
const VERBS: [(&str, &str); 31] = [
    ("check", "good"),
    ("explain", ""),
    ("fmt", "good"),
    ("show", "good"),
    ("lower", "good"),
    ("graph", "good"),
    ("run", "good --dataset contours"),
    ("resume", "run"),
    ("rerun", "run"),
    ("eval", "run"),
    ("predict", "run image.png"),
    ("share", "run"),
    ("activations", "run --values logits --out x.npz"),
    ("export", "good --to pytorch"),
    ("analyse", "run weights"),
    ("report", "run"),
    ("sweep run", "good --over width=1,2"),
    ("sweep status", "planned"),
    ("sweep table", "planned --rows width"),
    ("sweep report", "planned --rows width"),
    ("sweep job", "planned"),
    ("runs list", "planned"),
    ("runs compare", "run run"),
    ("runs rm", "run"),
    ("runs gc", "planned"),
    ("simulate sharing", ""),
    ("data fetch", "mnist"),
    ("data list", ""),
    ("data verify", ""),
    ("completions", "bash"),
    ("man", "pages"),
];

/// What each flag with a value does not take.
const BAD: [(&str, &[&str]); 67] = [
    ("--ms-per-step", &["0", "0.5", "-1", "nan", "inf", "fast", ""]),
    ("--map", &["", "V1", "V1=", "=O", "V1=O,"]),
    ("--weights-from", &[""]),
    ("--weights-only", &[""]),
    ("--weights-except", &[""]),
    ("--weights-rename", &["", "3", "a=", "=b", "a.*=b"]),
    ("--over", &["", "3", "steps", "steps=", "steps=1,,2", "steps=3..1", "steps=uniform(1, 0)"]),
    ("--lesion", &["", "3", ":3", "O:"]),
    ("--random-lesions-among", &["", "3", ":3", "O:"]),
    ("--random-lesions", &["-1", "x", "10001", ""]),
    ("--where", &["", "width", "width == 1", "= 1", "1 < width < 2", "nothing = 1"]),
    ("--sort", &["", "nothing", "-nothing"]),
    ("--to", &["onyx", ""]),
    ("--choose", &["nothing"]),
    ("--on", &["", "slrum"]),
    ("--ask", &["", "partition", "partition="]),
    ("--write", &["good.lcnn"]),
    ("--draws", &["0", "-1", "x"]),
    ("--draw-seed", &["-1", "x"]),
    ("--index", &["-1", "x"]),
    ("--rows", &["nothing"]),
    ("--columns", &["nothing"]),
    ("--published", &["nothing.csv"]),
    ("--against", &["nothing"]),
    ("--setting", &["", "clip", "clap=1", "clip="]),
    ("--only", &["colours"]),
    ("--values", &["", "3", "O@", "O@x", "O@1@"]),
    ("--outputs", &["", "3", "O@", "O@x", "O@1@"]),
    ("--images", &["nothing"]),
    ("--set", &["width", "=5", "width="]),
    ("--classes", &["0", "-3", "ten", "2.5", ""]),
    ("--format", &["xml"]),
    ("--emit", &["assembly"]),
    ("--dataset", &["mnst", "folder", "mnist:here", ""]),
    ("--data-root", &["good.lcnn"]),
    ("--device", &["gpu", "cuda:x", ""]),
    ("--epochs", &["0", "-1", "nan", "many", "1.5", "1e9", ""]),
    ("--batch", &["0", "-1", "nan", "70000", ""]),
    ("--lr", &["nan", "-1", "inf", "fast", "1e31", ""]),
    ("--weight-decay", &["nan", "-0.1", "much"]),
    ("--optimizer", &["sgdd", "sgd(rate: 1)", "sgd(lr: nan)", "3", ""]),
    ("--schedule", &["cosin", "steps(at: x)", ""]),
    ("--warmup", &["-1", "nan", ""]),
    ("--patience", &["-1", "0.5"]),
    ("--keep", &["-1", "0.5", "1000001", "5 steps", ""]),
    ("--seed", &["-1", "4294967296", "x"]),
    ("--seeds", &["0", "-1", "1000000", "x"]),
    ("--jobs", &["0", "-1", "100000"]),
    ("--limit", &["0", "-1", "x"]),
    ("--limit-test", &["0", "-1", "x"]),
    ("--top", &["0", "-1", "x"]),
    ("--threads", &["0", "-1", "100000", "x"]),
    ("--save-every", &["-1", "nan", "soon"]),
    ("--weights", &["worst", "epoch:0", "epoch:x", ""]),
    ("--top", &["0", "-1", "1.5", "all", ""]),
    ("--modules", &["all", ""]),
    ("--as", &["local", ""]),
    ("--panel", &["c", "0", ""]),
    ("--trials", &["0", "-1", "1001", "many", ""]),
    ("--noise", &["-1", "1.5", "nan", "much", ""]),
    ("--alpha", &["-1", "51", "inf", "strong", ""]),
    ("--iterations", &["0", "-1", "1.5", "x", ""]),
    ("--presentations", &["0", "-1", "1.5", "x", ""]),
    ("--config", &["nothing.yaml"]),
    ("--runs", &["good.lcnn"]),
    ("--into", &["good.lcnn"]),
    ("--out", &[".", "nowhere/table.csv", "good.lcnn/table.csv", ""]),
];

fn lcnnc(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(folder).env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", folder).args(args);
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// The flags of a verb that take a value, as its help lists them.
fn flags(folder: &Path, verb: &str) -> Vec<String> {
    let (_, help) = lcnnc(folder, &verb.split(' ').chain(["--help"]).collect::<Vec<&str>>());
    let flag = |line: &str| {
        let (flag, value) = line.trim_start().split_once(' ')?;
        (flag.starts_with("--") && value.starts_with('<')).then(|| flag.to_owned())
    };
    help.lines().filter_map(flag).collect()
}

#[test]
fn a_bad_value_of_any_flag_is_refused_with_the_flags_name() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("good.lcnn"), GOOD).unwrap();
    fs::create_dir(place.path().join("planned")).unwrap();
    fs::write(place.path().join("planned/plan.jsonl"), PLAN).unwrap();
    let mut walked = 0;
    for (verb, needs) in VERBS {
        for flag in flags(place.path(), verb) {
            // An address is looked at when it is fetched from.
            if flag == "--from" {
                continue;
            }
            let Some((_, values)) = BAD.iter().find(|(known, _)| *known == flag) else {
                panic!("`{verb} {flag}`: which values does it not take?")
            };
            for value in *values {
                let mut args: Vec<&str> = verb.split(' ').chain(needs.split_whitespace()).collect();
                args.retain(|arg| flag != "--dataset" || !["--dataset", "contours"].contains(arg));
                args.retain(|arg| flag != "--to" || !["--to", "pytorch"].contains(arg));
                args.retain(|arg| flag != "--rows" || !["--rows", "width"].contains(arg));
                let given = format!("{flag}={value}");
                args.push(&given);
                if flag == "--jobs" && verb == "run" {
                    args.extend(["--seeds", "2"]);
                }
                let (code, said) = lcnnc(place.path(), &args);
                assert_eq!(code, 2, "{args:?}: {said}");
                assert!(said.contains(&flag), "{args:?}: {said}");
                for odd in ["non-zero type", "ParseIntError", "invalid digit", "1 arguments", "panicked"] {
                    assert!(!said.contains(odd), "{args:?}: {said}");
                }
                walked += 1;
            }
        }
    }
    assert!(walked > 100, "{walked} values were tried");
    assert!(!place.path().join("runs").exists(), "nothing is begun");
    assert!(!place.path().join("sweeps").exists(), "nothing is planned");
}

/// Which of two values of one const is meant is not known.
#[test]
fn a_const_is_set_once() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("good.lcnn"), GOOD).unwrap();
    for verb in ["check", "show", "lower", "graph", "run"] {
        let (code, said) = lcnnc(place.path(), &[verb, "good", "--set", "width=4", "--set", "width=6"]);
        assert_eq!(code, 2, "{verb}: {said}");
        assert!(said.contains("`--set width=4` and `--set width=6`"), "{verb}: {said}");
    }
    assert!(!place.path().join("runs").exists(), "nothing is begun");
}

#[test]
fn a_folder_is_no_spec() {
    let place = tempfile::tempdir().unwrap();
    for folder in [".", "..", "/"] {
        let (code, said) = lcnnc(place.path(), &["run", folder]);
        assert!(code == 2 && said.contains("this is a folder"), "{folder}: {said}");
    }
}

/// A flag of another verb is told as one.
#[test]
fn a_flag_of_another_verb_is_named_with_that_verb() {
    for (args, tip) in [
        ("run good --top 3", "`--top` is a flag of `lcnnc eval`"),
        ("run good --confusion", "`--confusion` is a flag of `lcnnc eval`"),
        ("sweep table planned --dry-run", "`--dry-run` is a flag of `lcnnc runs gc` and of `lcnnc sweep run`"),
    ] {
        let done = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc")).args(args.split(' ')).output().unwrap();
        let err = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.code() == Some(2) && err.contains(tip) && !err.contains("similar"), "{args}: {err}");
    }
}
