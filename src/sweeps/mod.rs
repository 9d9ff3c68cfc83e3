//! Sweeps: many runs of a plan, over grids of settings and seeds, and what they come to together.
//!
//! `sweep.rs` is a sweep as it is written, by flags or in a file (`file.rs`), and `check.rs` what can be known of it before the first job; `plan.rs` is the list of its jobs, one run each, in a
//! folder of its own; `job.rs` trains one of them, in whichever process and on whichever machine; `pool.rs` trains all of them here,
//! `clusters/` has clusters do it; `costs.rs` says beforehand what that takes; `state.rs` reads from the folder alone how far they are,
//! and `report/` puts all of it on one page.

// A sweep lives in files, and says how long it takes.
#![allow(clippy::disallowed_methods)]

mod check;
pub mod clusters;
pub mod costs;
pub mod draws;
pub mod file;
pub mod job;
pub mod lease;
pub mod outcome;
pub mod place;
pub mod plan;
pub mod pool;
pub mod published;
pub mod report;
pub mod results;
mod spec_labels;
pub mod state;
pub mod sweep;
pub mod table;
mod unswept;
pub mod values;
pub mod written;

pub use check::Remarks;
pub use plan::{Job, Plan};
pub use state::State;
pub use sweep::{Alternatives, Axis, Grid, Sweep};
