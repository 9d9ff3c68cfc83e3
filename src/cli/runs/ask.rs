//! Questions before something is removed.

use lcnnc::train::{Console, TrainError};
use std::io::{self, BufRead, IsTerminal, Write};

/// Whether the user agrees: by `--yes`, or by an answer on the terminal.
///
/// # Errors
/// If there is no terminal to ask on, with the flag that helps.
pub fn agreed(yes: bool, question: &str, console: Console) -> Result<bool, TrainError> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        let reason = "nothing is removed: there is no terminal to ask on; give `--yes` to remove without a question";
        return Err(TrainError::Runs { reason: reason.to_owned() });
    }
    let mut answer = String::new();
    let _ = write!(io::stderr(), "{question} [y/N] ");
    // Who says nothing says no.
    let _ = io::stdin().lock().read_line(&mut answer);
    let is_yes = ["y", "yes"].contains(&answer.trim().to_lowercase().as_str());
    if !is_yes {
        console.line("nothing is removed");
    }
    Ok(is_yes)
}
