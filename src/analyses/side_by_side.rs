//! The report of several runs: what they differ in, what they come to on average, and their figures beside one another.

use super::Figure;
use super::across::distinct;
use super::measure::Mean;
use super::report::{Section, page, prose};
use lcnnc_lang::diag::counted;
use maud::{Markup, PreEscaped, html};

/// A run as it stands in the report.
pub struct Beside {
    /// The folder of the run.
    pub folder: String,
    /// The folder beside the report that its own report lies in.
    pub name: String,
    /// What distinguishes it from the others but for its seed.
    pub group: String,
    /// The seed.
    pub seed: u64,
    /// The test accuracy from 0 to 1, where the run came to its end.
    pub accuracy: Option<f64>,
    /// What its analyses say.
    pub sections: Vec<Section>,
    /// Analyses that do not apply to it, with the reasons.
    pub left_out: Vec<(&'static str, String)>,
}

/// Adds to the style of a report what holds pictures beside one another.
const STYLE: &str = "\
.beside { display: flex; flex-wrap: wrap; gap: 1rem; }
.beside > figure { flex: 1 1 26rem; min-width: 0; }
body { max-width: 96rem; }
";

/// The page.
pub fn side_by_side(runs: &[Beside], means: &[Mean], figures: &[(&'static str, Figure)]) -> String {
    let groups = distinct(runs.iter().map(|run| run.group.as_str()));
    let is_told = |section: &&Section| !section.findings.figures.is_empty() || !section.findings.notes.is_empty();
    let told = runs.iter().flat_map(|run| &run.sections).filter(is_told);
    let analyses = distinct(told.map(|section| section.analysis.name));
    let left_out: Vec<(&str, &str)> =
        runs.iter().flat_map(|run| &run.left_out).map(|(name, reason)| (*name, reason.as_str())).collect();
    let (n, of) = (counted(runs.len(), "run"), counted(groups.len(), "group"));
    let title = format!("{n} in {of}");
    let body = html! {
        h1 { (title) }
        p { "Runs that differ in their seed alone are one group. Beside one another stand the figures of the first run of each group; the \
             report of each run has all of its own." }
        (runs_table(runs))
        nav aria-label="Analyses" { @for name in &analyses { a href={ "#" (name) } { (name) } } }
        h2 { "What the runs come to" }
        p { "Mean over the runs of a group, ± the standard deviation over them. Tables: "
            a href="means.csv" { "means.csv" } ", and of every run: " a href="summary.csv" { "summary.csv" } "." }
        (means_table(&groups, means))
        @for name in &analyses { (of_analysis(name, &groups, runs, figures)) }
        @if !left_out.is_empty() {
            h2 { "Left out" }
            ul { @for (name, reason) in distinct(left_out.into_iter()) { li { (name) ": " (reason) } } }
        }
    };
    page(&title, STYLE, &body)
}

fn runs_table(runs: &[Beside]) -> Markup {
    html! {
        table {
            thead { tr { th { "Run" } th { "Group" } th { "Seed" } th { "Test accuracy" } } }
            tbody {
                @for run in runs {
                    tr {
                        td { a href={ (run.name) "/report.html" } { (run.folder) } }
                        td { (run.group) }
                        td { (run.seed) }
                        td { (run.accuracy.map_or("not finished".to_owned(), |share| format!("{:.2} %", 100.0 * share))) }
                    }
                }
            }
        }
    }
}

fn means_table(groups: &[&str], means: &[Mean]) -> Markup {
    let rows = distinct(means.iter().map(|it| (it.analysis, it.of.as_str(), it.at.as_str(), it.quantity)));
    let cell = |group: &str, row: &(&str, &str, &str, &str)| {
        let of_row =
            |it: &&Mean| it.group == group && (it.analysis, it.of.as_str(), it.at.as_str(), it.quantity) == *row;
        means.iter().find(of_row).map_or(String::new(), |mean| match mean.mean_and_sd() {
            (mean, None) => short(mean),
            (middle, Some(sd)) => format!("{} ± {} (mean of {} runs)", short(middle), short(sd), mean.values.len()),
        })
    };
    html! {
        table {
            thead { tr {
                th { "Analysis" } th { "Of" } th { "At" } th { "Quantity" }
                @for group in groups { th { (group) } }
            } }
            tbody {
                @for row in &rows {
                    tr {
                        td { (row.0) } td { (row.1) } td { (row.2) } td { (row.3) }
                        @for group in groups { td { (cell(group, row)) } }
                    }
                }
            }
        }
    }
}

/// Four digits, which is enough to compare by eye.
fn short(x: f64) -> String {
    let is_plain = x == 0.0 || (1e-3..1e6).contains(&x.abs());
    if is_plain {
        let whole = x.abs().max(1e-3).log10().floor();
        format!("{x:.*}", (3.0 - whole).clamp(0.0, 6.0) as usize)
    } else {
        format!("{x:.3e}")
    }
}

fn of_analysis(name: &str, groups: &[&str], runs: &[Beside], figures: &[(&'static str, Figure)]) -> Markup {
    let first = groups.iter().filter_map(|group| runs.iter().find(|run| run.group == *group));
    let shown: Vec<(&Beside, &Section)> = first
        .filter_map(|run| Some((run, run.sections.iter().find(|section| section.analysis.name == name)?)))
        .collect();
    let parts = distinct(shown.iter().flat_map(|(_, section)| &section.findings.figures).map(|it| it.name.as_str()));
    html! {
        section {
            h2 id=(name) { (name) }
            @for (_, figure) in figures.iter().filter(|(of, _)| *of == name) {
                figure { (PreEscaped(figure.drawing.svg())) figcaption { (prose(&figure.caption)) } }
            }
            @for part in parts {
                div class="beside" {
                    @for (run, section) in &shown {
                        @for figure in section.findings.figures.iter().filter(|figure| figure.name == part) {
                            figure {
                                figcaption { strong { (run.group) } }
                                (PreEscaped(figure.drawing.svg()))
                                figcaption { (prose(&figure.caption)) }
                            }
                        }
                    }
                }
            }
            @for (run, section) in &shown {
                @if !section.findings.notes.is_empty() {
                    p { strong { (run.group) } }
                    ul { @for note in &section.findings.notes { li { (prose(note)) } } }
                }
            }
        }
    }
}
