//! `lcnnc fmt` as users type it: what it writes, its words and exit codes.

use crate::cli::check::lcnnc_in;
use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

const LOOSE: &str = "model M\n\n\nA=relu( x )// why\n";
const TIDY: &str = "model M\n\nA = relu(x)                                         // why\n";

#[test]
fn fmt_rewrites_what_is_not_formatted() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("loose.lcnn"), LOOSE).unwrap();
    fs::write(at("tidy.lcnn"), TIDY).unwrap();
    let written = fs::metadata(at("tidy.lcnn")).unwrap().modified().unwrap();
    let said = lcnnc_in(folder.path(), &["fmt", "loose", "tidy.lcnn"]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "loose.lcnn: formatted\n", ""));
    assert_eq!(fs::read_to_string(at("loose.lcnn")).unwrap(), TIDY);
    assert_eq!(fs::metadata(at("tidy.lcnn")).unwrap().modified().unwrap(), written, "it is left untouched");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    assert!(lcnnc_in(folder.path(), &["fmt", "loose", "tidy"]).all().is_empty());
}

#[cfg(unix)]
#[test]
fn fmt_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("loose.lcnn"), LOOSE).unwrap();
    fs::set_permissions(at("loose.lcnn"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("loose.lcnn", at("link.lcnn")).unwrap();
    assert_eq!(lcnnc_in(folder.path(), &["fmt", "link"]).code, 0);
    assert!(fs::symlink_metadata(at("link.lcnn")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(at("loose.lcnn")).unwrap(), TIDY);
    assert_eq!(fs::metadata(at("loose.lcnn")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn fmt_check_and_diff_only_look() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("loose.lcnn"), LOOSE).unwrap();
    fs::write(folder.path().join("tidy.lcnn"), TIDY).unwrap();
    let check = lcnnc_in(folder.path(), &["fmt", "--check", "loose.lcnn", "tidy.lcnn"]);
    assert_eq!((check.code, check.out.as_str(), check.err.as_str()), (1, "loose.lcnn: not formatted\n", ""));
    let diff = lcnnc_in(folder.path(), &["fmt", "--diff", "loose", "tidy"]);
    let shown = "--- loose.lcnn\n+++ loose.lcnn\n@@ -1,4 +1,3 @@\n model M\n \n-\n-A=relu( x )// why\n+A = relu(x)";
    assert!(diff.code == 1 && diff.out.starts_with(shown) && diff.err.is_empty(), "{}", diff.all());
    assert_eq!(fs::read_to_string(folder.path().join("loose.lcnn")).unwrap(), LOOSE);
    for flag in ["--check", "--diff"] {
        let said = lcnnc_in(folder.path(), &["fmt", flag, "tidy"]);
        assert!(said.code == 0 && said.all().is_empty(), "{}", said.all());
    }
    assert_eq!(lcnnc_in(folder.path(), &["fmt", "--check", "--diff", "tidy"]).code, 2);
    assert_eq!(lcnnc_in(folder.path(), &["fmt"]).code, 2);
}

/// Changes that no line shows are said in one line, and are no changes of lines.
#[test]
fn fmt_diff_says_what_no_line_shows() {
    let folder = TempDir::new().unwrap();
    let foreign = format!("\u{feff}{}", TIDY.replace('\n', "\r\n"));
    fs::write(folder.path().join("foreign.lcnn"), foreign).unwrap();
    let said = lcnnc_in(folder.path(), &["fmt", "--diff", "foreign"]);
    let shown = "foreign.lcnn: line ends become line feeds, and the byte order mark at the start goes\n";
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (1, shown, ""));
    assert_eq!(lcnnc_in(folder.path(), &["fmt", "foreign"]).code, 0);
    assert_eq!(fs::read_to_string(folder.path().join("foreign.lcnn")).unwrap(), TIDY);
}

#[test]
fn fmt_reads_standard_input() {
    let piped = |args: &[&str], text: &str| {
        let output = Command::cargo_bin("lcnnc").unwrap().args(args).write_stdin(text).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    assert_eq!(piped(&["fmt", "-"], LOOSE), (0, TIDY.to_owned(), String::new()));
    assert_eq!(piped(&["fmt", "-"], TIDY), (0, TIDY.to_owned(), String::new()));
    assert_eq!(piped(&["fmt", "--check", "-"], LOOSE), (1, "<stdin>: not formatted\n".to_owned(), String::new()));
    let (code, out, err) = piped(&["fmt", "-"], "A = (x\n");
    assert!(code == 1 && out.is_empty() && err.contains("[<stdin>:1:5]"), "{err}");
}

#[test]
fn fmt_leaves_a_broken_spec_alone() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("broken.lcnn"), "A=(x\n").unwrap();
    fs::write(folder.path().join("loose.lcnn"), LOOSE).unwrap();
    let said = lcnnc_in(folder.path(), &["fmt", "broken", "loose"]);
    assert!(said.code == 1 && said.err.contains("error[L0002]"), "{}", said.all());
    assert_eq!(fs::read_to_string(folder.path().join("broken.lcnn")).unwrap(), "A=(x\n");
    assert_eq!(fs::read_to_string(folder.path().join("loose.lcnn")).unwrap(), TIDY, "the others are formatted");
    let said = lcnnc_in(folder.path(), &["fmt", "no_such", "broken"]);
    assert!(said.code == 2 && said.err.contains("no_such") && said.err.contains("L0002"), "{}", said.all());
}
