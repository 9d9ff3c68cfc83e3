//! A report: the figures of all analyses of a run in one page that needs nothing beside it, neither files nor scripts.

use super::{Analysis, Bench, Findings};
use crate::train::Manifest;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What one analysis has to say.
pub struct Section {
    pub analysis: &'static Analysis,
    /// The name of its table beside the report.
    pub table: String,
    pub findings: Findings,
}

/// How the page looks, on a light and on a dark screen and on paper. Figures keep their white ground, on which their colours were
/// chosen.
const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1b1b1b; --ground: #fff; --line: #d0d0d0; --soft: #555; --shade: #eee; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --ground: #181818; --line: #444; --soft: #aaa; --shade: #2b2b2b; } }
@media print { :root { --ink: #000; --ground: #fff; --line: #bbb; --soft: #333; } figure { break-inside: avoid; } }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: var(--ink); background: var(--ground);
  font: 1rem/1.5 'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 1.5rem 0; }
figure > svg { max-width: 100%; height: auto; background: #fff; }
figcaption, .seen { color: var(--soft); font-size: .9rem; }
.seen { border-left: 3px solid var(--line); padding-left: .8rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: .9rem; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .6rem; text-align: left; vertical-align: top; }
th[scope=row] { font-weight: normal; }
.problem { white-space: pre-line; overflow-wrap: anywhere; }
a { color: inherit; }
/* In some typewriter faces the letter O is a nought. */
code { font: inherit; background: var(--shade); border-radius: .2rem; padding: 0 .25rem; }
";

/// The page, for a run in a folder.
pub fn report(bench: &Bench, folder: &str, sections: &[Section], left_out: &[(&str, String)]) -> String {
    let manifest = bench.trained().manifest();
    let body = html! {
        h1 { (manifest.model) " on " (manifest.data.name) }
        (facts(bench, manifest, folder))
        nav aria-label="Analyses" {
            @for section in sections { a href={ "#" (section.analysis.name) } { (section.analysis.name) } }
        }
        @for section in sections { (of_analysis(section)) }
        @if !left_out.is_empty() {
            h2 { "Left out" }
            ul { @for (name, reason) in left_out { li { (name) ": " (reason) } } }
        }
    };
    page(&format!("{}, seed {}", manifest.model, manifest.seed), "", &body)
}

/// A page that needs nothing beside it; `more` is added to how pages look.
pub(crate) fn page(title: &str, more: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(more)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// What was run: enough to run it again.
fn facts(bench: &Bench, manifest: &Manifest, folder: &str) -> Markup {
    let data = &manifest.data;
    let facts = [
        ("Run", folder.to_owned()),
        ("Begun", manifest.started.to_string()),
        ("Spec", format!("{}, SHA-256 {}", manifest.spec.path, manifest.spec.sha256)),
        ("Data", format!("{}, SHA-256 {}", data.name, data.checksum)),
        (
            "Images",
            format!(
                "{} training, {} validation, {} test",
                data.training_images, data.validation_images, data.test_images
            ),
        ),
        ("Shown for analyses", bench.about_images()),
        ("Weights", bench.trained().file().display().to_string()),
        ("Parameters", manifest.parameters.to_string()),
        ("Seed", manifest.seed.to_string()),
        ("Device", manifest.device.clone()),
        ("Version", format!("lcnnc {}", manifest.lcnnc)),
        ("Command", manifest.command.join(" ")),
    ];
    html! { dl { @for (name, value) in facts { dt { (name) } dd { (value) } } } }
}

fn of_analysis(section: &Section) -> Markup {
    let Section { analysis, table, findings } = section;
    html! {
        section {
            h2 id=(analysis.name) { (analysis.name) }
            p { (prose(&sentence(analysis.about))) " Table: " a href=(table) { (table) }
                @for (name, _) in &findings.tables { ", " a href=(format!("{}_{name}.csv", analysis.name)) { (name) } }
                "."
                @if !findings.arrays.is_empty() { " Arrays:" }
                @for array in &findings.arrays {
                    " " a href=(format!("{}_{}.npy", analysis.name, array.name)) { (array.name) }
                }
            }
            @if !findings.notes.is_empty() { ul { @for note in &findings.notes { li { (prose(note)) } } } }
            @for figure in &findings.figures {
                figure {
                    (PreEscaped(figure.drawing.svg()))
                    figcaption { (prose(&figure.caption)) }
                    @if !figure.seen_before.is_empty() { p class="seen" { (figure.seen_before) } }
                }
            }
        }
    }
}

/// A line as a sentence: `statistics of weights` becomes `Statistics of weights.`
fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// Text whose names stand in backticks, as the terminal has it.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
