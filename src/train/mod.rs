//! Training runs: from a spec and wishes to a folder with weights and numbers, and from that folder back to a model.
//!
//! [`run`] makes a run, [`Trained`] takes one up again. [`Overrides`] are what one place says of a run, a [`Recipe`] is the
//! spec with all of them applied, a [`fit::Job`] the training itself.

// A run reads specs, writes folders and measures time.
#![allow(clippy::disallowed_methods)]

mod console;
mod error;
mod exit_code;
pub mod files;
pub mod fit;
pub mod output;
pub mod phases;
mod quoted;
mod reading_meter;
pub(crate) mod recipe;
mod runs;
mod text;
pub mod user_files;
mod weights;

pub use console::{Console, duration};
pub use error::TrainError;
pub use fit::evaluate::{self, Judged, Score};
pub use fit::optimizer;
pub use fit::stop::{Stop, spawn_apart};
pub use phases::schedule;
pub use quoted::quoted;
pub use recipe::overrides::{Overrides, Setting, Target};
pub use recipe::{Recipe, yaml};
pub use runs::begin::Occasion;
pub use runs::cost::RunCost;
pub use runs::elsewhere::TakenFrom;
pub use runs::facts::{self, MadeWith};
pub use runs::glance::{Glance, has_weights, is_run};
pub use runs::inspect::RunFolder;
pub use runs::inspection::Inspection;
pub use runs::lengthen::lengthen;
pub use runs::manifest::{Machine, Manifest, Parent, Sharing, Summary, WeightsChecksums};
pub use runs::pace::{Clock, Pace, Span, pace};
pub use runs::rerun::{Repeated, rerun};
pub use runs::room::held as held_memory;
pub use runs::run_dir::{all as all_runs, is_written as written_by_run, lock as lock_run};
pub use runs::seeds::{SeedResult, Study, processes, seeds};
pub use runs::set_over::flags_over;
pub use runs::share::{How, Shared, share};
pub use runs::threads::{MOST_THREADS, fix as fix_threads};
pub use runs::trained::{Answer, Recorded, Shown, Trained};
pub use runs::which::Which;
pub use runs::{DATASET, Done, config, data_of, resume, run};
pub use text::{LooksLike, NotUtf8};
pub use weights::wish::{Renamed, WeightsFile, WeightsFrom};
