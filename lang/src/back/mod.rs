//! Text back ends: each turns a net into a text that people or another program read. Every one matches every primitive,
//! without a wildcard.

pub mod dot;
pub mod summary;
pub mod timing;
