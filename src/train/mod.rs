//! Training runs: from a spec and wishes to a folder with weights and numbers, and from that folder back to a model.
//!
//! [`run`] makes a run, [`Trained`] takes one up again. A [`Layer`] is what one place says of a run, a [`Recipe`] the
//! spec with all layers applied, a [`fit::Job`] the training itself.

// A run reads specs, writes folders and measures time.
#![allow(clippy::disallowed_methods)]

pub mod board;
mod error;
pub mod files;
pub mod fit;
pub mod output;
mod progress;
mod quoted;
mod reading;
mod recipe;
mod runs;
pub mod tensorboard;
mod text;
mod weights;

pub use error::TrainError;
pub use fit::evaluate::{self, Score};
pub use fit::metrics::Epoch;
pub use fit::roles::swapped;
pub use fit::stop::Stop;
pub use fit::{optimizer, schedule};
pub use progress::{Progress, duration};
pub use recipe::layer::{Layer, Setting, Target};
pub use recipe::{Recipe, yaml};
pub use runs::begin::Occasion;
pub use runs::inspect::Inspection;
pub use runs::lengthen::lengthen;
pub use runs::manifest::{Machine, Manifest, Parent, Summary, Sums};
pub use runs::rerun::{Repeated, rerun};
pub use runs::seeds::{Seed, Study, seeds};
pub use runs::threads::MOST as MOST_THREADS;
pub use runs::trained::{Answer, Trained, Which};
pub use runs::{DATASET, Done, config, resume, run};
pub use text::{LooksLike, NotUtf8};
