//! Numbers that come back from a device, or the news that it failed: until they are asked for, Burn only queues its work.
//! Each answer takes as long as all the work before it, so what is wanted together is asked for together.

use super::DeviceError;
use burn::tensor::kind::Basic;
use burn::tensor::{Tensor, TensorData, Transaction};

/// A tensor's numbers.
///
/// # Errors
/// If the device failed at anything since it was last asked.
pub fn read<const D: usize, K: Basic>(tensor: Tensor<D, K>) -> Result<TensorData, DeviceError> {
    tensor.try_into_data().map_err(DeviceError::failed)
}

/// The numbers of several tensors, in order.
///
/// # Errors
/// See [`read`].
pub fn read_all(tensors: Transaction) -> Result<Vec<TensorData>, DeviceError> {
    tensors.try_execute().map_err(DeviceError::failed)
}

/// The numbers of several tensors of one number each.
///
/// # Errors
/// See [`read`].
pub fn numbers(tensors: Transaction) -> Result<Vec<f64>, DeviceError> {
    Ok(read_all(tensors)?.iter().flat_map(|data| data.iter::<f64>()).collect())
}
