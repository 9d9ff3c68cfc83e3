//! What reaches the user: standard output that cannot be written, terminals of any width, and texts that would steer them.

use crate::diagnostics::{compiled, pairs};
use crate::support::{project, specs};
use lcnnc::back::summary;
use lcnnc::diag::render::{fold, github, json, plain, sarif, short};
use lcnnc::{Options, Source, compile};
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const GOOD: &str = "model Good\ninput image: [1, 8, 8]\nlogits = dense(image, classes)\noutput logits\n";

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.current_dir(folder).env_remove("LCNNC_DATA").args(args).stdin(Stdio::null());
    command
}

fn lcnnc(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn place(name: &str, contents: impl AsRef<[u8]>) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(name), contents).unwrap();
    place
}

/// A command of each verb that prints something, but for those that train.
const WORDS: [&[&str]; 13] = [
    &["check", "good"],
    &["check", "--timing", "good"],
    &["check", "--format", "sarif", "good"],
    &["explain"],
    &["explain", "L0203"],
    &["fmt", "--check", "wide.lcnn"],
    &["fmt", "--diff", "wide.lcnn"],
    &["show", "good"],
    &["lower", "good"],
    &["graph", "good"],
    &["data", "list"],
    &["--help"],
    &["run", "--help"],
];

fn words() -> TempDir {
    let place = place("good.lcnn", GOOD);
    fs::write(place.path().join("wide.lcnn"), GOOD.replace('=', "  =")).unwrap();
    place
}

#[cfg(target_os = "linux")]
#[test]
fn every_verb_says_that_standard_output_cannot_be_written() {
    let place = words();
    for args in WORDS {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(place.path(), args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains("error: standard output cannot be written: No space left on device"), "{args:?}: {err}");
    }
}

/// As `| head -1` does: whoever reads has read enough.
#[test]
fn a_closed_pipe_ends_every_verb_quietly_and_with_its_own_code() {
    let place = words();
    for args in WORDS {
        let own = lcnnc(place.path(), args).status.code();
        let mut child = command(place.path(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (own, ""), "{args:?}");
    }
}

#[test]
fn the_first_line_can_be_had_alone() {
    let mut child = command(&project(""), &["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("L0001"), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

/// As wide as the terminal, whatever is wrong: messages, labels, help and the source itself.
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

fn report(text: &str) -> lcnnc::diag::Report {
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

/// Of every spec that comes with the project.
#[test]
fn the_table_of_layers_fits_a_narrow_terminal() {
    for (name, spec) in specs() {
        let net = crate::support::compile_as(&name, &spec, &[]).net.unwrap();
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

/// Where each form of a report says that the first problem is.
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

/// A line feed, both, and a carriage return alone, as old Macintoshes wrote it: the same lines, in every form of a report.
#[test]
fn every_kind_of_line_end_ends_a_line_everywhere() {
    let spec = "// β: a comment\nmodel Ends\ninput image: [1, 8, 8]\n\nh = rleu(image)   // here\nlogits = dense(h, classes)\n\
                output logits\n";
    for ends in ["\n", "\r\n", "\r"] {
        let places = places(&spec.replace('\n', ends));
        assert_eq!(places, vec![(5, 5); 5], "{ends:?}");
    }
    // A comment ends with its line, and the layout is the same.
    let formatted = lcnnc::syntax::format::format(GOOD).unwrap();
    for ends in ["\r\n", "\r"] {
        assert!(report(&GOOD.replace('\n', ends)).diagnostics.is_empty());
        assert_eq!(lcnnc::syntax::format::format(&GOOD.replace('\n', ends)).unwrap(), formatted, "{ends:?}");
    }
}

/// An escape sequence, a bell, a lone carriage return, a C1 command and text that is shown backwards.
const STEERS: &str = "\u{1b}[31m\u{7}\u{9b}2J\u{202e}gnirts";

#[test]
fn nothing_that_steers_a_terminal_reaches_one() {
    let harmless = |text: &str, what: &str| {
        let steers = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{202e}';
        assert!(!text.contains(steers), "{what}: {text:?}");
    };
    let bad = GOOD.replace("logits = dense", &format!("h = {STEERS} rleu(image) // {STEERS}\nlogits = dense"));
    let good = GOOD.replace("output logits", &format!("output logits // {STEERS}"));
    let name = format!("a{STEERS}\n.lcnn");
    let place = place(&name, &bad);
    fs::write(place.path().join("good.lcnn"), &good).unwrap();
    for format in ["human", "short", "json", "sarif", "github"] {
        let output = lcnnc(place.path(), &["check", "--format", format, &name]);
        harmless(text(&output.stdout), format);
        harmless(text(&output.stderr), format);
        assert_eq!(output.status.code(), Some(1), "{format}");
        if format == "json" {
            for line in text(&output.stdout).lines() {
                let object: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(object["file"], name.as_str(), "what a program reads is the name itself");
            }
        }
        if format == "sarif" {
            serde_json::from_str::<serde_json::Value>(text(&output.stdout)).unwrap();
        }
    }
    let missing = format!("missing{STEERS}");
    for args in [
        vec!["show", "good"],
        vec!["check", &missing],
        vec!["run", &missing],
        vec!["eval", &missing],
        vec!["predict", "good.lcnn", &missing],
        vec!["explain", &missing],
        vec!["run", "good", "--dataset", &missing],
        vec!["run", "good", "--lr", STEERS],
        vec!["run", "good", "--set", STEERS],
        vec!["data", "fetch", &missing],
    ] {
        let output = lcnnc(place.path(), &args);
        harmless(text(&output.stdout), args[0]);
        harmless(text(&output.stderr), args[0]);
    }
}

/// The place, the byte and what the text looks like, for specs, run.yaml and standard input alike.
#[test]
fn a_text_that_is_not_utf8_is_told_where_and_what_it_looks_like() {
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let latin1 = GOOD.replace("output", "// für den Rest\noutput").chars().map(|c| c as u8).collect::<Vec<u8>>();
    let mut quotes = GOOD.as_bytes().to_vec();
    quotes.extend(b"// don\x92t\n");
    let cut = "model Good // \u{3b2}".as_bytes();
    let little = utf16(&format!("\u{feff}{GOOD}"), u16::to_le_bytes);
    let big = utf16(&format!("\u{feff}{GOOD}"), u16::to_be_bytes);
    let cases: [(&[u8], &str, &str); 8] = [
        (&latin1, ":4:5: not UTF-8 from byte 69 on: ", "0xfc stands there, which is `ü` in Latin-1; save it as UTF-8"),
        (&quotes, ":5:7: not UTF-8 ", "0x92 stands there, as in a text of Windows-1252"),
        (&cut[..cut.len() - 1], ":1:15: not UTF-8 ", "the file ends in the middle of a character"),
        (&little, ":1:1: not UTF-8 ", "UTF-16, the low byte first, with a byte order mark"),
        (&big, ":1:1: not UTF-8 ", "UTF-16, the high byte first, with a byte order mark"),
        (&utf16(GOOD, u16::to_le_bytes), ":1:1: not UTF-8 ", "UTF-16, the low byte first, without a byte order mark"),
        (&utf16(GOOD, u16::to_be_bytes), ":1:1: not UTF-8 ", "UTF-16, the high byte first, without a byte order mark"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ":1:1: not UTF-8 ", "0x89 stands there; is it a text at all?"),
    ];
    for (bytes, at, looks) in cases {
        let place = place("spec.lcnn", bytes);
        fs::write(place.path().join("run.yaml"), bytes).unwrap();
        for args in
            [["check", "spec"], ["fmt", "spec"], ["show", "spec"], ["run", "spec"], ["run", "--config=run.yaml"]]
        {
            let output = lcnnc(place.path(), &args);
            let err = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
            assert!(err.contains(at) && err.contains(looks), "{args:?}: {err}");
        }
        let stdin = File::open(place.path().join("spec.lcnn")).unwrap();
        let output = command(place.path(), &["fmt", "-"]).stdin(stdin).output().unwrap();
        assert!(output.status.code() == Some(2) && text(&output.stderr).contains(at), "{}", text(&output.stderr));
    }
    let marked = place("spec.lcnn", format!("\u{feff}{GOOD}"));
    assert_eq!(lcnnc(marked.path(), &["check", "spec"]).status.code(), Some(0), "a byte order mark is no mistake");
    for ends in ["\n", "\r\n", "\r"] {
        fs::write(marked.path().join("run.yaml"), format!("\u{feff}spec: spec.lcnn{ends}limt: 3{ends}")).unwrap();
        let output = lcnnc(marked.path(), &["run", "--config", "run.yaml"]);
        let err = text(&output.stderr);
        assert!(err.contains("run.yaml:2:1") && err.contains("did you mean `limit`?"), "{ends:?}: {err}");
        assert_eq!(err.lines().filter(|line| line.contains("error[")).count(), 1, "{ends:?}: {err}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_read_only_stays_and_any_other_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let spaced = GOOD.replace('=', "  =");
    let misspelt = GOOD.replace("dense(", "dennse(");
    for (verb, before) in [(&["fmt"][..], &spaced), (&["check", "--fix"], &misspelt)] {
        let place = place("spec.lcnn", before);
        let (file, args) = (place.path().join("spec.lcnn"), [verb, &["spec"]].concat());
        fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
        let output = lcnnc(place.path(), &args);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains("spec.lcnn: cannot be written: it is read-only, and stays as it is"), "{err}");
        assert_eq!(&fs::read_to_string(&file).unwrap(), before);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside it");

        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert_eq!(lcnnc(place.path(), &args).status.code(), Some(0));
        assert_eq!(fs::read_to_string(&file).unwrap(), GOOD);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }
}

/// Whatever is counted: one is singular.
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
