//! Paths as a shell takes them, for commands that a message advises.

use std::path::Path;

/// A path as one word of a command: in quotes where it holds more than letters, digits and a few signs.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
