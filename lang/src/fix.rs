//! Fixes of a whole text, as `check --fix` makes them: the changes that are known to be right, or all that are offered.

use crate::diag::{Applicability, Diagnostic, Edit, Report, Span};
use crate::{Compiled, Options, Source, compile};
use std::collections::BTreeMap;

/// How often a text is mended and looked at again: mending one problem may show the next one behind it on its line. What goes
/// on for longer is no text that someone wrote, and is left as it is.
const ROUNDS: usize = 256;

/// Mends a spec as far as fixes are as sure as `asked`. Gives the mended spec and how many problems were mended; what
/// was mended may have hidden others.
pub fn fix(source: &Source, options: &Options, asked: Applicability) -> (Compiled, usize) {
    let mut rounds = vec![(compile(source, options), 0)];
    while let Some((compiled, mended)) = rounds.last() {
        let (text, count) = apply(&compiled.report, asked);
        if count == 0 {
            break;
        }
        if rounds.len() > ROUNDS {
            rounds.truncate(1);
            break;
        }
        // Where each change brings about what the other mends, the author has to decide: none of them is made.
        if let Some(known) = rounds.iter().position(|(known, _)| known.report.text == text) {
            rounds.truncate(known + 1);
            break;
        }
        let mended = mended + count;
        rounds.push((compile(&Source { name: source.name.clone(), text }, options), mended));
    }
    rounds.pop().unwrap_or_else(|| (compile(source, options), 0))
}

/// The text with the fixes that are as sure as `asked` written in, but for those that meet others; and how many
/// problems they mend.
fn apply(report: &Report, asked: Applicability) -> (String, usize) {
    let mut edits: BTreeMap<Span, &Edit> = BTreeMap::new();
    let has_fix = |diagnostic: &&Diagnostic| !diagnostic.fix.is_empty() && diagnostic.applicability <= asked;
    let mut count = 0;
    for diagnostic in report.diagnostics.iter().filter(has_fix) {
        if diagnostic.fix.iter().all(|edit| is_free(&edits, edit)) {
            edits.extend(diagnostic.fix.iter().map(|edit| (edit.span, edit)));
            count += 1;
        }
    }
    let mut text = String::with_capacity(report.text.len());
    let mut done = 0;
    for (span, edit) in edits {
        text.push_str(report.text.get(done..span.start).unwrap_or_default());
        text.push_str(&edit.new);
        done = span.end;
    }
    text.push_str(report.text.get(done..).unwrap_or_default());
    (text, count)
}

/// Whether no other change touches the span of this one; the same change may be there already.
fn is_free(edits: &BTreeMap<Span, &Edit>, edit: &Edit) -> bool {
    let Span { start, end } = edit.span;
    let before = edits.range(..edit.span).next_back().is_none_or(|(span, _)| span.end <= start);
    let mut from_here = edits.range(edit.span..);
    let (same, behind) = match edits.get(&edit.span) {
        Some(known) => (*known == edit, from_here.nth(1)),
        None => (true, from_here.next()),
    };
    before && same && behind.is_none_or(|(span, _)| end <= span.start)
}
