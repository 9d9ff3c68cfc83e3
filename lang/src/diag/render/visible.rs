//! Makes text from outside safe to print: a character that would steer the terminal is shown, not obeyed.
//!
//! A comment, a name or the name of a file may hold any character: one that starts a command to the terminal (escape),
//! moves the cursor (a carriage return), or shows the text around it in another order (Boucher & Anderson, 2021,
//! "Trojan Source").

use std::borrow::Cow;

/// Whether a terminal obeys a character instead of drawing it. Line ends and tabs do not count.
fn steers(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && !matches!(c, '\n' | '\t')) || reorders
}

/// A text with each character that would steer a terminal written as its number, as in `\u{1b}`. A carriage return
/// before a line feed is a line end, and stays.
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |c| format!("\\u{{{:x}}}", u32::from(c)))
}

/// A name with each character that would steer a terminal written as its number, and with line ends and tabs, which
/// have no place in a name, written out too.
pub fn visible_name(name: &str) -> Cow<'_, str> {
    if !name.contains(|c: char| steers(c) || c.is_control()) {
        return Cow::Borrowed(name);
    }
    let shown = |c: char| if c == '\n' { "\\n".to_owned() } else { format!("\\u{{{:x}}}", u32::from(c)) };
    let is_plain = |c: char| !steers(c) && !c.is_control();
    Cow::Owned(name.chars().map(|c| if is_plain(c) { c.to_string() } else { shown(c) }).collect())
}

/// The text of a JSON document with each character that would steer a terminal escaped, as in `\u001b`, which means the
/// same character to whoever reads it.
pub fn visible_in_json(text: &str) -> Cow<'_, str> {
    replaced(text, |c| format!("\\u{:04x}", u32::from(c)))
}

fn replaced(text: &str, shown: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_line = c == '\r' && rest.peek() == Some(&'\n');
        if steers(c) && !ends_line { out.push_str(&shown(c)) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// A source text as it is drawn. It is as long, byte for byte, so that every place in it stays where it is: each kind
/// of line end is a line feed, and each character that would steer a terminal is a sign that stands for it.
pub fn drawable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => out.push(' '),
            '\r' => out.push('\n'),
            // One sign for each length in UTF-8.
            c if steers(c) => out.push(['?', '¿', '\u{fffd}'][c.len_utf8().min(3) - 1]),
            c => out.push(c),
        }
    }
    out
}
