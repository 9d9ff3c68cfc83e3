//! Where in a YAML text something stands.
//!
//! The YAML reader gives places only with its errors. So the text is read once more by a visitor that walks down a path
//! of keys, and of places in lists, and refuses what it finds there: the refusal carries the place.

use lcnnc_lang::diag::Span;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_yaml::Location;
use std::fmt;

/// The last key of a path, as it is written.
pub fn of_key(text: &str, path: &[String]) -> Span {
    refused(text, PathSeeker { path, to: To::Key })
}

/// The value behind a path of keys, its quotes included; of a list or a block, its first line.
pub fn of_value(text: &str, path: &[String]) -> Span {
    refused(text, PathSeeker { path, to: To::Value })
}

/// Where a reader's error is: one sign wide, or empty at the end of the text.
pub fn of_error(text: &str, location: Option<&Location>) -> Span {
    let start = location.map_or(0, |location| offset(text, location));
    let width = text[start..].chars().next().map_or(0, char::len_utf8);
    Span::new(start, start + width)
}

fn refused(text: &str, walk: PathSeeker<'_>) -> Span {
    let error = walk.deserialize(serde_yaml::Deserializer::from_str(text)).err();
    let start = error.and_then(|error| error.location()).map_or(0, |location| offset(text, &location));
    Span::new(start, start + token(&text[start..], walk.to).len())
}

/// The reader counts lines and columns in characters, from 1.
fn offset(text: &str, location: &Location) -> usize {
    let line_start: usize = text.split_inclusive('\n').take(location.line() - 1).map(str::len).sum();
    let rest = &text[line_start..];
    line_start + rest.char_indices().nth(location.column() - 1).map_or(rest.len(), |(at, _)| at)
}

/// The first token of a text: a quoted text with its quotes, or a plain one up to its end, a comment or, for a
/// key, its colon.
fn token(text: &str, to: To) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let quote = line.chars().next().filter(|c| ['"', '\''].contains(c));
    let end = match (quote, to) {
        (Some(quote), _) => line[1..].find(quote).map(|at| at + 2),
        (None, To::Key) => line.find(':'),
        (None, To::Value) => line.find(" #"),
    };
    line[..end.unwrap_or(line.len())].trim_end()
}

#[derive(Clone, Copy)]
enum To {
    Key,
    Value,
}

/// Reads what lies behind a path, and refuses it.
#[derive(Clone, Copy)]
struct PathSeeker<'a> {
    path: &'a [String],
    to: To,
}

impl<'de> DeserializeSeed<'de> for PathSeeker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PathSeeker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something else")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else { return Err(A::Error::custom("found")) };
        let refuse = rest.is_empty() && matches!(self.to, To::Key);
        while let Some(here) = map.next_key_seed(KeySeeker { wanted: first, refuse })? {
            if here {
                return map.next_value_seed(PathSeeker { path: rest, ..self });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else { return Err(A::Error::custom("found")) };
        // The keys of a list are its places, from 0.
        for _ in 0..first.parse::<usize>().unwrap_or(usize::MAX) {
            if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        list.next_element_seed(PathSeeker { path: rest, ..self }).map(|_| ())
    }
}

/// Tells whether a key is the wanted one; refuses it if it is the goal itself.
struct KeySeeker<'a> {
    wanted: &'a str,
    refuse: bool,
}

impl<'de> DeserializeSeed<'de> for KeySeeker<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeeker<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        match key == self.wanted {
            true if self.refuse => Err(E::custom("found")),
            here => Ok(here),
        }
    }
}
