//! `lcnnc data` as it is typed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::tempdir;

use super::contents;
use super::server::{Answer, Asked, Server};

const RAW: &str = "MNIST/raw";
const FIRST: &str = "train-images-idx3-ubyte.gz";
/// As long as the published file.
const FIRST_LEN: usize = 9_912_422;

/// A command in a process without data roots of its own.
pub fn lcnnc(words: &[&str], here: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    command.args(words).current_dir(here).env("XDG_CACHE_HOME", here.join("cache")).env_remove("LCNNC_DATA");
    command
}

/// The exit code, standard output and standard error.
pub fn said(output: Output) -> (Option<i32>, String, String) {
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), out, err)
}

fn run(words: &[&str], here: &Path) -> (Option<i32>, String, String) {
    said(lcnnc(words, here).output().unwrap())
}

/// The published files of MNIST, where a machine has them.
fn real() -> Option<PathBuf> {
    let root = env::var_os("LCNNC_TEST_DATA").map(PathBuf::from);
    let raw = root.map(|root| root.join(RAW)).filter(|raw| raw.join(FIRST).is_file());
    if raw.is_none() {
        eprintln!("skipped: LCNNC_TEST_DATA names no data root with {RAW}/{FIRST}, so there is nothing to serve");
    }
    raw
}

/// A mirror of a folder.
fn mirror(folder: PathBuf) -> Server {
    Server::start(move |_, asked| Answer::file(&read(&folder, asked), asked))
}

fn read(folder: &Path, asked: &Asked) -> Vec<u8> {
    fs::read(folder.join(asked.path.rsplit('/').next().unwrap())).unwrap()
}

/// Starts a fetch, and ends it without warning once so much of the first file is there.
fn interrupted(words: &[&str], here: &Path, part: &Path, len: u64) {
    let mut child = lcnnc(words, here).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while fs::metadata(part).map_or(0, |part| part.len()) < len {
        assert!(start.elapsed() < Duration::from_secs(60), "{} does not grow to {len} bytes", part.display());
        thread::sleep(Duration::from_millis(5));
    }
    // On Unix this is SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_published_files_come_from_a_mirror_are_found_and_stay() {
    let Some(raw) = real() else { return };
    let (here, server) = (tempdir().unwrap(), mirror(raw));
    let here = here.path();
    fs::create_dir(here.join("data")).unwrap();
    let words = ["data", "fetch", "mnist", "--from", &server.url()];
    let (code, out, err) = run(&words, here);
    assert_eq!((code, &*out), (Some(0), "mnist: fetched to data/MNIST/raw\n"), "{err}");
    assert!(err.contains("train-images-idx3-ubyte.gz: 9.91 MB of 9.91 MB\n"), "{err}");
    assert_eq!(server.starts(), [None; 4]);
    let was_there = "mnist: was there already, and is as published: data/MNIST/raw\n";
    assert_eq!(run(&words, here), (Some(0), was_there.to_owned(), String::new()));
    assert_eq!(server.starts().len(), 4, "what is there is not asked for");
    let (code, out, _) = run(&["data", "verify"], here);
    assert_eq!((code, out.matches(": as published\n").count()), (Some(0), 5), "{out}");
    assert!(run(&["data", "list"], here).1.contains("\n    in data/MNIST/raw\n"));
}

#[test]
fn an_interrupted_fetch_asks_only_for_the_rest() {
    let Some(raw) = real() else { return };
    let here = tempdir().unwrap();
    let half = FIRST_LEN / 2;
    let server = Server::start(move |n, asked| {
        let answer = Answer::file(&read(&raw, asked), asked);
        if n == 0 { answer.only(half).then_stall() } else { answer }
    });
    let words = ["data", "fetch", "mnist", "--data-root", "root", "--from", &server.url()];
    let part = here.path().join("root").join(RAW).join(FIRST).with_added_extension("part");
    interrupted(&words, here.path(), &part, half as u64);
    let (code, out, err) = run(&words, here.path());
    assert_eq!((code, &*out), (Some(0), "mnist: fetched to root/MNIST/raw\n"), "{err}");
    assert_eq!(server.starts(), [None, Some(half), None, None, None]);
}

/// Needs no published files: they would have other bytes, which is found out in the end.
#[test]
fn an_interrupted_fetch_goes_on_and_other_bytes_are_refused() {
    let here = tempdir().unwrap();
    let half = FIRST_LEN / 2;
    let server = Server::start(move |n, asked| {
        let answer = Answer::file(&contents(FIRST_LEN), asked);
        if n == 0 { answer.only(half).then_stall() } else { answer }
    });
    let words = ["data", "fetch", "mnist", "--data-root", "root", "--from", &server.url()];
    let part = here.path().join("root").join(RAW).join(FIRST).with_added_extension("part");
    interrupted(&words, here.path(), &part, half as u64);
    assert!(fs::read(&part).unwrap() == contents(FIRST_LEN)[..half]);
    let (_, listed, _) = run(&["data", "list", "--data-root", "root"], here.path());
    assert!(listed.contains("absent, 4.96 MB of 11.59 MB fetched"), "{listed}");
    let (code, out, err) = run(&words, here.path());
    assert_eq!((code, &*out), (Some(2), ""));
    assert!(err.contains("expected SHA-256 440fcabf") && err.contains("was removed"), "{err}");
    // The first half could have been to blame, so the whole was asked for once.
    assert_eq!(server.starts(), [None, Some(half), None]);
    assert!(!part.exists());
}

/// The server has nothing; that a folder was made shows where the set would have gone.
#[test]
fn a_set_goes_to_the_first_root_that_is_named_and_no_data_folder_is_made() {
    let here = tempdir().unwrap();
    let here = here.path();
    let server = Server::start(|_, _| Answer::new("404 Not Found", b"").length(0));
    let words = ["data", "fetch", "mnist", "--from", &server.url()];
    let goes_to = |root: &str| here.join(root).join(RAW).is_dir();
    run(&words, here);
    assert!(goes_to("cache/lcnnc") && !here.join("data").exists());
    fs::create_dir(here.join("data")).unwrap();
    run(&words, here);
    assert!(goes_to("data"));
    said(lcnnc(&words, here).env("LCNNC_DATA", "named").output().unwrap());
    assert!(goes_to("named"));
    said(lcnnc(&words, here).env("LCNNC_DATA", "other").args(["--data-root", "asked"]).output().unwrap());
    assert!(goes_to("asked") && !here.join("other").exists());
}

#[test]
fn a_list_says_what_there_is() {
    let here = tempdir().unwrap();
    let (code, out, err) = run(&["data", "list"], here.path());
    assert_eq!((code, &*err), (Some(0), ""));
    for said in [
        "mnist: handwritten digits",
        "    absent, 11.59 MB to fetch",
        "cifar10: photographs",
        "    absent, 170.05 MB to fetch",
        "cifar100: ",
        "    absent, 168.51 MB to fetch",
        "tiny-imagenet: ",
        "    absent, 248.10 MB to fetch",
        "contours: ",
        "folder:PATH: ",
        "    nothing to fetch",
    ] {
        assert!(out.contains(said), "expected `{said}` in: {out}");
    }
}

#[test]
fn what_is_not_as_published_is_named_file_by_file() {
    let here = tempdir().unwrap();
    let folder = here.path().join("root/cifar-10-batches-bin");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("data_batch_1.bin"), vec![0; 30_730_000]).unwrap();
    fs::write(folder.join("test_batch.bin"), b"short").unwrap();
    let (_, listed, _) = run(&["data", "list", "--data-root", "root"], here.path());
    assert!(listed.contains("    in root/cifar-10-batches-bin, but 4 of 6 parts are missing\n"), "{listed}");
    let (code, out, _) = run(&["data", "verify", "--data-root", "root"], here.path());
    assert_eq!(code, Some(2));
    for said in [
        "root/cifar-10-batches-bin/data_batch_1.bin: expected SHA-256 cee91656",
        "root/cifar-10-batches-bin/data_batch_2.bin: missing",
        "root/cifar-10-batches-bin/test_batch.bin: expected 30730000 bytes, found 5",
        "cifar10: 6 of 6 not as published; move them away and run `lcnnc data fetch cifar10`",
    ] {
        assert!(out.contains(said), "expected `{said}` in: {out}");
    }
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    let here = tempdir().unwrap();
    for (words, part) in [
        (&["data", "fetch", "minst"][..], "did you mean `mnist`?"),
        (&["data", "fetch", "mnist", "--from", "http://example.org/"], "expected one that begins with https://"),
        (&["data", "verify", "mnist"], "to get it: lcnnc data fetch mnist"),
        (&["data", "verify"], "there is no set to check"),
        (&["run", "--dataset", "mnist", "spec"], "run `lcnnc data fetch mnist`, or put"),
        (&["run", "--dataset", "mnist", "--data-root", "x", "spec"], "`lcnnc data fetch mnist --data-root x`"),
    ] {
        fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/specs/f_cnn.lcnn"), here.path().join("spec.lcnn")).unwrap();
        let (code, _, err) = run(words, here.path());
        assert!(code == Some(2) && err.contains(part), "{words:?}: {code:?}: {err}");
    }
    let nowhere =
        lcnnc(&["data", "fetch", "mnist"], here.path()).env_remove("XDG_CACHE_HOME").env_remove("HOME").output();
    let (code, _, err) = said(nowhere.unwrap());
    assert!(code == Some(2) && err.contains("write `--data-root DIR`"), "{err}");
}
