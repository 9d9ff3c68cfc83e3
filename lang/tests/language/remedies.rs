//! What is done about problems: their pages, `allow`, `--fix`, and the forms that programs read.

use lcnnc_lang::diag::render::{github, json, sarif, short};
use lcnnc_lang::diag::{Applicability, Code, Report, catalogue, config};
use lcnnc_lang::{Options, Source, explain, fix};
use lcnnc_testing::{codes, compile_as, files, golden, project};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// The only code whose smallest example is a megabyte.
const TOO_LONG: &str = "L0006";

fn bad(name: &str) -> String {
    fs::read_to_string(project(&format!("lang/tests/diagnostics/{name}.bad.lcnn"))).unwrap()
}

fn many() -> Report {
    compile_as("many.lcnn", &fs::read_to_string(project("lang/tests/diagnostics/many.lcnn")).unwrap(), &[]).report
}

/// The page of a code; of the text of a run.yaml nothing is said, since nothing here reads one.
fn page(code: &Code) -> String {
    explain::page(code, |text| Report::new("run.yaml", text, Vec::new()))
}

#[test]
fn every_code_has_a_page_with_an_example() {
    for code in catalogue() {
        let page = page(code);
        assert!(page.contains(code.about), "{page}");
        assert_eq!(page.contains("mended"), code.id != TOO_LONG, "{page}");
        let is_of_specs = code.id != TOO_LONG && !config::CODES.contains(&code);
        assert!(!is_of_specs || page.contains(&format!("{}[{}]:", code.level, code.id)), "{page}");
        assert_eq!(explain::find(&code.id.to_lowercase()), Some(code));
        assert!(explain::index().contains(code.id));
        if let Some(name) = code.name {
            assert_eq!(explain::find(name), Some(code));
            assert!(page.contains(&format!("`allow {name}`")), "{page}");
        }
    }
    golden("explain", "L0203", &page(explain::find("L0203").unwrap()));
    golden("explain", "unbounded", &page(explain::find("unbounded").unwrap()));
}

#[test]
fn what_a_spec_allows_is_not_reported() {
    let mut seen = 0;
    for (file, text) in files("lang/tests/diagnostics", ".bad.lcnn") {
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

#[test]
fn every_code_whose_problems_can_be_mended_says_when_that_is_safe() {
    let mut seen = BTreeSet::new();
    for (name, text) in files("lang/tests/diagnostics", ".bad.lcnn") {
        for diagnostic in compile_as("spec.lcnn", &text, &[]).report.diagnostics {
            let help = diagnostic.help.unwrap();
            for edit in &diagnostic.fix {
                assert!(help.contains(edit.new.trim()), "{name}: the help does not show `{}`: {help}", edit.new);
            }
            if !diagnostic.fix.is_empty() {
                assert!(diagnostic.code.mend.is_some(), "{name} is mended without a reason");
                seen.insert(diagnostic.code.id);
            }
        }
    }
    for code in catalogue().filter(|code| code.mend.is_some()) {
        assert!(seen.contains(code.id), "no spec shows the fix of {}", code.id);
        let page = page(code);
        assert!(page.contains(code.mend.unwrap()) && page.contains("afe"), "{page}");
    }
}

fn mended(text: &str, asked: Applicability) -> (Report, usize) {
    let source = Source { name: "spec.lcnn".to_owned(), text: text.to_owned() };
    let (compiled, mended) = fix(&source, &Options::default(), asked);
    (compiled.report, mended)
}

fn fixed(text: &str) -> (Report, usize) {
    mended(text, Applicability::Safe)
}

fn fixed_unsafely(text: &str) -> (Report, usize) {
    mended(text, Applicability::Unsafe)
}

#[test]
fn what_was_misspelt_is_mended() {
    for name in ["L0004", "L0005", "L0102", "L0103", "L0117", "L0203", "L0601"] {
        let (report, mended) = fixed(&bad(name));
        assert!(report.diagnostics.is_empty() && mended > 0, "{name}: {report}{}", report.text);
    }
}

#[test]
fn what_may_mean_two_things_is_mended_only_where_that_is_asked_for() {
    for name in ["L0201", "L0403"] {
        let text = bad(name);
        let (report, mended) = fixed(&text);
        assert_eq!((mended, &report.text), (0, &text), "{name}");
        let (report, mended) = fixed_unsafely(&text);
        assert!(report.diagnostics.is_empty() && mended > 0, "{name}: {report}{}", report.text);
    }
}

/// A sign that becomes a word is parted from what it touches; brackets part enough.
#[test]
fn a_word_for_a_sign_is_not_glued_to_its_neighbours() {
    let condition = |written: &str| format!("const w = if {written} then 8 else 4\nh = conv(image, w, kernel: 3)");
    let spec = |written: &str| {
        let body = condition(written);
        format!("model M\nconst a = 3\n{body}\ninput image: [1, 8, 8]\nlogits = dense(h, classes)\noutput logits\n")
    };
    let (report, mended) = fixed_unsafely(&spec("a>2&&a<5||(a==9)&&(a==7)"));
    assert_eq!(mended, 3);
    assert_eq!(report.text, spec("a>2 and a<5 or(a==9)and(a==7)"));
    assert!(report.diagnostics.is_empty(), "{report}");
}

/// A line that stands between `x`, a map of eight channels, and the output.
fn with(line: &str) -> String {
    let given = |word: &str| line.lines().any(|line| line.starts_with(word));
    let h = if given("h ") { "" } else { "h = x\n" };
    format!(
        "model M\ninput image: [3, 24, 24]\nweights W: conv(8 -> 8, kernel: 3)\nx = relu(conv(image, 8, kernel: 3))\n\
         {line}\n{h}logits = dense(max_pool(h, 2), classes)\noutput logits\nallow [unused, unreached]\n"
    )
}

#[test]
fn what_another_tool_means_by_a_word_is_not_taken_for_a_slip() {
    let lines = [
        "h = elu(x)",
        "h = selu(x)",
        "h = relu6(x)",
        "h = rrelu(x)",
        "h = celu(x)",
        "h = rsqrt(x)",
        "h = sort(x)",
        "h = tan(x)",
        "h = deconv(x, 8, kernel: 3)",
        "penalty p = l21(W)",
        "penalty p = L1(W)",
        "penalty p = cov(W)",
        "data { augment: [vflip] }",
        "data { augment: [hflip] }",
        "train { optimizer: adamax(lr: 1e-3) }",
        "train { optimizer: adamx(lr: 1e-3) }",
        "train { seeds: 3 }",
        "train { schedule: step(at: [3]) }",
        "h = conv(x, 8, kernel: 3, strides: 2)",
        "penalty p = l1(weight)",
        "penalty p = l1(parameter)",
        "h = conv(x, 8, kernel: 3, bias: False)",
    ];
    for line in lines {
        let text = with(line);
        let (report, mended) = fixed(&text);
        assert_eq!((mended, &report.text), (0, &text), "{line} was changed");
        assert!(report.has_errors(), "{line}");
    }
}

#[test]
fn a_misspelt_kind_argument_or_setting_is_mended() {
    let lines = [
        ("h = cnov(x, 8, kernel: 3)", "conv("),
        ("h = batchnorm(x)", "batch_norm("),
        ("h = conv(x, 8, kernel: 3, strde: 2)", "stride: 2"),
        ("h = conv(x, 8, kernel: 3, padding: smae)", "padding: same"),
        ("h = conv(x, 8, kernel: 3, bais: false)", "bias: false"),
        ("h = sigmiod(x)", "sigmoid(x)"),
        ("train { optimizer: adma(lr: 1e-3) }", "adam(lr"),
        ("train { optimiser: adam(lr: 1e-3) }", "optimizer: adam"),
        ("train { optimizer: adam(bta1: 0.9) }", "beta1: 0.9"),
        ("train { epoch: 3 }", "epochs: 3"),
        ("trian { epochs: 3 }", "train {"),
        ("data { transform: [color] }", "[colour]"),
        ("penalty p = maen(x)", "mean(x)"),
    ];
    for (line, wanted) in lines {
        let (report, mended) = fixed(&with(line));
        assert_eq!(mended, 1, "{line}: {report}");
        assert!(report.text.contains(wanted) && !report.has_errors(), "{line}: {report}");
    }
}

#[test]
fn no_two_places_come_to_share_weights() {
    let areas = |first: &str, second: &str, read: &str| {
        format!(
            "model M\ninput image: [1, 8, 8]\nweights {first}: conv(1 -> 1, kernel: 3)\nA = relu({first} * image)\n\
             B = relu({read} * A)\nlogits = dense(B, classes)\noutput logits\n{second}"
        )
    };
    // The second bundle was forgotten: the first is the nearest name there is.
    for (first, read) in [("lateral_V1", "lateral_V2"), ("lateral_one", "lateral_two"), ("lateral", "laterall")] {
        let text = areas(first, "", read);
        let (report, mended) = fixed(&text);
        assert_eq!((mended, &report.text), (0, &text), "{read}: {report}");
        assert!(report.has_errors());
    }
    // A bundle that nothing else applies is shared by nobody.
    let text = "model M\ninput image: [1, 8, 8]\nweights lateral: conv(1 -> 1, kernel: 3)\nA = relu(latreal * image)\n\
                logits = dense(A, classes)\noutput logits\npenalty p = l1(laterla)\n";
    let (report, mended) = fixed(text);
    assert_eq!((report.diagnostics.len(), mended), (0, 2), "{report}");
}

#[test]
fn a_name_that_is_defined_elsewhere_is_not_misspelt() {
    let specs = [
        // In a block, which nobody sees into; in a loop; a parameter; further down, where it cannot be read.
        "block b(x) {\n    middle = tanh(x)\n    yield middle\n}\nmidlle = relu(x)\nh = b(midlle) + middle",
        "fn f(inputs) = relu(inputs)\ninput1 = f(x)\nh = f(inputs)",
        "inptus = relu(x)\nh = relu(inputs)\ninputs = relu((x)",
    ];
    for lines in specs {
        let text = with(lines);
        let (report, mended) = fixed(&text);
        assert_eq!((mended, &report.text), (0, &text), "{lines}: {report}");
        assert!(report.has_errors(), "{lines}");
    }
}

#[test]
fn numbers_of_channels_that_disagree_are_left_to_the_author() {
    let lateral = |afferent: &str, lateral: &str| {
        format!(
            "model M\ninput image: [1, 28, 28]\nweights W_A: conv({afferent}, kernel: 7)\n\
             weights W_L: conv({lateral}, kernel: 7)\nA = relu(W_A * image)\nloop V1(steps: 3) {{\n    state O = A\n    \
             O' = relu(A + W_L * O)\n}}\nlogits = dense(O, classes)\noutput logits\n"
        )
    };
    for (a, l) in [("8 -> 1", "8 -> 8"), ("3 -> 8", "8 -> 8"), ("1 -> 8", "16 -> 16"), ("1 -> 8", "16 -> 8")] {
        let text = lateral(a, l);
        let (report, mended) = fixed(&text);
        assert_eq!((mended, &report.text), (0, &text), "{a}, {l}: {report}");
        assert!(report.has_errors() && report.diagnostics.iter().all(|d| !d.fix.is_empty()), "{report}");
    }
    // They stand the wrong way round, and that is what is said and what is offered.
    let (report, mended) = fixed_unsafely(&lateral("8 -> 1", "8 -> 8"));
    assert_eq!((mended, &report.text), (1, &lateral("1 -> 8", "8 -> 8")), "{report}");
    let swapped = compile_as("spec.lcnn", &lateral("8 -> 1", "8 -> 8"), &[]).report;
    assert!(swapped.to_string().contains("the wrong way round, write `1 -> 8`"), "{swapped}");
    // What the bundle takes is what the state has: only what it gives can be wrong.
    assert_eq!(fixed(&lateral("1 -> 8", "8 -> 16")).0.text, lateral("1 -> 8", "8 -> 8"));
    let shared = lateral("1 -> 8", "8 -> 16").replace("dense(O, ", "dense(W_L * O, ");
    assert_eq!(fixed(&shared).1, 0, "another place needs what it gives");
    let handed_over = "model M\ninput image: [8, 8, 8]\nweights W_L: conv(8 -> 16, kernel: 3)\nblock settle(x, W) {\n    \
                       loop V1(steps: 2) {\n        state O = x\n        O' = relu(x + W * O)\n    }\n    yield W * O\n}\n\
                       logits = dense(settle(image, W_L), classes)\noutput logits\n";
    let (report, mended) = fixed(handed_over);
    assert!(mended == 0 && codes_of(&report).contains(&"L0203"), "{report}");
}

#[test]
fn mending_one_of_the_small_specs_leaves_no_more_problems_than_there_were() {
    for (name, text) in files("lang/tests/diagnostics", ".bad.lcnn") {
        for asked in [Applicability::Safe, Applicability::Unsafe] {
            let before = compile_as("spec.lcnn", &text, &[]).report;
            let (after, count) = mended(&text, asked);
            assert!(after.diagnostics.len() <= before.diagnostics.len(), "{name}: {after}");
            assert_eq!(count == 0, after.text == text, "{name}");
            assert_eq!(mended(&after.text, asked).1, 0, "{name} is mended in one go");
        }
    }
}

#[test]
fn what_a_mended_problem_hid_is_mended_too() {
    let (report, mended) =
        fixed(&bad("L0203").replace("max_pool", "maxpool").replace("bias: false)   // afferent", "bais: false)"));
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
        let (report, _) = fixed_unsafely(&text);
        assert!(!report.text.contains("kernal"), "{}", report.text);
        assert_eq!(codes_of(&report).first(), Some(&"L0201"), "{report}");
        assert_eq!(fixed_unsafely(&report.text).1, 0, "{}", report.text);
    }
}

#[test]
fn a_name_misspelt_in_many_places_is_mended_in_all() {
    let text = "model M\ninput image: [1, 8, 8]\nweights W_A: conv(1 -> 1, kernel: 3)\nA = relu(W_A * imagee)\n\
                B = A * imagee + imagee + imagee + imagee + imagee\nlogits = dense(B, classes)\noutput logits\n";
    let (report, mended) = fixed(text);
    assert_eq!((report.diagnostics.len(), mended), (0, 1), "{report}");
    assert!(!report.text.contains("imagee"), "{}", report.text);
}

#[test]
fn a_const_is_not_overwritten_by_a_number() {
    let text = "model M\nconst maps = 4\ninput image: [1, 8, 8]\nweights W_A: conv(1 -> 8, kernel: 3)\n\
                weights W_B: conv(maps -> 8, kernel: 3)\nlogits = dense(W_B * (W_A * image), classes)\noutput logits\n";
    let (report, mended) = fixed_unsafely(text);
    assert_eq!((codes_of(&report), mended), (vec!["L0201"], 0));
}

/// Two thousand names that nothing has, each near to one of thousands that something has.
#[test]
fn no_more_is_suggested_than_anybody_reads() {
    let defined: String = (0..3_000).map(|n| format!("feature_map_{n} = relu(image)\n")).collect();
    let sum: Vec<String> = (0..2_000).map(|n| format!("featrue_map_{n}")).collect();
    let lines: String = sum.chunks(20).enumerate().map(|(n, row)| format!("sum{n} = {}\n", row.join(" + "))).collect();
    let text =
        format!("model M\ninput image: [1, 8, 8]\n{defined}{lines}logits = dense(image, classes)\noutput logits\n");
    let report = compile_as("spec.lcnn", &text, &[]).report;
    assert_eq!(report.diagnostics.len(), 2_000);
    let suggested = report.diagnostics.iter().filter(|d| d.help.as_ref().unwrap().contains("feature_map")).count();
    assert!((200..=300).contains(&suggested), "{suggested}");
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
        let applicability = object["applicability"].as_str();
        assert_eq!(applicability.is_some(), !object["fix"].as_array().unwrap().is_empty(), "{line}");
        assert_eq!(applicability, result["fixes"][0]["properties"]["applicability"].as_str(), "{line}");
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
