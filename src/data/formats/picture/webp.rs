//! WebP: whether a file holds all of its picture.

/// Bytes of the head: `RIFF`, and how many bytes follow the head.
const HEAD: usize = 8;

/// Compares the length that the head declares with that of the file.
///
/// # Errors
/// If the file ends before that.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let declared = bytes.get(4..HEAD).and_then(<[u8]>::first_chunk).map_or(0, |four| u32::from_le_bytes(*four));
    let expected = HEAD as u64 + u64::from(declared);
    if (bytes.len() as u64) < expected {
        return Err(format!("it is cut short: it has {} of {expected} bytes", bytes.len()));
    }
    Ok(())
}
