//! What is done about problems: their pages, `allow`, `--fix`, and the forms that programs read.

use crate::support::{codes, compile_as, files, golden, project};
use lcnnc::diag::render::{github, json, sarif, short};
use lcnnc::diag::{Report, catalogue};
use lcnnc::{Options, Source, explain, fix};
use serde_json::Value;
use std::fs;

/// The only code whose smallest example is a megabyte.
const TOO_LONG: &str = "L0006";

fn bad(name: &str) -> String {
    fs::read_to_string(project(&format!("tests/diagnostics/{name}.bad.lcnn"))).unwrap()
}

fn many() -> Report {
    compile_as("many.lcnn", &fs::read_to_string(project("tests/diagnostics/many.lcnn")).unwrap(), &[]).report
}

#[test]
fn every_code_has_a_page_with_an_example() {
    for code in catalogue() {
        let page = explain::page(code);
        assert!(page.contains(code.about), "{page}");
        assert_eq!(page.contains("mended"), code.id != TOO_LONG, "{page}");
        assert!(code.id == TOO_LONG || page.contains(&format!("{}[{}]:", code.level, code.id)), "{page}");
        assert_eq!(explain::find(&code.id.to_lowercase()), Some(code));
        assert!(explain::index().contains(code.id));
        if let Some(name) = code.name {
            assert_eq!(explain::find(name), Some(code));
            assert!(page.contains(&format!("`allow {name}`")), "{page}");
        }
    }
    golden("explain", "L0203", &explain::page(explain::find("L0203").unwrap()));
    golden("explain", "unbounded", &explain::page(explain::find("unbounded").unwrap()));
}

#[test]
fn what_a_spec_allows_is_not_reported() {
    let mut seen = 0;
    for (file, text) in files("tests/diagnostics", ".bad.lcnn") {
        let Some(name) = explain::find(&file[..5]).and_then(|code| code.name) else { continue };
        let allowed = compile_as("allowed.lcnn", &format!("{text}\nallow {name}\n"), &[]);
        assert!(codes(&allowed).is_empty(), "{file}: {}", allowed.report);
        assert!(allowed.net.is_some(), "{file}");
        let listed = compile_as("listed.lcnn", &format!("allow [unused, {name}]\n{text}"), &[]);
        assert!(codes(&listed).is_empty(), "{file}: {}", listed.report);
        seen += 1;
    }
    let names = catalogue().filter(|code| code.name.is_some()).count();
    assert!(seen >= names, "{seen} of {names}");
}

fn fixed(text: &str) -> (Report, usize) {
    let source = Source { name: "spec.lcnn".to_owned(), text: text.to_owned() };
    let (compiled, mended) = fix(&source, &Options::default());
    (compiled.report, mended)
}

#[test]
fn what_was_misspelt_or_miscounted_is_mended() {
    let names = ["L0004", "L0005", "L0102", "L0103", "L0117", "L0201", "L0203", "L0403", "L0601"];
    for name in names {
        let (report, mended) = fixed(&bad(name));
        assert!(report.diagnostics.is_empty() && mended > 0, "{name}: {report}{}", report.text);
    }
}

#[test]
fn mending_one_of_the_small_specs_leaves_no_more_problems_than_there_were() {
    for (name, text) in files("tests/diagnostics", ".bad.lcnn") {
        let before = compile_as("spec.lcnn", &text, &[]).report;
        let (after, mended) = fixed(&text);
        assert!(after.diagnostics.len() <= before.diagnostics.len(), "{name}: {after}");
        assert_eq!(mended == 0, after.text == text, "{name}");
        assert_eq!(fixed(&after.text).1, 0, "{name} is mended in one go");
    }
}

#[test]
fn what_a_mended_problem_hid_is_mended_too() {
    let (report, mended) =
        fixed(&bad("L0203").replace("max_pool", "maxpol").replace("bias: false)   // afferent", "bais: false)"));
    assert_eq!((report.diagnostics.len(), mended), (0, 3), "{report}");
}

/// Four channels flow in at one place and eight at the other: whichever is declared, the other place is wrong.
#[test]
fn what_two_places_ask_of_one_bundle_is_left_to_the_author() {
    for declared in [2, 4, 8] {
        let text = format!(
            "model M\ninput image: [1, 8, 8]\nweights W: conv({declared} -> 4, kernel: 3)\n\
             A = conv(image, 4, kernal: 3)\nB = conv(image, 8, kernel: 3)\nC = W * A + W * B\n\
             logits = dense(C, classes)\noutput logits\n"
        );
        let (report, _) = fixed(&text);
        assert!(!report.text.contains("kernal"), "{}", report.text);
        assert_eq!(codes_of(&report).first(), Some(&"L0201"), "{report}");
        assert_eq!(fixed(&report.text).1, 0, "{}", report.text);
    }
}

#[test]
fn a_name_misspelt_in_many_places_is_mended_in_all() {
    let text = "model M\ninput image: [1, 8, 8]\nweights W_A: conv(1 -> 4, kernel: 3)\nA = relu(W_A * imagee)\n\
                B = A + imagee + imagee + imagee + imagee + imagee\nlogits = dense(B, classes)\noutput logits\n";
    let text = text.replace("A + imagee", "A * mean_free").replace("mean_free", "imagee");
    let (report, mended) = fixed(&text.replace("1 -> 4", "1 -> 1"));
    assert_eq!((report.diagnostics.len(), mended), (0, 1), "{report}");
    assert!(!report.text.contains("imagee"), "{}", report.text);
}

#[test]
fn a_const_is_not_overwritten_by_a_number() {
    let text = "model M\nconst maps = 4\ninput image: [1, 8, 8]\nweights W_A: conv(1 -> 8, kernel: 3)\n\
                weights W_B: conv(maps -> 8, kernel: 3)\nlogits = dense(W_B * (W_A * image), classes)\noutput logits\n";
    let (report, mended) = fixed(text);
    assert_eq!((codes_of(&report), mended), (vec!["L0201"], 0));
}

fn codes_of(report: &Report) -> Vec<&'static str> {
    report.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect()
}

#[test]
fn every_form_is_as_reviewed() {
    let report = many();
    golden("forms", "short", &short::emit(&report));
    golden("forms", "json", &json::emit(&report));
    golden("forms", "github", &github::emit(&report));
    golden("forms", "sarif", &sarif::emit(&[report]).replace(env!("CARGO_PKG_VERSION"), "0.0.0"));
}

#[test]
fn json_and_sarif_say_the_same_places() {
    let report = many();
    let sarif: Value = serde_json::from_str(&sarif::emit(std::slice::from_ref(&report))).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), catalogue().count());
    let lines = json::emit(&report);
    assert_eq!(lines.lines().count(), report.diagnostics.len());
    for (line, result) in lines.lines().zip(results) {
        let object: Value = serde_json::from_str(line).unwrap();
        let rule = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!((&object["code"], &rules[rule]["id"]), (&result["ruleId"], &result["ruleId"]));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let label = &object["labels"][0];
        assert_eq!((&label["line"], &label["column"]), (&region["startLine"], &region["startColumn"]));
        let (start, end) = (label["start"].as_u64().unwrap() as usize, label["end"].as_u64().unwrap() as usize);
        let row = report.text.lines().nth(label["line"].as_u64().unwrap() as usize - 1).unwrap();
        let column = label["column"].as_u64().unwrap() as usize - 1;
        let there: String = row.chars().skip(column).collect();
        assert!(there.starts_with(report.text[start..end].lines().next().unwrap()), "{line}");
    }
}

#[test]
fn names_of_files_cannot_break_out_of_a_form() {
    let report = Report { name: "a,b: 100%\n.lcnn".to_owned(), ..many() };
    assert!(github::emit(&report).lines().all(|line| line.contains("file=a%2Cb%3A 100%25%0A.lcnn,line=")));
    let sarif: Value = serde_json::from_str(&sarif::emit(&[report])).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "a%2Cb%3A%20100%25%0A.lcnn");
}
