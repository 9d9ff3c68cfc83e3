//! Checksums: SHA-256 in hexadecimal.

use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// The hexadecimal SHA-256 of some pieces, one after the other.
pub fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hexadecimal(hasher)
}

/// The hexadecimal SHA-256 of all that can be read.
pub fn sha256_of(reader: &mut impl Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        match reader.read(&mut chunk)? {
            0 => return Ok(hexadecimal(hasher)),
            count => hasher.update(&chunk[..count]),
        }
    }
}

/// The first twelve digits of a checksum, which are enough for a message to tell two apart.
pub fn short(checksum: &str) -> &str {
    checksum.get(..12).unwrap_or(checksum)
}

fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
