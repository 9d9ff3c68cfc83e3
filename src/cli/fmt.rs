//! `lcnnc fmt`: specs in the one layout that specs have.

use lcnnc::train::files::spec_path;
use lcnnc::train::{Console, TrainError, files, user_files};
use lcnnc_lang::diag::Report;
use lcnnc_lang::syntax::format::{Refusal, format};
use lcnnc_lang::syntax::with_line_feeds;
use similar::TextDiff;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lay specs out in the one way that specs are laid out.
///
/// Line ends become line feeds, and a byte order mark at the start of a file goes.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The specs, `.lcnn` may be left out; `-` reads standard input and writes standard output
    #[arg(required = true, value_name = "FILE")]
    specs: Vec<PathBuf>,
    /// Write nothing and name the specs that would change; there being any is exit code 1
    #[arg(long)]
    check: bool,
    /// Write nothing and print what would change; there being anything is exit code 1
    #[arg(long, conflicts_with = "check")]
    diff: bool,
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Says in words what formatting a text changes that no line of a difference shows.
fn unseen(text: &str) -> Vec<&'static str> {
    let changes = [
        (text.contains('\r'), "line ends become line feeds"),
        (text.starts_with(BYTE_ORDER_MARK), "the byte order mark at the start goes"),
    ];
    changes.into_iter().filter_map(|(is_made, what)| is_made.then_some(what)).collect()
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        Ok(super::each(&self.specs, |spec| self.one(spec)))
    }

    /// Whether one spec can be read and, where nothing is written, stays as it is.
    fn one(&self, path: &Path) -> Result<bool, TrainError> {
        let console = Console::new();
        let is_stream = path == Path::new("-");
        let path = if is_stream { PathBuf::from("<stdin>") } else { spec_path(path) };
        let source = if is_stream { files::stdin(&path)? } else { files::source(&path)? };
        let formatted = match format(&source.text) {
            Ok(formatted) => formatted,
            Err(Refusal::Problems(problems)) => {
                console.report(&Report::new(source.name, source.text, problems));
                return Ok(false);
            }
            Err(Refusal::Unfaithful) => {
                console.warn(&format!("error: {}: left as it is: no layout was found that says the same", source.name));
                return Ok(false);
            }
        };
        let is_same = formatted == source.text;
        if self.check {
            if !is_same {
                console.line(&format!("{}: not formatted", source.name));
            }
        } else if self.diff {
            // As changes of lines, these would be all lines of a file, each beside one that looks the same.
            let unseen = unseen(&source.text);
            if !unseen.is_empty() {
                console.raw(&format!("{}: {}\n", source.name, unseen.join(", and ")));
            }
            let text = with_line_feeds(source.text.trim_start_matches(BYTE_ORDER_MARK)).replace("\r\n", "\n");
            let diff = TextDiff::from_lines(&text, &formatted);
            console.raw(&diff.unified_diff().header(&source.name, &source.name).to_string());
        } else if is_stream {
            console.raw(&formatted);
        } else if !is_same {
            user_files::rewrite(&path, formatted.as_bytes())?;
            console.line(&format!("{}: formatted", source.name));
        }
        Ok(is_same || !(self.check || self.diff))
    }
}
