//! `lcnnc graph`: a spec as a drawing.

use super::spec::SpecArgs;
use super::values::{output, run_or_spec};
use clap::ValueEnum;
use lcnnc::net_figure::{self, MOST_BOXES};
use lcnnc::train::{Console, Inspection, Recipe, RunFolder, TrainError, user_files};
use lcnnc_lang::back::dot::{self, Loops};
use lcnnc_lang::ir::Net;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Draw the net of a spec or of a run: in the DOT language for Graphviz, or as a figure for a paper.
///
/// `--format svg` needs no other program: areas are frames, a loop is an arrow that comes back, and excitatory and
/// inhibitory arms have colours of their own.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// A spec, of which the ending `.lcnn` may be left out, or a run's folder
    #[arg(value_name = "SPEC|RUN", value_parser = run_or_spec())]
    source: PathBuf,
    /// As what to draw it
    #[arg(long, value_enum, default_value_t = Format::Dot)]
    format: Format,
    /// Draw every step of a loop on its own
    #[arg(long)]
    unrolled: bool,
    /// Write into this file; no other one than an earlier drawing is written over [default: standard output]
    #[arg(long, value_name = "FILE", value_parser = output())]
    out: Option<PathBuf>,
    #[command(flatten)]
    options: SpecArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// The DOT language: `lcnnc graph spec | dot -Tsvg -o spec.svg`
    Dot,
    /// A figure, as SVG
    Svg,
}

impl Format {
    /// Whether a file is a drawing of this command's, which a new one may replace.
    fn is_of(self, file: &[u8]) -> bool {
        match self {
            Self::Dot => file.starts_with(b"digraph \""),
            Self::Svg => {
                let text = String::from_utf8_lossy(file);
                text.starts_with("<svg ") && text.lines().take(3).any(|line| line.starts_with("<desc>The net "))
            }
        }
    }
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let net = self.net()?;
        let loops = if self.unrolled { Loops::Unrolled } else { Loops::Folded };
        let text = match self.format {
            Format::Dot => dot::emit(&net, loops),
            Format::Svg => net_figure::of(&net, loops).ok_or_else(|| self.too_large())?.svg(),
        };
        let console = Console::new();
        match &self.out {
            Some(out) => {
                user_files::spare_others(out, |there| self.format.is_of(there))?;
                user_files::write(out, text.as_bytes())?;
                console.line(&format!("{}, see {}", net.name, out.display()));
            }
            None => console.text(&format!("{}\n", text.trim_end())),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn net(&self) -> Result<Arc<Net>, TrainError> {
        if self.source.is_dir() {
            if self.options.is_given() {
                let reason = "a run has its consts and classes: leave out `--set` and `--classes`, or draw its spec";
                return Err(TrainError::Refused { path: self.source.clone(), reason: reason.to_owned() });
            }
            let run = RunFolder::open(&self.source, &mut Inspection::without_force(Console::new()))?;
            return Ok(Recipe::new(run.source, &run.overrides, run.manifest.data.classes.len())?.net);
        }
        let compiled = self.options.compile_clean(&self.source)?;
        match compiled.net {
            Some(net) => Ok(Arc::new(net)),
            None => Err(TrainError::Reports(vec![compiled.report])),
        }
    }

    fn too_large(&self) -> TrainError {
        let way = if self.unrolled { "leave out `--unrolled`, or give `--format dot`" } else { "give `--format dot`" };
        let reason = format!("a figure of its net would have more than {MOST_BOXES} boxes: {way}");
        TrainError::Refused { path: self.source.clone(), reason }
    }
}
