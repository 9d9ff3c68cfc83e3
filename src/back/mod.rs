//! Back ends: each turns a net into something that runs or that another program reads. Every one matches every
//! primitive, without a wildcard.

pub mod burn;
pub mod dot;
pub mod memory;
pub mod plan;
pub mod summary;
pub mod timing;
mod unroll;
