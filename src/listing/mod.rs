//! What lies in a folder of runs: every run as a row of a table, two runs compared, and runs or their checkpoints removed.
//!
//! `find.rs` looks for run folders, `row.rs` says what is known of one, `columns.rs` which columns a table of rows has and
//! `condition.rs` which rows it has; `written.rs` writes it. `compare.rs` and `curves.rs` hold two runs against each other, and
//! `remove.rs` takes away what nobody needs any more.

// Runs live in files.
#![allow(clippy::disallowed_methods)]

pub mod columns;
pub mod compare;
pub mod condition;
pub mod curves;
pub mod find;
pub mod remove;
pub mod row;
pub mod written;

pub use columns::Columns;
pub use condition::Condition;
pub use row::{Row, State, Value};
