//! `lcnnc fmt`: specs in the one layout that specs have.

use super::spec_path;
use lcnnc::train::{Progress, TrainError, files};
use lcnnc_lang::diag::Report;
use lcnnc_lang::syntax::format::{Refusal, format};
use similar::TextDiff;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lay specs out in the one way that specs are laid out.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The specs, `.lcnn` may be left out; `-` reads standard input and writes standard output
    #[arg(required = true, value_name = "FILE")]
    specs: Vec<PathBuf>,
    /// Write nothing and name the specs that would change; there being any is exit code 1
    #[arg(long)]
    check: bool,
    /// Write nothing and print what would change; there being anything is exit code 1
    #[arg(long, conflicts_with = "check")]
    diff: bool,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        Ok(super::each(&self.specs, |spec| self.one(spec)))
    }

    /// Whether one spec can be read and, where nothing is written, stays as it is.
    fn one(&self, path: &Path) -> Result<bool, TrainError> {
        let progress = Progress::new();
        let is_stream = path == Path::new("-");
        let path = if is_stream { PathBuf::from("<stdin>") } else { spec_path(path) };
        let source = if is_stream { files::stdin(&path)? } else { files::source(&path)? };
        let formatted = match format(&source.text) {
            Ok(formatted) => formatted,
            Err(Refusal::Problems(problems)) => {
                progress.report(&Report::new(source.name, source.text, problems));
                return Ok(false);
            }
            Err(Refusal::Unfaithful) => {
                progress
                    .warn(&format!("error: {}: left as it is: no layout was found that says the same", source.name));
                return Ok(false);
            }
        };
        let is_same = formatted == source.text;
        if self.check {
            if !is_same {
                progress.line(&format!("{}: not formatted", source.name));
            }
        } else if self.diff {
            let diff = TextDiff::from_lines(&source.text, &formatted);
            progress.raw(&diff.unified_diff().header(&source.name, &source.name).to_string());
        } else if is_stream {
            progress.raw(&formatted);
        } else if !is_same {
            files::rewrite(&path, formatted.as_bytes())?;
            progress.line(&format!("{}: formatted", source.name));
        }
        Ok(is_same || !(self.check || self.diff))
    }
}
