//! Everything that can go wrong while a set is fetched: at the other end ([`Trouble`]) and here ([`FetchError`]).

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::verify::Finding;

/// Why a set could not be had, or is not what was published.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("there is no data set `{name}` to fetch; {help}")]
    UnknownSet { name: String, help: String },

    #[error("no folder to fetch to: none of $LCNNC_DATA, $XDG_CACHE_HOME and $HOME is set; write `--data-root DIR`")]
    NoRoot,

    #[error("`{address}` is no address to fetch from: {reason}")]
    Address { address: String, reason: String },

    #[error("`{set}` is in none of these folders:{places}\nto get it: lcnnc data fetch {set}")]
    Absent { set: String, places: String },

    #[error("{}: cannot be {doing}: {source}", path.display())]
    File { path: PathBuf, doing: &'static str, source: io::Error },

    #[error("{}: another process is fetching this file; wait until it is done", path.display())]
    Busy { path: PathBuf },

    #[error("{file} could not be fetched:{}\n{advice}", listed(troubles))]
    Failed { file: String, troubles: Vec<(String, Trouble)>, advice: String },

    #[error("{archive}: entry `{entry}` {reason}; nothing was unpacked; report this to whoever serves the archive")]
    Entry { archive: String, entry: String, reason: String },

    #[error("{archive}: cannot be unpacked: {reason}; nothing was unpacked")]
    Archive { archive: String, reason: String },

    #[error(
        "{archive}: is the published one, but not what is in it:{}\n\
         nothing was unpacked; this is a mistake in the program, please report it",
        faults(findings)
    )]
    Contents { archive: String, findings: Vec<Finding> },

    #[error(
        "{}: is not the published `{set}`, and is left as it is:{}\n\
         move it away and fetch again, or name another folder with `--data-root`",
        path.display(), faults(findings)
    )]
    Differs { path: PathBuf, set: String, findings: Vec<Finding> },
}

impl FetchError {
    pub(super) fn file(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), doing, source }
    }
}

/// What went wrong at the other end, or on the way there.
#[derive(Debug, Error)]
pub enum Trouble {
    #[error("no connection: {0}")]
    Connection(String),

    #[error(
        "no trust in the server: {0}; behind a proxy that opens TLS, name the file of its certificate in SSL_CERT_FILE"
    )]
    Tls(String),

    #[error("nothing came for {} s", .0.as_secs_f64())]
    Stalled(Duration),

    #[error("too slow: {bytes} bytes came in {} s, and {least} are the least that is waited for", time.as_secs_f64())]
    Slow { bytes: u64, least: u64, time: Duration },

    #[error("the connection ended after {found} of {size} bytes")]
    Cut { found: u64, size: u64 },

    #[error("the server answered {0}")]
    Status(ureq::http::StatusCode),

    #[error("a web page came instead of the file; is there a login to the network, or a proxy, in between?")]
    Html,

    #[error("expected {expected} bytes, but the server has {found}")]
    Length { expected: u64, found: u64 },

    #[error("expected {expected} bytes, but the server goes on sending")]
    Longer { expected: u64 },

    #[error("asked for bytes from {from} on, but the server answered with the range `{found}`")]
    Range { from: u64, found: String },

    #[error("the server has no bytes from {from} on")]
    NoRange { from: u64 },

    #[error("led on to `{to}`, {reason}")]
    Redirect { to: String, reason: String },

    #[error("led on to other addresses more than {0} times")]
    Redirects(usize),

    #[error("expected SHA-256 {expected}, found {found}; what came is not the published file and was removed")]
    Sum {
        expected: String,
        found: String,
        /// Whether a part of it was there before, which may have been the wrong one.
        begun: bool,
    },
}

impl Trouble {
    /// Whether the same request may go better a moment later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connection(_)
            | Self::Stalled(_)
            | Self::Slow { .. }
            | Self::Cut { .. }
            | Self::Range { .. }
            | Self::NoRange { .. } => true,
            // Timeout, too many requests.
            Self::Status(status) => status.is_server_error() || matches!(status.as_u16(), 408 | 429),
            Self::Sum { begun, .. } => *begun,
            Self::Tls(_)
            | Self::Html
            | Self::Length { .. }
            | Self::Longer { .. }
            | Self::Redirect { .. }
            | Self::Redirects(_) => false,
        }
    }
}

fn listed(troubles: &[(String, Trouble)]) -> String {
    troubles.iter().map(|(address, trouble)| format!("\n  {address}: {trouble}")).collect()
}

fn faults(findings: &[Finding]) -> String {
    let bad = findings.iter().filter(|finding| finding.difference.is_some());
    bad.map(|finding| format!("\n  {finding}")).collect()
}
