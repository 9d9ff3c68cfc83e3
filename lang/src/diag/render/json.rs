//! Reports as JSON, an object on a line for each problem: docs/diagnostics.md says what is in it.

use super::place::Lines;
use super::visible::visible_in_json;
use crate::diag::{Diagnostic, Report, Span};
use serde_json::{Value, json};

/// The version of the format, raised when a field changes its meaning or goes; new fields may come at any time.
pub const VERSION: u32 = 1;

/// The report as JSON, an object a line.
pub fn emit(report: &Report) -> String {
    let lines = Lines::new(&report.text);
    let objects = report.diagnostics.iter().map(|diagnostic| object(report, &lines, diagnostic).to_string() + "\n");
    visible_in_json(&objects.collect::<String>()).into_owned()
}

fn object(report: &Report, lines: &Lines<'_>, diagnostic: &Diagnostic) -> Value {
    let labels = diagnostic.labels.iter().map(|label| with_place(lines, label.span, "text", &label.text));
    let edits = diagnostic.fix.iter().map(|edit| with_place(lines, edit.span, "new", &edit.new));
    json!({
        "version": VERSION,
        "file": report.name,
        "code": diagnostic.code.id,
        "level": diagnostic.code.level.to_string(),
        "allow": diagnostic.code.name,
        "message": diagnostic.message,
        "labels": labels.collect::<Vec<_>>(),
        "help": diagnostic.help,
        "fix": edits.collect::<Vec<_>>(),
        "applicability": (!diagnostic.fix.is_empty()).then(|| diagnostic.applicability.to_string()),
    })
}

fn with_place(lines: &Lines<'_>, span: Span, key: &str, text: &str) -> Value {
    let region = lines.region(span);
    json!({
        "start": span.start,
        "end": span.end,
        "line": region.line,
        "column": region.column,
        "end_line": region.end_line,
        "end_column": region.end_column,
        key: text,
    })
}
