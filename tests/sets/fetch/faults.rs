//! Servers that do not do what servers do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lcnnc::data::fetch::Outcome;
use tempfile::tempdir;

use super::server::{Answer, Asked, Server};
use super::{NAME, contents, fetch_file, says};

const LEN: usize = 300_000;

fn place(root: &Path) -> PathBuf {
    root.join("Made/raw").join(NAME)
}

fn part(root: &Path) -> PathBuf {
    place(root).with_added_extension("part")
}

/// Fetches from a server that answers so; the file must come, and nothing else be left. Gives where the requests began.
#[track_caller]
fn comes(answer: impl Fn(usize, &Asked, &[u8]) -> Answer + Send + Sync + 'static) -> Vec<Option<usize>> {
    let (root, bytes) = (tempdir().unwrap(), contents(LEN));
    let server = Server::start(move |n, asked| answer(n, asked, &contents(LEN)));
    assert_eq!(fetch_file(root.path(), &bytes, &[&server.url()]), Ok(Outcome::Fetched));
    assert!(fs::read(place(root.path())).unwrap() == bytes);
    assert!(!part(root.path()).exists());
    server.starts()
}

/// Fetches from a server that always answers so; that must be refused, with these words and so many bytes kept.
#[track_caller]
fn refused(parts: &[&str], kept: u64, answer: impl Fn(&[u8]) -> Answer + Send + Sync + 'static) -> Server {
    let root = tempdir().unwrap();
    let server = Server::start(move |_, _| answer(&contents(LEN)));
    says(fetch_file(root.path(), &contents(LEN), &[&server.url()]), parts);
    assert!(!place(root.path()).exists());
    assert_eq!(fs::metadata(part(root.path())).map_or(0, |part| part.len()), kept);
    assert_eq!(part(root.path()).exists(), kept > 0);
    server
}

#[test]
fn a_good_server_is_asked_once() {
    assert_eq!(comes(|_, asked, bytes| Answer::file(bytes, asked)), [None]);
}

#[test]
fn a_connection_that_ends_early_is_gone_on_with() {
    let starts = comes(|n, asked, bytes| {
        let answer = Answer::file(bytes, asked);
        if n < 2 { answer.only(100_000) } else { answer }
    });
    assert_eq!(starts, [None, Some(100_000), Some(200_000)]);
}

#[test]
fn silence_ends_an_attempt() {
    let before = Instant::now();
    let starts = comes(|n, asked, bytes| {
        let answer = Answer::file(bytes, asked);
        if n == 0 { answer.only(50_000).then_stall() } else { answer }
    });
    assert_eq!(starts, [None, Some(50_000)]);
    assert!(before.elapsed().as_secs() < 5, "the server would have been silent for 20 s");
}

#[test]
fn silence_that_goes_on_is_said_and_what_came_is_kept() {
    refused(&["nothing came for 0.3 s", "goes on from there"], 50_000, |bytes| {
        Answer::new("200 OK", bytes).length(LEN).only(50_000).then_stall()
    });
}

/// Never silent for long, and never done.
#[test]
fn a_line_that_drips_is_given_up() {
    let starts = comes(|n, asked, bytes| {
        let answer = Answer::file(bytes, asked);
        if n == 0 { answer.drip() } else { answer }
    });
    assert_eq!(starts.len(), 2);
    assert!(starts[1].is_some_and(|from| from > 0), "what came is kept: {starts:?}");

    let (root, bytes) = (tempdir().unwrap(), contents(LEN));
    let server = Server::start(|_, asked| Answer::file(&contents(LEN), asked).drip());
    let result = fetch_file(root.path(), &bytes, &[&server.url()]);
    says(result, &["too slow: ", "bytes came in 0.", "1000 are the least", "goes on from there"]);
}

#[test]
fn no_length_is_fine_where_the_file_is_whole() {
    assert_eq!(comes(|_, _, bytes| Answer::new("200 OK", bytes)), [None]);
}

#[test]
fn a_wrong_length_is_refused_before_a_byte_is_taken() {
    let expected = format!("expected {LEN} bytes, but the server has ");
    for (length, found) in [(LEN - 1, "299999"), (LEN + 1, "300001")] {
        let server = refused(&[&format!("{expected}{found}"), "--from"], 0, move |bytes| {
            Answer::new("200 OK", bytes).length(length)
        });
        assert_eq!(server.starts().len(), 1, "another attempt would change nothing");
    }
}

#[test]
fn no_more_is_written_than_the_file_has() {
    refused(&["expected 300000 bytes, but the server goes on sending"], 0, |bytes| {
        Answer::new("200 OK", &[bytes, bytes].concat())
    });
}

#[test]
fn a_web_page_is_recognised() {
    let page = b"\n<!DOCTYPE html><title>Log in</title>";
    let said = ["a web page came instead of the file; is there a login to the network"];
    refused(&said, 0, |_| {
        Answer::new("200 OK", page).length(page.len()).header("Content-Type", "text/html; charset=utf-8")
    });
    refused(&said, 0, |_| Answer::new("200 OK", page));
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    for status in ["500 Internal Server Error", "503 Service Unavailable", "429 Too Many Requests"] {
        let starts = comes(
            move |n, asked, bytes| {
                if n < 2 { Answer::new(status, b"later").length(5) } else { Answer::file(bytes, asked) }
            },
        );
        assert_eq!(starts, [None; 3]);
    }
    let server = refused(&["the server answered 503"], 0, |_| Answer::new("503 Service Unavailable", b"").length(0));
    assert_eq!(server.starts().len(), 3);
}

#[test]
fn the_next_source_has_its_turn() {
    let (root, bytes) = (tempdir().unwrap(), contents(LEN));
    let without = Server::start(|_, _| Answer::new("404 Not Found", b"").length(0));
    let with = Server::start(|_, asked| Answer::file(&contents(LEN), asked));
    let sources = [without.url(), with.url()];
    assert_eq!(fetch_file(root.path(), &bytes, &[&sources[0], &sources[1]]), Ok(Outcome::Fetched));
    assert_eq!((without.starts(), with.starts()), (vec![None], vec![None]));
}

#[test]
fn every_source_that_failed_is_named() {
    let root = tempdir().unwrap();
    let without = Server::start(|_, _| Answer::new("404 Not Found", b"").length(0));
    let closed = "http://127.0.0.1:1/";
    let result = fetch_file(root.path(), &contents(9), &[&without.url(), closed]);
    says(result, &["images.gz could not be fetched", &without.url(), "404 Not Found", closed, "no connection"]);
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let starts = comes(|n, asked, bytes| match n {
        0 => Answer::file(bytes, asked).only(100_000),
        _ => Answer::new("200 OK", bytes).length(bytes.len()),
    });
    assert_eq!(starts, [None, Some(100_000)]);
}

#[test]
fn a_wrong_range_is_not_taken() {
    for range in ["bytes 0-299999/300000", "bytes 100000-299999/400000", "bytes */300000", "bytes 100000-300000/*", ""]
    {
        let starts = comes(move |n, asked, bytes| match n {
            0 => Answer::file(bytes, asked).only(100_000),
            1 => Answer::new("206 Partial Content", &bytes[100_000..]).header("Content-Range", range),
            _ => Answer::file(bytes, asked),
        });
        assert_eq!(starts, [None, Some(100_000), None], "{range}");
    }
}

#[test]
fn a_part_of_what_was_not_asked_for_in_parts_is_refused() {
    refused(&["answered with the range `bytes 0-299999/300000`"], 0, |bytes| {
        Answer::new("206 Partial Content", bytes).header("Content-Range", "bytes 0-299999/300000")
    });
}

#[test]
fn a_file_that_ends_where_we_go_on_is_asked_for_anew() {
    let starts = comes(|n, asked, bytes| match n {
        0 => Answer::file(bytes, asked).only(100_000),
        1 => Answer::new("416 Range Not Satisfiable", b"").length(0).header("Content-Range", "bytes */100000"),
        _ => Answer::file(bytes, asked),
    });
    assert_eq!(starts, [None, Some(100_000), None]);
}

#[test]
fn other_contents_are_refused_and_removed() {
    let wrong = vec![7; LEN];
    let sums = [&contents(LEN), &wrong].map(|bytes| super::sha256(bytes));
    refused(&[&format!("expected SHA-256 {}, found {}", sums[0], sums[1]), "was removed"], 0, move |_| {
        Answer::new("200 OK", &wrong).length(LEN)
    });
}
