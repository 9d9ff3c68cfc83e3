//! What fuzzing found, each text a file of `lang/tests/fuzzed/`: every stage takes it, in time.

use lcnnc_lang::diag::Applicability;
use lcnnc_lang::syntax::format::{Refusal, format};
use lcnnc_lang::{Options, Source, fix};
use lcnnc_testing::{compile_as, files, timed};
use std::time::Duration;

#[test]
fn what_was_found_once_is_not_found_again() {
    let found = files("lang/tests/fuzzed", ".lcnn");
    assert!(!found.is_empty());
    for (name, text) in found {
        let (compiled, to_compile) = timed(|| compile_as(&name, &text, &[]));
        assert_eq!(compiled.net.is_none(), compiled.report.has_errors(), "{name}");
        for asked in [Applicability::Safe, Applicability::Unsafe] {
            let mended =
                |text: &str| fix(&Source { name: name.clone(), text: text.to_owned() }, &Options::default(), asked);
            let text = mended(&text).0.report.text;
            assert_eq!(mended(&text).1, 0, "{name}: mending leaves something to mend:\n{text}");
        }
        let (formatted, to_format) = timed(|| format(&text));
        match formatted {
            Ok(once) => assert_eq!(format(&once).as_ref(), Ok(&once), "{name}"),
            Err(refusal) => assert!(matches!(refusal, Refusal::Problems(_)), "{name}: {refusal:?}"),
        }
        assert!(to_compile + to_format < Duration::from_secs(5), "{name} took {to_compile:?} and {to_format:?}");
    }
}
