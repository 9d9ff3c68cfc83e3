//! Standard output, and what became of it: a program whose words reach nobody has to say so.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

/// Why standard output is of no more use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nothing is wrong: whoever read standard output has seen enough, as `head` has.
    Closed,
    /// Standard output cannot be written; this says why.
    Failed(String),
}

static LOST: OnceLock<Lost> = OnceLock::new();

/// Writes a text as it is. What cannot be written is noted; why is given back for the first text only, because to say it
/// once is enough.
pub fn write(text: &str) -> Option<&'static Lost> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.err().and_then(|error| note(&error))
}

/// Notes that standard output could not be written, and gives that back if it was not known before.
pub fn note(error: &io::Error) -> Option<&'static Lost> {
    let lost = match error.kind() {
        ErrorKind::BrokenPipe => Lost::Closed,
        _ => Lost::Failed(error.to_string()),
    };
    LOST.set(lost).ok().and_then(|()| LOST.get())
}

/// What became of standard output, if not everything could be written.
pub fn lost() -> Option<&'static Lost> {
    LOST.get()
}

pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}
