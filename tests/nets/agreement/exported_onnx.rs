//! What `lcnnc export --to onnx` writes of a net, and beside it what the graph must come to; `tests/reference/exported_onnx.py` has
//! onnxruntime run it.

use crate::agreement::{device, numbers};
use burn::tensor::Tensor;
use lcnnc::activity::{Asked, Place};
use lcnnc::back::burn::{Model, Precision, Weight, initial};
use lcnnc::back::onnx::{self, Options, file};
use lcnnc_lang::ir::{Net, Param, ParamClass, ParamId};
use lcnnc_lang::vocabulary::Bound;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// The most bytes of a file whose weights lie beside it.
const FEW: u64 = 1000;

/// Numbers of which no two are alike and none is what it is at the start of a training: a bias or a shift that is zero, a scale or a
/// variance that is one, would show nothing.
fn shaken(net: &Net) -> Vec<Weight> {
    let mut at = 0.0_f64;
    let params = net.params.iter().zip((0..).map(ParamId));
    let weight = |(param, id): (&Param, ParamId)| {
        let shift = if param.class == ParamClass::Kernel { 0.02 } else { 0.2 };
        let number = |x: f64| {
            at += 1.0;
            let x = x * (1.1 + 0.3 * (at * 1.7).sin()) + shift * (at * 0.9).cos();
            f64::from(param.sign.map_or(x, |sign| sign.fold(x)) as f32)
        };
        let values = initial(net, 0, id).into_iter().map(number).collect();
        Weight { name: param.name.clone(), shape: param.shape.clone(), values }
    };
    params.map(weight).collect()
}

/// Writes a net as graphs, and beside them what they must come to in double precision: in both forms one that gives the scores, and, but
/// for a large net, one that gives every value; of a small net one in two files as well.
pub fn write(folder: &Path, name: &str, net: &Net, images: impl Fn() -> Tensor<4>) {
    let weights = shaken(net);
    let model = Model::new(Arc::new(net.clone()), 0, &device(), Precision::Double).with_weights(&weights[..]).unwrap();
    let is_large = weights.iter().map(|weight| weight.values.len()).sum::<usize>() > 100_000;
    let outputs = if is_large { Vec::new() } else { every_value(net) };
    for (scores, values, loops) in [("unrolled", "values", false), ("loops", "loopvalues", true)] {
        let options = Options { loops, ..Options::default() };
        graph(folder, &format!("{name}.{scores}.onnx"), (net, &weights), &options, file::MOST_BYTES);
        if !is_large {
            graph(
                folder,
                &format!("{name}.{values}.onnx"),
                (net, &weights),
                &Options { outputs: outputs.clone(), ..options },
                file::MOST_BYTES,
            );
        }
    }
    if name.starts_with("small") {
        graph(folder, &format!("{name}.beside.onnx"), (net, &weights), &Options::default(), FEW);
        assert!(folder.join(format!("{name}.beside.onnx.data")).is_file());
    }
    expected(folder, name, &model, &outputs, images());
}

/// Every value that differs from image to image: at its last step, at its first one and at all.
fn every_value(net: &Net) -> Vec<Asked> {
    let traced = net.traced();
    let names: BTreeSet<&str> = traced.iter().map(|value| value.name.as_str()).collect();
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for name in names {
        texts.insert(name.to_owned());
        if let Ok(asked) = Asked::of(net, &format!("{name}@all")) {
            texts.extend([traced[asked.place.numbers()[0]].title(), asked.text]);
        }
    }
    let asked = texts.iter().filter_map(|text| Asked::of(net, text).ok());
    asked.filter(|asked| asked.place != Place::Input).collect()
}

/// Writes what graphs must come to: the scores, and values as arrays `[images, …]`.
fn expected(folder: &Path, name: &str, model: &Model, outputs: &[Asked], images: Tensor<4>) {
    let (dims, given, traced) = (images.dims(), numbers(&images), model.net().traced());
    let batch = dims[0];
    let (forward, recorded) = model.record(images, &vec![!outputs.is_empty(); traced.len()]);
    let recorded: Vec<Vec<f64>> = recorded.iter().map(numbers).collect();
    let mut arrays = vec![("the images".to_owned(), dims.to_vec(), given)];
    arrays.push(("the scores".to_owned(), vec![batch, model.net().classes], numbers(&forward.logits())));
    for asked in outputs {
        let len: usize = asked.dims.iter().product();
        let mut values = Vec::new();
        for image in 0..batch {
            for number in asked.place.numbers() {
                values.extend_from_slice(&recorded[*number][image * len..(image + 1) * len]);
            }
        }
        arrays.push((asked.text.clone(), [&[batch], asked.shape().as_slice()].concat(), values));
    }
    let bytes = |values: Vec<f64>| values.into_iter().flat_map(f64::to_le_bytes).collect();
    let arrays: Vec<(String, Vec<usize>, Vec<u8>)> =
        arrays.into_iter().map(|(name, shape, values)| (name, shape, bytes(values))).collect();
    let views =
        arrays.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F64, shape.clone(), bytes).unwrap()));
    fs::write(folder.join(format!("{name}.values")), safetensors::serialize(views, None).unwrap()).unwrap();
}

/// Writes a graph that gives what pictures become.
pub fn write_pictures(folder: &Path, name: &str, net: &Net, transforms: &[Bound]) {
    let outputs = vec![Asked::of(net, &net.input.0).unwrap()];
    let options = Options { outputs, pictures: Some(transforms.to_vec()), ..Options::default() };
    graph(folder, &format!("{name}.pictures.onnx"), (net, &shaken(net)), &options, file::MOST_BYTES);
}

fn graph(folder: &Path, name: &str, (net, weights): (&Net, &[Weight]), options: &Options, most: u64) {
    let graph = onnx::emit(net, options).unwrap();
    let mut single = |id: ParamId| Ok(weights[id.0].values.iter().map(|x| *x as f32).collect());
    for (name, contents) in graph.files(net, name, most) {
        graph.write(net, &contents, &mut single, &mut File::create(folder.join(name)).unwrap()).unwrap();
    }
}
