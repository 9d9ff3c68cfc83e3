//! `check --fix`: the changes that are known to be right, written into the text.

use crate::diag::{Edit, Report};
use crate::{Compiled, Options, Source, compile};

/// Mending one problem shows the next one behind it; a chain this long is no chain.
const ROUNDS: usize = 32;

/// A spec with all that can be mended mended, and how many problems that were. Never more is wrong than before.
pub fn fix(source: &Source, options: &Options) -> (Compiled, usize) {
    let mut compiled = compile(source, options);
    let mut mended = 0;
    for _ in 0..ROUNDS {
        let (text, count) = apply(&compiled.report);
        if count == 0 {
            break;
        }
        let next = compile(&Source { name: source.name.clone(), text }, options);
        // Where two changes each bring about what the other mends, the author has to decide.
        if next.report.diagnostics.len() >= compiled.report.diagnostics.len() {
            break;
        }
        (compiled, mended) = (next, mended + count);
    }
    (compiled, mended)
}

/// The text with the changes for every problem that has some, but for those which meet others; and how many problems.
fn apply(report: &Report) -> (String, usize) {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for diagnostic in report.diagnostics.iter().filter(|diagnostic| !diagnostic.fix.is_empty()) {
        let meets = |edit: &Edit| {
            edits
                .iter()
                .any(|known| *known != edit && known.span.start < edit.span.end && edit.span.start < known.span.end)
        };
        if !diagnostic.fix.iter().any(meets) {
            let new: Vec<&Edit> = diagnostic.fix.iter().filter(|edit| !edits.contains(edit)).collect();
            edits.extend(new);
            count += 1;
        }
    }
    edits.sort_by_key(|edit| edit.span);
    let mut text = String::with_capacity(report.text.len());
    let mut done = 0;
    for edit in edits {
        text.push_str(report.text.get(done..edit.span.start).unwrap_or_default());
        text.push_str(&edit.new);
        done = edit.span.end;
    }
    text.push_str(report.text.get(done..).unwrap_or_default());
    (text, count)
}
