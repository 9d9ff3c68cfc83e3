//! TFRecord: the length in eight bytes, its checksum in four, the data, their checksum; all little-endian.

use std::io::{self, Read};

/// What a record has beside its data.
const FRAME: u64 = 16;

/// The number that the format adds to every checksum, so that data which hold checksums themselves do not weaken it.
const MASK: u32 = 0xa282_ead8;

/// A record with that data.
pub fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length, checksum(&length).as_slice(), data, checksum(data).as_slice()].concat()
}

/// Where the last of the records ends that are whole, lie one behind the other and end at `most` or before.
///
/// # Errors
/// If the bytes cannot be read.
pub fn whole(mut bytes: impl Read, most: Option<u64>) -> io::Result<u64> {
    let mut end = 0_u64;
    while let Some(length) = record(&mut bytes)? {
        let next = end + FRAME + length;
        if most.is_some_and(|most| next > most) {
            break;
        }
        end = next;
    }
    Ok(end)
}

/// Reads over a record: the length of its data, or none where it is cut short or damaged.
fn record(bytes: &mut impl Read) -> io::Result<Option<u64>> {
    let length = part(bytes, 8)?;
    if part(bytes, 4)? != checksum(&length) {
        return Ok(None);
    }
    let Ok(length) = length.try_into().map(u64::from_le_bytes) else { return Ok(None) };
    let data = part(bytes, length)?;
    Ok((part(bytes, 4)? == checksum(&data)).then_some(length))
}

/// Reads `length` bytes, or as many as there are. Memory grows with what is read, whatever a damaged length says.
fn part(bytes: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    bytes.take(length).read_to_end(&mut part)?;
    Ok(part)
}

/// The checksum that the format has for some bytes: CRC-32C, turned right by 15 bits and masked.
fn checksum(data: &[u8]) -> [u8; 4] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(MASK).to_le_bytes()
}
