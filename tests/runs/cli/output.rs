//! What reaches the user: standard output that cannot be written, and texts that would steer a terminal.

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
    let mut child =
        command(Path::new("."), &["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("L0001"), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
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
        vec!["analyse", "good.lcnn", &missing],
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
