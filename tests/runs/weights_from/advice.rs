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
const FORMS: [(&str, &str); 10] = [
    ("plain", "state"),
    ("state_dict", "{'epoch': 3, 'state_dict': state, 'model': 'tiny', 'optimizer': {'lr': torch.ones(1)}}"),
    ("model", "{'model': state, 'epoch': 3}"),
    ("model_state_dict", "{'model_state_dict': state, 'loss': 0.5}"),
    ("net", "{'net': state, 'acc': 93.1, 'epoch': 7}"),
    ("ema", "{'step': torch.ones(1), 'model_ema': {'decay': 0.9, 'module': state}}"),
    ("list", "[7, {'weights': [state]}]"),
    ("adam", "{'optimizer': {'state': {0: {str(n): torch.ones(2) for n in range(99)}}}, 'weights': state}"),
    ("module", "net"),
    ("modules", "{'epoch': 7, 'model': net}"),
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
        let (mut lines, of_module) = lines_of(&err);
        if name.starts_with("module") {
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
    // Without tensors the lines end with an error, and write nothing.
    for nothing in ["{'epoch': 3, 'optimizer': {'state': {0: {'exp_avg': torch.ones(2)}}}}", "torch.ones(3)"] {
        done(&python(folder, &format!("import torch\ntorch.save({nothing}, 'nothing.pth')\n")));
        let (lines, _) = lines_of(&refused(folder, "nothing.pth"));
        let output = python(folder, &lines);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("no tensors with names are in it"), "{said}");
        assert!(!folder.join("nothing.safetensors").exists());
    }
    // A file of torch that is called otherwise is not written over, and nor is one that is there already.
    let bytes = fs::read(folder.join("net.pth")).unwrap();
    fs::write(folder.join("misnamed.safetensors"), &bytes).unwrap();
    let (lines, _) = lines_of(&refused(folder, "misnamed.safetensors"));
    done(&python(folder, &lines));
    assert!(fs::read(folder.join("misnamed.safetensors")).unwrap() == bytes);
    fine(folder, &format!("run tiny {FEW} --runs taken --weights-from misnamed-2.safetensors"));
    assert!(lines_of(&refused(folder, "net.pth")).0.contains("\"net-2.safetensors\""));
    // Arrays of numpy.
    done(&python(
        folder,
        "import numpy\nfrom safetensors.numpy import load_file\nnumpy.savez('arrays.npz', **load_file('net.safetensors'))\n",
    ));
    let err = refused(folder, "arrays.npz");
    let (_, lines) = err.split_once("a safetensors file of it:\n").unwrap();
    done(&python(folder, &lines.lines().map(str::trim).collect::<Vec<_>>().join("\n")));
    let said = fine(folder, &format!("run tiny {FEW} --runs taken --weights-from arrays.safetensors"));
    assert!(said.contains("weights    8 of 8 taken from "), "{said}");
}

/// The lines of Python in a message, and what it says behind them.
fn lines_of(err: &str) -> (String, String) {
    let (_, lines) = err.split_once("a safetensors file of it:\n").unwrap();
    let (lines, behind) = lines.split_once("\nof a whole module").unwrap();
    let lines: Vec<&str> = lines.lines().map(|line| line.get(2..).unwrap_or_default()).collect();
    (lines.join("\n"), behind.to_owned())
}

/// Each kind of file is called what it is, with what to do; none is said to be damaged.
#[test]
fn files_of_other_kinds_are_called_what_they_are() {
    let (place, run) = place();
    let folder = place.path();
    fine(folder, &format!("export {run} --to onnx --out net.onnx"));
    fine(folder, &format!("activations {run} --values A --limit 2 --out a.npy"));
    fine(folder, &format!("activations {run} --values A --limit 2 --out a.npz"));
    fs::write(folder.join("w.safetensors.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc").unwrap();
    fs::write(folder.join("w.pkl"), b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94.").unwrap();
    fs::write(folder.join("old.safetensors"), b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.").unwrap();
    fs::write(folder.join("new.zip"), b"PK\x03\x04\x00\x00\x00\x00\x00\x00archive/data.pkl").unwrap();
    fs::write(folder.join("other.zip"), b"PK\x03\x04\x00\x00\x00\x00\x00\x00thesis.docx").unwrap();
    for (name, said) in [
        ("tiny.lcnn", "found a text, as of a spec; name a run's folder or a safetensors file"),
        ("net.onnx", "found a graph of ONNX; name what it was made of"),
        ("a.npy", "found an array of numpy (.npy)"),
        ("a.npz", "it holds arrays of numpy; in Python, these lines"),
        ("w.safetensors.gz", "found a file that gzip has compressed; unpack it first"),
        ("w.pkl", "a pickle of Python is a program as well, and is never run here"),
        ("old.safetensors", "a file of `torch.save` is a program as well"),
        ("new.zip", "a file of `torch.save` is a program as well"),
        ("other.zip", "found an archive (ZIP) of no kind that holds weights"),
    ] {
        let err = refused(folder, name);
        assert!(err.contains(said) && !err.contains("damaged"), "{name}: {err}");
    }
    assert!(refused(folder, "old.safetensors").contains("\"old-2.safetensors\")"));
    let whole = fs::read(folder.join(&run).join("best.safetensors")).unwrap();
    let (header, len) = (u64::from_le_bytes(whole[..8].try_into().unwrap()), whole.len());
    for (bytes, said) in [
        (whole[..len - 1].to_vec(), format!("it is cut short: it has {} of {len} bytes", len - 1)),
        (whole[..20].to_vec(), format!("it is cut short: of its header it has 12 of {header} bytes")),
        ([&whole[..], b"more"].concat(), format!("it has {} bytes, and by its header {len}", len + 4)),
    ] {
        fs::write(folder.join("cut.safetensors"), bytes).unwrap();
        let err = refused(folder, "cut.safetensors");
        assert!(err.contains(&said), "{err}");
    }
    fs::write(folder.join("none.safetensors"), b"\x02\x00\x00\x00\x00\x00\x00\x00{}").unwrap();
    let err = refused(folder, "none.safetensors");
    assert!(err.contains("there is no tensor in the file"), "{err}");
}
