//! `lcnnc report`: several runs side by side.

use super::analysed::{Analysed, Call, IMAGES, all, calls, measures, watches, write_figure, write_table, written};
use super::analysis_bar::AnalysisBar;
use super::shown::ShownArgs;
use super::values::folder;
use lcnnc::analyses::side_by_side::{Beside, side_by_side};
use lcnnc::analyses::{self, Bench, across, measure};
use lcnnc::sweeps::plan::PLAN;
use lcnnc::sweeps::{Plan, State};
use lcnnc::train::facts::Fact;
use lcnnc::train::{Console, Inspection, RunFolder, Study, TrainError, user_files};
use lcnnc_lang::diag::counted;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Analyse several runs and put them side by side, with means over the runs that differ in their seed alone.
///
/// Each run's tables, figures and report go to a folder of its own in the folder of the report. `report.html` there shows what the
/// runs differ in, what they come to by group, and their figures beside one another; it needs no other file and no script.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// Folders of runs; files `seeds-….json`, which stand for all runs of a study; folders of sweeps, for their finished runs
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// The analyses, such as `weights` or 'sparsity(of: O)' [default: all that apply]
    #[arg(long, value_name = "ANALYSIS", num_args = 1.., value_parser = analysis)]
    only: Vec<String>,
    /// The folder to write to; files of the same names are replaced
    #[arg(long, value_name = "DIR", value_parser = folder(), default_value = "report")]
    into: PathBuf,
    #[command(flatten)]
    shown: ShownArgs,
    /// Go on although files of a folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

impl Args {
    pub fn report(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let Some(mut asked) = calls(&self.only, console)? else { return Ok(ExitCode::from(2)) };
        let is_all = asked.is_empty();
        if is_all {
            asked = all()?;
        }
        let mut inspection = Inspection::new(self.force, console);
        let folders = folders(&self.runs, console)?;
        let open = |folder: PathBuf| RunFolder::open(&folder, &mut inspection).map(|run| (folder, run));
        let runs = folders.into_iter().map(open).collect::<Result<Vec<(PathBuf, RunFolder)>, _>>()?;
        let runs = without_copies(runs, console);
        let facts: Vec<Vec<Fact>> = runs.iter().map(|(_, run)| run.made_with().facts()).collect();
        let folders: Vec<PathBuf> = runs.into_iter().map(|(folder, _)| folder).collect();
        let groups = across::groups(&facts);
        let (mut beside, mut failed, mut code) = (Vec::new(), None::<TrainError>, 0);
        for (n, (folder, group)) in folders.iter().zip(groups).enumerate() {
            console.line(&format!("run {} of {}: {}", n + 1, folders.len(), folder.display()));
            let name = format!("{:02}_{}", n + 1, folder.file_name().unwrap_or_default().to_string_lossy());
            match self.one((folder, name, group), &asked, is_all, &mut inspection) {
                Ok((run, left_out)) => {
                    code = code.max(left_out);
                    beside.push(run);
                }
                // What one run has no answer to is no reason to leave the others out.
                Err(error) if folders.len() > 1 => {
                    console.warn(&format!("error: {}: left out, since {error}", folder.display()));
                    failed = failed.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = failed.take_if(|_| beside.is_empty()) {
            return Err(error);
        }
        let all: Vec<_> = beside.iter().flat_map(|run| measures(&run.sections, &run.folder, &run.group)).collect();
        let means = measure::means(&all);
        write_table(&self.into.join("summary.csv"), &measure::summary(&all))?;
        write_table(&self.into.join("means.csv"), &measure::table(&means))?;
        let figures = across::figures(&means);
        figures.iter().try_for_each(|(analysis, figure)| write_figure(&self.into, analysis, figure))?;
        let page = self.into.join("report.html");
        user_files::write(&page, side_by_side(&beside, &means, &figures).as_bytes())?;
        console.line(&format!("{} side by side: {}", counted(beside.len(), "run"), page.display()));
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::from(failed.map_or(code, |error| error.exit_code())))
    }

    /// Analyses one run into a folder of its own; with the exit code for what was left out.
    fn one(
        &self,
        (folder, name, group): (&Path, String, String),
        asked: &[Call],
        is_all: bool,
        inspection: &mut Inspection,
    ) -> Result<(Beside, u8), TrainError> {
        let mut over = self.shown.over();
        // Whichever number the first run has: a process has one.
        over.threads = over.threads.or_else(|| Some(rayon::current_num_threads()));
        let mut bench =
            Bench::open(folder, over, self.shown.net.weights, inspection)?.limited(self.shown.limit.unwrap_or(IMAGES));
        let bar = AnalysisBar::new(inspection.console());
        bench = bench.told(bar.counter());
        if watches(asked, &bench) {
            bench.show(&self.shown.images, inspection)?;
        }
        let into = self.into.join(&name);
        let Analysed { sections, left_out, code } = written(asked, &bench, (folder, &into), is_all, &bar)?;
        let summary = RunFolder::open(folder, inspection)?.summary;
        let beside = Beside {
            folder: folder.display().to_string(),
            name,
            group,
            seed: bench.trained().manifest().seed,
            accuracy: summary.map(|summary| summary.test.accuracy),
            sections,
            left_out,
        };
        Ok((beside, code))
    }
}

/// The folders of runs; a file of a study stands for those of its runs, and the folder of a sweep for those that are finished.
fn folders(given: &[PathBuf], console: Console) -> Result<Vec<PathBuf>, TrainError> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in given {
        let of = match path {
            path if path.is_file() => Study::folders(path)?,
            path if path.join(PLAN).is_file() => {
                Plan::read(path)?.states().into_iter().filter_map(State::finished).map(|run| run.folder).collect()
            }
            path => vec![path.clone()],
        };
        for folder in of {
            let same = |other: &PathBuf| match (other.canonicalize(), folder.canonicalize()) {
                (Ok(other), Ok(folder)) => other == folder,
                _ => *other == folder,
            };
            if folders.iter().any(same) {
                console.warn(&format!("note: {} is given twice, and taken once", folder.display()));
            } else {
                folders.push(folder);
            }
        }
    }
    Ok(folders)
}

/// The runs without those that are copies of others: one run is no two seeds.
fn without_copies(runs: Vec<(PathBuf, RunFolder)>, console: Console) -> Vec<(PathBuf, RunFolder)> {
    let mut kept: Vec<(PathBuf, RunFolder)> = Vec::new();
    for (folder, run) in runs {
        let of = |run: &RunFolder| (run.manifest.fingerprint.clone(), run.manifest.seed, run.manifest.started);
        match kept.iter().find(|(_, other)| of(other) == of(&run)) {
            Some((other, _)) => {
                let (copy, other) = (folder.display(), other.display());
                console.warn(&format!("note: {copy} is the run of {other} once more, and taken once"));
            }
            None => kept.push((folder, run)),
        }
    }
    kept
}

/// The call of an analysis that there is.
fn analysis(text: &str) -> Result<String, String> {
    analyses::called(text).map(|_| text.to_owned())
}
