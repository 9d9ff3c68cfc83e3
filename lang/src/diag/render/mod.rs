//! The forms of a report, for people and for programs, a file each.

mod excerpt;
mod fold;
pub mod github;
pub mod human;
pub mod json;
mod place;
pub mod sarif;
pub mod short;
mod visible;

pub use fold::fold;
pub use human::{WIDTH, coloured, plain};
pub use place::place;
pub use visible::{visible, visible_name};
