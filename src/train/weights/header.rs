//! Notes in the header of a safetensors file, in an order of their own and with a checksum of the whole file.
//!
//! The library keeps notes in a hash table, so its bytes differ from one run of the program to the next; they are put
//! in here, behind its back: a length in eight bytes, the header as JSON, the numbers.

use crate::data::sha256;
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

/// The key of the header under which the format keeps notes.
const NOTES: &str = "__metadata__";
/// The note that only files of lcnnc have: SHA-256 of the header without it, and of the numbers.
const SUM: &str = "lcnnc.sha256";
/// Bytes of the length; the header's own length is a multiple of it.
const WORD: usize = 8;

/// Puts notes into a file that has none, where it is: a copy of it would be another one of the model.
pub fn note(file: &mut Vec<u8>, notes: &[(&str, String)]) {
    let Some((Value::Object(tensors), data)) = parts(file) else { return };
    let before = file.len() - data.len();
    let mut noted: Map<String, Value> = notes.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    let header = |notes: &Map<String, Value>| {
        let first = (NOTES.to_owned(), Value::Object(notes.clone()));
        let all: Map<String, Value> = std::iter::once(first).chain(tensors.clone()).collect();
        Value::Object(all).to_string()
    };
    let checksum = sha256([header(&noted).as_bytes(), data]);
    noted.insert(SUM.to_owned(), Value::String(checksum));
    let mut header = header(&noted).into_bytes();
    header.resize(header.len().next_multiple_of(WORD), b' ');
    let start = [&(header.len() as u64).to_le_bytes(), header.as_slice()].concat();
    // Not in the way in which a vector grows by itself, which takes as much again.
    file.reserve_exact(start.len().saturating_sub(before));
    file.splice(..before, start);
}

/// The notes of a file of lcnnc; `None` for one of another program.
///
/// # Errors
/// If the file is not what lcnnc wrote.
pub fn notes(file: &[u8]) -> Result<Option<Map<String, Value>>, String> {
    let Some((Value::Object(mut header), data)) = parts(file) else { return Ok(None) };
    let Some(Value::Object(notes)) = header.get_mut(NOTES) else { return Ok(None) };
    let Some(Value::String(expected)) = notes.shift_remove(SUM) else { return Ok(None) };
    let notes = notes.clone();
    let found = sha256([Value::Object(header).to_string().as_bytes(), data]);
    if found == expected { Ok(Some(notes)) } else { Err(format!("its checksum is {found}, and it says {expected}")) }
}

/// What is wrong with a file that has more or fewer bytes than it says itself.
pub fn other_length(file: &[u8]) -> Option<String> {
    let (length, rest) = file.split_first_chunk::<WORD>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    if rest.first() == Some(&b'{') && rest.len() < length {
        return Some(format!("it is cut short: of its header it has {} of {length} bytes", rest.len()));
    }
    let (header, data) = parts(file)?;
    let ends = header.as_object()?.values().filter_map(|tensor| tensor.get("data_offsets")?.get(1)?.as_u64());
    let expected = usize::try_from(ends.max()?).ok()?.checked_add(file.len() - data.len())?;
    let found = file.len();
    match found.cmp(&expected) {
        Ordering::Less => Some(format!("it is cut short: it has {found} of {expected} bytes")),
        Ordering::Equal => None,
        Ordering::Greater => {
            Some(format!("it has {found} bytes, and by its header {expected}: something was written behind it"))
        }
    }
}

fn parts(file: &[u8]) -> Option<(Value, &[u8])> {
    let (length, rest) = file.split_first_chunk::<WORD>()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    Some((serde_json::from_slice(header).ok()?, data))
}
