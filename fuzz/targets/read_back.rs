//! The spec that a run writes into its folder, with settings that flags have changed, is read back as the same net and the
//! same settings, and would be written as the same text again.

#![no_main]

use lcnnc_lang::{Options, Source};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.lcnn".to_owned(), text: text.to_owned() };
    let compiled = lcnnc_lang::compile(&source, &Options::default());
    let Some(net) = &compiled.net else { return };
    let mut settings = compiled.settings.clone();
    assert!(settings.set("train", "epochs", "3").is_ok() && settings.set("data", "validation", "12.5%").is_ok());
    for settings in [&compiled.settings, &settings] {
        let written = Source { name: "spec.lcnn".to_owned(), text: compiled.resolved(settings) };
        let again = lcnnc_lang::compile(&written, &Options::default());
        let read = again.net.as_ref().unwrap_or_else(|| panic!("{}\n{}", written.text, again.report));
        // As text, in which a number that is none is like itself.
        assert_eq!(format!("{read:?}"), format!("{net:?}"), "{}", written.text);
        assert_eq!(again.settings, *settings, "{}", written.text);
        assert_eq!(again.resolved(&again.settings), written.text);
    }
});
