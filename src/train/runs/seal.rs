//! JSON files that hold a checksum of themselves, so that damage and edits are seen.

use crate::data::sha256;
use crate::train::runs::manifest::json;
use crate::train::{TrainError, files};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::Path;

/// The last key of a sealed file: SHA-256 of the file without it.
const KEY: &str = "sha256";

/// A sealed file as it is read.
pub struct Sealed<T> {
    pub value: T,
    /// The checksum that the contents have; it names the file, so that others can refer to it.
    pub found: String,
    /// The checksum that the file says it has; files of older versions say none.
    pub expected: Option<String>,
}

/// The text of a sealed file: indented JSON, a line break at its end.
pub fn written(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(KEY.to_owned(), Value::String(checksum(&fields)));
            json(&fields)
        }
        _ => json(value),
    }
}

/// Reads a sealed file, or one of an older version, which has no seal.
///
/// # Errors
/// If it cannot be read or is not what is expected in it; a seal that does not fit is for the caller to judge.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Sealed<T>, TrainError> {
    let damaged = |error: serde_json::Error| TrainError::Damaged { path: path.to_owned(), reason: error.to_string() };
    let mut fields: Map<String, Value> = serde_json::from_str(&files::read(path)?).map_err(damaged)?;
    let expected = fields.shift_remove(KEY).map(|seal| seal.as_str().unwrap_or_default().to_owned());
    let found = checksum(&fields);
    let value = serde_json::from_value(Value::Object(fields)).map_err(damaged)?;
    Ok(Sealed { value, found, expected })
}

/// The checksum that the sealed file of a value has.
pub fn of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => checksum(&fields),
        _ => String::new(),
    }
}

/// The checksum of the contents, however they are laid out.
fn checksum(fields: &Map<String, Value>) -> String {
    sha256([json(fields).as_bytes()])
}
