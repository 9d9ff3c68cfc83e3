//! Training runs: from a spec and wishes to a folder with weights and numbers, and from that folder back to a model.
//!
//! [`run`] makes a run, [`Trained`] takes one up again. A [`Layer`] is what one place says of a run, a [`Recipe`] the
//! spec with all layers applied, a [`fit::Job`] the training itself.

// A run reads specs, writes folders and measures time.
#![allow(clippy::disallowed_methods)]

pub mod board;
mod error;
pub mod evaluate;
pub mod files;
pub mod fit;
mod layer;
mod manifest;
mod metrics;
pub mod optimizer;
mod place;
mod progress;
mod recipe;
mod roles;
mod run;
mod run_dir;
pub mod schedule;
pub mod tensorboard;
mod threads;
mod trained;
mod weights;
pub mod yaml;

pub use error::TrainError;
pub use evaluate::Score;
pub use layer::{Layer, Setting, Target};
pub use manifest::{Manifest, Summary};
pub use metrics::Epoch;
pub use progress::{Progress, duration};
pub use recipe::Recipe;
pub use roles::swapped;
pub use run::{DATASET, Done, run};
pub use trained::{Answer, Trained, Which};
