//! `lcnnc explain`: the page of a diagnostic.

use lcnnc::train::yaml;
use lcnnc::train::{Console, TrainError};
use lcnnc_lang::diag::{catalogue, did_you_mean};
use lcnnc_lang::explain;
use std::process::ExitCode;

/// Explain a problem by its code: why it is one, a spec that has it, and the same spec mended.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// A code such as L0203, or what `allow` calls it; without one, all codes are listed
    code: Option<String>,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let Some(name) = self.code else {
            console.line(explain::index().trim_end());
            return Ok(ExitCode::SUCCESS);
        };
        if let Some(code) = explain::find(&name) {
            console.text(&format!("{}\n", explain::page(code, yaml::report).trim_end()));
            return Ok(ExitCode::SUCCESS);
        }
        let known = catalogue().flat_map(|code| [Some(code.id), code.name]).flatten();
        let help = did_you_mean(&name, known).map_or_else(
            || "`lcnnc explain` without a code lists all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        console.warn(&format!("error: there is no code `{name}`; {help}"));
        Ok(ExitCode::from(2))
    }
}
