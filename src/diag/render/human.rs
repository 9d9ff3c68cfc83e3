//! Diagnostics as people see them: the source, the places underlined, the help below.

use super::place::Lines;
use crate::diag::{Diagnostic, Level, Report, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode,
    SourceSpan, SpanContents,
};
use std::fmt;

/// Columns of a report where there is no terminal to ask.
pub const WIDTH: usize = 100;

/// Problems that are shown: who has more of them mends the first ones first.
const MOST: usize = 100;

/// The whole report, without colour, in that many columns.
pub fn plain(report: &Report, width: usize) -> String {
    render(report, GraphicalTheme::unicode_nocolor(), width)
}

/// The whole report, in colour, for a terminal of that many columns.
pub fn coloured(report: &Report, width: usize) -> String {
    render(report, GraphicalTheme::unicode(), width)
}

fn render(report: &Report, theme: GraphicalTheme, width: usize) -> String {
    let source = WholeLines { name: &report.name, lines: Lines::new(&report.text) };
    let mut out = String::new();
    for diagnostic in report.diagnostics.iter().take(MOST) {
        let mut theme = theme.clone();
        // The heading carries the level and the code where miette has a sign: `error[L0203]: …`.
        let sign = format!("{}[{}]:", diagnostic.code.level, diagnostic.code.id);
        theme.characters.error.clone_from(&sign);
        theme.characters.warning.clone_from(&sign);
        theme.characters.advice = sign;
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_context_lines(1);
        let drawn = Drawn { diagnostic, source: &source };
        // Writing to a `String` does not fail.
        let _ = handler.render_report(&mut out, &drawn);
        out.push('\n');
    }
    let more = report.diagnostics.len().saturating_sub(MOST);
    if more > 0 {
        out.push_str(&format!("and {more} more: mend these first, or see all by `lcnnc check --format short`\n\n"));
    }
    out
}

/// A source of which a place is shown with the whole of its lines, and with no lines around them.
struct WholeLines<'a> {
    name: &'a str,
    lines: Lines<'a>,
}

impl fmt::Debug for WholeLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl SourceCode for WholeLines<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let place = Span::new(span.offset(), span.offset() + span.len());
        let (above, whole) = self.lines.around(place);
        // Asked for no lines around, miette looks for the column of the place itself.
        let shown = if lines_before == 0 { place } else { whole };
        // miette looks through all that it is given, from its beginning: it is given no more than is shown.
        let window = self.lines.text.get(whole.start..whole.end).unwrap_or_default();
        let within = (shown.start - whole.start, shown.end - shown.start).into();
        let contents = window.read_span(&within, 0, 0)?;
        let (start, len) = (contents.span().offset() + whole.start, contents.span().len());
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            contents.data(),
            (start, len).into(),
            contents.line() + above,
            contents.column(),
            contents.line_count() + above,
        )))
    }
}

/// A diagnostic with its source, as miette wants to see one.
#[derive(Debug)]
struct Drawn<'a> {
    diagnostic: &'a Diagnostic,
    source: &'a WholeLines<'a>,
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
