//! `lcnnc analyse`: what a run's net and weights say, as tables.

use super::analysed::{IMAGES, all, calls, index, watches, written};
use super::analysis_bar::AnalysisBar;
use super::shown::ShownArgs;
use super::values::{folder, output};
use lcnnc::analyses::{Analysis, Bench, Findings, Table};
use lcnnc::train::{Console, Inspection, TrainError, user_files};
use lcnnc_lang::diag::counted;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Analyse a run, from the files of its folder alone, and write tables of comma-separated values.
///
/// One analysis goes to standard output, or to the file that --out names; several of them, and all that apply to the net where none
/// is named, to files in the folder `analyses` of the run.
#[derive(Debug, clap::Args)]
#[command(visible_alias = "analyze", after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    #[arg(required_unless_present = "list")]
    run: Option<PathBuf>,
    /// The analyses, such as `weights` or 'sparsity(of: O)' [default: all that apply]
    #[arg(value_name = "ANALYSIS")]
    analyses: Vec<String>,
    /// List all analyses
    #[arg(long, conflicts_with_all = ["analyses", "out", "into"])]
    list: bool,
    /// Where to write the table of one analysis; a file that is there is replaced, and `-` is standard output [default: -]
    #[arg(long, value_name = "FILE.csv", value_parser = output(), requires = "analyses")]
    out: Option<PathBuf>,
    /// The folder to write a table of each analysis to [default: `analyses` in the run's folder]
    #[arg(long, value_name = "DIR", value_parser = folder(), conflicts_with = "out")]
    into: Option<PathBuf>,
    #[command(flatten)]
    shown: ShownArgs,
    /// Go on although files of the folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

impl Args {
    pub fn analyse(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let Some(run) = self.run.filter(|_| !self.list) else {
            console.text(&index());
            return Ok(ExitCode::SUCCESS);
        };
        let Some(mut calls) = calls(&self.analyses, console)? else { return Ok(ExitCode::from(2)) };
        if let (Some(out), 2..) = (&self.out, calls.len()) {
            let reason =
                "it takes the table of one analysis; name a folder for several of them with `--into`".to_owned();
            return Err(TrainError::Refused { path: out.clone(), reason });
        }
        let mut inspection = Inspection::new(self.force, console);
        let mut bench = Bench::open(&run, self.shown.over(), self.shown.net.weights, &mut inspection)?
            .limited(self.shown.limit.unwrap_or(IMAGES));
        let (bar, mut code) = (AnalysisBar::new(console), 0);
        bench = bench.told(bar.counter());
        let is_all = calls.is_empty();
        if is_all {
            calls = all()?;
        }
        if watches(&calls, &bench) {
            bench.show(&self.shown.images, &mut inspection)?;
        }
        if let ([(analysis, call)], None, false) = (calls.as_slice(), &self.into, is_all) {
            bar.begin(1);
            bar.next(analysis.name);
            let found = analysis.table(&bench, call)?;
            bar.end();
            bench.gap().iter().for_each(|gap| bar.warn(gap));
            let is_raw = one(analysis, found, self.out.as_deref(), console)?;
            if is_raw {
                // What was passed over is said on standard error: the table may be read by another program.
                return Ok(ExitCode::SUCCESS);
            }
        } else {
            let into = self.into.clone().unwrap_or_else(|| run.join("analyses"));
            code = written(&calls, &bench, (&run, &into), is_all, &bar)?.code;
        }
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::from(code))
    }
}

/// Writes the table of one analysis to a file, or to standard output and nothing else there; says whether it was that.
fn one(
    analysis: &Analysis,
    (table, Findings { notes, .. }): (Table, Findings),
    out: Option<&Path>,
    console: Console,
) -> Result<bool, TrainError> {
    let Some(out) = out.filter(|out| *out != Path::new("-")) else {
        console.raw(&table.csv());
        notes.iter().for_each(|note| console.warn(note));
        return Ok(true);
    };
    user_files::write(out, table.csv().as_bytes())?;
    notes.iter().for_each(|note| console.line(note));
    console.line(&format!("{}: {}, see {}", analysis.name, counted(table.rows.len(), "row"), out.display()));
    Ok(false)
}
