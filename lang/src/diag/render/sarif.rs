//! Reports as SARIF 2.1.0, which code hosts and editors read: one document for all files together.

use super::place::Lines;
use super::visible::visible_in_json;
use crate::diag::{Diagnostic, Level, Report, Span, catalogue};
use serde_json::{Value, json};

/// Reports as one SARIF document.
pub fn emit(reports: &[Report]) -> String {
    let results: Vec<Value> = reports.iter().flat_map(of).collect();
    let rules: Vec<Value> = catalogue()
        .map(|code| {
            json!({
                "id": code.id,
                "shortDescription": { "text": code.about },
                "defaultConfiguration": { "level": code.level.to_string() },
            })
        })
        .collect();
    let driver = json!({ "name": "lcnnc", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules });
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    let document =
        json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run] });
    visible_in_json(&format!("{document:#}\n")).into_owned()
}

fn of(report: &Report) -> Vec<Value> {
    let file = File { lines: Lines::new(&report.text), uri: uri(&report.name) };
    report.diagnostics.iter().map(|diagnostic| file.result(diagnostic)).collect()
}

struct File<'a> {
    lines: Lines<'a>,
    uri: String,
}

impl File<'_> {
    fn result(&self, diagnostic: &Diagnostic) -> Value {
        let index = catalogue().position(|code| code == diagnostic.code);
        let level = match diagnostic.code.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        let mut places = diagnostic.labels.iter().map(|label| self.location(label.span, &label.text));
        let first =
            places.next().unwrap_or_else(|| json!({ "physicalLocation": { "artifactLocation": self.artifact() } }));
        let mut result = json!({
            "ruleId": diagnostic.code.id,
            "ruleIndex": index,
            "level": level,
            "message": { "text": format!("{}{help}", diagnostic.message) },
            "locations": [first],
            "relatedLocations": places.collect::<Vec<_>>(),
        });
        if !diagnostic.fix.is_empty() {
            let replacements: Vec<Value> = diagnostic
                .fix
                .iter()
                .map(|edit| json!({ "deletedRegion": self.region(edit.span), "insertedContent": { "text": edit.new } }))
                .collect();
            let change = json!({ "artifactLocation": self.artifact(), "replacements": replacements });
            let description = json!({ "text": diagnostic.help });
            let properties = json!({ "applicability": diagnostic.applicability.to_string() });
            let fix = json!({ "description": description, "artifactChanges": [change], "properties": properties });
            result["fixes"] = json!([fix]);
        }
        result
    }

    fn location(&self, span: Span, text: &str) -> Value {
        json!({
            "physicalLocation": { "artifactLocation": self.artifact(), "region": self.region(span) },
            "message": { "text": text },
        })
    }

    fn artifact(&self) -> Value {
        json!({ "uri": self.uri })
    }

    fn region(&self, span: Span) -> Value {
        let region = self.lines.region(span);
        json!({
            "startLine": region.line,
            "startColumn": region.column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
            "byteOffset": span.start,
            "byteLength": span.end - span.start,
        })
    }
}

/// A path as a URI reference: relative paths stay relative.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
