//! `lcnnc check`: everything that is wrong with specs, in one run.

use super::spec::SpecArgs;
use lcnnc::back::timing;
use lcnnc::diag::{Level, Report};
use lcnnc::train::{Progress, TrainError};
use std::path::PathBuf;
use std::process::ExitCode;

/// Report every problem of specs; nothing is run.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The specs, `.lcnn` may be left out
    #[arg(required = true, value_name = "FILE")]
    specs: Vec<PathBuf>,
    /// Print at which step of each loop the image first reaches each equation
    #[arg(long)]
    timing: bool,
    #[command(flatten)]
    options: SpecArgs,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let progress = Progress::new();
        let (mut broken, mut unread) = (false, false);
        for spec in &self.specs {
            match self.options.compile(spec) {
                Ok(compiled) => {
                    progress.report(&compiled.report);
                    progress.line(&format!("{}: {}", compiled.report.name, verdict(&compiled.report)));
                    if let (true, Some(net)) = (self.timing, &compiled.net) {
                        progress.line(timing::emit(net).trim_end());
                    }
                    broken |= compiled.report.has_errors();
                }
                // The other files are still worth a look.
                Err(error) => {
                    super::complain(&error);
                    unread = true;
                }
            }
        }
        Ok(ExitCode::from(if unread { 2 } else { u8::from(broken) }))
    }
}

/// `2 errors, 1 warning`
fn verdict(report: &Report) -> String {
    let count = |level: Level| match report.count(level) {
        0 => None,
        1 => Some(format!("1 {level}")),
        n => Some(format!("{n} {level}s")),
    };
    let counts: Vec<String> = [Level::Error, Level::Warning, Level::Note].into_iter().filter_map(count).collect();
    if counts.is_empty() { "no problems".to_owned() } else { counts.join(", ") }
}
