//! Any text gives a tree and problems: spans are pieces of the text, a line has at most one problem.

#![no_main]

use lcnnc_lang::syntax::{parse, with_line_feeds};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (ast, problems) = parse(text);
    for label in problems.iter().flat_map(|problem| &problem.labels) {
        assert!(text.get(label.span.start..label.span.end).is_some(), "{label:?}");
    }
    for item in &ast.items {
        assert!(text.get(item.span.start..item.span.end).is_some(), "{item:?}");
    }
    let text = with_line_feeds(text);
    let lines = problems.iter().map(|problem| text[..problem.place()].matches('\n').count());
    assert!(lines.is_sorted_by(|a, b| a < b), "{problems:#?}");
});
