//! The jobs of a sweep, each with how far it is and what is wrong with it.

use super::Reported;
use super::links::link;
use crate::sweeps::state::State;
use crate::train::{all_runs, duration};
use maud::{Markup, html};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The report of a run, where `lcnnc analyse` has left one.
const OWN: &str = "analyses/report.html";

/// A row for every job.
pub fn list(sweep: &Reported<'_>) -> Markup {
    let Reported { plan, states, out, .. } = sweep;
    let from = out.parent().unwrap_or(Path::new(""));
    let reports: Vec<Option<PathBuf>> = plan.jobs.iter().map(|job| own(&plan.of(job))).collect();
    let has_reports = reports.iter().any(Option::is_some);
    html! {
        table {
            thead { tr {
                th { "Job" } th { "State" } th { "Trains" } th { "Validation" } th { "Test" } th { "Took" }
                @if has_reports { th { "Report" } }
            } }
            tbody {
                @for ((job, state), report) in plan.jobs.iter().zip(*states).zip(&reports) {
                    @let [validation, test, took] = results(state);
                    tr {
                        td { (job.index) }
                        td { (state.word()) @if let Some(problem) = state.problem() { ": " span class="problem" { (problem) } } }
                        td { (job.title()) }
                        td { (validation) } td { (test) } td { (took) }
                        @if has_reports { td { @if let Some(report) = report { a href=(link(from, report)) { "its own" } } } }
                    }
                }
            }
        }
    }
}

/// Accuracies and the time of a finished job, in words.
fn results(state: &State) -> [String; 3] {
    let Some(summary) = state.summary() else { return Default::default() };
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let took = Duration::try_from_secs_f64(summary.seconds).map_or(String::new(), duration);
    [summary.validation_accuracy.map_or(String::new(), percent), percent(summary.test.accuracy), took]
}

/// The report of a job's own run, if there is one.
fn own(job: &Path) -> Option<PathBuf> {
    let runs = all_runs(job).ok()?;
    runs.into_iter().map(|run| run.join(OWN)).find(|report| report.is_file())
}
