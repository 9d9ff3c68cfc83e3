//! Text back ends: each turns a net into a text for people or for another program. Each matches every primitive,
//! without a wildcard.

pub mod dot;
pub mod summary;
pub mod timing;
