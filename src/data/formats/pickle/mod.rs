//! The few pickles that data sets come in: a dictionary of labels, names and one array of bytes, as Python and numpy
//! write it with protocol 2 or 3.
//!
//! A pickle is a program, and Python's reader runs whatever it asks for. This one knows the instructions that such a
//! dictionary is made of, and five names of numpy's and Python's that stand for an array; anything else is refused, with
//! its place. It runs in one pass, without recursion: a file bounds the time it takes, and [`MOST_VALUES`] and the
//! file's length bound its memory.

mod bytes;
mod machine;
mod value;

use std::path::Path;

use crate::data::DataError;
use machine::PickleMachine;
use value::{Id, Value};

/// Values that a file may make or take up again. The largest file of the published sets has 50,000 images
/// with two labels and a name each.
const MOST_VALUES: usize = 1_000_000;

/// The longest text of a list, in bytes: one text may stand in it many times, and is copied each time.
const LONGEST_TEXT: usize = 256;

/// What is wrong with a file, and at which byte.
struct PickleFault {
    at: usize,
    reason: String,
}

type PickleResult<T> = Result<T, PickleFault>;

/// A file that was read: a dictionary whose keys are texts.
pub struct Pickle<'a> {
    path: &'a Path,
    values: Vec<Value<'a>>,
    entries: Vec<(Id, Id)>,
}

impl<'a> Pickle<'a> {
    /// Reads the bytes of a file; `path` is for the errors.
    pub fn read(path: &'a Path, bytes: &'a [u8]) -> Result<Self, DataError> {
        let run = PickleMachine::new(bytes).run();
        let (values, root) = run.map_err(|PickleFault { at, reason }| DataError::Pickle {
            path: path.to_owned(),
            reason: format!("byte {at}: {reason}"),
        })?;
        match &values[root] {
            Value::Dict(entries) => Ok(Self { path, entries: entries.clone(), values }),
            other => Err(DataError::Pickle {
                path: path.to_owned(),
                reason: format!("expected a dictionary, found {}", other.describe()),
            }),
        }
    }

    /// The whole numbers of a list.
    pub fn numbers(&self, key: &str) -> Result<Vec<i64>, DataError> {
        self.list(key, "whole numbers", |value| match value {
            Value::Int(number) => Some(*number),
            _ => None,
        })
    }

    /// The texts of a list.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, DataError> {
        self.list(key, &format!("texts of at most {LONGEST_TEXT} bytes"), |value| {
            let text = value.text().filter(|text| text.len() <= LONGEST_TEXT);
            text.map(|text| String::from_utf8_lossy(text).into_owned())
        })
    }

    /// The rows of an array of bytes, which must be `width` wide.
    pub fn rows(&self, key: &str, width: usize) -> Result<&[u8], DataError> {
        let value = self.get(key)?;
        let bytes = match value {
            Value::Array(Some(array)) if matches!(array.shape[..], [_, found] if found == width) => {
                self.values[array.bytes].text()
            }
            _ => None,
        };
        bytes.ok_or_else(|| self.content(key, &format!("an array of bytes, {width} a row"), value))
    }

    fn list<T>(&self, key: &str, what: &str, one: impl Fn(&Value<'a>) -> Option<T>) -> Result<Vec<T>, DataError> {
        let expected = format!("a list of {what}");
        let value = self.get(key)?;
        let Value::List(items) = value else { return Err(self.content(key, &expected, value)) };
        let item = |&id: &Id| one(&self.values[id]).ok_or_else(|| self.content(key, &expected, &self.values[id]));
        items.iter().map(item).collect()
    }

    /// The last one of a key, as in Python.
    fn get(&self, key: &str) -> Result<&Value<'a>, DataError> {
        let is_key = |id: Id| self.values[id].text() == Some(key.as_bytes());
        let found = self.entries.iter().rev().find(|(name, _)| is_key(*name));
        found.map(|(_, value)| &self.values[*value]).ok_or_else(|| DataError::Pickle {
            path: self.path.to_owned(),
            reason: format!("expected an entry `{key}`, found none"),
        })
    }

    fn content(&self, key: &str, expected: &str, found: &Value<'_>) -> DataError {
        let reason = format!("`{key}`: expected {expected}, found {}", found.describe());
        DataError::Pickle { path: self.path.to_owned(), reason }
    }
}
