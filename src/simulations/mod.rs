//! Experiments of papers that need no data: each simulation computes a table and figures from a seed alone.
//!
//! A simulation is a file here that declares its name, its arguments, the columns of its table and one function, and a line
//! in [`SIMULATIONS`]; `lcnnc simulate`, the reference and the tests walk that list.

mod sharing;

use crate::analyses::{Column, Table, table::Cell};
use crate::figures::Drawing;
use crate::train::TrainError;
use lcnnc_lang::diag::Report;
use lcnnc_lang::front::settings::read;
use lcnnc_lang::vocabulary::{Arg, Bound};

/// One simulation.
#[derive(Debug)]
pub struct Simulation {
    /// The word that asks for it on the command line, and that its files are named by.
    pub name: &'static str,
    /// One line: what is simulated, with its paper.
    pub about: &'static str,
    /// The arguments that it takes, each of them a flag of the command line.
    pub args: &'static [Arg],
    /// The columns of its table, in order.
    pub columns: &'static [Column],
    /// Simulates, with complete arguments. There is no result if `Watcher::is_stopped` said that none is wanted.
    pub run: fn(&Bound, &dyn Watcher) -> Option<Outcome>,
}

/// What a simulation has come to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The rows of the table, each with one cell for every column of the simulation.
    pub rows: Vec<Vec<Cell>>,
    pub figures: Vec<Figure>,
    /// What is worth saying of it, a line each.
    pub notes: Vec<String>,
}

/// What is drawn of a result.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What its file is named by, behind the name of the simulation.
    pub name: String,
    pub drawing: Drawing,
}

/// Who is told how far a simulation is, from any of its threads.
pub trait Watcher: Sync {
    /// Is told once, at the beginning, how many steps there will be.
    fn begins(&self, steps: usize);
    /// Is told that so many more steps are done.
    fn advances(&self, steps: usize);
    /// Whether the result is no longer wanted.
    fn is_stopped(&self) -> bool;
}

/// Every simulation, in the order in which they are listed.
pub const SIMULATIONS: &[Simulation] = &[sharing::SHARING];

impl Simulation {
    /// Reads the values of arguments, each with its name, as flags have them.
    ///
    /// # Errors
    /// What is wrong with each of them.
    pub fn call<'t>(&'static self, texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Bound, TrainError> {
        let (mut call, mut wrong) = (Bound { callee: self.name, values: Vec::new() }, Vec::new());
        for (name, text) in texts {
            let Some(arg) = self.args.iter().find(|arg| arg.name == name) else { continue };
            let flag = flag(arg);
            match read(&format!("`{flag}`"), &arg.ty, text) {
                Ok(value) => call.values.push((arg.name, value)),
                Err(diagnostics) => wrong.push(Report::new(&flag, text, diagnostics)),
            }
        }
        if wrong.is_empty() { Ok(call.completed(self.args)) } else { Err(TrainError::Flags(wrong)) }
    }

    /// The table of what a simulation has come to.
    pub fn table(&self, outcome: &Outcome) -> Table {
        Table { columns: self.columns, rows: outcome.rows.clone() }
    }
}

/// The flag that an argument is on the command line.
pub fn flag(arg: &Arg) -> String {
    format!("--{}", arg.name)
}
