//! What becomes of a file in a run's folder that is not what the run left.

use crate::train::{Console, TrainError};

/// What a command makes of the wish to go on whatever is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Force {
    /// It has no `--force`, so that no advice may name it.
    Unknown,
    /// It would take the flag, and was not given it.
    Offered,
    Asked,
}

/// What happens where a file is not what the run left: an error, unless the user wants to go on whatever is found.
#[derive(Debug)]
pub struct Inspection {
    force: Force,
    console: Console,
    /// Whether nothing is said.
    quiet: bool,
    /// What was found and passed over, in sentences.
    pub notes: Vec<String>,
}

impl Inspection {
    pub fn new(force: bool, console: Console) -> Self {
        Self::of(if force { Force::Asked } else { Force::Offered }, console)
    }

    /// One for a command without `--force`, or whose `--force` is about something else.
    pub fn without_force(console: Console) -> Self {
        Self::of(Force::Unknown, console)
    }

    fn of(force: Force, console: Console) -> Self {
        Self { force, console, quiet: false, notes: Vec::new() }
    }

    /// One that ends with the first problem and says nothing, for whoever looks at many runs.
    pub fn quiet() -> Self {
        Self { quiet: true, ..Self::new(false, Console::new()) }
    }

    /// Ends with a problem, or with `--force` says it and goes on.
    ///
    /// # Errors
    /// The problem itself.
    pub fn found(&mut self, problem: TrainError) -> Result<(), TrainError> {
        match self.force {
            Force::Unknown => return Err(problem.without_force()),
            Force::Offered => return Err(problem),
            Force::Asked if matches!(problem, TrainError::OtherData { can_be_forced: false, .. }) => {
                return Err(problem);
            }
            Force::Asked => {}
        }
        let finding = problem.finding();
        self.console.warn(&format!("warning: {finding}; it goes on with what is there, as asked with --force"));
        self.notes.push(finding);
        Ok(())
    }

    /// Ends with a problem of a file of weights that a command can do without, or with `--force` says it and goes on without them.
    ///
    /// # Errors
    /// The problem, with what `--force` would do.
    pub fn without_weights(&mut self, problem: TrainError) -> Result<(), TrainError> {
        if self.force != Force::Asked {
            let way = if matches!(problem, TrainError::Altered { .. }) || self.force == Force::Unknown {
                String::new()
            } else {
                "; `--force` goes on without these weights".to_owned()
            };
            return Err(TrainError::Earlier(format!("{problem}{way}")));
        }
        let finding = problem.finding();
        self.console.warn(&format!("warning: {finding}; it goes on without these weights, as asked with --force"));
        self.notes.push(finding);
        Ok(())
    }

    /// Whether the command has a `--force` to be named in advice.
    pub fn knows_force(&self) -> bool {
        self.force != Force::Unknown
    }

    pub fn console(&self) -> Console {
        self.console
    }

    /// Says what is no reason to stop.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.console.warn(text);
        }
    }
}
