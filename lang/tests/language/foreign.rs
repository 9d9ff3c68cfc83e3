//! What people write who know another tool: every row of the table is one problem, with the answer of the row.

use lcnnc_lang::diag::foreign::{At, Row, TABLE};
use lcnnc_lang::diag::{Applicability, Report};
use lcnnc_lang::{Options, Source, fix};
use lcnnc_testing::{codes, compile_as, specs};
use std::collections::BTreeSet;

/// A spec around the lines of a row, which has whatever they do not have themselves: `x` and `y` are maps of eight
/// channels, `W`, `W_E` and `W_I` bundles, and `h` is what the output is made of.
fn around(lines: &str) -> String {
    let has = |start: &str| lines.lines().any(|line| line.trim_start().starts_with(start));
    let unless = |start: &str, line: &'static str| if has(start) { "" } else { line };
    let states_h = has("state h") || has("let h") || has("layer h");
    let h = if states_h { "" } else { unless("h ", "h = x\n") };
    format!(
        "model M\nallow misfit\ninput image: [3, 24, 24]\nweights W: conv(8 -> 8, kernel: 3)\nweights W_E: conv(8 -> 8, kernel: 3)\n\
         weights W_I: conv(8 -> 8, kernel: 3)\nx = relu(conv(image, 8, kernel: 3))\ny = tanh(W * x) + W_E * x + W_I * x\n\
         {lines}\n{h}{}{}allow [unused, unreached, unbounded, no_role]\n",
        unless("logits", "logits = dense(max_pool(h, 2), classes)\n"),
        if has("return") { "" } else { unless("output", "output logits\n") },
    )
}

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().copied().flatten()
}

/// The row's lines with another of its words in the place of the first, if they have that as a word of its own.
fn with_word(row: &Row, word: &str) -> Option<String> {
    let (first, text) = (row.words[0], row.write);
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let is_word = first.starts_with(part);
    let whole = |(at, _): &(usize, &str)| {
        !is_word || !text[..*at].ends_with(part) && !text[at + first.len()..].starts_with(part)
    };
    let (at, _) = text.match_indices(first).find(whole)?;
    Some(format!("{}{word}{}", &text[..at], &text[at + first.len()..]))
}

fn said(report: &Report) -> Vec<(&str, &str)> {
    report.diagnostics.iter().map(|d| (d.message.as_str(), d.help.as_deref().unwrap_or_default())).collect()
}

#[test]
fn every_row_is_one_problem_with_its_answer() {
    let mut wrong = Vec::new();
    for row in rows() {
        for word in row.words {
            let Some(lines) = with_word(row, word) else {
                wrong.push(format!("{:?}: the example of {word} does not have it: {}", row.at, row.write));
                continue;
            };
            let report = compile_as("spec.lcnn", &around(&lines), &[]).report;
            let said = said(&report);
            if said.len() != 1 || said[0].1 != row.say {
                wrong.push(format!("{:?} {word}: {said:#?}", row.at));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a row says to write, which stands last in backticks.
fn answer(row: &Row) -> &'static str {
    row.say.rsplit('`').nth(1).unwrap_or_default()
}

#[test]
fn every_answer_that_is_code_compiles() {
    let mut wrong = Vec::new();
    for row in rows().filter(|row| !row.mended.is_empty()) {
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        if !plain(row.mended).contains(&plain(answer(row))) {
            wrong.push(format!("{:?} {:?}: `{}` is not in\n{}", row.at, row.words[0], answer(row), row.mended));
        }
        let report = compile_as("spec.lcnn", &around(row.mended), &[]).report;
        if !report.diagnostics.is_empty() {
            wrong.push(format!("{:?} {:?}:\n{report}", row.at, row.words[0]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_word_has_one_row_at_each_place() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(At::ALL.contains(&row.at), "{:?}", row.at);
        assert!(!row.say.ends_with('.') && !row.say.is_empty() && !row.write.is_empty(), "{:?}", row.words);
        for word in row.words {
            let place = (row.at.heading(), *word, row.write.split(['{', ':']).next());
            assert!(seen.insert(place), "{:?} {word} has two rows", row.at);
        }
    }
}

/// A word of another tool is never taken for a slip, whatever is near to it.
#[test]
fn no_row_but_those_of_signs_is_mended_safely() {
    for row in rows().filter(|row| row.at != At::Sign) {
        for word in row.words {
            let text = around(&with_word(row, word).unwrap());
            let source = Source { name: "spec.lcnn".to_owned(), text: text.clone() };
            let (compiled, mended) = fix(&source, &Options::default(), Applicability::Safe);
            assert_eq!((mended, compiled.report.text), (0, text), "{word} was changed");
        }
    }
}

/// What was mended leaves nothing to mend, however much is asked for, as the fuzzer demands of any text.
#[test]
fn mending_a_row_leaves_nothing_to_mend() {
    let rows: Vec<&Row> = rows().collect();
    for (n, row) in rows.iter().enumerate() {
        // With another row beside it, far away in the table.
        let other = rows[(7 * n + 31) % rows.len()];
        for text in [around(row.write), around(&format!("{}\n{}", row.write, other.write))] {
            for asked in [Applicability::Safe, Applicability::Unsafe] {
                let source = Source { name: "spec.lcnn".to_owned(), text: text.clone() };
                let (after, mended) = fix(&source, &Options::default(), asked);
                assert_eq!(mended == 0, after.report.text == text, "{text}");
                let again = Source { text: after.report.text, ..source };
                assert_eq!(fix(&again, &Options::default(), asked).1, 0, "{}", again.text);
            }
        }
    }
}

#[test]
fn signs_of_other_languages_are_mended_in_one_go() {
    let text = "# A spec\nmodel M;\n/* with a comment\n   of two lines */\ninput image: [1, 24, 24];   # gray\n\
                h = relu(conv(image, 8, kernel=3, padding='same')); k = tanh(h)\n\
                logits = dense(k, classes); /* and so on */\noutput logits;\ntrain { batch: 8; epochs: 2; }\n";
    let source = Source { name: "spec.lcnn".to_owned(), text: text.to_owned() };
    let before = compile_as("spec.lcnn", text, &[]).report;
    assert_eq!(before.diagnostics.len(), 4, "{before}");
    let (compiled, _) = fix(&source, &Options::default(), Applicability::Safe);
    assert!(compiled.report.diagnostics.is_empty(), "{}{}", compiled.report, compiled.report.text);
    assert!(compiled.report.text.starts_with("// A spec\nmodel M\n// with"), "{}", compiled.report.text);
    assert!(lcnnc_lang::syntax::format::format(&compiled.report.text).is_ok());
}

/// Each sign of another language is one problem, however often it is there.
#[test]
fn what_runs_through_a_whole_file_is_said_once() {
    for (_, text) in specs() {
        for (from, to) in [("//", "#"), ("\n", ";\n")] {
            // What stands in brackets over several lines ends with the last one.
            let text = text.replace("(\n        ", "(").replace("\n    )", ")");
            let text = text.replace("\n\n", "\n").replace("{\n", "{ \n").replace(from, to).replace("{ ;", "{");
            let report = compile_as("spec.lcnn", &text, &[]).report;
            assert!(codes(&compile_as("spec.lcnn", &text, &[])).len() <= 1, "{report}");
        }
    }
}

fn problems(lines: &str) -> Vec<String> {
    let report = compile_as("spec.lcnn", &around(lines), &[]).report;
    said(&report).into_iter().map(|(message, help)| format!("{message}; {help}")).collect()
}

#[test]
fn what_no_row_can_say_is_one_problem_too() {
    let one = [
        ("h = conv(x, 8, 16, 5)", "what flows in says that itself: write `conv(x, 16, kernel: 5)`"),
        ("logits = dense(x, 4608, 10)", "write `dense(x, 10)`"),
        ("h = nn.functional.relu(x)", "without the name of a library: `relu`"),
        ("penalty p = W.mean()", "what it is applied to: `mean(W)`"),
        ("h = tanh(x).relu()", "`relu(…)`"),
        ("h = torch.tanh(x)", "`tanh`"),
        ("h = nn.Conv2d(x, 8, 3)", "`conv(x, 8, kernel: 3)`"),
        ("h = conv(x, 8, kernel=3, padding=1)", "an argument is given by `:`"),
        ("h = x if true else y", "`if true then x else y`"),
        ("h = relu(x)   % as in MATLAB", "a comment begins with `//`"),
        ("data { batch: 3 }", "write it into `train { … }`"),
        ("train { lr: 1e-2 }", "give it to the optimizer"),
        ("train { weight_decay: 1e-2 }", "give it to the optimizer"),
        ("h = batch-norm(x)", "names have no hyphens: `batch_norm`"),
        (
            "loop V1(steps: 3) {\n    B = tanh(x)\n    state h = B\n    h' = relu(W * h)\n}",
            "move `B = …` out of it, in front of `V1`",
        ),
        (
            "loop V1(steps: 3) {\n    state h = x\n    h' = relu(W * h)\n    h' = tanh(h)\n}",
            "give the first a name of its own",
        ),
        ("h = conv(x, 8 // 2,\n    kernel: 3)", "a number is divided by `/`"),
    ];
    for (lines, answer) in one {
        let problems = problems(lines);
        assert!(problems.len() == 1 && problems[0].contains(answer), "{lines}: {problems:#?}");
    }
}

#[test]
fn a_list_of_all_names_is_never_the_help() {
    for line in ["h = qqqqqq(x)", "h = conv(x, 8, kernel: 3, qqqq: 2)", "train { qqqq: 2 }", "h = x + qqqq"] {
        let [problem] = &problems(line)[..] else { panic!("{line}") };
        assert!(problem.matches('`').count() <= 30, "{problem}");
    }
    assert!(problems("h = qqqqqq(x)")[0].contains("docs/reference.md"));
}
