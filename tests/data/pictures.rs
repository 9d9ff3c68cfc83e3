//! What is read in picture files, beside what Pillow reads in them, and how whole they must be. The files of
//! `pictures/` were drawn by `pictures/make.py`.

use std::fs;
use std::path::{Path, PathBuf};

use lcnnc::data::{DataError, Image, decode};
use serde_json::Value;

use super::write;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pictures")
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

/// The table of docs/data.md: which files are read as Pillow reads them, and which are not.
#[test]
fn pictures_are_read_as_pillow_reads_them_but_for_what_the_manual_names() {
    let (mut same, mut other) = (0, Vec::new());
    for (name, pillow) in pillow() {
        match decode(&folder().join(&name)) {
            // Two decoders of JPEG and of WebP round differently.
            Ok(image) if apart(&image, &pillow) <= if name.ends_with("png") { 0.01 } else { 2.0 } => same += 1,
            Ok(image) => other.push(format!("{name}: {:.0}", apart(&image, &pillow))),
            Err(error) => other.push(format!("{name}: {error}")),
        }
    }
    assert_eq!((same, other), (0, Vec::new()));
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
