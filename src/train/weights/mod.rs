//! Weights on disk: safetensors, under PyTorch's names and in PyTorch's layouts, single precision, with a note of whose
//! they are.

pub mod foreign;
pub mod formats;
mod header;
mod pattern;
pub mod taken;
pub mod whose;
pub mod wish;

use super::TrainError;
use crate::back::burn::{DeviceError, Model, Weight};
use burn::tensor::{TensorData, bf16, f16};
use lcnnc_lang::ir::Param;
use safetensors::tensor::{TensorView, View};
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use whose::Whose;

/// A file of weights as it is read.
#[derive(Debug)]
pub struct Stored {
    pub weights: Vec<Weight>,
    /// The run whose weights they are; `None` for a file that lcnnc did not write, or did before it wrote this down.
    pub whose: Option<Whose>,
    /// Tensors whose numbers are of a type that no net has, each with the type. They are among the weights, with a shape and without values.
    pub others: BTreeMap<String, String>,
    /// Why the file is not the one that lcnnc wrote, though it says so.
    pub damage: Option<String>,
}

/// Every parameter and running statistic of a model as the bytes of a safetensors file: the same model of the same
/// whose gives the same bytes.
///
/// # Errors
/// If the device failed.
pub fn bytes(model: &Model, whose: &Whose) -> Result<Vec<u8>, DeviceError> {
    let tensors = model.tensors()?;
    let views = tensors.iter().map(|(param, data)| (param.name.as_str(), Tensor { param, data }));
    let mut file = safetensors::serialize(views, None)
        .unwrap_or_else(|error| unreachable!("a net's parameters have names and shapes: {error}"));
    header::note(&mut file, &whose.notes());
    Ok(file)
}

/// A parameter as it is stored. Its bytes are made when they are written, one parameter after the other: all at once
/// would be another copy of the model.
struct Tensor<'a> {
    param: &'a Param,
    data: &'a TensorData,
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.param.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = Vec::with_capacity(self.data_len());
        bytes.extend(self.data.iter::<f32>().flat_map(f32::to_le_bytes));
        bytes.into()
    }

    fn data_len(&self) -> usize {
        size_of::<f32>() * self.param.len()
    }
}

/// Reads every tensor of a file, whatever numbers it holds, as long as they are real ones; counters of batches, which
/// PyTorch keeps beside running statistics, are passed over.
///
/// # Errors
/// If the file cannot be read, is no safetensors file or holds another type of numbers.
pub fn read(path: &Path) -> Result<Stored, TrainError> {
    parse(path, &fs::read(path).map_err(TrainError::file(path, "read"))?)
}

/// Reads every tensor from the bytes of a file, as [`read`] does; `path` names it in errors.
///
/// # Errors
/// If it is no safetensors file or holds another type of numbers.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Stored, TrainError> {
    let stored = parse_any(path, bytes)?;
    match stored.others.first_key_value() {
        None => Ok(stored),
        Some((name, kind)) => {
            let reason = format!("`{name}` holds numbers of type {kind}, expected F32, F64, F16 or BF16");
            Err(TrainError::Damaged { path: path.to_owned(), reason })
        }
    }
}

/// Reads every tensor as [`parse`] does, of a file that may hold other types of numbers too.
///
/// # Errors
/// If it is no safetensors file.
pub fn parse_any(path: &Path, bytes: &[u8]) -> Result<Stored, TrainError> {
    let damaged = |reason: String| TrainError::Damaged { path: path.to_owned(), reason };
    if let Some(other) = formats::other_format(bytes) {
        return Err(damaged(other));
    }
    let unreadable = |error: SafeTensorError| {
        let reason = header::other_length(bytes).unwrap_or_else(|| format!("{error}; expected a safetensors file"));
        damaged(reason)
    };
    let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
    let mut others = BTreeMap::new();
    let weight = |(name, view): (&str, TensorView<'_>)| {
        let values = values(&view).unwrap_or_else(|| {
            others.insert(name.to_owned(), format!("{:?}", view.dtype()));
            Vec::new()
        });
        Weight { name: name.to_owned(), shape: view.shape().to_vec(), values }
    };
    let tensors = file.iter().filter(|(name, _)| !foreign::is_counter(name));
    // By name: the library's own order is that of the types of numbers, and of a hash table.
    let mut weights: Vec<Weight> = tensors.map(weight).collect();
    weights.sort_by(|a, b| a.name.cmp(&b.name));
    let (whose, damage) = match header::notes(bytes) {
        Ok(notes) => (notes.map(|notes| Whose::of(&notes)), None),
        Err(reason) => (None, Some(reason)),
    };
    Ok(Stored { weights, whose, others, damage })
}

fn values(view: &TensorView<'_>) -> Option<Vec<f64>> {
    let data = view.data();
    match view.dtype() {
        Dtype::F32 => Some(data.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()),
        Dtype::F64 => Some(data.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()),
        Dtype::F16 => Some(data.as_chunks::<2>().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f64()).collect()),
        Dtype::BF16 => Some(data.as_chunks::<2>().0.iter().map(|bytes| bf16::from_le_bytes(*bytes).to_f64()).collect()),
        _ => None,
    }
}
