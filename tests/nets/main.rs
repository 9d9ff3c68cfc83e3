//! Nets as tensors: every primitive, loss and update against numbers that were computed elsewhere, and fused parts against
//! the same primitives one by one.

// Tests read and write files.
#![allow(clippy::disallowed_methods)]

mod agreement;
mod asleep;
mod back;
mod fused;
mod onnx;
mod optimizers;
mod registries;
mod schedules;
mod ways;
