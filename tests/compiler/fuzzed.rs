//! What fuzzing found, each text a file of `tests/fuzzed/`: every stage takes it, in time.

use crate::support::{compile_as, files};
use lcnnc::syntax::format::{Refusal, format};
use std::time::{Duration, Instant};

#[test]
fn what_was_found_once_is_not_found_again() {
    let found = files("tests/fuzzed", ".lcnn");
    assert!(!found.is_empty());
    for (name, text) in found {
        let start = Instant::now();
        let compiled = compile_as(&name, &text, &[]);
        assert_eq!(compiled.net.is_none(), compiled.report.has_errors(), "{name}");
        match format(&text) {
            Ok(once) => assert_eq!(format(&once).as_ref(), Ok(&once), "{name}"),
            Err(refusal) => assert!(matches!(refusal, Refusal::Problems(_)), "{name}: {refusal:?}"),
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{name} took {:?}", start.elapsed());
    }
}
