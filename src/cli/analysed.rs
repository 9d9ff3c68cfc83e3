//! What `analyse` and `report` share: which analyses are asked for, and the files that a run's analyses are written to.

use super::analysis_bar::AnalysisBar;
use lcnnc::activity::write_npy;
use lcnnc::analyses::report::{Section, report};
use lcnnc::analyses::{self, ANALYSES, Analysis, Bench, Figure, Measure, Table, measure};
use lcnnc::train::{Console, TrainError, user_files};
use lcnnc_lang::diag::counted;
use lcnnc_lang::vocabulary::Bound;
use std::fs;
use std::path::Path;

/// Images that analyses show a net where nobody asks for another number.
pub const IMAGES: usize = 1000;

/// An analysis with the arguments that it is asked for with.
pub type Call = (&'static Analysis, Bound);

/// What a run's analyses say, as it was written to files.
pub struct Analysed {
    pub sections: Vec<Section>,
    /// Analyses that do not apply to the run's net, with the reasons.
    pub left_out: Vec<(&'static str, String)>,
    /// The exit code that it ends with: above 0 where analyses were left out since a file of theirs is not what the run left.
    pub code: u8,
}

/// The analyses that the command line names. There are none if a name is wrong, which is then said.
///
/// # Errors
/// What is wrong with the arguments of one.
pub fn calls(texts: &[String], console: Console) -> Result<Option<Vec<Call>>, TrainError> {
    let mut calls: Vec<Call> = Vec::new();
    for text in texts {
        let analysis = match analyses::called(text) {
            Ok(analysis) => analysis,
            Err(problem) => {
                console.warn(&format!("error: {problem}\nthere are:\n{}", index().trim_end()));
                return Ok(None);
            }
        };
        let name = analysis.name;
        if calls.iter().any(|(known, _)| known.name == name) {
            console.warn(&format!(
                "error: `{name}` is asked for twice, and both would write one file; ask for one of them"
            ));
            return Ok(None);
        }
        calls.push((analysis, analyses::call(text)?));
    }
    Ok(Some(calls))
}

/// All analyses, with the default of every argument.
///
/// # Errors
/// If an analysis cannot do without an argument.
pub fn all() -> Result<Vec<Call>, TrainError> {
    ANALYSES.iter().map(|analysis| Ok((analysis, analyses::call(analysis.name)?))).collect()
}

/// Whether the net is shown images for one of the analyses.
pub fn watches(calls: &[Call], bench: &Bench) -> bool {
    calls.iter().any(|(analysis, _)| analysis.watches && (analysis.applies)(bench.net()).is_ok())
}

/// Writes the table and the figures of each analysis into a folder, a table of what they come to, and a report of all of them. One
/// that does not apply to the net is named and left out where all were asked for.
///
/// # Errors
/// If an analysis fails or a file cannot be written.
pub fn written(
    calls: &[Call],
    bench: &Bench,
    (run, into): (&Path, &Path),
    is_all: bool,
    bar: &AnalysisBar,
) -> Result<Analysed, TrainError> {
    fs::create_dir_all(into).map_err(TrainError::file(into, "made"))?;
    let (mut sections, mut left_out, mut code, mut unanswered) = (Vec::new(), Vec::new(), 0, None);
    let is_several = is_all || calls.len() > 1;
    bar.begin(calls.len());
    for (analysis, call) in calls {
        bar.next(analysis.name);
        if let (true, Err(reason)) = (is_all, (analysis.applies)(bench.net())) {
            bar.line(&format!("{}: left out, since {reason}", analysis.name));
            left_out.push((analysis.name, reason));
            continue;
        }
        let (rows, findings) = match analysis.table(bench, call) {
            // What this net has no answer to is no reason to leave the other answers out.
            Err(error @ (TrainError::Analysis { .. } | TrainError::Unasked(_))) if is_several => {
                let word = if is_all { "warning" } else { "error" };
                bar.warn(&format!("{word}: {}: left out, since {error}", analysis.name));
                left_out.push((analysis.name, error.to_string()));
                if !is_all {
                    code = code.max(error.exit_code());
                    unanswered = unanswered.or(Some(error));
                }
                continue;
            }
            // Nor are weights that others read and this one would have.
            Err(error @ TrainError::Earlier(_)) if is_several => {
                bar.warn(&format!("error: {}: left out, since {error}", analysis.name));
                left_out.push((analysis.name, error.to_string()));
                code = code.max(error.exit_code());
                continue;
            }
            found => found?,
        };
        let table = format!("{}.csv", analysis.name);
        write_table(&into.join(&table), &rows)?;
        findings.figures.iter().try_for_each(|figure| write_figure(into, analysis.name, figure))?;
        for (name, table) in &findings.tables {
            write_table(&into.join(format!("{}_{name}.csv", analysis.name)), table)?;
        }
        for array in &findings.arrays {
            write_npy(&into.join(format!("{}_{}.npy", analysis.name, array.name)), &array.shape, &array.values)?;
        }
        findings.notes.iter().for_each(|note| bar.line(note));
        let (rows, drawn) = (counted(rows.rows.len(), "row"), counted(findings.figures.len(), "figure"));
        bar.line(&format!("{}: {rows} and {drawn}, see {}", analysis.name, into.join(&table).display()));
        sections.push(Section { analysis, table, findings });
    }
    bar.end();
    if let (true, Some(error)) = (sections.is_empty(), unanswered) {
        return Err(error);
    }
    bench.gap().iter().for_each(|gap| bar.warn(gap));
    let folder = run.display().to_string();
    let of_run = measures(&sections, &folder, &bench.trained().manifest().model);
    write_table(&into.join("summary.csv"), &measure::summary(&of_run))?;
    let page = into.join("report.html");
    user_files::write(&page, report(bench, &folder, &sections, &left_out).as_bytes())?;
    bar.line(&format!("all of it on one page: {}", page.display()));
    Ok(Analysed { sections, left_out, code })
}

/// What the analyses of a run come to.
pub fn measures<'a>(sections: &'a [Section], run: &'a str, group: &'a str) -> Vec<measure::Measured<'a>> {
    let of = |section: &'a Section| {
        let measures: &'a [Measure] = &section.findings.measures;
        measure::Measured { analysis: section.analysis.name, run, group, measures }
    };
    sections.iter().map(of).collect()
}

/// Writes a table.
///
/// # Errors
/// If the file cannot be written.
pub fn write_table(path: &Path, table: &Table) -> Result<(), TrainError> {
    user_files::write(path, table.csv().as_bytes())
}

/// Writes a figure of an analysis in both formats.
///
/// # Errors
/// If a file cannot be written.
pub fn write_figure(into: &Path, analysis: &str, figure: &Figure) -> Result<(), TrainError> {
    let stem = if figure.name.is_empty() { String::new() } else { format!("_{}", figure.name) };
    let file = |ending: &str| into.join(format!("{analysis}{stem}.{ending}"));
    user_files::write(&file("svg"), figure.drawing.svg().as_bytes())?;
    user_files::write(&file("png"), &figure.drawing.png())
}

/// A line for each analysis.
pub fn index() -> String {
    let width = ANALYSES.iter().map(|analysis| analysis.name.len()).max().unwrap_or_default();
    ANALYSES.iter().map(|analysis| format!("{:width$}  {}\n", analysis.name, analysis.about)).collect()
}
