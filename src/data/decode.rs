//! PNG and JPEG files to images.

use std::path::Path;

use image::{DynamicImage, ImageError, ImageReader, Limits};

use super::{DataError, Image};

/// Pixels that a side of an image may have.
pub const LARGEST_SIDE: u32 = 8192;

/// Enough for the largest image of four 16-bit channels.
const MOST_BYTES: u64 = (LARGEST_SIDE as u64).pow(2) * 8;

/// Decodes a file: one channel if it is grey, else red, green and blue, 8 or 16 bits alike scaled to 0..1.
///
/// Whatever is transparent lies on black: a value is multiplied by its opacity. What kind of file it is, its first
/// bytes say and not its name. A rotation noted in the metadata is not applied.
pub fn decode(path: &Path) -> Result<Image, DataError> {
    let opened = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let mut reader = opened.map_err(|source| DataError::Read { path: path.to_owned(), source })?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let decoded =
        reader.decode().map_err(|error| DataError::Decode { path: path.to_owned(), reason: reason(&error) })?;
    Ok(planar(&decoded))
}

/// The innermost cause alone: the outer ones only say that decoding failed.
fn reason(error: &ImageError) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

fn planar(decoded: &DynamicImage) -> Image {
    let (height, width) = (decoded.height() as usize, decoded.width() as usize);
    let colours = if decoded.color().has_color() { 3 } else { 1 };
    let pixels = match decoded {
        DynamicImage::ImageLuma8(image) => planes(image.as_raw(), 1, 1, f32::from(u8::MAX)),
        DynamicImage::ImageLumaA8(image) => planes(image.as_raw(), 1, 2, f32::from(u8::MAX)),
        DynamicImage::ImageRgb8(image) => planes(image.as_raw(), 3, 3, f32::from(u8::MAX)),
        DynamicImage::ImageRgba8(image) => planes(image.as_raw(), 3, 4, f32::from(u8::MAX)),
        DynamicImage::ImageLuma16(image) => planes(image.as_raw(), 1, 1, f32::from(u16::MAX)),
        DynamicImage::ImageLumaA16(image) => planes(image.as_raw(), 1, 2, f32::from(u16::MAX)),
        DynamicImage::ImageRgb16(image) => planes(image.as_raw(), 3, 3, f32::from(u16::MAX)),
        DynamicImage::ImageRgba16(image) => planes(image.as_raw(), 3, 4, f32::from(u16::MAX)),
        other if colours == 1 => planes(other.to_luma_alpha32f().as_raw(), 1, 2, 1.0),
        other => planes(other.to_rgba32f().as_raw(), 3, 4, 1.0),
    };
    Image { channels: colours, height, width, pixels }
}

/// Interleaved samples to planes, `colours` of the `step` samples a pixel; one more is the opacity.
fn planes<T: Copy + Into<f32>>(samples: &[T], colours: usize, step: usize, full: f32) -> Vec<f32> {
    let value = |pixel: &[T], colour: usize| {
        let opacity = if step > colours { pixel[colours].into() / full } else { 1.0 };
        pixel[colour].into() / full * opacity
    };
    (0..colours).flat_map(|colour| samples.chunks_exact(step).map(move |pixel| value(pixel, colour))).collect()
}
