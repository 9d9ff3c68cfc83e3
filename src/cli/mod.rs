//! The command line: argv to one call of the library to an exit code. One file a verb.

// The command line is where files are read and written.
#![allow(clippy::disallowed_methods)]

mod activations;
mod analyse;
mod analysed;
mod analysis_bar;
mod check;
mod completions;
mod data;
mod eval;
mod evaluated;
mod explain;
mod export;
mod fmt;
mod graph;
mod lower;
mod man;
mod predict;
mod recipe;
mod report;
mod rerun;
mod resume;
mod run;
mod runs;
mod share;
mod show;
mod shown;
mod simulate;
mod spec;
mod stray_flag;
mod sweep;
mod taken_up;
mod transfer;
mod values;
mod weights_from;

use clap::{CommandFactory, Parser, Subcommand};
use lcnnc::train::output::{self, Lost};
use lcnnc::train::{Console, TrainError};
use lcnnc_lang::diag::render::visible;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  problems in the spec or its settings
  2  usage, files or data
  3  training diverged, or a net's scores are no longer numbers
  4  the device cannot be had, or fails
  5  a signal ended the run: it is saved, and `lcnnc resume` goes on with it
  6  the run's folder can no longer be written: the disk is full, say
  7  the data set can no longer be had in the middle of a run
  8  not enough memory
  9  a repeated run has other weights
  10 jobs of a sweep failed: `lcnnc sweep status` names them";

/// A compiler and trainer for convolutional networks with lateral loops and with excitatory and inhibitory branches.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Args),
    Explain(explain::Args),
    Fmt(fmt::Args),
    Show(show::Args),
    Lower(lower::Args),
    Graph(graph::Args),
    Run(Box<run::Args>),
    Resume(resume::Args),
    Rerun(rerun::Args),
    Eval(Box<eval::Args>),
    Predict(predict::Args),
    Share(share::Args),
    Activations(activations::Args),
    Export(export::Args),
    Analyse(analyse::Args),
    Report(report::Args),
    Runs(runs::Args),
    Sweep(sweep::Args),
    Simulate(simulate::Args),
    Data(data::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    hear_of_full_files();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => return ended(Ok(help_or_complaint(&stray_flag::explained(said, &Cli::command())))),
    };
    match cli.verb {
        Verb::Check(args) => ended(args.run()),
        Verb::Explain(args) => ended(args.run()),
        Verb::Fmt(args) => ended(args.run()),
        Verb::Show(args) => ended(args.run()),
        Verb::Lower(args) => ended(args.run()),
        Verb::Graph(args) => ended(args.run()),
        Verb::Run(args) => ended(args.run()),
        Verb::Resume(args) => ended(args.resume()),
        Verb::Rerun(args) => ended(args.rerun()),
        Verb::Eval(args) => ended(args.eval()),
        Verb::Predict(args) => ended(args.predict()),
        Verb::Share(args) => ended(args.share()),
        Verb::Activations(args) => ended(args.run()),
        Verb::Export(args) => ended(args.run()),
        Verb::Analyse(args) => ended(args.analyse()),
        Verb::Report(args) => ended(args.report()),
        Verb::Runs(args) => ended(args.run()),
        Verb::Sweep(args) => ended(args.run()),
        Verb::Simulate(args) => ended(args.run()),
        Verb::Data(args) => ended(args.run()),
        Verb::Completions(args) => ended(args.run()),
        Verb::Man(args) => ended(args.run()),
    }
}

/// Blocks the signal that ends a process whose file grows beyond `ulimit -f`, so that the write fails and says so. Every
/// thread and process that begins later takes this over.
fn hear_of_full_files() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGXFSZ);
        // Where it cannot be blocked, it ends the process as it would have.
        let _ = signals.thread_block();
    }
}

/// Says why there is no result, if there is none; and that one was not heard, if it was not.
fn ended(result: Result<ExitCode, TrainError>) -> ExitCode {
    let code = result.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::from(error.exit_code())
    });
    match output::lost() {
        Some(Lost::Failed(reason)) => {
            Console::new().warn(&format!("error: standard output cannot be written: {reason}"));
            ExitCode::from(2)
        }
        // Whoever reads has read enough.
        Some(Lost::Closed) | None => code,
    }
}

/// Prints the help or the version that was asked for; or what is wrong with the command line.
fn help_or_complaint(said: &clap::Error) -> ExitCode {
    let text = said.render().to_string();
    if visible(&text) != text {
        // Colours are for a text that holds no commands to the terminal of its own.
        Console::new().warn(text.trim_end());
    } else if let (Err(error), false) = (said.print(), said.use_stderr()) {
        output::note(&error);
    }
    if said.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Does the same for each of some files, whether it is fine or not, and whether the others can be read or not.
fn each(files: &[PathBuf], mut is_fine: impl FnMut(&Path) -> Result<bool, TrainError>) -> ExitCode {
    let mut code = 0;
    for file in files {
        let one = match is_fine(file) {
            Ok(is_fine) => u8::from(!is_fine),
            // The other files are still worth a look.
            Err(error) => {
                complain(&error);
                2
            }
        };
        code = code.max(one);
    }
    ExitCode::from(code)
}

fn complain(error: &TrainError) {
    let console = Console::new();
    match error {
        TrainError::Reports(reports) | TrainError::Flags(reports) => {
            reports.iter().for_each(|report| console.report(report));
        }
        error => console.warn(&format!("error: {error}")),
    }
}
