//! What shells complete, and pages of the manual, made from the verbs that `--help` lists.

use crate::shell::{fine, lcnnc};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The verbs that the help of a command lists, each behind the words that lead to it, as in `runs list`.
fn verbs(folder: &Path, above: &str) -> BTreeSet<String> {
    let help = fine(folder, &format!("{above} -h"));
    let parts = help.split("Commands:\n").nth(1).or_else(|| help.split("Simulations:\n").nth(1));
    let listed = parts.into_iter().flat_map(str::lines);
    let listed = listed.take_while(|line| line.starts_with("  "));
    let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    let mut all = BTreeSet::new();
    for name in names.filter(|name| *name != "help") {
        let verb = format!("{above} {name}").trim().to_owned();
        all.extend(verbs(folder, &verb));
        all.insert(verb);
    }
    all
}

#[test]
fn bash_takes_the_script_and_all_shells_know_all_verbs() {
    let here = tempfile::tempdir().unwrap();
    let verbs = verbs(here.path(), "");
    assert!(verbs.len() > 25 && verbs.contains("runs list"), "{verbs:?}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = fine(here.path(), &format!("completions {shell}"));
        for word in verbs.iter().filter_map(|verb| verb.split(' ').next_back()) {
            assert!(script.contains(word), "{shell} does not know `{word}`");
        }
        assert!(script.contains("weights-from"), "{shell} does not know a flag");
        fs::write(here.path().join(shell), script).unwrap();
    }
    let bash = Command::new("bash").arg("-n").arg(here.path().join("bash")).output().unwrap();
    assert!(bash.status.success() && bash.stderr.is_empty(), "{}", String::from_utf8_lossy(&bash.stderr));
    // What bash offers behind `lcnnc co`.
    let offered = "source ./bash; COMP_WORDS=(lcnnc co); COMP_CWORD=1; _lcnnc lcnnc co lcnnc; echo ${COMPREPLY[*]}";
    let bash = Command::new("bash").current_dir(here.path()).args(["-c", offered]).output().unwrap();
    assert_eq!(String::from_utf8(bash.stdout).unwrap(), "completions\n");
    let (code, _, err) = lcnnc(here.path(), "completions tcsh");
    assert!(code == Some(2) && err.contains("[possible values: bash, zsh, fish, powershell, elvish]"), "{err}");
}

#[test]
fn every_verb_has_a_page_of_the_manual() {
    let here = tempfile::tempdir().unwrap();
    let said = fine(here.path(), "man pages/man1");
    let mut pages: BTreeSet<String> =
        verbs(here.path(), "").into_iter().map(|verb| format!("lcnnc-{}.1", verb.replace(' ', "-"))).collect();
    pages.insert("lcnnc.1".to_owned());
    assert_eq!(said, format!("{} pages, see pages/man1\n", pages.len()));
    let entries = fs::read_dir(here.path().join("pages/man1")).unwrap();
    let written: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(written, pages);
    let page = fs::read_to_string(here.path().join("pages/man1/lcnnc-run.1")).unwrap();
    assert!(page.contains(".SH SYNOPSIS") && page.contains("\\-\\-weights\\-from"), "{page}");
    // Where a file stands in the way, nothing is written.
    fs::write(here.path().join("file"), "").unwrap();
    let (code, _, err) = lcnnc(here.path(), "man file");
    assert!(code == Some(2) && err.contains("expected a folder, and this is none"), "{err}");
}
