//! Pages that explain diagnostics: why each is a problem, a text that has it, what is said of that, and the text
//! mended.

use crate::diag::{Code, Level, Report, catalogue, config};
use crate::{Options, Source, compile};
use std::fmt::Write;

/// A text that earns a code, and the same text mended.
#[derive(Debug)]
struct Example {
    code: &'static str,
    bad: &'static str,
    fixed: &'static str,
}

/// An example for each code, from `lang/tests/diagnostics/`; tests compile them.
const EXAMPLES: &[Example] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// The code of an id, in upper or lower case, or of the name that `allow` calls it by.
pub fn find(name: &str) -> Option<&'static Code> {
    catalogue().find(|code| code.id.eq_ignore_ascii_case(name) || code.name == Some(name))
}

/// A line for each code, for people who look for one.
pub fn index() -> String {
    let mut out = String::new();
    for code in catalogue() {
        // Writing to a `String` does not fail.
        let _ = writeln!(out, "{}  {:7}  {}", code.id, code.level.to_string(), first_sentence(code.about));
    }
    out
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

/// The page of a code, in Markdown. `read_settings` says what is wrong with the text of a run.yaml, which only the
/// program that trains can read.
pub fn page(code: &Code, read_settings: impl Fn(&str) -> Report) -> String {
    let mut out = format!("# {}: {}\n\n{}\n", code.id, code.level, code.about);
    // Writing to a `String` does not fail.
    let _ = match (code.name, code.level) {
        (Some(name), Level::Error) => writeln!(out, "\nA spec that means it says `allow {name}`."),
        (Some(name), _) => writeln!(out, "\nA spec that means it says `allow {name}`, and is not warned again."),
        (None, _) => Ok(()),
    };
    if let Some(mend) = code.mend {
        let _ = writeln!(out, "\n{mend}");
    }
    let Some(example) = EXAMPLES.iter().find(|example| example.code == code.id) else {
        out.push_str("\nNo example is short enough to be shown.\n");
        return out;
    };
    let settings = config::CODES.contains(&code);
    let (what, fence) = if settings { ("run.yaml", "yaml") } else { ("spec", "lcnn") };
    let report = if settings { read_settings(example.bad) } else { example.report() };
    let ((bad, with), (fixed, then_with)) = (shown(example.bad), shown(example.fixed));
    let _ = write!(
        out,
        "\n## A {what} that has it{with}\n\n```text\n{bad}\n```\n\n## What is said of it\n\n```text\n{}\n```\n\n\
         ## The {what} mended{then_with}\n\n```{fence}\n{fixed}\n```\n",
        report.to_string().trim_end(),
    );
    out
}

impl Example {
    fn report(&self) -> Report {
        let text = directive(self.bad).map_or(self.bad, |(_, text)| text);
        let source = Source { name: "spec.lcnn".to_owned(), text: text.to_owned() };
        compile(&source, &Options { set: set(self.bad), classes: None }).report
    }
}

/// The setting `name=value` that an example's first line `// set: name=value` asks for, as `--set name=value` would,
/// and the text behind that line.
fn directive(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("// set: ")?.split_once('\n')
}

fn set(text: &str) -> Vec<(String, String)> {
    let pair = directive(text).and_then(|(set, _)| set.split_once('='));
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
}

/// The text of an example, and what it is compiled with, in words.
fn shown(text: &str) -> (&str, String) {
    let (text, with) = match directive(text) {
        Some((set, text)) => (text, format!(", with `--set {set}`")),
        None => (text, String::new()),
    };
    (text.trim_end(), with)
}
