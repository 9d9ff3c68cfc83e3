//! Where sets are looked for when no root is given. The environment of a process cannot be changed safely while its
//! tests run, so this test runs itself again in a process of its own.

use std::env;
use std::path::Path;
use std::process::Command;

use lcnnc::data::{self, Allow, Request};

use super::write_mnist;

const CHILD: &str = "LCNNC_TEST_CHILD";

/// What a process with these variables, working in `here`, says about MNIST.
fn said(here: &Path, variables: &[(&str, &Path)]) -> String {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "data::data_roots::child", "--nocapture"]).current_dir(here).env(CHILD, "1");
    for name in ["LCNNC_DATA", "XDG_CACHE_HOME", "HOME"] {
        child.env_remove(name);
    }
    child.envs(variables.iter().copied());
    String::from_utf8(child.output().unwrap().stdout).unwrap()
}

#[test]
fn child() {
    if env::var_os(CHILD).is_some() {
        let allow = Allow { other_count: true, ..Allow::default() };
        match data::load("mnist", &Request { allow, ..Request::default() }) {
            Ok(set) => println!("found {} images", set.train.len()),
            Err(error) => println!("{error}"),
        }
    }
}

#[test]
fn places_are_tried_in_turn() {
    let [here, full, empty] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [here, full, empty] = [&here, &full, &empty].map(tempfile::TempDir::path);
    let cache = full.join("cache");
    for root in [full.to_owned(), cache.join("lcnnc"), full.join("home/.cache/lcnnc")] {
        write_mnist(&root);
    }
    let found = "found 2 images";
    assert!(said(here, &[("LCNNC_DATA", full)]).contains(found));
    assert!(said(here, &[("LCNNC_DATA", empty), ("XDG_CACHE_HOME", &cache)]).contains(found));
    assert!(said(here, &[("HOME", &full.join("home"))]).contains(found));
    assert!(said(here, &[("HOME", empty), ("XDG_CACHE_HOME", &cache)]).contains(found));
    let nowhere = said(here, &[("LCNNC_DATA", empty), ("HOME", empty)]);
    let [variable, working] = [empty.display().to_string(), "data (in the working directory)".to_owned()];
    for place in [variable, working, empty.join(".cache/lcnnc").display().to_string()] {
        assert!(nowhere.contains(&format!("\n  {place}")), "expected `{place}` in: {nowhere}");
    }
    assert!(said(here, &[]).contains("since $LCNNC_DATA is not set"));
    write_mnist(&here.join("data"));
    assert!(said(here, &[("LCNNC_DATA", empty)]).contains(found));
}

/// A set that is there in part is reported where it is, not looked for elsewhere.
#[test]
fn a_part_of_a_set_hides_no_fault() {
    let [here, part, whole] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    write_mnist(part.path());
    std::fs::remove_file(part.path().join("MNIST/raw/train-images-idx3-ubyte")).unwrap();
    write_mnist(&whole.path().join("lcnnc"));
    let message = said(here.path(), &[("LCNNC_DATA", part.path()), ("XDG_CACHE_HOME", whole.path())]);
    assert!(message.contains("train-images-idx3-ubyte: missing"), "{message}");
}
