//! `lcnnc sweep status`: how far the jobs of a sweep are.

use lcnnc::sweeps::pool::tally;
use lcnnc::sweeps::state::Problems;
use lcnnc::sweeps::{Plan, State};
use lcnnc::train::{Console, TrainError};
use std::path::PathBuf;
use std::process::ExitCode;

/// Say how far the jobs of a sweep are, from its folder alone: on any machine that sees it.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// The folder of the sweep
    sweep: PathBuf,
    /// List every job with its state, and not those alone that failed
    #[arg(long)]
    all: bool,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let plan = Plan::read(&self.sweep)?;
        let states = plan.states();
        let mut problems = Problems::default();
        for (job, state) in plan.jobs.iter().zip(&states) {
            let is_listed = self.all || matches!(state, State::Failed(_) | State::Damaged(_));
            if is_listed {
                let problem = state.problem().map(|problem| problems.said(job, problem));
                let problem = problem.map_or(String::new(), |problem| format!(", {problem}"));
                console.line(&format!("job {} {}: {}{problem}", job.index, state.word(), job.title()));
            }
        }
        console.line(&tally(&states));
        let has_failed = states.iter().any(|state| matches!(state, State::Failed(_) | State::Damaged(_)));
        Ok(if has_failed { ExitCode::from(super::FAILED) } else { ExitCode::SUCCESS })
    }
}
