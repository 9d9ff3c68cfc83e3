//! What the tests of several crates share: texts, files and the folders they lie in, goldens, random specs, time.

// Tests read files, and fail by panicking.
#![allow(clippy::disallowed_methods, clippy::missing_panics_doc, clippy::unwrap_used)]

pub mod nests;
pub mod random;

use cpu_time::ThreadTime;
use lcnnc_lang::ir::Net;
use lcnnc_lang::{Compiled, Options, Source, compile};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The absolute path of a file or folder of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The files of a folder whose names end with `ending`, sorted, each with its text.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(project(folder)).unwrap();
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(ending)?.to_owned();
            Some((name, fs::read_to_string(&path).unwrap()))
        })
        .collect();
    files.sort();
    files
}

/// Every spec that comes with the project, by its name.
pub fn specs() -> Vec<(String, String)> {
    let specs = files("specs", ".lcnn");
    assert!(!specs.is_empty());
    specs
}

pub fn spec(name: &str) -> String {
    fs::read_to_string(project(&format!("specs/{name}.lcnn"))).unwrap()
}

/// Compiles a text under a name; `set` is what `--set` says.
pub fn compile_as(name: &str, text: &str, set: &[(&str, &str)]) -> Compiled {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    compile(&Source { name: name.to_owned(), text: text.to_owned() }, &Options { set, classes: None })
}

/// Compiles a text that has no problem at all.
pub fn clean(text: &str, set: &[(&str, &str)]) -> Compiled {
    let compiled = compile_as("test.lcnn", text, set);
    assert!(compiled.report.diagnostics.is_empty(), "{text}\n{}", compiled.report);
    compiled
}

/// The net of a text that has no problem at all.
pub fn net(text: &str, set: &[(&str, &str)]) -> Net {
    clean(text, set).net.unwrap()
}

/// The codes of the problems of a spec, sorted by place.
pub fn codes(compiled: &Compiled) -> Vec<&'static str> {
    compiled.report.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect()
}

/// Holds a text against its golden, `golden/<folder>/<name>.snap`.
pub fn golden(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(project("golden").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The names of the goldens in a folder, sorted: none may be left from something that is gone.
pub fn goldens(folder: &str) -> Vec<String> {
    files(&format!("golden/{folder}"), ".snap").into_iter().map(|(name, _)| name).collect()
}

/// Does some work; gives its result and the processor time that it took. Other tests that run beside it do not count.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = ThreadTime::now();
    let made = work();
    (made, start.elapsed())
}
