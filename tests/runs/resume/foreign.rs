//! What files of weights say of themselves, and weights that another program wrote in the place of a run's.

use super::tools::{answer, edit, json, names, trained};
use super::{Place, SPEC};
use burn::tensor::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::fs;
use std::path::Path;

/// A tensor: its name, type, shape and bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn write(path: &Path, tensors: &[Tensor]) {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    let bytes = safetensors::serialize(views, None).unwrap();
    edit(path, |there| *there = bytes);
}

/// The tensors of a file, each number put down in another type and under a longer name.
fn other(path: &Path, dtype: Dtype, prefix: &str, number: impl Fn(f32) -> Vec<u8>) -> Vec<Tensor> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |(name, view): (&str, TensorView<'_>)| {
        let numbers = view.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
        (format!("{prefix}{name}"), dtype, view.shape().to_vec(), numbers.flat_map(&number).collect())
    };
    file.iter().map(tensor).collect()
}

#[test]
fn weights_say_whose_they_are_in_the_same_bytes_every_time() {
    let place = Place::new(SPEC);
    let (run, again) = (trained(&place, "run", ""), trained(&place, "again", ""));
    let manifest = json(&run.join("manifest.json"));
    for name in ["best", "last"] {
        let file = format!("{name}.safetensors");
        let bytes = fs::read(run.join(&file)).unwrap();
        assert!(bytes == fs::read(again.join(&file)).unwrap(), "{file} of the same run");
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let note = |key: &str| header.metadata().as_ref().and_then(|notes| notes.get(key)).cloned().unwrap_or_default();
        let expected = [
            ("format", "pt"),
            ("lcnnc", env!("CARGO_PKG_VERSION")),
            ("model", "Tiny"),
            ("spec.sha256", manifest["files"]["spec.lcnn"].as_str().unwrap()),
            ("recipe", manifest["fingerprint"].as_str().unwrap()),
            ("classes", r#"["horizontal","vertical"]"#),
            ("input", "[1, 12, 12]"),
            ("transform", "[resize(size: 12, side: both)]"),
            ("weights", name),
        ];
        for (key, value) in expected {
            assert_eq!(note(key), value, "{key}");
        }
        let best = json(&run.join("summary.json"))["best_epoch"].to_string();
        assert_eq!(note("epoch"), if name == "best" { best } else { "2".to_owned() });
    }
}

/// How a number is put down in another type, and what of it is left there.
type Rounding = (fn(f32) -> Vec<u8>, fn(f32) -> f32);

#[test]
fn a_state_dict_of_pytorch_is_understood() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    let best = run.join("best.safetensors");
    let own = fs::read(&best).unwrap();
    let types: [(Dtype, &str, Rounding); 4] = [
        (Dtype::F32, "", (|x| x.to_le_bytes().to_vec(), |x| x)),
        (Dtype::F64, "module.", (|x| f64::from(x).to_le_bytes().to_vec(), |x| x)),
        (Dtype::F16, "_orig_mod.", (|x| f16::from_f32(x).to_le_bytes().to_vec(), |x| f16::from_f32(x).to_f32())),
        (
            Dtype::BF16,
            "_orig_mod.module.",
            (|x| bf16::from_f32(x).to_le_bytes().to_vec(), |x| bf16::from_f32(x).to_f32()),
        ),
    ];
    for (dtype, prefix, (written, rounded)) in types {
        edit(&best, |bytes| *bytes = own.clone());
        let plain = other(&best, Dtype::F32, "", |x| rounded(x).to_le_bytes().to_vec());
        write(&best, &plain);
        let expected = place.lcnnc("eval run --force");
        names(&expected, 0, &["weights without lcnnc's notes, of another program"]);
        edit(&best, |bytes| *bytes = own.clone());
        let mut tensors = other(&best, dtype, prefix, written);
        tensors.push((format!("{prefix}A.num_batches_tracked"), Dtype::I64, Vec::new(), 7_i64.to_le_bytes().to_vec()));
        write(&best, &tensors);
        names(&place.lcnnc("eval run"), 2, &["run/best.safetensors: expected the SHA-256 ", "another program"]);
        let said = place.lcnnc("eval run --force");
        let first = prefix.split('.').next().unwrap();
        names(
            &said,
            0,
            &[&if prefix.is_empty() { String::new() } else { format!("every name begins with `{first}.`") }],
        );
        assert_eq!(answer(&said)[0], answer(&expected)[0], "{dtype:?}");
    }
}

#[test]
fn what_is_no_weights_is_named_as_what_it_is() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    let best = run.join("best.safetensors");
    let own = fs::read(&best).unwrap();
    let files: [(&[u8], &str); 5] = [
        (
            b"PK\x03\x04\x00\x00\x00\x00\x00\x00archive/data.pkl",
            "a file of `torch.save`; in Python, `safetensors.torch.save_file(",
        ),
        (b"\x80\x02}q\x00(X\x06\x00\x00\x00", "a pickle of Python"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"", "it is empty"),
    ];
    for (bytes, what) in files {
        edit(&best, |there| *there = bytes.to_vec());
        for verb in ["eval run", "eval run --force"] {
            names(&place.lcnnc(verb), 2, &["best.safetensors", what]);
        }
    }
    edit(&best, |bytes| *bytes = own.clone());
    let mut tensors = other(&best, Dtype::F32, "", |x| x.to_le_bytes().to_vec());
    tensors[0] = (tensors[0].0.clone(), Dtype::I32, tensors[0].2.clone(), tensors[0].3.clone());
    write(&best, &tensors);
    names(&place.lcnnc("eval run --force"), 2, &["holds numbers of type I32, expected F32, F64, F16 or BF16"]);
}
