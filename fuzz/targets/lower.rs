//! Whatever compiles can be printed in every form, costs something finite, and compiles to the same with its defaults
//! written in.

#![no_main]

use lcnnc_lang::back::TEXTS;
use lcnnc_lang::{Options, Source};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.lcnn".to_owned(), text: text.to_owned() };
    let compiled = lcnnc_lang::compile(&source, &Options::default());
    let Some(net) = &compiled.net else { return };
    let printed = net.to_string();
    // Written out, a loop of many steps is a long text.
    for (name, emit) in TEXTS.iter().filter(|(name, _)| *name != "graph_unrolled") {
        assert!(!emit(net).is_empty(), "{name}");
    }
    let resolved = Source { name: "fuzz.lcnn".to_owned(), text: compiled.resolved(&compiled.settings) };
    let again = lcnnc_lang::compile(&resolved, &Options::default());
    let net = again.net.unwrap_or_else(|| panic!("{}\n{}", resolved.text, again.report));
    assert_eq!(net.to_string(), printed, "{}", resolved.text);
});
