//! Reports and tables as they are drawn: within any width, with the places of the file, one as a singular.

use crate::diagnostics::{compiled, pairs};
use lcnnc_lang::back::summary;
use lcnnc_lang::diag::render::{fold, github, json, plain, sarif, short};
use lcnnc_lang::{Options, Source, compile};
use lcnnc_testing::specs;

const GOOD: &str = "model Good\ninput image: [1, 8, 8]\nlogits = dense(image, classes)\noutput logits\n";

/// A report is as wide as the terminal, whatever is wrong: messages, labels, help and the source itself.
#[test]
fn no_problem_is_drawn_wider_than_the_terminal() {
    let mut drawn = 0;
    for (name, bad, _) in pairs() {
        let report = compiled(&name, &bad).report;
        for width in [60, 80, 100] {
            for line in plain(&report, width).lines() {
                assert!(line.chars().count() <= width, "{name} at {width}: {} columns\n{line}", line.chars().count());
                drawn += 1;
            }
        }
    }
    assert!(drawn > 5_000, "{drawn} lines were drawn");
}

fn report(text: &str) -> lcnnc_lang::diag::Report {
    compile(&Source { name: "x.lcnn".to_owned(), text: text.to_owned() }, &Options::default()).report
}

/// A long line is cut around what is wrong; the place that is named is the one in the file.
#[test]
fn a_long_line_is_cut_around_its_mark() {
    let far = format!("a = {}rleu(image)  // {}", "relu(image) + ".repeat(20), "word ".repeat(40));
    let spec = GOOD.replace("logits =", &format!("{far}\nlogits ="));
    let report = report(&spec);
    let column = spec.lines().nth(2).unwrap().find("rleu").unwrap() + 1;
    for width in [60, 80, 100] {
        let drawn = plain(&report, width);
        assert!(drawn.contains(&format!("[x.lcnn:3:{column}]")), "{drawn}");
        let line = drawn.lines().find(|line| line.contains("rleu(image)") && line.contains('│')).unwrap();
        assert!(line.contains("│ …") && line.ends_with('…'), "both ends are cut: {line}");
        let marks = drawn.lines().skip_while(|below| *below != line).nth(1).unwrap();
        let at = |text: &str, what: char| text.chars().position(|c| c == what);
        let name = line.split("rleu").next().unwrap().chars().count();
        assert_eq!(at(marks, '─').or(at(marks, '┬')), Some(name), "the mark is below the name:\n{drawn}");
        assert!(drawn.lines().all(|line| line.chars().count() <= width), "{drawn}");
    }
}

/// The table of every spec that comes with the project fits into few columns.
#[test]
fn the_table_of_layers_fits_a_narrow_terminal() {
    for (name, spec) in specs() {
        let net = lcnnc_testing::compile_as(&name, &spec, &[]).net.unwrap();
        let whole = summary::emit(&net, None);
        for width in [60, 80, 100] {
            let table = summary::emit(&net, Some(width));
            assert!(table.lines().all(|line| line.chars().count() <= width), "{name} at {width}:\n{table}");
            assert_eq!(table.lines().count(), whole.lines().count());
        }
    }
}

#[test]
fn lines_are_broken_between_words() {
    let line = "epoch 1/12: lr 0.01, loss 0.8424, accuracy 49.08 %, validation accuracy 53.57 %, 0.9 s, 2663 images/s, 10 s left";
    for width in [60, 80, 100, 200] {
        let folded = fold(line, width);
        assert!(folded.lines().all(|line| line.chars().count() <= width), "{folded}");
        assert_eq!(folded.split_whitespace().collect::<Vec<_>>(), line.split_whitespace().collect::<Vec<_>>());
        assert!(folded.lines().skip(1).all(|line| line.starts_with("    ")), "what goes on is indented: {folded}");
    }
    assert_eq!(fold("short\n  two", 60), "short\n  two");
    assert_eq!(fold(&"x".repeat(70), 60), "x".repeat(70), "a word stays whole");
}

/// The line and the column that each form of a report has for the first problem.
fn places(text: &str) -> Vec<(usize, usize)> {
    let report = report(text);
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
    let behind = |all: &str, before: &str| {
        let (_, rest) = all.split_once(before).unwrap_or_else(|| panic!("no `{before}` in {all}"));
        number(rest)
    };
    let pair = |all: &str, before: &str| {
        let line: usize = behind(all, before);
        (line, behind(all, &format!("{before}{line}:")))
    };
    let json: serde_json::Value = serde_json::from_str(json::emit(&report).lines().next().unwrap()).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&sarif::emit(std::slice::from_ref(&report))).unwrap();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    let of = |value: &serde_json::Value, keys: [&str; 2]| {
        let [line, column] = keys.map(|key| value[key].as_u64().unwrap() as usize);
        (line, column)
    };
    let github = github::emit(&report);
    let drawn = plain(&report, 100);
    let margin = drawn.lines().find(|line| line.contains("rleu") && line.contains('│')).unwrap();
    let (line, column) = pair(&drawn, "x.lcnn:");
    assert_eq!(number(margin.trim_start()), line, "the number in the margin:\n{drawn}");
    vec![
        (line, column),
        pair(&short::emit(&report), "x.lcnn:"),
        of(&json["labels"][0], ["line", "column"]),
        of(region, ["startLine", "startColumn"]),
        (behind(&github, ",line="), behind(&github, ",col=")),
    ]
}

/// A line feed, a carriage return with one, and a carriage return alone, as old Macintoshes wrote it, make the same
/// lines in every form of a report.
#[test]
fn every_kind_of_line_end_ends_a_line_everywhere() {
    let spec = "// β: a comment\nmodel Ends\ninput image: [1, 8, 8]\n\nh = rleu(image)   // here\nlogits = dense(h, classes)\n\
                output logits\n";
    for ends in ["\n", "\r\n", "\r"] {
        let places = places(&spec.replace('\n', ends));
        assert_eq!(places, vec![(5, 5); 5], "{ends:?}");
    }
    // A comment ends with its line, and the layout is the same.
    let formatted = lcnnc_lang::syntax::format::format(GOOD).unwrap();
    for ends in ["\r\n", "\r"] {
        assert!(report(&GOOD.replace('\n', ends)).diagnostics.is_empty());
        assert_eq!(lcnnc_lang::syntax::format::format(&GOOD.replace('\n', ends)).unwrap(), formatted, "{ends:?}");
    }
}

/// Whatever is counted, one of it is singular.
#[test]
fn one_of_something_is_not_called_several() {
    let cases = [
        ("fn f(x) = relu(x)\nh = f(image, image)\n", "`f` takes 1 argument"),
        ("fn f(x, y) = x + y\nh = f(image)\n", "`f` takes 2 arguments, found 1"),
        ("block b(x) {\n    yield relu(x)\n}\nh = b(image, 3)\n", "`b` takes 1 argument"),
        ("h = image + conv(image, 8, kernel: 3)\n", "give both the same number of channels, 1 or 8"),
        ("weights W: conv(1 -> 8, kernel: 3)\nh = W * conv(image, 2, kernel: 3)\n", "takes 1 channel, but"),
    ];
    let plural = |words: &[&str]| words[0] == "1" && words[1].trim_end_matches([',', ';', '.', ':']).ends_with('s');
    for (lines, expected) in cases {
        let report = report(&GOOD.replace("logits =", &format!("{lines}logits =")));
        let said = short::emit(&report);
        assert!(said.contains(expected), "expected `{expected}` in: {said}");
        let words: Vec<&str> = said.split_whitespace().collect();
        assert!(!words.windows(2).any(plural), "{said}");
    }
}
