//! Sets are fetched from servers on this machine, most of which misbehave: what arrives must be whole, as it is known to
//! be, and asked for no more often than needed; whatever is wrong must be named.

mod advice;
mod archives;
mod command;
mod faults;
mod https;
mod published;
mod redirects;
mod resuming;
mod server;

use std::path::Path;
use std::time::Duration;

use lcnnc::data::fetch::{self, FetchOptions, FetchWatcher, Outcome, RetryPolicy};
use lcnnc::data::published::{CompressedFile, KnownFile, Packaging, Published};
use sha2::{Digest, Sha256};

/// A file as a set knows it.
const NAME: &str = "images.gz";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that look like nothing else.
fn contents(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * i % 251) as u8).collect()
}

/// Notes everything that is said.
#[derive(Default)]
struct Notes(Vec<String>);

impl FetchWatcher for Notes {
    fn begin(&mut self, file: &str, done: u64, size: u64) {
        self.0.push(format!("{file}: {done} of {size}"));
    }

    fn at(&mut self, _: u64) {}

    fn end(&mut self) {}

    fn note(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

/// No test waits long.
fn hasty(from: Option<String>) -> FetchOptions {
    let millis = Duration::from_millis;
    let (connect, stall, pause) = (millis(2000), millis(300), millis(1));
    FetchOptions { from, retry: RetryPolicy { connect, stall, least: 1000, attempts: 3, pause } }
}

/// Fetches a set of one file, which is known to hold `bytes`, from some sources in turn.
fn fetch_file(root: &Path, bytes: &[u8], sources: &[&str]) -> Result<Outcome, String> {
    let sum = sha256(bytes);
    let packed = KnownFile { name: NAME, size: bytes.len() as u64, sha256: &sum };
    let plain = KnownFile { name: "images", size: 0, sha256: "never there" };
    let kept = [CompressedFile { packed, plain }];
    let set = Published { name: "made", folder: "Made/raw", sources, packaging: Packaging::Files(&kept) };
    fetch::fetch(&set, root, &hasty(None), &mut Notes::default()).map_err(|error| error.to_string())
}

/// What a refusal must say.
#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, String>, parts: &[&str]) {
    let message = result.expect_err("this must be refused");
    for part in parts {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}
