//! Reports for people and for programs, a file each form.

pub mod github;
pub mod human;
pub mod json;
mod place;
pub mod sarif;
pub mod short;

pub use human::{WIDTH, coloured, plain};
