//! Any text is checked within bounds; every form of its report can be made, and mending leaves nothing to mend.

#![no_main]

use lcnnc_lang::diag::Applicability;
use lcnnc_lang::diag::render::{github, json, plain, sarif, short};
use lcnnc_lang::{Options, Source, fix};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.lcnn".to_owned(), text: text.to_owned() };
    let before = lcnnc_lang::compile(&source, &Options::default());
    let report = &before.report;
    assert_eq!(before.net.is_none(), report.has_errors(), "{report}");
    for diagnostic in &report.diagnostics {
        assert!(diagnostic.help.as_ref().is_some_and(|help| !help.is_empty()), "{diagnostic:?}");
        for label in &diagnostic.labels {
            assert!(text.get(label.span.start..label.span.end).is_some(), "{label:?}");
        }
    }
    let forms = [plain(report, 80), short::emit(report), json::emit(report), github::emit(report)];
    assert!(forms.iter().all(|form| form.is_empty() == report.diagnostics.is_empty()));
    assert!(!sarif::emit(std::slice::from_ref(report)).is_empty());
    for asked in [Applicability::Safe, Applicability::Unsafe] {
        let (after, mended) = fix(&source, &Options::default(), asked);
        // Not `text` itself: a carriage return alone is a line feed in a report.
        assert_eq!(mended == 0, after.report.text == report.text);
        let mended = Source { text: after.report.text, ..source.clone() };
        assert_eq!(fix(&mended, &Options::default(), asked).1, 0, "{}", mended.text);
    }
});
