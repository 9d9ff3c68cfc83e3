//! PNG: whether a file holds all of its picture, as it was written.

/// The bytes that every PNG file begins with.
const SIGNATURE: usize = 8;
/// Bytes of a chunk beside its data: length and type before them, the checksum behind them.
const HEAD: usize = 8;
const CHECKSUM: usize = 4;

/// Unpacks the data of a file that [`check`] has passed, for the checksum over them (Adler-32), which no decoder compares.
///
/// # Errors
/// If the checksum is wrong.
pub fn unpack(bytes: &[u8]) -> Result<(), String> {
    let mut packed = Vec::new();
    let mut at = SIGNATURE;
    while let Some(length) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let end = at + HEAD + u32::from_be_bytes(*length) as usize;
        match bytes.get(at + 4..end) {
            Some(chunk) if chunk.starts_with(b"IDAT") => packed.extend_from_slice(&chunk[4..]),
            Some(chunk) if chunk.starts_with(b"IEND") => break,
            Some(_) => {}
            None => break,
        }
        at = end + CHECKSUM;
    }
    let mut data = flate2::read::ZlibDecoder::new(packed.as_slice());
    let unpacked = std::io::copy(&mut data, &mut std::io::sink());
    unpacked.map_or_else(|error| Err(format!("it is damaged (its packed data: {error})")), |_| Ok(()))
}

/// Follows the chunks to the one that ends the image, and compares their checksums. What lies behind that one is no
/// part of the picture.
///
/// # Errors
/// If the file ends before its picture does, or a chunk is not as it was written.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let cut = || format!("it is cut short: there is no IEND chunk in its {} bytes", bytes.len());
    let mut at = SIGNATURE;
    loop {
        let length: [u8; 4] = *bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(cut)?;
        let end = at + HEAD + u32::from_be_bytes(length) as usize;
        let [chunk, checksum] = [at + 4..end, end..end + CHECKSUM].map(|range| bytes.get(range));
        let (chunk, checksum) = chunk.zip(checksum).ok_or_else(cut)?;
        let mut crc = flate2::Crc::new();
        crc.update(chunk);
        let name = String::from_utf8_lossy(&chunk[..4]);
        if crc.sum().to_be_bytes() != *checksum {
            return Err(format!("it is damaged (the checksum of its chunk {name:?} at byte {at} is wrong)"));
        }
        if name == "IEND" {
            return Ok(());
        }
        at = end + CHECKSUM;
    }
}
