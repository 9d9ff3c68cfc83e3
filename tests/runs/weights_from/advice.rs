//! What a message advises where weights cannot be taken, followed to the letter.

use super::{FEW, place};
use crate::shell::{fine, lcnnc};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// What `lcnnc run tiny --weights-from FROM` says where it refuses.
#[track_caller]
fn refused(folder: &Path, from: &str) -> String {
    let (code, _, err) = lcnnc(folder, &format!("run tiny {FEW} --runs none --weights-from {from}"));
    assert_eq!(code, Some(2), "{err}");
    assert!(!folder.join("none").exists(), "nothing is left");
    err
}

/// The `--force` of `lcnnc run` is about another matter, so no message names it; the file of weights itself can be taken as it is.
#[test]
fn weights_of_a_damaged_run_are_taken_as_the_message_says() {
    let (place, run) = place();
    let (folder, run) = (place.path(), place.path().join(run));
    let copy = folder.join("copy");
    let fresh = || {
        let _ = fs::remove_dir_all(&copy);
        fs::create_dir(&copy).unwrap();
        for file in fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            fs::copy(&file, copy.join(file.file_name().unwrap())).unwrap();
        }
    };
    let spec = fs::read_to_string(run.join("spec.lcnn")).unwrap() + "\n";
    let initial = fs::read(run.join("initial.safetensors"));
    let initial = initial.unwrap_or_else(|_| fs::read(run.join("last.safetensors")).unwrap());
    let cases: [(&str, &[u8], &str); 3] = [
        ("spec.lcnn", spec.as_bytes(), "spec.lcnn: expected the SHA-256 "),
        ("summary.json", b"{", "summary.json: damaged: "),
        ("best.safetensors", &[initial.as_slice()].concat(), "best.safetensors: expected the SHA-256 "),
    ];
    for (name, bytes, word) in cases {
        fresh();
        fs::write(copy.join(name), bytes).unwrap();
        if fs::read(run.join(name)).unwrap() == bytes {
            continue;
        }
        let err = refused(folder, "copy");
        assert!(err.contains(word) && !err.contains("--force"), "{err}");
        let advice = "--weights-from copy/best.safetensors";
        assert!(err.contains(&format!("begin with the weights as they are: `{advice}`")), "{err}");
        let said = fine(folder, &format!("run tiny {FEW} --runs taken {advice}"));
        assert!(said.contains("taken from "), "{said}");
    }
    // A file that is no longer whole is not offered.
    fresh();
    let mut bytes = fs::read(copy.join("best.safetensors")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(copy.join("best.safetensors"), bytes).unwrap();
    let err = refused(folder, "copy");
    assert!(err.contains("a damaged file") && !err.contains("as they are") && !err.contains("--force"), "{err}");
}

fn python(folder: &Path, lines: &str) -> Output {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    Command::new(python).current_dir(folder).args(["-c", lines]).output().unwrap()
}

#[track_caller]
fn done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The forms in which others publish weights, from `state`, a state dict, and `net`, a module.
const FORMS: [(&str, &str); 5] = [
    ("plain", "state"),
    ("state_dict", "{'epoch': 3, 'state_dict': state, 'model': 'tiny', 'optimizer': {'lr': torch.ones(1)}}"),
    ("model", "{'model': state, 'epoch': 3}"),
    ("model_state_dict", "{'model_state_dict': state, 'loss': 0.5}"),
    ("module", "net"),
];

/// `PYTHON=… cargo test --test runs lines_of_python -- --ignored`, with a Python that has torch and safetensors.
#[test]
#[ignore = "needs Python with torch and safetensors"]
fn lines_of_python_make_safetensors_of_every_form_of_checkpoint() {
    let (place, run) = place();
    let folder = place.path();
    fine(folder, &format!("export {run} --to pytorch --out tiny_net.py"));
    for (name, form) in FORMS {
        done(&python(
            folder,
            &format!(
                "import torch, tiny_net\nfrom safetensors.torch import load_file\nnet = tiny_net.Tiny()\n\
                 net.load_state_dict(load_file('{run}/best.safetensors'))\nstate = net.state_dict()\ntorch.save({form}, '{name}.pth')\n"
            ),
        ));
        let err = refused(folder, &format!("{name}.pth"));
        let (_, lines) = err.split_once("a safetensors file of it:\n").unwrap();
        let (lines, of_module) = lines.split_once("\nof a whole module").unwrap();
        let lines: Vec<&str> = lines.lines().map(|line| &line[2..]).collect();
        let mut lines = lines.join("\n");
        if name == "module" {
            assert!(!python(folder, &lines).status.success(), "it would run what is in the file");
            assert!(of_module.contains("`weights_only=False`"), "{of_module}");
            lines = lines.replace("weights_only=True", "weights_only=False");
        }
        done(&python(folder, &lines));
        let said = fine(folder, &format!("run tiny {FEW} --runs taken --weights-from {name}.safetensors"));
        let taken = said.lines().find(|line| line.starts_with("weights    ")).unwrap();
        let words: Vec<&str> = taken.split_whitespace().collect();
        assert_eq!(words[1], words[3], "all of the net is taken: {taken}");
    }
}
