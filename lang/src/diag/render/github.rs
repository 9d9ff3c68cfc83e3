//! Reports as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

use super::place::Lines;
use super::short;
use super::visible::visible;
use crate::diag::{Level, Report};
use std::fmt::Write;

/// The report as workflow commands, one a problem.
pub fn emit(report: &Report) -> String {
    let lines = Lines::new(&report.text);
    let mut out = String::new();
    for diagnostic in &report.diagnostics {
        let command = match diagnostic.code.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        // Writing to a `String` does not fail.
        let _ = write!(out, "::{command} file={}", property(&report.name));
        if let Some(label) = diagnostic.labels.first() {
            let region = lines.region(label.span);
            let _ = write!(out, ",line={},endLine={}", region.line, region.end_line);
            // Columns are only understood within one line.
            if region.line == region.end_line {
                let _ = write!(out, ",col={},endColumn={}", region.column, region.end_column);
            }
        }
        let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
        let message = data(&format!("{}{help}{}", diagnostic.message, short::mend(diagnostic)));
        let _ = writeln!(out, ",title={}::{message}", property(diagnostic.code.id));
    }
    visible(&out).into_owned()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
