//! Line ends: a line feed, a carriage return with a line feed behind it, or a carriage return alone.

use std::borrow::Cow;

/// A text with a line feed for each carriage return that no line feed follows, as old Macintoshes wrote line ends. It
/// is as long as it was, so that every place in it stays where it is.
pub fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_alone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    if !(0..bytes.len()).any(is_alone) {
        return Cow::Borrowed(text);
    }
    let line_end = |(at, c): (usize, char)| if is_alone(at) { '\n' } else { c };
    Cow::Owned(text.char_indices().map(line_end).collect())
}
