//! What is read in picture files, beside what Pillow reads in them, and how whole they must be. The files of
//! `pictures/` were drawn by `pictures/make.py`.

use std::fs;
use std::path::{Path, PathBuf};

use lcnnc::data::{DataError, Image, decode};
use serde_json::Value;

use super::write;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sets/data/pictures")
}

/// What Pillow's `convert("RGB")` makes of a file: height, width, and three values from 0 to 255 a pixel.
struct Pillow {
    height: usize,
    width: usize,
    rgb: Vec<f64>,
}

fn pillow() -> Vec<(String, Pillow)> {
    let text = fs::read_to_string(folder().join("pillow.json")).unwrap();
    let all: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let one = |(name, of): (String, Value)| {
        let rgb = of["rgb"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
        (name, Pillow { height: number(&of["height"]), width: number(&of["width"]), rgb })
    };
    all.into_iter().map(one).collect()
}

/// The image with three values from 0 to 255 a pixel, grey ones three times.
fn rgb(image: &Image) -> Vec<f64> {
    let plane = image.height * image.width;
    let value =
        |pixel: usize, colour: usize| 255.0 * f64::from(image.pixels[(colour % image.channels) * plane + pixel]);
    (0..plane).flat_map(|pixel| [0, 1, 2].map(|colour| value(pixel, colour))).collect()
}

/// The largest difference, of 255.
fn apart(image: &Image, pillow: &Pillow) -> f64 {
    assert_eq!((image.height, image.width), (pillow.height, pillow.width));
    rgb(image).iter().zip(&pillow.rgb).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Files that are not read as Pillow reads them. The manual says of each what is done instead.
const OTHERWISE: [&str; 9] = [
    "alpha.png",
    "alpha.webp",
    "float.tif",
    "grey16.png",
    "grey16.tif",
    "grey_alpha.png",
    "palette.tif",
    "palette_alpha.png",
    "palette_colour_clear.png",
];

#[test]
fn pictures_are_read_as_pillow_reads_them_but_for_what_the_manual_names() {
    let mut otherwise = Vec::new();
    for (name, pillow) in pillow() {
        // Two decoders of JPEG round differently, most of all where colours are enlarged.
        let most = if name.ends_with("jpg") { 4.0 } else { 0.01 };
        if !decode(&folder().join(&name)).is_ok_and(|image| apart(&image, &pillow) <= most) {
            otherwise.push(name);
        }
    }
    otherwise.sort();
    assert_eq!(otherwise, OTHERWISE);
}

#[test]
fn what_is_read_otherwise_is_read_as_the_manual_says() {
    let image = |name: &str| decode(&folder().join(name)).unwrap();
    // Opacity rises by 4 of 255 from pixel to pixel; black shows through.
    let (plain, clear) = (rgb(&image("plain.png")), rgb(&image("alpha.png")));
    for (i, (value, over)) in plain.iter().zip(&clear).enumerate() {
        assert!((value * (i / 3 * 4) as f64 / 255.0 - over).abs() < 0.01, "value {i}");
    }
    assert!(image("alpha.webp") == image("alpha.png"));
    assert_eq!(image("grey_alpha.png").channels, 1);
    for name in ["palette_alpha.png", "palette_colour_clear.png"] {
        let read = rgb(&image(name));
        assert!(read.chunks(3).any(|pixel| pixel == [0.0; 3]), "{name}: what is clear is black");
    }
    // All sixteen bits count; Pillow cuts off at 255.
    for name in ["grey16.png", "grey16.tif"] {
        let read = image(name);
        assert_eq!(read.shape(), [1, 8, 8]);
        assert!(read.pixels.iter().enumerate().all(|(i, value)| (value - i as f32 * 1000.0 / 65535.0).abs() < 1e-6));
    }
    for name in ["palette.tif", "float.tif"] {
        assert!(decode(&folder().join(name)).unwrap_err().to_string().contains("cannot be decoded"), "{name}");
    }
}

#[test]
fn of_an_animation_the_first_picture_is_read_and_a_note_of_rotation_is_not_followed() {
    let image = |name: &str| decode(&folder().join(name)).unwrap();
    assert!(image("animated.png") == image("plain.png") && image("animated.webp") == image("plain.png"));
    assert_eq!(image("turned.jpg").shape(), [3, 4, 8], "the note says that it stands on its side");
    assert_eq!(image("grey.jpg").channels, 1);
}

/// Formats whose files say where they end.
const WHOLE: [&str; 8] = [
    "plain.png",
    "interlaced.png",
    "plain.jpg",
    "progressive.jpg",
    "plain.bmp",
    "plain.tif",
    "lossless.webp",
    "plain.ppm",
];

fn decoded(bytes: &[u8]) -> Result<Image, DataError> {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("picture");
    write(&path, bytes);
    decode(&path)
}

#[test]
fn no_picture_that_is_cut_short_is_read() {
    for name in WHOLE {
        let bytes = fs::read(folder().join(name)).unwrap();
        let whole = decoded(&bytes).unwrap();
        for end in 0..bytes.len() {
            match decoded(&bytes[..end]) {
                Err(DataError::Decode { .. }) => {}
                Err(error) => panic!("{name}, {end} of {} bytes: {error}", bytes.len()),
                // What is missing is not of the picture.
                Ok(part) => assert!(part == whole, "{name}, {end} of {} bytes", bytes.len()),
            }
        }
    }
    for (name, what) in
        [("plain.jpg", "end-of-image marker"), ("progressive.jpg", "end-of-image marker"), ("plain.png", "IEND")]
    {
        let bytes = fs::read(folder().join(name)).unwrap();
        for end in 20..bytes.len() {
            let message = decoded(&bytes[..end]).expect_err(name).to_string();
            assert!(message.contains("it is cut short") && message.contains(what), "{name}, {end}: {message}");
        }
    }
}

#[test]
fn a_png_whose_packed_data_have_another_checksum_is_found_before_a_run() {
    let root = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(folder().join("plain.png")).unwrap();
    let at = bytes.windows(4).position(|four| four == b"IDAT").unwrap();
    let length = u32::from_be_bytes(*bytes[at - 4..].first_chunk().unwrap()) as usize;
    // The last byte of the sum, and the chunk's own checksum made right again.
    bytes[at + 3 + length] ^= 1;
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[at..at + 4 + length]);
    bytes[at + 4 + length..at + 8 + length].copy_from_slice(&crc.sum().to_be_bytes());
    for class in ["a", "b"] {
        (0..3).for_each(|n| {
            write(&root.path().join(class).join(format!("{n}.png")), &fs::read(folder().join("plain.png")).unwrap());
        });
    }
    write(&root.path().join("a/bad.png"), &bytes);
    let request = lcnnc::data::Request { verify: true, ..Default::default() };
    let set = super::folder::load_as(root.path(), &request).unwrap();
    let broken = &set.files.as_ref().unwrap().contents.as_ref().unwrap().broken;
    assert_eq!(broken.len(), 1);
    assert!(broken[0].0.ends_with("a/bad.png") && broken[0].1.contains("its packed data"), "{broken:?}");
}

#[test]
fn a_webp_that_lacks_its_last_bytes_is_cut_short() {
    for name in ["lossless.webp", "alpha.webp", "animated.webp"] {
        let bytes = fs::read(folder().join(name)).unwrap();
        for end in bytes.len() - 3..bytes.len() {
            let message = decoded(&bytes[..end]).expect_err(name).to_string();
            assert!(message.contains("it is cut short"), "{name}: {message}");
        }
    }
}

/// A grey TIFF of 8 x 8 pixels without compression, with these further tags of one value of 16 bits.
fn tiff(more: &[(u16, u16)]) -> Vec<u8> {
    let mut tags = vec![(256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 8), (279, 64)];
    tags.extend_from_slice(more);
    tags.sort_unstable();
    let mut bytes = [&b"II\x2a\0"[..], &72_u32.to_le_bytes(), &[100; 64]].concat();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in tags {
        bytes.extend([tag, 3].map(u16::to_le_bytes).concat());
        bytes.extend([1, u32::from(value)].map(u32::to_le_bytes).concat());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn a_tiff_that_would_be_read_wrongly_is_refused_with_what_helps() {
    assert_eq!(decoded(&tiff(&[])).unwrap().shape(), [1, 8, 8]);
    assert_eq!(decoded(&tiff(&[(266, 1)])).unwrap().shape(), [1, 8, 8]);
    for (tag, part) in [((266, 2), "FillOrder 2"), ((338, 1), "ExtraSamples 1")] {
        let message = decoded(&tiff(&[tag])).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("save it as a PNG file"), "{message}");
    }
    // A note of another orientation is not followed.
    assert!(decoded(&tiff(&[(274, 6)])).unwrap() == decoded(&tiff(&[])).unwrap());
    let message = decode(&folder().join("palette.tif")).unwrap_err().to_string();
    assert!(message.contains("it is a TIFF of a kind that is not read; save it as a PNG file"), "{message}");
}

#[test]
fn a_picture_that_is_too_large_is_told_the_limit() {
    let mut bytes = b"P5 9000 1 255\n".to_vec();
    bytes.extend([0; 9000]);
    let message = decoded(&bytes).unwrap_err().to_string();
    assert!(message.contains("it is larger than 8192 x 8192 pixels"), "{message}");
}

#[test]
fn no_byte_of_a_png_can_change_unseen() {
    for name in ["plain.png", "interlaced.png", "palette_alpha.png"] {
        let bytes = fs::read(folder().join(name)).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert!(decoded(&changed).is_err(), "{name}, byte {at}");
        }
    }
}

/// As Pillow takes them.
#[test]
fn bytes_behind_a_picture_do_no_harm() {
    for name in ["plain.png", "plain.jpg", "progressive.jpg", "plain.bmp", "lossless.webp", "plain.ppm"] {
        let bytes = fs::read(folder().join(name)).unwrap();
        let whole = decoded(&bytes).unwrap();
        assert!(decoded(&[&bytes[..], &[0; 4000]].concat()).unwrap() == whole, "{name}");
    }
    let bytes = fs::read(folder().join("plain.jpg")).unwrap();
    let (data, end) = bytes.split_at(bytes.len() - 2);
    let extraneous = [data, &[0x12, 0x34, 0x56], end].concat();
    assert!(
        decoded(&extraneous).unwrap() == decoded(&bytes).unwrap(),
        "bytes between the data and the marker at the end"
    );
}

/// A decoder made for browsers would show grey from the damage on.
#[test]
fn a_jpeg_whose_data_contradict_themselves_is_refused() {
    let bytes = fs::read(folder().join("plain.jpg")).unwrap();
    let scan = bytes.windows(2).position(|two| two == [0xff, 0xda]).unwrap() + 14;
    let mut damaged = bytes.clone();
    let data = bytes.len() - 2;
    for pair in damaged[scan..data].chunks_exact_mut(2) {
        pair.copy_from_slice(&[0xff, 0]);
    }
    let message = decoded(&damaged).unwrap_err().to_string();
    assert!(message.contains("it is damaged"), "{message}");
}

#[test]
fn whatever_is_done_to_a_file_nothing_panics() {
    for entry in fs::read_dir(folder()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for at in (0..bytes.len().min(600)).step_by(3) {
            for value in [0, 0xff, bytes[at] ^ 0x40] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let _ = decoded(&changed);
            }
        }
    }
}
