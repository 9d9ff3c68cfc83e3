//! JPEG: whether a file holds all of its picture, and the picture.
//!
//! A decoder that is made for browsers shows what there is of a file that was cut short, and grey for the rest. Such a
//! picture must not be trained on, so the markers are followed to the end, and the decoder is told to be strict.

use std::ops::RangeInclusive;

use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::LARGEST_SIDE;

const END_OF_IMAGE: u8 = 0xd9;
/// Markers without a length behind them: one without a meaning, restarts and the start of an image. A 0 behind a byte
/// 0xff says that the byte is data.
const ALONE: [RangeInclusive<u8>; 2] = [0x00..=0x01, 0xd0..=0xd8];

/// The picture of a JPEG file: one channel if it is grey, else red, green and blue.
///
/// # Errors
/// If the file ends before its picture does, or its data contradict themselves.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let damaged = |error: DecodeErrors| format!("it is damaged ({})", error.to_string().trim_end_matches('\n'));
    let side = LARGEST_SIDE as usize;
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(side).set_max_height(side);
    let mut header = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let read = header.decode_headers();
    // A file that is cut short fails in many ways, and this is what its owner has to know.
    ends(bytes)?;
    read.map_err(damaged)?;
    let is_grey = header.input_colorspace() == Some(ColorSpace::Luma);
    let colours = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options.jpeg_set_out_colorspace(colours));
    let pixels = decoder.decode().map_err(damaged)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let (width, height) = (width as u32, height as u32);
    let picture = match colours {
        ColorSpace::Luma => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
    };
    picture.ok_or_else(|| "it is damaged (pixels are missing)".to_owned())
}

/// Follows the markers to the one that ends the image. What lies behind that one is no part of the picture.
fn ends(bytes: &[u8]) -> Result<(), String> {
    let mut at = 2;
    while let Some((marker, next)) = marker(bytes, at) {
        match marker {
            END_OF_IMAGE => return Ok(()),
            alone if ALONE.iter().any(|markers| markers.contains(&alone)) => at = next,
            _ => match bytes.get(next..next + 2) {
                Some(length) => at = next + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => break,
            },
        }
    }
    Err(format!("it is cut short: there is no end-of-image marker in its {} bytes", bytes.len()))
}

/// The first marker from a place on, and the place behind it. Data, and bytes that fill, are passed over.
fn marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let start = from + bytes.get(from..)?.iter().position(|&byte| byte == 0xff)?;
    let at = start + bytes[start..].iter().position(|&byte| byte != 0xff)?;
    Some((bytes[at], at + 1))
}
