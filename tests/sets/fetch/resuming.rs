//! What is there already.

use std::fs;

use lcnnc::data::fetch::Outcome;
use tempfile::tempdir;

use super::server::{Answer, Server};
use super::{NAME, contents, fetch_file, says};

const LEN: usize = 300_000;

/// Three attempts at most that bring nothing; these bring more than a megabyte each.
#[test]
fn a_line_that_breaks_often_still_brings_a_file() {
    let (root, len, step) = (tempdir().unwrap(), 6_000_000, 1_100_000);
    let server = Server::start(move |_, asked| Answer::file(&contents(len), asked).only(step));
    assert_eq!(fetch_file(root.path(), &contents(len), &[&server.url()]), Ok(Outcome::Fetched));
    let starts: Vec<usize> = server.starts().iter().map(|start| start.unwrap_or(0)).collect();
    assert_eq!(starts, (0..6).map(|n| n * step).collect::<Vec<_>>());
}

/// Fetches where so much of a file is there in part; gives where the requests began.
#[track_caller]
fn starts_with(there: &[u8]) -> Vec<Option<usize>> {
    let (root, bytes) = (tempdir().unwrap(), contents(LEN));
    let folder = root.path().join("Made/raw");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(NAME).with_added_extension("part"), there).unwrap();
    let server = Server::start(|_, asked| Answer::file(&contents(LEN), asked));
    assert_eq!(fetch_file(root.path(), &bytes, &[&server.url()]), Ok(Outcome::Fetched));
    assert!(fs::read(folder.join(NAME)).unwrap() == bytes);
    server.starts()
}

#[test]
fn a_part_is_gone_on_with() {
    assert_eq!(starts_with(&contents(LEN)[..123_456]), [Some(123_456)]);
    assert_eq!(starts_with(b""), [None]);
}

#[test]
fn a_part_that_is_whole_is_not_fetched_again() {
    assert_eq!(starts_with(&contents(LEN)), []);
}

#[test]
fn a_wrong_part_is_fetched_again_from_its_start() {
    assert_eq!(starts_with(&[1; 1000]), [Some(1000), None]);
    assert_eq!(starts_with(&[1; LEN]), [None]);
    assert_eq!(starts_with(&[1; LEN + 1]), [None]);
}

#[test]
fn a_file_that_is_there_is_checked_and_never_touched() {
    let (root, bytes) = (tempdir().unwrap(), contents(LEN));
    let path = root.path().join("Made/raw").join(NAME);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let closed = "http://127.0.0.1:1/";
    fs::write(&path, &bytes).unwrap();
    assert_eq!(fetch_file(root.path(), &bytes, &[closed]), Ok(Outcome::WasThere));
    for (other, said) in [(vec![3; LEN], "found"), (vec![3; 5], "expected 300000 bytes, found 5")] {
        fs::write(&path, &other).unwrap();
        says(fetch_file(root.path(), &bytes, &[closed]), &["is left as it is", NAME, said, "move it away"]);
        assert!(fs::read(&path).unwrap() == other);
    }
}

#[test]
fn two_processes_do_not_write_the_same_part() {
    let root = tempdir().unwrap();
    let folder = root.path().join("Made/raw");
    fs::create_dir_all(&folder).unwrap();
    let other = fs::File::create(folder.join(NAME).with_added_extension("part")).unwrap();
    other.lock().unwrap();
    let server = Server::start(|_, asked| Answer::file(&contents(LEN), asked));
    says(fetch_file(root.path(), &contents(LEN), &[&server.url()]), &["another process is fetching this file"]);
    drop(other);
    assert_eq!(fetch_file(root.path(), &contents(LEN), &[&server.url()]), Ok(Outcome::Fetched));
}
