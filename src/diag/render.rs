//! Diagnostics as people see them: the source, the places underlined, the help below.

use super::{Diagnostic, Level, Report};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode};
use std::fmt;

/// How wide a report is where there is no terminal to ask.
const WIDTH: usize = 100;

/// The whole report, without colour.
pub fn plain(report: &Report) -> String {
    render(report, GraphicalTheme::unicode_nocolor(), WIDTH)
}

/// The whole report, in colour, for a terminal of that many columns.
pub fn coloured(report: &Report, width: usize) -> String {
    render(report, GraphicalTheme::unicode(), width)
}

fn render(report: &Report, theme: GraphicalTheme, width: usize) -> String {
    let source = NamedSource::new(&report.name, report.text.clone());
    let mut out = String::new();
    for diagnostic in &report.diagnostics {
        let mut theme = theme.clone();
        // The heading carries the level and the code where miette has a sign: `error[L0203]: …`.
        let sign = format!("{}[{}]:", diagnostic.code.level, diagnostic.code.id);
        theme.characters.error.clone_from(&sign);
        theme.characters.warning.clone_from(&sign);
        theme.characters.advice = sign;
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_context_lines(0);
        let drawn = Drawn { diagnostic, source: &source };
        // Writing to a `String` does not fail.
        let _ = handler.render_report(&mut out, &drawn);
        out.push('\n');
    }
    out
}

/// A diagnostic with its source, as miette wants to see one.
#[derive(Debug)]
struct Drawn<'a> {
    diagnostic: &'a Diagnostic,
    source: &'a NamedSource<String>,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
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
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.diagnostic.labels.iter().enumerate().map(|(n, label)| {
            let (text, at) = (Some(label.text.clone()), (label.span.start, label.span.end - label.span.start));
            if n == 0 { LabeledSpan::new_primary_with_span(text, at) } else { LabeledSpan::new_with_span(text, at) }
        });
        Some(Box::new(labels))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }
}
