//! `lcnnc analyse`: what a run's net and weights say, as tables.

use super::shown::ShownArgs;
use super::values::{folder, output};
use lcnnc::activity::write_npy;
use lcnnc::analyses::report::{Section, report};
use lcnnc::analyses::{self, ANALYSES, Analysis, Bench, Findings};
use lcnnc::train::{Console, Inspection, RunFolder, TrainError, user_files};
use lcnnc_lang::diag::{counted, did_you_mean};
use lcnnc_lang::vocabulary::Bound;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Images that analyses show a net where nobody asks for another number.
const IMAGES: usize = 1000;

/// Analyse a run, from the files of its folder alone, and write tables of comma-separated values.
///
/// One analysis goes to standard output, or to the file that --out names; several of them, and all that apply to the net where none
/// is named, to files in the folder `analyses` of the run.
#[derive(Debug, clap::Args)]
#[command(visible_alias = "analyze", after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
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
        if self.list {
            RunFolder::open(&self.run, &mut Inspection::new(self.force, console))?;
            console.text(&index());
            return Ok(ExitCode::SUCCESS);
        }
        let mut calls: Vec<(&'static Analysis, Bound)> = Vec::new();
        for text in &self.analyses {
            let name = analyses::name(text);
            let Some(analysis) = analyses::find(name) else {
                let near = did_you_mean(name, ANALYSES.iter().map(|analysis| analysis.name));
                let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                console.warn(&format!("error: there is no analysis `{name}`{help}"));
                console.warn(&format!("there are:\n{}", index().trim_end()));
                return Ok(ExitCode::from(2));
            };
            if calls.iter().any(|(known, _)| known.name == name) {
                console.warn(&format!(
                    "error: `{name}` is asked for twice, and both would write one file; ask for one of them"
                ));
                return Ok(ExitCode::from(2));
            }
            calls.push((analysis, analyses::call(text)?));
        }
        if let (Some(out), 2..) = (&self.out, calls.len()) {
            let reason =
                "it takes the table of one analysis; name a folder for several of them with `--into`".to_owned();
            return Err(TrainError::Refused { path: out.clone(), reason });
        }
        let mut inspection = Inspection::new(self.force, console);
        let mut bench = Bench::open(&self.run, self.shown.over(), self.shown.weights, &mut inspection)?
            .limited(self.shown.limit.unwrap_or(IMAGES));
        let is_all = calls.is_empty();
        if is_all {
            let whole = |analysis: &'static Analysis| Ok((analysis, analyses::call(analysis.name)?));
            calls = ANALYSES.iter().map(whole).collect::<Result<_, TrainError>>()?;
        }
        if calls.iter().any(|(analysis, _)| analysis.watches && (analysis.applies)(bench.net()).is_ok()) {
            bench.show(&self.shown.images, &mut inspection)?;
        }
        if let ([(analysis, call)], None, false) = (calls.as_slice(), &self.into, is_all) {
            let is_raw = one(analysis, &bench, call, self.out.as_deref(), console)?;
            if is_raw {
                // What was passed over is said on standard error: the table may be read by another program.
                return Ok(ExitCode::SUCCESS);
            }
        } else {
            let into = self.into.clone().unwrap_or_else(|| self.run.join("analyses"));
            several(&calls, &bench, (&self.run, &into), is_all, console)?;
        }
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the table of one analysis to a file, or to standard output and nothing else there; says whether it was that.
fn one(
    analysis: &Analysis,
    bench: &Bench,
    call: &Bound,
    out: Option<&Path>,
    console: Console,
) -> Result<bool, TrainError> {
    let (table, Findings { notes, .. }) = analysis.table(bench, call)?;
    let Some(out) = out.filter(|out| *out != Path::new("-")) else {
        console.raw(&table.csv());
        return Ok(true);
    };
    user_files::write(out, table.csv().as_bytes())?;
    notes.iter().for_each(|note| console.line(note));
    console.line(&format!("{}: {}, see {}", analysis.name, counted(table.rows.len(), "row"), out.display()));
    Ok(false)
}

/// Writes the table and the figures of each analysis into a folder, and a report of all of them. One that does not apply to the net
/// is named and left out where all were asked for.
fn several(
    calls: &[(&'static Analysis, Bound)],
    bench: &Bench,
    (run, into): (&Path, &Path),
    is_all: bool,
    console: Console,
) -> Result<(), TrainError> {
    fs::create_dir_all(into).map_err(TrainError::file(into, "made"))?;
    let (mut sections, mut left_out) = (Vec::new(), Vec::new());
    for (analysis, call) in calls {
        let (table, findings) = match analysis.table(bench, call) {
            // Of the net, or of the images that it is shown.
            Err(TrainError::Analysis { reason, .. }) if is_all => {
                console.line(&format!("{}: left out, since {reason}", analysis.name));
                left_out.push((analysis.name, reason));
                continue;
            }
            made => made?,
        };
        let name = format!("{}.csv", analysis.name);
        let out = into.join(&name);
        user_files::write(&out, table.csv().as_bytes())?;
        for figure in &findings.figures {
            let stem = if figure.name.is_empty() { String::new() } else { format!("_{}", figure.name) };
            let file = |ending: &str| into.join(format!("{}{stem}.{ending}", analysis.name));
            user_files::write(&file("svg"), figure.drawing.svg().as_bytes())?;
            user_files::write(&file("png"), &figure.drawing.png())?;
        }
        for (name, table) in &findings.tables {
            user_files::write(&into.join(format!("{}_{name}.csv", analysis.name)), table.csv().as_bytes())?;
        }
        for array in &findings.arrays {
            write_npy(&into.join(format!("{}_{}.npy", analysis.name, array.name)), &array.shape, &array.values)?;
        }
        findings.notes.iter().for_each(|note| console.line(note));
        let (rows, drawn) = (counted(table.rows.len(), "row"), counted(findings.figures.len(), "figure"));
        console.line(&format!("{}: {rows} and {drawn}, see {}", analysis.name, out.display()));
        sections.push(Section { analysis, table: name, findings });
    }
    let page = into.join("report.html");
    user_files::write(&page, report(bench, &run.display().to_string(), &sections, &left_out).as_bytes())?;
    console.line(&format!("all of it on one page: {}", page.display()));
    Ok(())
}

/// A line for each analysis.
fn index() -> String {
    let width = ANALYSES.iter().map(|analysis| analysis.name.len()).max().unwrap_or_default();
    ANALYSES.iter().map(|analysis| format!("{:width$}  {}\n", analysis.name, analysis.about)).collect()
}
