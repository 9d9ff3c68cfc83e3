//! `lcnnc export --to brainscore`: what a plug-in holds, and what is refused.

use crate::shell::{fine, lcnnc};
use lcnnc::exports::brainscore::{History, Plugin, Training, mapped};
use lcnnc_lang::back::pytorch::About;
use lcnnc_testing::{clean, golden, spec};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Two areas, the second of which the image reaches a step after the first one, and one without a region.
const SPEC: &str = "\
//! Areas in a row (Nobody, 2026).
model Areas
input image: [1, 12, 12]
weights B1: conv(1 -> 3, kernel: 3)
weights B2: conv(3 -> 3, kernel: 3, bias: false)
weights B3: conv(3 -> 3, kernel: 3, bias: false)
loop cortex(steps: 3) {
    state V1 = zeros(3, 12, 12)
    state V2 = zeros(3, 12, 12)
    state V3 = zeros(3, 12, 12)
    V1' = relu(B1 * image)
    V2' = relu(B2 * V1)
    V3' = relu(B3 * V2')
}
logits = dense(global_avg_pool(V3), classes)
output logits
data { transform: [resize(12)] }
";

const PLAIN: &str = "\
model Plain
input image: [1, 12, 12]
h = relu(conv(image, 2, kernel: 3, frozen: true))
IT = max_pool(h, 2)
logits = dense(IT, classes)
output logits
data { transform: [grayscale, resize(12)] }
";

const TRAIN: &str = "--device cpu --threads 1 --limit 32 --limit-test 16 --epochs 1 --batch 16 --no-tensorboard";

/// A folder with a run of a spec, `run`.
fn place(spec: &str) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("net.lcnn"), spec).unwrap();
    fine(place.path(), &format!("run net {TRAIN}"));
    let run = fs::read_dir(place.path().join("runs/net")).unwrap().next().unwrap().unwrap().path();
    fs::rename(run, place.path().join("run")).unwrap();
    place
}

fn read(place: &Path, name: &str) -> String {
    fs::read_to_string(place.join(name)).unwrap()
}

/// Plug-ins of specs of the project. The weights are no part of the texts, so none are made; net.py is in `golden/pytorch`.
#[test]
fn plug_ins_of_specs_are_written_as_reviewed() {
    for (name, map) in [("cornet_s", None), ("blt", None), ("lc_cnn", Some(("V1", "O")))] {
        let compiled = clean(&spec(name), &[]);
        let net = compiled.net.as_ref().unwrap();
        let given: Vec<(String, String)> = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let mapping = mapped(net, &given).unwrap();
        let about = About { origin: format!("{name}.lcnn"), ..compiled.about(&compiled.settings) };
        let training = Training { data: "contours".to_owned(), images: [9000, 1000], limit: None };
        let (weights, history) = (&b"weights"[..], &History { training: Some(training), base: None });
        let plugin = Plugin { id: name, net, about: &about, mapping: &mapping, ms_per_step: 10.0, weights, history };
        let text = |(file, bytes): (String, Vec<u8>)| format!("==> {file}\n{}", String::from_utf8(bytes).unwrap());
        let files = plugin.files().into_iter().filter(|(file, _)| file != "net.py" && file != "net.safetensors");
        let files: Vec<String> = files.map(text).collect();
        let said = [plugin.lines(), plugin.warnings(), vec![plugin.memory()]].concat();
        golden("brainscore", name, &format!("{}\n{}", said.join("\n"), files.join("\n")));
    }
}

/// An area is meant by what it hands on as well as by a value in it, and only what nothing stands for is spoken of.
#[test]
fn a_whole_area_that_stands_for_a_region_is_not_said_to_stand_for_none() {
    let net = lcnnc_testing::net(&fs::read_to_string("specs/dale.lcnn").unwrap(), &[]);
    let warnings = |given: &[(&str, &str)]| {
        let given: Vec<(String, String)> = given.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        mapped(&net, &given).unwrap().warnings
    };
    assert_eq!(warnings(&[("V1", "layer1"), ("V2", "layer2")]), [""; 0]);
    assert_eq!(warnings(&[("V1", "layer1.dann.I"), ("V2", "layer2")]), [""; 0]);
    let left = ["the area layer2 stands for no region; `--map V2=layer2` would give it one"];
    assert_eq!(warnings(&[("V1", "layer1")]), left);
    // Nor is an area whose region another value is given.
    let areas = lcnnc_testing::net(SPEC, &[]);
    let given = [("V1".to_owned(), "V3".to_owned())];
    let warnings = mapped(&areas, &given).unwrap().warnings.join("\n");
    assert!(!warnings.contains("the area V1"), "{warnings}");
}

#[test]
fn a_plug_in_has_regions_steps_and_times() {
    let place = place(SPEC);
    let (code, out, err) = lcnnc(place.path(), "export run --to brainscore --out two --ms-per-step 20");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("V1: V1 as V1.V1-t1 to V1.V1-t3, 20 to 80 ms after the image"), "{out}");
    assert!(out.contains("memory: 432 units at 3 steps of V1"), "{out}");
    for said in [
        "V1.V1-t0 is left out: the image has not reached V1 by then",
        "V2.V2-t0 to V2.V2-t1 are left out",
        "the area V3 stands for no region; `--map V4=V3` would give it one",
        "the net has 2 classes",
        "the spec does not make them grey: model.py does",
    ] {
        assert!(err.contains(said), "{said} is not in\n{err}");
    }
    let two = place.path().join("two");
    golden("brainscore", "model", &read(&two, "model.py"));
    golden("brainscore", "init", &read(&two, "__init__.py"));
    let map: serde_json::Value = serde_json::from_str(&read(&two, "region_layer_map/two.json")).unwrap();
    assert_eq!(map, serde_json::json!({ "V1": "V1.V1-t3", "V2": "V2.V2-t3" }));
    let facts: serde_json::Value = serde_yaml::from_str(&read(&two, "metadata.yaml")).unwrap();
    assert_eq!((&facts["schema_version"], &facts["domain"]), (&"2.0".into(), &"vision".into()));
    let model = &facts["models"]["two"]["model"];
    // 3 × 9 + 3 and twice 3 × 3 × 9, and 3 × 2 + 2 for the scores.
    assert_eq!((&model["parameter_count"], &model["recurrent"]), (&200.into(), &true.into()));
    // The modules that are named are those of the net.
    let net = read(&two, "net.py");
    for module in ["cortex.V1", "cortex.V2"] {
        assert!(net.contains(&format!("        self.{module} = nn.Identity()")), "{net}");
        assert!(read(&two, "model.py").contains(&format!("\"{module}\"")), "{module}");
    }
    assert_eq!(
        fs::read(two.join("net.safetensors")).unwrap(),
        fs::read(place.path().join("run/best.safetensors")).unwrap()
    );
    assert!(read(&two, "test.py").contains("load_model(\"two\")") && read(&two, "requirements.txt").contains("torch"));
    // Once more is the same, and nothing is written over another plug-in.
    fine(place.path(), "export run --to brainscore --out two --ms-per-step 20");
    let (code, _, err) = lcnnc(place.path(), "export run --to brainscore --out two");
    assert!(code == Some(2) && err.contains("there is such a file already"), "{err}");
    let three = fine(place.path(), "export run --to brainscore --out three --map V4=V3,V1=cortex.V1");
    assert!(three.contains("V4: V3 as V4.V3-t2 to V4.V3-t3, 20 to 40 ms"), "{three}");
}

#[test]
fn a_net_without_loops_has_one_layer_a_region() {
    let place = place(PLAIN);
    let out = fine(place.path(), "export run --to brainscore --map V1=h");
    assert!(out.contains("V1: h as V1.h\n") && out.contains("IT: IT as IT.IT\n"), "{out}");
    let folder = place.path().join("net");
    let (model, init) = (read(&folder, "model.py"), read(&folder, "__init__.py"));
    assert!(model.contains("PytorchWrapper(") && !model.contains("TIME_BINS"), "{model}");
    assert!(init.contains("ModelCommitment(") && !init.contains("CORnet"), "{init}");
    // 2 × 9 + 2, frozen, and 72 × 2 + 2.
    assert!(read(&folder, "metadata.yaml").contains("parameter_count: 166\n"), "frozen parameters are counted");
}

#[test]
fn what_is_no_region_or_no_value_is_said_and_nothing_is_written() {
    let place = place(&PLAIN.replace("IT", "top"));
    fs::write(place.path().join("file"), "").unwrap();
    for (args, said) in [
        ("run", "no area has the name of a region: say which value stands for which, as in `--map V1=logits`"),
        ("run --map it=h", "there is no region `it`; did you mean `IT`?"),
        ("run --map V3=h", "there is no region `V3`; regions are V1, V2, V4, IT"),
        ("run --map V1=tpo", "the net has no value or area `tpo`; did you mean `top`?"),
        ("run --map V1=h,V1=top", "`V1` is given twice"),
        ("run --map V1=h --out a-b", "of letters, digits and `_`"),
        ("run --map V1=h --out file", "expected a folder, and this is a file"),
        ("run --map V1=h --out no/where", "there is no folder for it"),
        ("net", "name a run's folder"),
    ] {
        let (code, _, err) = lcnnc(place.path(), &format!("export {args} --to brainscore"));
        assert!(code == Some(2) && err.contains(said), "{args}: {err}");
    }
    let (code, _, err) = lcnnc(place.path(), "export run --to pytorch --map V1=h");
    assert!(code == Some(2) && err.contains("`--map` is for `--to brainscore`: leave it out"), "{err}");
    let mut left: Vec<String> = fs::read_dir(place.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    left.sort();
    assert_eq!(left, ["file", "net.lcnn", "run", "runs"]);
}

/// Large weights lie beside the folder, and the plug-in knows them by their checksum.
#[test]
fn large_weights_are_asked_for_by_their_checksum() {
    use lcnnc::exports::brainscore::LARGEST;
    let net = lcnnc_testing::net(PLAIN, &[]);
    let mapping = mapped(&net, &[]).unwrap();
    // `head -c 5000000 /dev/zero | sha1sum`
    let weights = vec![0; LARGEST];
    let about = About::default();
    let plugin = Plugin {
        id: "large",
        net: &net,
        about: &about,
        mapping: &mapping,
        ms_per_step: 10.0,
        weights: &weights,
        history: &History::default(),
    };
    let files = plugin.files();
    assert!(files.iter().all(|(name, _)| name != "net.safetensors"));
    let model = files.iter().find(|(name, _)| name == "model.py").unwrap();
    let model = String::from_utf8(model.1.clone()).unwrap();
    assert!(
        model.contains("load_weight_file(") && model.contains("95775c451ed9604d9753465d8cc4d52ca1cb58a4"),
        "{model}"
    );
    assert!(plugin.warnings().iter().any(|warning| warning.contains("they lie beside the folder")));
}

/// The facts of a plug-in say nothing that nobody has looked at: weights from elsewhere, a limit, and weights of before a training.
#[test]
fn facts_name_limits_and_weights_from_elsewhere_and_nothing_is_verified() {
    let place = place(PLAIN);
    let folder = place.path();
    fs::copy(folder.join("run/best.safetensors"), folder.join("theirs.safetensors")).unwrap();
    fine(folder, &format!("run net {TRAIN} --runs tuned --weights-from theirs.safetensors"));
    let tuned = fs::read_dir(folder.join("tuned/net")).unwrap().next().unwrap().unwrap().path();
    fs::rename(tuned, folder.join("fine")).unwrap();
    let facts = |run: &str, more: &str| -> serde_json::Value {
        let _ = fs::remove_dir_all(folder.join("net"));
        fine(folder, &format!("export {run} --to brainscore {more}"));
        let text = read(folder, "net/metadata.yaml");
        assert!(!text.contains("verified") && !text.contains(&folder.display().to_string()), "{text}");
        serde_yaml::from_str::<serde_json::Value>(&text).unwrap()["models"]["net"].clone()
    };
    let own = facts("run", "");
    let set = &own["data"]["training_datasets"][0];
    assert_eq!((&set["name"], &set["role"]), (&"contours".into(), &"training".into()));
    let said = set["description"].as_str().unwrap();
    assert!(said.ends_with(" to validate with: not the whole set, `--limit 32` was given"), "{said}");
    assert_eq!((&own["lineage"], &own["data"]["summary"]), (&serde_json::Value::Null, &serde_json::Value::Null));

    let sum = lcnnc::data::sha256([fs::read(folder.join("theirs.safetensors")).unwrap().as_slice()]);
    let name = format!("theirs.safetensors, SHA-256 {sum}");
    let fine_tuned = facts("fine", "");
    assert_eq!(fine_tuned["data"]["training_datasets"][0]["role"], "fine_tuning");
    let base = |relationship: &str| serde_json::json!([{ "name": name, "relationship": relationship }]);
    assert_eq!(fine_tuned["lineage"]["base_models"], base("fine_tuned_from"));
    let cited = fine_tuned["sources"]["lcnnc"]["citation"].as_str().unwrap();
    assert!(cited.contains(&name), "{cited}");

    let first = facts("fine", "--weights initial");
    assert_eq!(first["data"].get("training_datasets"), None, "these were not trained here");
    assert_eq!(first["lineage"]["base_models"], base("derived_from"));
}
