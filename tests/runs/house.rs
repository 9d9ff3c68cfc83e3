//! Rules of the source tree that no compiler knows.

use std::fs;
use std::path::{Path, PathBuf};

/// All source files below a folder.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, into);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            into.push(entry);
        }
    }
}

/// Whether the library of a crate is built without its tests, by its `Cargo.toml`.
fn is_untested(manifest: &str) -> bool {
    let library = manifest.split("\n[").find(|block| block.starts_with("lib]"));
    library.is_some_and(|block| block.lines().any(|line| line.replace(' ', "") == "test=false"))
}

/// A test in a library that says `test = false` is never compiled, and so never fails.
#[test]
fn no_test_stands_where_none_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut looked_at = 0;
    for member in ["", "kernels", "lang"] {
        let folder = root.join(member);
        if !is_untested(&fs::read_to_string(folder.join("Cargo.toml")).unwrap()) {
            continue;
        }
        let mut all = Vec::new();
        sources(&folder.join("src"), &mut all);
        for file in &all {
            let text = fs::read_to_string(file).unwrap();
            assert!(!text.contains("cfg(test)"), "{}: move its tests into a folder `tests`", file.display());
        }
        looked_at += all.len();
    }
    // The program itself says so.
    assert!(looked_at > 100, "{looked_at}");
}

#[test]
fn a_library_without_tests_is_told_by_its_block() {
    assert!(is_untested("[package]\nname = \"a\"\n\n[lib]\ntest = false\n"));
    assert!(!is_untested("[lib]\ndoctest = false\n\n[[bin]]\ntest = false\n"));
}
