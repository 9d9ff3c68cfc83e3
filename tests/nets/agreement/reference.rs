//! Files of references, and what is compared with them.

use crate::agreement::{EXACT, assert_near, device};
use burn::tensor::{Int, Tensor, TensorData};
use lcnnc::back::burn::{Gradients, Model, Precision, Weight};
use lcnnc_lang::ir::Net;
use safetensors::{Dtype, SafeTensors};
use std::sync::Arc;

/// One file of references.
pub struct Reference {
    name: String,
    bytes: Vec<u8>,
}

impl Reference {
    /// `name` is the file's path below `tests/reference`, without its ending.
    pub fn open(name: &str) -> Self {
        let path = format!("{}/tests/reference/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        Self { name: name.to_owned(), bytes: std::fs::read(path).unwrap() }
    }

    pub fn find(&self, key: &str) -> Option<(Vec<usize>, Vec<f64>)> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(key).ok()?;
        let values = match view.dtype() {
            Dtype::F64 => words(view.data(), f64::from_le_bytes),
            Dtype::F32 => words(view.data(), |word| f64::from(f32::from_le_bytes(word))),
            // Bytes are pixels, and pixels run from 0 to 1.
            Dtype::U8 => words(view.data(), |[pixel]| f64::from(pixel) / 255.0),
            Dtype::I64 => words(view.data(), |word| i64::from_le_bytes(word) as f64),
            other => panic!("{key} is of {other:?}"),
        };
        Some((view.shape().to_vec(), values))
    }

    pub fn get(&self, key: &str) -> (Vec<usize>, Vec<f64>) {
        self.find(key).unwrap_or_else(|| panic!("{key} of {} is missing", self.name))
    }

    /// What is kept under a prefix, in the order of the names: each name behind the prefix, and its shape.
    pub fn shapes(&self, prefix: &str) -> Vec<(String, Vec<usize>)> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let views = file.tensors().into_iter();
        let mut shapes: Vec<_> = views
            .filter_map(|(key, view)| Some((key.strip_prefix(prefix)?.to_owned(), view.shape().to_vec())))
            .collect();
        shapes.sort();
        shapes
    }

    pub fn tensor<const D: usize>(&self, key: &str, precision: Precision) -> Tensor<D> {
        let (shape, values) = self.get(key);
        Tensor::from_data(TensorData::new(values, shape), (&device(), precision.dtype()))
    }

    pub fn labels(&self) -> Tensor<1, Int> {
        let labels: Vec<i64> = self.get("label").1.into_iter().map(|label| label as i64).collect();
        Tensor::from_data(TensorData::from(labels.as_slice()), &device())
    }

    /// The net with the weights that are kept under a prefix, in the net's own shapes.
    pub fn model(&self, net: &Net, precision: Precision, key: impl Fn(&str) -> String) -> Model {
        let weights = net.params.iter().map(|param| {
            let values = self.get(&key(&param.name)).1;
            Weight { name: param.name.clone(), shape: param.shape.clone(), values }
        });
        let weights: Vec<Weight> = weights.collect();
        Model::new(Arc::new(net.clone()), 0, &device(), precision).with_weights(&weights).unwrap()
    }

    /// Asserts that these are the numbers under a key.
    pub fn near(&self, key: &str, found: &[f64]) {
        assert_near(&format!("{key} of {}", self.name), found, &self.get(key).1, EXACT);
    }

    /// Asserts that every trained parameter has the gradient under `grad.<name>`.
    pub fn gradients_near(&self, model: &Model, gradients: &Gradients) {
        let gradients = model.gradients(gradients).unwrap();
        let trained = model.net().params.iter().filter(|param| param.trained());
        assert_eq!(gradients.len(), trained.count(), "{}", self.name);
        for gradient in gradients {
            self.near(&format!("grad.{}", gradient.name), &gradient.values);
        }
    }
}

fn words<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.chunks_exact(N).map(|word| number(word.try_into().unwrap())).collect()
}
