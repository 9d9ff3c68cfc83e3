//! Bytes that must be a text in UTF-8, and what those look like that are none.

use lcnnc_lang::diag::render::place;
use std::fmt;
use std::path::Path;

use super::TrainError;

/// Bytes at the beginning of a file by which UTF-16 is told.
const LOOKED_AT: usize = 512;

/// Why bytes are no text in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    /// Line and column of the first byte that does not fit, from 1, the column in characters.
    pub place: (usize, usize),
    /// How many bytes stand before it.
    pub offset: usize,
    pub looks_like: LooksLike,
}

/// The encoding that a text which is not UTF-8 seems to have been written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksLike {
    Utf16 {
        little: bool,
        mark: bool,
    },
    /// A text with one byte a character, as in ISO 8859-1; the first one beyond ASCII.
    Latin1(u8),
    /// A text with one byte a character, with Microsoft's quotes and dashes.
    Windows1252(u8),
    /// The last character lacks bytes.
    CutShort,
    /// Bytes that stand in no text.
    NoText(u8),
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, looks_like, .. } = self;
        write!(f, "not UTF-8 from byte {offset} on: ")?;
        let save = "save it as UTF-8";
        match looks_like {
            LooksLike::Utf16 { little, mark } => {
                let order = if *little { "the low byte first" } else { "the high byte first" };
                let mark = if *mark { "with" } else { "without" };
                write!(f, "it looks like UTF-16, {order}, {mark} a byte order mark; {save}")
            }
            LooksLike::Latin1(byte) => {
                write!(f, "0x{byte:02x} stands there, which is `{}` in Latin-1; {save}", char::from(*byte))
            }
            LooksLike::Windows1252(byte) => {
                write!(f, "0x{byte:02x} stands there, as in a text of Windows-1252; {save}")
            }
            LooksLike::CutShort => {
                f.write_str("the file ends in the middle of a character; it may have been cut short")
            }
            LooksLike::NoText(byte) => write!(f, "0x{byte:02x} stands there; is it a text at all?"),
        }
    }
}

/// The text that a file holds; a byte order mark stays.
///
/// # Errors
/// Where it is not UTF-8, and what it looks like instead.
pub fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, TrainError> {
    let not = |place, offset, looks_like| TrainError::NotUtf8 {
        path: path.to_owned(),
        problem: NotUtf8 { place, offset, looks_like },
    };
    if let Some(utf16) = utf16(&bytes) {
        return Err(not((1, 1), 0, utf16));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = String::from_utf8_lossy(&bytes[..at]);
        let looks_like = match (bytes[at], error.utf8_error().error_len()) {
            _ if bytes.contains(&0) => LooksLike::NoText(bytes[at]),
            (_, None) => LooksLike::CutShort,
            (byte @ 0x80..0xa0, _) => LooksLike::Windows1252(byte),
            (byte, _) => LooksLike::Latin1(byte),
        };
        not(place(&before, at), at, looks_like)
    })
}

/// Whether every other byte is zero, as in a text of UTF-16 that is mostly ASCII, or the byte order mark says so.
fn utf16(bytes: &[u8]) -> Option<LooksLike> {
    match bytes {
        [0xff, 0xfe, ..] => return Some(LooksLike::Utf16 { little: true, mark: true }),
        [0xfe, 0xff, ..] => return Some(LooksLike::Utf16 { little: false, mark: true }),
        _ => {}
    }
    let (pairs, _) = bytes[..bytes.len().min(LOOKED_AT)].as_chunks::<2>();
    let zeros = |n: usize| pairs.iter().filter(|pair| pair[n] == 0).count();
    let mostly = |n: usize| 4 * zeros(n) > 3 * pairs.len() && zeros(1 - n) == 0;
    let little = mostly(1);
    (!pairs.is_empty() && (little || mostly(0))).then_some(LooksLike::Utf16 { little, mark: false })
}
