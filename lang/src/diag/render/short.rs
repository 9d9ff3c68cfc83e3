//! Reports as a line for each problem, as editors and `grep` like them: `file:line:column: error[L0101]: message`.

use super::place::Lines;
use super::visible::visible;
use crate::diag::{Applicability, Diagnostic, Report};
use std::fmt::Write;

/// The flags of `check` that would make the fix of a problem, if there is one, as a report ends its line with.
pub fn mend(diagnostic: &Diagnostic) -> &'static str {
    match (diagnostic.fix.is_empty(), diagnostic.applicability) {
        (true, _) => "",
        (false, Applicability::Safe) => " [--fix]",
        (false, Applicability::Unsafe) => " [--fix --unsafe-fixes]",
    }
}

/// The report as text, a line a problem.
pub fn emit(report: &Report) -> String {
    let lines = Lines::new(&report.text);
    // A line a problem, whatever the file is called.
    let name = report.name.replace('\n', "\\n");
    let mut out = String::new();
    for diagnostic in &report.diagnostics {
        let place = diagnostic.labels.first().map_or_else(String::new, |label| {
            let region = lines.region(label.span);
            format!(":{}:{}", region.line, region.column)
        });
        let (code, message) = (diagnostic.code, &diagnostic.message);
        // Writing to a `String` does not fail.
        let _ = write!(out, "{name}{place}: {}[{}]: {message}", code.level, code.id);
        if let Some(help) = &diagnostic.help {
            let _ = write!(out, "; {help}");
        }
        out.push_str(mend(diagnostic));
        out.push('\n');
    }
    visible(&out).into_owned()
}
