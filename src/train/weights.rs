//! Weights on disk: safetensors, under PyTorch's names and in PyTorch's layouts, single precision.

use super::TrainError;
use crate::back::burn::{DeviceError, Model, Weight};
use crate::ir::Param;
use burn::tensor::TensorData;
use safetensors::tensor::{TensorView, View};
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// Every parameter and running statistic of a model as the bytes of a safetensors file.
///
/// # Errors
/// If the device failed.
pub fn bytes(model: &Model) -> Result<Vec<u8>, DeviceError> {
    let tensors = model.tensors()?;
    let views = tensors.iter().map(|(param, data)| (param.name.as_str(), Stored { param, data }));
    let file = safetensors::serialize(views, None);
    Ok(file.unwrap_or_else(|error| unreachable!("a net's parameters have names and shapes: {error}")))
}

/// A parameter as it is stored. Its bytes are made when they are written, one parameter after the other: all at once
/// would be another copy of the model.
struct Stored<'a> {
    param: &'a Param,
    data: &'a TensorData,
}

impl View for Stored<'_> {
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
