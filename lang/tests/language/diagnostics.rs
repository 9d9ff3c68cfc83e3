//! Every code has a spec that earns it and one a small edit away that earns nothing.

use lcnnc_lang::Compiled;
use lcnnc_lang::diag::{GROUPS, Level, catalogue, config};
use lcnnc_testing::{codes, compile_as, files, golden, goldens, project};
use std::collections::BTreeSet;
use std::fs;

/// The beginning of the codes of run.yaml's problems, which no spec can have: their examples are `.bad.yaml` and
/// `.fixed.yaml`.
const RUN_YAML: &str = "L08";

/// Examples that are too large or too regular to be stored: the text that earns the code and the one that does not.
fn generated(code: &str) -> Option<[String; 2]> {
    let spec = |equation: &str, tail: &str| {
        format!(
            "model Deep\ninput image: [1, 48, 48]\nweights W_A: conv(1 -> 8, kernel: 7)\nA = relu({equation})\n\
             logits = dense(max_pool(A, 2), classes)\noutput logits\n{tail}"
        )
    };
    let lateral = "W_A * image";
    let long = |terms: usize| spec(&format!("{lateral}{}", "\n    + 0.5".repeat(terms)), "");
    let choices =
        |depth: usize| spec(&format!("{}{lateral}{}", "if true then ".repeat(depth), " else image".repeat(depth)), "");
    let copies = |count: usize| {
        let body: String = (1..100).map(|n| format!("    h{n} = h{} + 1\n", n - 1)).collect();
        let block = format!("block long(x) {{\n    h0 = tanh(x)\n{body}    yield h99\n}}\n");
        spec(&format!("repeat {count} long({lateral})"), &block)
    };
    match code {
        "L0006" => Some(
            [24_000, 2_000]
                .map(|lines| spec(lateral, &"// 0.1250, 0.0625, 0.5000, 0.2500, 0.1250, 0.8750\n".repeat(lines))),
        ),
        "L0007b" => Some([long(300), long(100)]),
        "L0007c" => Some([choices(70), choices(20)]),
        "L0007d" => Some([copies(1_100), copies(100)]),
        _ => None,
    }
}

const GENERATED: [&str; 4] = ["L0006", "L0007b", "L0007c", "L0007d"];

/// The pairs that `// set: name=value` in a spec's first line asks for, as `--set name=value` would.
fn directive(text: &str) -> Vec<(&str, &str)> {
    let line = text.lines().next().and_then(|line| line.strip_prefix("// set: "));
    line.and_then(|line| line.split_once('=')).into_iter().collect()
}

pub fn compiled(name: &str, text: &str) -> Compiled {
    compile_as(&format!("{name}.lcnn"), text, &directive(text))
}

/// Every pair of examples in `lang/tests/diagnostics/`: its name, which is a code and maybe a letter, the bad text and
/// the mended one.
pub fn pairs() -> Vec<(String, String, String)> {
    let stored = files("lang/tests/diagnostics", ".bad.lcnn").into_iter().map(|(name, bad)| {
        let fixed = project(&format!("lang/tests/diagnostics/{name}.fixed.lcnn"));
        let fixed = fs::read_to_string(&fixed).unwrap_or_else(|_| panic!("there is no {}", fixed.display()));
        (name, bad, fixed)
    });
    let made = GENERATED.map(|name| {
        let [bad, fixed] = generated(name).unwrap();
        (name.to_owned(), bad, fixed)
    });
    stored.chain(made).collect()
}

#[test]
fn every_code_has_a_spec_that_earns_it() {
    let names: BTreeSet<String> = pairs().into_iter().map(|(name, ..)| name).collect();
    let wanted = catalogue().map(|code| code.id).filter(|id| !id.starts_with(RUN_YAML));
    let missing: Vec<&str> = wanted.filter(|id| !names.contains(*id)).collect();
    assert!(missing.is_empty(), "lang/tests/diagnostics has no .bad.lcnn for {missing:?}");
    let known: BTreeSet<&str> = catalogue().map(|code| code.id).collect();
    let strange: Vec<&String> = names.iter().filter(|name| !known.contains(&name[..5])).collect();
    assert!(strange.is_empty(), "no such codes: {strange:?}");
}

#[test]
fn a_bad_spec_has_its_own_problem_and_no_other() {
    for (name, bad, _) in pairs() {
        let compiled = compiled(&format!("{name}.bad"), &bad);
        assert_eq!(codes(&compiled), [&name[..5]], "{name}\n{}", compiled.report);
        let level = compiled.report.diagnostics[0].code.level;
        assert_eq!(compiled.net.is_none(), level == Level::Error, "{name}: an error, and nothing else, gives no net");
    }
}

#[test]
fn a_mended_spec_has_no_problem() {
    for (name, _, fixed) in pairs() {
        let compiled = compiled(&format!("{name}.fixed"), &fixed);
        assert!(compiled.report.diagnostics.is_empty(), "{name}\n{}", compiled.report);
        assert!(compiled.net.is_some(), "{name}");
    }
}

#[test]
fn every_mended_spec_is_its_bad_one_but_for_a_small_edit() {
    for (name, bad, fixed) in pairs() {
        if generated(&name).is_some() {
            continue;
        }
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let (bad, fixed) = (lines(&bad), lines(&fixed));
        let changed = bad.iter().filter(|line| !fixed.contains(line)).count();
        let added = fixed.iter().filter(|line| !bad.contains(line)).count();
        assert!(bad != fixed && changed.max(added) <= 5, "{name}: {changed} lines changed, {added} added");
    }
}

#[test]
fn every_report_is_as_reviewed() {
    let mut names = Vec::new();
    for (name, bad, _) in pairs() {
        golden("diagnostics", &name, &compiled(&format!("{name}.bad"), &bad).report.to_string());
        names.push(name);
    }
    golden("diagnostics", "many", &many().report.to_string());
    names.push("many".to_owned());
    names.sort();
    assert_eq!(goldens("diagnostics"), names, "a golden is left from a spec that is gone");
}

fn many() -> Compiled {
    compiled("many", &fs::read_to_string(project("lang/tests/diagnostics/many.lcnn")).unwrap())
}

#[test]
fn many_mistakes_are_found_in_one_run() {
    let compiled = many();
    let found: BTreeSet<&str> = codes(&compiled).into_iter().collect();
    assert!(found.len() >= 10, "{found:?}");
    assert_eq!(compiled.report.count(Level::Error) + compiled.report.count(Level::Warning), codes(&compiled).len());
    let places: Vec<usize> = compiled.report.diagnostics.iter().map(lcnnc_lang::diag::Diagnostic::place).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn every_problem_says_where_and_what_would_mend_it() {
    for (name, bad, _) in pairs() {
        for diagnostic in compiled(&name, &bad).report.diagnostics {
            assert!(diagnostic.help.is_some_and(|help| !help.is_empty()), "{name} has no help");
            // An override of a const that the spec does not have has no place in the text.
            assert!(!diagnostic.labels.is_empty() || name.starts_with("L0111"), "{name} has no place");
            for label in diagnostic.labels {
                assert!(bad.get(label.span.start..label.span.end).is_some(), "{name}: {label:?}");
                assert!(!label.text.is_empty(), "{name}: {label:?}");
            }
        }
    }
}

/// The catalogue itself has one place a group, nothing twice and nothing unexplained.
#[test]
fn codes_are_well_formed() {
    let mut seen = BTreeSet::new();
    for code in catalogue() {
        assert!(seen.insert(code.id), "{} is declared twice", code.id);
        let digits = code.id.strip_prefix('L').unwrap();
        assert!(digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit()), "{}", code.id);
        assert!(code.about.ends_with('.') && code.about.len() > 20, "{}: {:?}", code.id, code.about);
    }
    for (group, codes) in GROUPS.iter().enumerate() {
        let prefix = format!("L{group:02}");
        assert!(codes.iter().all(|code| code.id.starts_with(&prefix)), "{prefix}");
    }
    assert!(config::CODES.iter().all(|code| code.id.starts_with(RUN_YAML)));
}
