//! Whatever can be read is formatted to a text that says the same, and formatting that changes nothing.

#![no_main]

use lcnnc_lang::syntax::format::{Refusal, format};

libfuzzer_sys::fuzz_target!(|text: &str| match format(text) {
    Ok(once) => assert_eq!(format(&once).as_deref(), Ok(once.as_str())),
    Err(refusal) => assert!(matches!(refusal, Refusal::Problems(_)), "{text}"),
});
