//! SHA-256 as text.

use sha2::{Digest, Sha256};

/// The hexadecimal SHA-256 of some pieces, one after the other.
pub fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
