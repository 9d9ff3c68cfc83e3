//! Pictures: files decoded into images. A picture that is there in part is refused.

mod jpeg;
mod png;
mod tiff;
mod webp;

use std::fs;
use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;

use image::error::ImageFormatHint;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::data::file_names::shown;
use crate::data::memory_budget::{HeldMemory, MemoryBudget};
use crate::data::{DataError, Image};

/// Bytes of a file that is read, at most: no picture of the largest size needs a larger one.
pub const LARGEST_FILE: u64 = 1 << 30;

/// Pixels that a side of an image may have.
pub const LARGEST_SIDE: u32 = 8192;

/// Bytes that a decoder may allocate: enough for the largest image of four 16-bit channels.
const MOST_BYTES: u64 = (LARGEST_SIDE as u64).pow(2) * 8;

/// How the names of files end that are read, in small letters: as torchvision's `ImageFolder` has it.
pub const ENDINGS: [&str; 9] = ["jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp"];

/// What the files are called, for messages.
pub const FORMATS: &str = "a PNG, JPEG, BMP, WebP, TIFF, PPM or PGM";

/// Bytes of a value of 8 bits while a picture is decoded, at most: a coefficient in 16 bits, and the samples.
const DECODED: u64 = 4;

/// Bytes of a value of an image.
const VALUE: u64 = size_of::<f32>() as u64;

/// Bytes of pictures that all threads together hold while they decode: the largest picture takes most of it, or all.
static PICTURES: MemoryBudget = MemoryBudget::new(1 << 30);

/// Decodes a file: one channel if it is grey, else red, green and blue, 8 or 16 bits alike scaled to 0..1.
///
/// Whatever is transparent lies on black: a value is multiplied by its opacity. What kind of file it is, its first
/// bytes say and not its name. A rotation noted in the metadata is not applied. A picture that is there in part is an
/// error.
///
/// # Errors
/// If the file cannot be read or does not hold one whole picture.
pub fn decode(path: &Path) -> Result<Image, DataError> {
    image(path, &read(path)?)
}

/// The bytes of a picture's file.
///
/// # Errors
/// If it cannot be read, or is none: a device may never end.
pub fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    let failed = |source| DataError::Read { path: path.to_owned(), source };
    let unfit = |reason: String| DataError::Decode { path: path.to_owned(), reason };
    let found = fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(unfit(format!(
            "it is {}, not a file",
            if found.is_dir() { "a folder" } else { "a pipe or a device" }
        )));
    }
    if found.len() > LARGEST_FILE {
        return Err(unfit(format!("it has {} bytes, more than any picture that is read", found.len())));
    }
    fs::read(path).map_err(|source| DataError::read(path, source))
}

/// The image that the bytes of a file are.
///
/// # Errors
/// If they do not hold one whole picture.
pub fn image(path: &Path, bytes: &[u8]) -> Result<Image, DataError> {
    let needed = need(bytes).image;
    let _held = hold(path, needed)?;
    let decoded = decoded(bytes).map_err(|reason| DataError::Decode { path: path.to_owned(), reason })?;
    planar(&decoded).ok_or_else(|| no_room(path, needed))
}

/// Channels, height and width of the image that [`decode`] makes of a file's bytes.
///
/// # Errors
/// Why the bytes are not one whole picture.
pub fn shape(bytes: &[u8]) -> Result<[usize; 3], String> {
    let decoded = decoded(bytes)?;
    // Once for each file is enough: it takes as long as to decode.
    if bytes.starts_with(b"\x89PNG") {
        png::unpack(bytes)?;
    }
    Ok([colours(&decoded), decoded.height() as usize, decoded.width() as usize])
}

/// Bytes of memory that a picture takes at the height of what is done with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureMemory {
    /// Bytes while the picture is decoded.
    pub decoding: u64,
    /// Bytes while an image is made of the picture, decoding included.
    pub image: u64,
}

/// How much memory a file's picture takes, by its header; zero bytes where the header declares no size, or one that is
/// not read.
pub fn need(bytes: &[u8]) -> PictureMemory {
    let declared = || {
        let decoder = reader(bytes).ok()?.0.into_decoder().ok()?;
        let (width, height) = decoder.dimensions();
        if width.max(height) > LARGEST_SIDE {
            return None;
        }
        let colours = if decoder.color_type().has_color() { 3 } else { 1 };
        let (values, samples) = (u64::from(width) * u64::from(height) * colours, decoder.total_bytes());
        let decoding = (DECODED * values).max(samples + samples / 2);
        Some(PictureMemory { decoding, image: decoding.max(samples + VALUE * values) })
    };
    declared().unwrap_or_default()
}

/// Waits until other threads have decoded so much that there is room for so many bytes more, and holds them.
///
/// # Errors
/// If there is no room although no other thread holds any. A decoder that asks in vain would end the process.
pub fn hold(path: &Path, bytes: u64) -> Result<HeldMemory<'static>, DataError> {
    PICTURES.hold_if(bytes, has_room).ok_or_else(|| no_room(path, bytes))
}

/// Whether so many bytes can be had: they are asked for, and given back at once.
fn has_room(bytes: u64) -> bool {
    let mut room = Vec::<u8>::new();
    let given = usize::try_from(bytes).is_ok_and(|bytes| room.try_reserve_exact(bytes).is_ok());
    // What nobody looks at need not be asked for, a compiler may find.
    black_box(&room);
    given
}

fn no_room(path: &Path, needed: u64) -> DataError {
    let parts = "the samples of the picture, and its values in 32 bits".to_owned();
    DataError::Memory { work: format!("decoding {}", shown(path)), needed, parts }
}

type PictureReader<'b> = ImageReader<Cursor<&'b [u8]>>;

/// A reader for the kind of file that the first bytes show.
fn reader(bytes: &[u8]) -> Result<(PictureReader<'_>, ImageFormat), String> {
    let guessed = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    let format =
        guessed.format().filter(ImageFormat::reading_enabled).ok_or_else(|| unknown(bytes, guessed.format()))?;
    Ok((guessed, format))
}

fn decoded(bytes: &[u8]) -> Result<DynamicImage, String> {
    let (mut reader, format) = reader(bytes)?;
    match format {
        ImageFormat::Jpeg => return jpeg::decode(bytes),
        ImageFormat::Png => png::check(bytes)?,
        ImageFormat::Tiff => tiff::check(bytes)?,
        ImageFormat::WebP => webp::check(bytes)?,
        _ => {}
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let decoded = reader.decode().map_err(|error| reason(&error))?;
    match decoded {
        DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_) => {
            Err("its values are fractions in 32 bits, whose range is not known; save it with 8 or 16 bits".to_owned())
        }
        decoded => Ok(decoded),
    }
}

/// Says in words what a file is that holds no picture of a kind that is read.
fn unknown(bytes: &[u8], format: Option<ImageFormat>) -> String {
    let text = bytes.trim_ascii_start();
    let starts = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()));
    match format {
        _ if bytes.is_empty() => "it is empty".to_owned(),
        Some(format) => format!("it is a {} file, which is not read", format.extensions_str().join(" or ")),
        None if bytes.starts_with(&[0x1f, 0x8b]) => "it is compressed with gzip; unpack it".to_owned(),
        None if starts("<html") || starts("<!doctype") => "it is a web page, not a picture".to_owned(),
        None => "its first bytes are those of no picture".to_owned(),
    }
}

/// Why a picture cannot be decoded: the innermost cause alone, since the outer ones only say that decoding failed.
fn reason(error: &ImageError) -> String {
    if let ImageError::Limits(_) = error {
        return format!("it is larger than {LARGEST_SIDE} x {LARGEST_SIDE} pixels");
    }
    // What it would say are numbers of tags.
    if let ImageError::Unsupported(what) = error
        && what.format_hint() == ImageFormatHint::Exact(ImageFormat::Tiff)
    {
        return "it is a TIFF of a kind that is not read; save it as a PNG file".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    match error {
        ImageError::Unsupported(_) => format!("{innermost}; save it as a PNG file"),
        _ => innermost.to_string(),
    }
}

/// The channels that an image of these samples has.
fn colours(decoded: &DynamicImage) -> usize {
    if decoded.color().has_color() { 3 } else { 1 }
}

/// The image of samples; `None` if it has no room.
fn planar(decoded: &DynamicImage) -> Option<Image> {
    let (height, width) = (decoded.height() as usize, decoded.width() as usize);
    let channels = colours(decoded);
    let pixels = match decoded {
        DynamicImage::ImageLuma8(image) => planes(image.as_raw(), 1, 1, f32::from(u8::MAX)),
        DynamicImage::ImageLumaA8(image) => planes(image.as_raw(), 1, 2, f32::from(u8::MAX)),
        DynamicImage::ImageRgb8(image) => planes(image.as_raw(), 3, 3, f32::from(u8::MAX)),
        DynamicImage::ImageRgba8(image) => planes(image.as_raw(), 3, 4, f32::from(u8::MAX)),
        DynamicImage::ImageLuma16(image) => planes(image.as_raw(), 1, 1, f32::from(u16::MAX)),
        DynamicImage::ImageLumaA16(image) => planes(image.as_raw(), 1, 2, f32::from(u16::MAX)),
        DynamicImage::ImageRgb16(image) => planes(image.as_raw(), 3, 3, f32::from(u16::MAX)),
        DynamicImage::ImageRgba16(image) => planes(image.as_raw(), 3, 4, f32::from(u16::MAX)),
        other if channels == 1 => planes(other.to_luma_alpha32f().as_raw(), 1, 2, 1.0),
        other => planes(other.to_rgba32f().as_raw(), 3, 4, 1.0),
    };
    Some(Image { channels, height, width, pixels: pixels? })
}

/// Makes planes of interleaved samples: `colours` of the `step` samples a pixel are kept, and one more is the opacity.
/// `None` if the planes have no room.
fn planes<T: Copy + Into<f32>>(samples: &[T], colours: usize, step: usize, full: f32) -> Option<Vec<f32>> {
    let value = |pixel: &[T], colour: usize| {
        let opacity = if step > colours { pixel[colours].into() / full } else { 1.0 };
        pixel[colour].into() / full * opacity
    };
    let mut values = Vec::new();
    values.try_reserve_exact(samples.len() / step * colours).ok()?;
    for colour in 0..colours {
        values.extend(samples.chunks_exact(step).map(|pixel| value(pixel, colour)));
    }
    Some(values)
}
