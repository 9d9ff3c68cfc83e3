//! Back ends: each turns a net into something that runs.

pub mod burn;
pub mod onnx;
