//! `lcnnc export`: what is written, where, and what is refused.

use crate::shell::{fine, lcnnc, spoil};
use lcnnc::back::onnx::proto::ModelProto;
use prost::Message;
use safetensors::SafeTensors;
use std::fs;
use tempfile::TempDir;

const SPEC: &str = "\
//! A loop (Nobody, 2026).
model SmallLoop
const steps = 3
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 3, bias: false)   // afferent
weights lambda: conv(3 -> 3, kernel: 3, bias: false)
A = relu(W_A * image)
loop V1(steps: steps) {
    state O = A
    O' = relu(A + lambda * O)
}
logits = dense(global_avg_pool(O), classes)
output logits
data { transform: [resize(12), normalise] }
";

/// An area whose copy has values of its own.
const AREAS: &str = "\
model Areas
input image: [1, 12, 12]
block area(x) {
    h = relu(conv(x, 2, kernel: 3))
    r = relu(conv(h, 2, kernel: 3))
    yield r
}
IT = area(image)
logits = dense(max_pool(IT, 2), classes)
output logits
";

fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("loop.lcnn"), SPEC).unwrap();
    place
}

#[test]
fn a_spec_is_written_without_weights() {
    let place = place();
    let said = fine(place.path(), "export loop --to pytorch");
    assert!(said.contains("SmallLoop, see loop.py"), "{said}");
    let text = fs::read_to_string(place.path().join("loop.py")).unwrap();
    for line in [
        "\"\"\"A loop (Nobody, 2026).",
        "class SmallLoop(nn.Module):",
        "        self.W_A = nn.Conv2d(1, 3, 3, padding=1, bias=False)  # afferent",
        "        for _ in range(1, 4):  # loop V1",
        "            O = self.V1.O(F.relu(A + self.lambda_(O)))  # [3, 12, 12]",
        "    raise NotImplementedError(\"normalise by the training images\")",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
    assert!(text.contains("from loop.lcnn") && text.contains("Weights are random"), "{text}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "the spec and its export");
    // Once more is the same, and consts are those of the command line.
    fine(place.path(), "export loop.lcnn --to pytorch");
    fine(place.path(), "export loop --to pytorch --set steps=5 --classes 4 --out five.py");
    let text = fs::read_to_string(place.path().join("five.py")).unwrap();
    assert!(text.contains("range(1, 6)") && text.contains("nn.Linear(3, 4)"), "{text}");
}

#[test]
fn a_run_is_written_with_its_weights() {
    let place = place();
    fine(place.path(), "run loop --device cpu --threads 1 --limit 64 --limit-test 40 --epochs 1 --batch 16");
    let run = fs::read_dir(place.path().join("runs/loop")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, place.path().join("run")).unwrap();
    let said = fine(place.path(), "export run --to pytorch --weights last --out net.py");
    assert!(said.contains("net.py and net.safetensors"), "{said}");
    let weights = fs::read(place.path().join("net.safetensors")).unwrap();
    assert_eq!(weights, fs::read(place.path().join("run/last.safetensors")).unwrap());
    let names = SafeTensors::deserialize(&weights).unwrap();
    let text = fs::read_to_string(place.path().join("net.py")).unwrap();
    assert!(
        text.contains("load_file(\"net.safetensors\")") && text.contains("the last weights of the run run"),
        "{text}"
    );
    assert!(
        text.contains("    \"lambda_.weight\": \"lambda.weight\"")
            || text.contains("{\"lambda_.weight\": \"lambda.weight\"}")
    );
    assert!(names.tensor("lambda.weight").is_ok());
    // A run knows its classes, and what pixels are normalised by.
    assert!(text.contains("    classes = (") && text.contains("    sd = images.new_tensor(["), "{text}");
    fine(place.path(), "export run --to pytorch");
    // The run's own net, with the steps and classes of the run.
    let drawn = fine(place.path(), "graph run --format svg");
    assert!(drawn.contains("3 steps") && drawn.contains("<title>SmallLoop</title>"), "{drawn}");
    let (code, _, err) = lcnnc(place.path(), "graph run --set steps=2");
    assert!(code == Some(2) && err.contains("a run has its consts and classes"), "{err}");
    assert!(place.path().join("loop.py").is_file() && place.path().join("loop.safetensors").is_file());
}

fn graph(place: &TempDir, file: &str) -> ModelProto {
    ModelProto::decode(fs::read(place.path().join(file)).unwrap().as_slice()).unwrap()
}

fn fact<'m>(model: &'m ModelProto, key: &str) -> &'m str {
    model.metadata_props.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str()).unwrap()
}

#[test]
fn a_graph_says_what_it_was_made_of() {
    let place = place();
    let said = fine(place.path(), "export loop --to onnx --set steps=4 --classes 4");
    assert!(said.contains("SmallLoop, see loop.onnx"), "{said}");
    let model = graph(&place, "loop.onnx");
    assert_eq!((model.ir_version, model.opset_import[0].version), (10, 21));
    assert_eq!((model.producer_name.as_str(), model.doc_string.as_str()), ("lcnnc", "A loop (Nobody, 2026)."));
    assert!(fact(&model, "lcnnc.spec").contains("const steps = 4"), "{}", fact(&model, "lcnnc.spec"));
    assert_eq!(fact(&model, "lcnnc.spec_sha256"), lcnnc::data::sha256([fact(&model, "lcnnc.spec").as_bytes()]));
    assert_eq!(fact(&model, "lcnnc.weights"), "the weights that a training of loop.lcnn begins with");
    assert!(fact(&model, "lcnnc.transforms").starts_with("[resize(size: 12"), "{}", fact(&model, "lcnnc.transforms"));
    assert_eq!(fact(&model, "lcnnc.version"), env!("CARGO_PKG_VERSION"));
    // Once more is the same.
    fine(place.path(), "export loop --to onnx --set steps=4 --classes 4");
}

#[test]
fn a_run_is_a_graph_with_its_weights() {
    let place = place();
    fine(place.path(), "run loop --device cpu --threads 1 --limit 64 --limit-test 40 --epochs 1 --batch 16");
    let run = fs::read_dir(place.path().join("runs/loop")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, place.path().join("run")).unwrap();
    fine(place.path(), "export run --to onnx --weights last --outputs O@all,logits --with-preprocessing --loops");
    let model = graph(&place, "loop.onnx");
    let written = model.graph.as_ref().unwrap();
    let outputs: Vec<&str> = written.output.iter().map(|output| output.name.as_str()).collect();
    assert_eq!((outputs.as_slice(), written.input[0].name.as_str()), (&["O@all", "logits"][..], "pictures"));
    assert_eq!(fact(&model, "lcnnc.weights"), "the last weights of the run run");
    assert!(fact(&model, "lcnnc.classes").starts_with("[\""), "{}", fact(&model, "lcnnc.classes"));
    let weights = fs::read(place.path().join("run/last.safetensors")).unwrap();
    let weights = SafeTensors::deserialize(&weights).unwrap();
    let mut seen = 0;
    for tensor in &written.initializer {
        if let Ok(weight) = weights.tensor(&tensor.name) {
            assert_eq!(tensor.raw_data.as_deref(), Some(weight.data()), "{}", tensor.name);
            seen += 1;
        }
    }
    assert_eq!(seen, weights.len());
}

/// A spec and its runs have one name, for every program, and always one that Python can take in.
#[test]
fn files_are_called_after_the_spec() {
    let place = place();
    let here = place.path();
    for (spec, name) in [
        ("cornet_s", "cornet_s"),
        ("3net", "net_3net"),
        ("my-spec", "my_spec"),
        ("LcCnn", "lc_cnn"),
        ("LC", "lc"),
        ("torch", "torch_net"),
    ] {
        fs::copy(here.join("loop.lcnn"), here.join(format!("{spec}.lcnn"))).unwrap();
        for (to, ending) in [("pytorch", ".py"), ("onnx", ".onnx")] {
            let said = fine(here, &format!("export {spec} --to {to}"));
            assert_eq!(said, format!("SmallLoop, see {name}{ending}\n"));
        }
    }
    fine(here, "run cornet_s --device cpu --threads 1 --limit 32 --limit-test 16 --epochs 1 --no-tensorboard");
    let run = fs::read_dir(here.join("runs/cornet_s")).unwrap().next().unwrap().unwrap().path();
    let run = run.strip_prefix(here).unwrap().display().to_string();
    fs::remove_file(here.join("cornet_s.onnx")).unwrap();
    let said = fine(here, &format!("export {run} --to onnx"));
    assert!(said.contains(", see cornet_s.onnx"), "{said}");
    let said = fine(here, &format!("export {run} --to brainscore --map V1=O"));
    assert!(said.contains(", see cornet_s\n"), "{said}");
    // The plug-in has the spec's name, and does not hide it.
    let said = fine(here, "export cornet_s --to onnx --out plain.onnx");
    assert_eq!(said, "SmallLoop, see plain.onnx\n");
    assert!(fine(here, "graph cornet_s").starts_with("digraph "));
    // A file of the run is not the run.
    let said = |args: &str| lcnnc(here, args).2;
    let weights = format!("{run}/best.safetensors");
    let err = said(&format!("export {weights} --to onnx"));
    assert!(err.contains(&format!("it holds weights of the run `{run}`, and no spec: name the run's folder")), "{err}");
    let err = said(&format!("eval {weights}"));
    assert!(err.contains(&format!("this is a file of the run `{run}`: name that folder")), "{err}");
    fs::copy(here.join(&weights), here.join("w.safetensors")).unwrap();
    let err = said("check w.safetensors");
    assert!(err.contains("it holds weights and no spec: `lcnnc run SPEC --weights-from` begins with them"), "{err}");
}

/// A net without numbers is not handed on, and a class does not hide what its file calls.
#[test]
fn what_would_not_run_is_not_written() {
    let place = place();
    for (model, class) in [("range", "class range_("), ("super", "class super_("), ("sum", "class sum_(")] {
        let spec = SPEC.replace("model SmallLoop", &format!("model {model}"));
        fs::write(place.path().join("odd.lcnn"), spec).unwrap();
        fine(place.path(), &format!("export odd --to pytorch --out {model}_net.py"));
        let text = fs::read_to_string(place.path().join(format!("{model}_net.py"))).unwrap();
        assert!(text.contains(class), "{text}");
    }
    fine(place.path(), "run loop --device cpu --threads 1 --limit 32 --limit-test 16 --epochs 1 --no-tensorboard");
    let run = fs::read_dir(place.path().join("runs/loop")).unwrap().next().unwrap().unwrap().path();
    spoil(&run.join("best.safetensors"), "W_A.weight");
    let (code, _, err) = lcnnc(place.path(), &format!("export {} --to pytorch --out none.py --force", run.display()));
    assert!(code == Some(3) && err.contains("`W_A.weight` is not finite"), "{err}");
    assert!(!place.path().join("none.py").exists() && !place.path().join("none.safetensors").exists());
}

#[test]
fn what_cannot_be_written_is_said_and_nothing_is() {
    let place = place();
    fs::write(place.path().join("bad.lcnn"), SPEC.replace("relu(W_A", "rellu(W_A")).unwrap();
    fs::write(place.path().join("areas.lcnn"), AREAS).unwrap();
    fs::write(place.path().join("mine.py"), "mine = True\n").unwrap();
    fs::write(place.path().join("mine.onnx"), "mine").unwrap();
    fs::create_dir(place.path().join("empty")).unwrap();
    for (args, code, said) in [
        ("export loop --to pytorch --out mine.py", 2, "there is such a file already"),
        ("export loop --to pytorch --out net.txt", 2, "a file of Python ends in `.py`"),
        ("export loop --to pytorch --out my-net.py", 2, "letters, digits and `_`"),
        ("export loop --to pytorch --out torch.py", 2, "the name of a module"),
        ("export loop --to pytorch --out lambda.py", 2, "a word of Python"),
        ("export loop --to pytorch --weights best", 2, "a spec has no weights"),
        ("export loop --to pytorch --loops", 2, "`--loops` is for `--to onnx`"),
        ("export loop --to pytorch --outputs O", 2, "`--outputs` is for `--to onnx`"),
        ("export loop --to pytorch --with-preprocessing", 2, "`--with-preprocessing` is for `--to onnx`"),
        ("export loop --to onnx --outputs logit", 2, "did you mean `logits`?"),
        ("export loop --to onnx --outputs V1", 2, "`V1` is a loop and no value; its states are `O`"),
        ("export areas --to onnx --outputs IT", 2, "`IT` is an area and no value; its values are `IT.h` or `IT.r`"),
        ("export loop --to onnx --outputs O@9", 2, "its steps go from `O@0` to `O@3`"),
        ("export loop --to onnx --outputs image", 2, "`image` is what the graph is given"),
        ("export loop --to onnx --with-preprocessing", 2, "export a run of it"),
        ("export loop --to onnx --out nowhere/net.onnx", 2, "there is no folder for it"),
        ("export loop --to onnx --out net.txt", 2, "a graph of ONNX ends in `.onnx`"),
        ("export loop --to onnx --out mine.onnx", 2, "there is such a file already"),
        ("export loop --to onnx --weights best", 2, "a spec has no weights"),
        ("export bad --to pytorch", 1, "rellu"),
        ("export empty --to pytorch", 2, "empty"),
        ("export nothing --to pytorch", 2, "nothing"),
        ("export loop", 2, "--to"),
    ] {
        let (found, _, text) = lcnnc(place.path(), args);
        assert!(found == Some(code) && text.contains(said), "{args}: {found:?}\n{text}");
    }
    assert_eq!(fs::read_to_string(place.path().join("mine.py")).unwrap(), "mine = True\n");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 6, "nothing was written");
}
