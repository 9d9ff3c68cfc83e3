//! Training runs: from a spec and wishes to a folder with weights and numbers, and from that folder back to a model.
//!
//! [`run`] makes a run, [`Trained`] takes one up again. A [`Layer`] is what one place says of a run, a [`Recipe`] the
//! spec with all layers applied, a [`fit::Job`] the training itself.

// A run reads specs, writes folders and measures time.
#![allow(clippy::disallowed_methods)]

mod begin;
pub mod board;
mod checkpoint;
mod error;
pub mod evaluate;
pub mod files;
pub mod fit;
mod layer;
mod manifest;
mod memory;
mod metrics;
pub mod optimizer;
mod pass;
mod place;
mod progress;
mod recipe;
mod rerun;
mod roles;
mod run;
mod run_dir;
mod saver;
pub mod schedule;
mod seeds;
mod stop;
pub mod tensorboard;
mod threads;
mod trained;
mod weights;
pub mod yaml;

pub use error::TrainError;
pub use evaluate::Score;
pub use layer::{Layer, Setting, Target};
pub use manifest::{Machine, Manifest, Summary, Sums};
pub use metrics::Epoch;
pub use progress::{Progress, duration};
pub use recipe::Recipe;
pub use rerun::{Repeated, rerun};
pub use roles::swapped;
pub use run::{DATASET, Done, resume, run};
pub use seeds::{Seed, Study, seeds};
pub use stop::Stop;
pub use trained::{Answer, Trained, Which};
