//! Diagnostics as people see them: the source, the places underlined, the help below.

use super::excerpt::{Excerpt, TAB};
use super::fold::fold;
use super::place::Lines;
use super::visible::{drawable, visible};
use crate::diag::{Diagnostic, Level, Report};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};
use std::fmt;

/// How wide a report is, in columns, where there is no terminal to ask.
pub const WIDTH: usize = 100;

/// How many problems are shown: who has more of them mends the first ones first.
const MOST: usize = 100;

/// The whole report without colour, `width` columns wide.
pub fn plain(report: &Report, width: usize) -> String {
    render(report, GraphicalTheme::unicode_nocolor(), width)
}

/// The whole report in colour, for a terminal of `width` columns.
pub fn coloured(report: &Report, width: usize) -> String {
    render(report, GraphicalTheme::unicode(), width)
}

fn render(report: &Report, theme: GraphicalTheme, width: usize) -> String {
    let (name, text) = (visible(&report.name), drawable(&report.text));
    let lines = Lines::new(&text);
    let mut out = String::new();
    for diagnostic in report.diagnostics.iter().take(MOST) {
        let mut theme = theme.clone();
        // The heading carries the level and the code where miette has a sign: `error[L0203]: …`.
        let sign = format!("{}[{}]:", diagnostic.code.level, diagnostic.code.id);
        theme.characters.error.clone_from(&sign);
        theme.characters.warning.clone_from(&sign);
        theme.characters.advice = sign;
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_context_lines(1).tab_width(TAB);
        let drawn = Drawn { diagnostic, excerpt: Excerpt::new(&name, &lines, &diagnostic.labels, width) };
        // Writing to a `String` does not fail.
        let _ = handler.render_report(&mut out, &drawn);
        out.push('\n');
    }
    let more = report.diagnostics.len().saturating_sub(MOST);
    if more > 0 {
        let more = format!("and {more} more: mend these first, or see all by `lcnnc check --format short`");
        out.push_str(&(fold(&more, width) + "\n\n"));
    }
    out
}

/// A diagnostic with its excerpt, in the form that miette takes.
#[derive(Debug)]
struct Drawn<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Excerpt,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.diagnostic.message))
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(match self.diagnostic.code.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(visible(help)) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.excerpt.labels.iter().enumerate().map(|(n, (span, text))| {
            let (text, at) = (Some(text.clone()), (span.start, span.end - span.start));
            if n == 0 { LabeledSpan::new_primary_with_span(text, at) } else { LabeledSpan::new_with_span(text, at) }
        });
        Some(Box::new(labels))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }
}
