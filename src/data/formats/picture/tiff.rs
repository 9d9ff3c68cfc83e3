//! TIFF: what the decoder would read otherwise than it is meant.

/// The tag of the order of bits in a byte; 2 is the reverse one.
const FILL_ORDER: u16 = 266;
/// The tag of what the samples behind the colours are; 1 is an opacity that the colours are multiplied by already.
const EXTRA_SAMPLES: u16 = 338;
/// Bytes of one entry of a directory: tag, type, count and value.
const ENTRY: usize = 12;

/// Looks into the first picture's directory for what would be read wrongly.
///
/// # Errors
/// If there is any of it. A file whose directory cannot be followed is for the decoder to complain about.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let is_small = bytes.starts_with(b"II");
    let two = |at: usize| {
        let two = *bytes.get(at..)?.first_chunk()?;
        Some(if is_small { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let four = |at: usize| {
        let four = *bytes.get(at..)?.first_chunk()?;
        Some(if is_small { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) } as usize)
    };
    // A number of 43 stands for files of more than 4 GiB, which are laid out otherwise.
    if two(2) == Some(43) {
        return Err("it is a BigTIFF file, which is not read; save it as a PNG file".to_owned());
    }
    let directory = four(4).unwrap_or(bytes.len());
    let count = two(directory).unwrap_or(0);
    for entry in (0..usize::from(count)).map(|n| directory.saturating_add(2 + n * ENTRY)) {
        // More than two values of 16 bits lie where the entry's value points to.
        let place = if four(entry + 4).is_some_and(|count| count > 2) { four(entry + 8) } else { Some(entry + 8) };
        let what = match (two(entry), place.and_then(two)) {
            (Some(FILL_ORDER), Some(2)) => "the bits of each of its bytes are in reverse order (FillOrder 2)",
            (Some(EXTRA_SAMPLES), Some(1)) => "its colours are multiplied by its opacity already (ExtraSamples 1)",
            _ => continue,
        };
        return Err(format!("{what}, which is not read; save it as a PNG file"));
    }
    Ok(())
}
