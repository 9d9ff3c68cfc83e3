//! `lcnnc analyse`: what a run's net and weights say, as a table.

use super::values::{count, output};
use lcnnc::analyses::{self, ANALYSES, Bench};
use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{Console, Inspection, MOST_THREADS, Overrides, RunFolder, TrainError, Which, user_files};
use lcnnc_lang::diag::{counted, did_you_mean};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Analyse a run, from the files of its folder alone, and write a table of comma-separated values.
#[derive(Debug, clap::Args)]
#[command(visible_alias = "analyze", after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// The analysis, such as `weights`; without one, all analyses are listed
    analysis: Option<String>,
    /// best (of the best validation accuracy), last, initial (before the first step) or epoch:N (kept by --keep)
    #[arg(long, value_name = "WHICH", default_value_t, requires = "analysis")]
    weights: Which,
    /// Where to write the table; a file that is there is replaced, and `-` is standard output [default: -]
    #[arg(long, value_name = "FILE.csv", value_parser = output(), requires = "analysis")]
    out: Option<PathBuf>,
    /// auto, cpu, cuda[:n] or wgpu [default: as for the run]
    #[arg(long, requires = "analysis")]
    device: Option<DeviceChoice>,
    /// CPU threads [default: as for the run]
    #[arg(long, value_name = "N", value_parser = count(MOST_THREADS), allow_hyphen_values = true, requires = "analysis")]
    threads: Option<usize>,
    /// Go on although files of the folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

impl Args {
    pub fn analyse(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let Some(text) = self.analysis else {
            RunFolder::open(&self.run, &mut Inspection::new(self.force, console))?;
            console.text(&index());
            return Ok(ExitCode::SUCCESS);
        };
        let name = analyses::name(&text);
        let Some(analysis) = analyses::find(name) else {
            let near = did_you_mean(name, ANALYSES.iter().map(|analysis| analysis.name));
            let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            console.warn(&format!("error: there is no analysis `{name}`{help}"));
            console.warn(&format!("there are:\n{}", index().trim_end()));
            return Ok(ExitCode::from(2));
        };
        let call = analyses::call(&text)?;
        let over = Overrides { device: self.device, threads: self.threads, ..Overrides::default() };
        let mut inspection = Inspection::new(self.force, console);
        let bench = Bench::open(&self.run, over, self.weights, &mut inspection)?;
        let table = analysis.table(&bench, &call)?;
        let Some(out) = self.out.filter(|out| out != Path::new("-")) else {
            // What was passed over is said on standard error: the table may be read by another program.
            console.raw(&table.csv());
            return Ok(ExitCode::SUCCESS);
        };
        user_files::write(&out, table.csv().as_bytes())?;
        console.line(&format!("{name}: {}, see {}", counted(table.rows.len(), "row"), out.display()));
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::SUCCESS)
    }
}

/// A line for each analysis.
fn index() -> String {
    let width = ANALYSES.iter().map(|analysis| analysis.name.len()).max().unwrap_or_default();
    ANALYSES.iter().map(|analysis| format!("{:width$}  {}\n", analysis.name, analysis.about)).collect()
}
