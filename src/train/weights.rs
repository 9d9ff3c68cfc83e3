//! Weights on disk: safetensors, under PyTorch's names and in PyTorch's layouts, single precision.

use super::TrainError;
use crate::back::burn::{DeviceError, Model, Weight};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::fs;
use std::path::Path;

/// Every parameter and running statistic of a model as the bytes of a safetensors file.
///
/// # Errors
/// If the device failed.
pub fn bytes(model: &Model) -> Result<Vec<u8>, DeviceError> {
    let tensors: Vec<(Weight, Vec<u8>)> = model.weights()?.into_iter().map(with_bytes).collect();
    Ok(encode(&tensors).unwrap_or_else(|error| unreachable!("a net's parameters have names and shapes: {error}")))
}

fn with_bytes(weight: Weight) -> (Weight, Vec<u8>) {
    let bytes = weight.values.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
    (weight, bytes)
}

fn encode(tensors: &[(Weight, Vec<u8>)]) -> Result<Vec<u8>, SafeTensorError> {
    let views = tensors
        .iter()
        .map(|(weight, bytes)| Ok((weight.name.as_str(), TensorView::new(Dtype::F32, weight.shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    safetensors::serialize(views, None)
}

/// Reads every tensor of a file, single or double precision.
///
/// # Errors
/// If the file cannot be read, is no safetensors file or holds another type of numbers.
pub fn read(path: &Path) -> Result<Vec<Weight>, TrainError> {
    parse(path, &fs::read(path).map_err(TrainError::file(path, "read"))?)
}

/// The same from a file's bytes; `path` names it in errors.
///
/// # Errors
/// If it is no safetensors file or holds another type of numbers.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Weight>, TrainError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(path, &error))?;
    let weight = |(name, view): (&str, TensorView<'_>)| {
        let values = values(&view).ok_or_else(|| TrainError::Damaged {
            path: path.to_owned(),
            reason: format!("`{name}` holds numbers of type {:?}, expected F32 or F64", view.dtype()),
        })?;
        Ok(Weight { name: name.to_owned(), shape: view.shape().to_vec(), values })
    };
    file.iter().map(weight).collect()
}

fn values(view: &TensorView<'_>) -> Option<Vec<f64>> {
    match view.dtype() {
        Dtype::F32 => {
            let (numbers, _) = view.data().as_chunks::<4>();
            Some(numbers.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect())
        }
        Dtype::F64 => {
            let (numbers, _) = view.data().as_chunks::<8>();
            Some(numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
        }
        _ => None,
    }
}

fn damaged(path: &Path, error: &SafeTensorError) -> TrainError {
    TrainError::Damaged { path: path.to_owned(), reason: format!("{error}; expected a safetensors file") }
}
