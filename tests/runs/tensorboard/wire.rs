//! Event files taken apart byte by byte: the framing, its checksums bit by bit, and the fields that are written.

use crate::tensorboard::seen::{Histogram, Image, Scalar, Seen};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The one event file of a run, up to the first byte of damage.
pub fn read(run: &Path) -> Seen {
    let files: Vec<_> = fs::read_dir(run.join("tensorboard")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let bytes = fs::read(&files[0]).unwrap();
    let events = records(&bytes);
    let mut seen =
        Seen { started: 0.0, scalars: Vec::new(), histograms: Vec::new(), images: Vec::new(), shown: BTreeMap::new() };
    let (version, rest) = events.split_first().unwrap();
    let version = Fields::of(version);
    assert_eq!(version.text(3), "brain.Event:2");
    seen.started = version.double(1);
    for event in rest {
        value(&Fields::of(event), &mut seen);
    }
    seen
}

fn value(event: &Fields<'_>, seen: &mut Seen) {
    let summary = Fields::of(event.bytes(5));
    let value = Fields::of(summary.bytes(1));
    let (step, wall, tag) = (event.varint(2), event.double(1), value.text(1));
    let metadata = Fields::of(value.bytes(9));
    let plugin = Fields::of(metadata.bytes(1)).text(1);
    if plugin == "hparams" {
        // All of it stands beside a value that there is not; TensorBoard itself reads it in `hparams.rs`.
        seen.shown.insert(tag, [plugin, String::new()]);
        return;
    }
    seen.shown.insert(tag.clone(), [plugin, metadata.text(3)]);
    // The class of the data: scalar, tensor, images.
    let class = if value.get(2).is_some() { 1 } else { 3 - i64::from(value.get(5).is_some()) };
    assert_eq!(metadata.varint(4), class, "{tag}");
    if let Some(number) = value.get(2) {
        let value = f64::from(f32::from_le_bytes(number.try_into().unwrap()));
        seen.scalars.push(Scalar { tag, step, wall, value });
    } else if let Some(image) = value.get(4).map(Fields::of) {
        assert_eq!(image.varint(3), 1, "greyscale");
        let picture = image::load_from_memory(image.bytes(4)).unwrap();
        let size = [picture.height(), picture.width()];
        let declared = [image.varint(1), image.varint(2)].map(|pixels| pixels as u32);
        seen.images.push(Image { tag, step, wall, declared, size, pixels: picture.as_luma8().unwrap().to_vec() });
    } else {
        let histogram = Fields::of(value.get(5).expect("a number, an image or a histogram"));
        let moments = (1..=5).map(|field| histogram.double(field)).collect();
        let [limits, counts] = [6, 7].map(|field| histogram.doubles(field));
        seen.histograms.push(Histogram { tag, step, wall, moments, limits, counts });
    }
}

/// The data of every whole record.
fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while bytes.len() >= 12 && bytes[8..12] == masked(&bytes[..8]) {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let Some((data, rest)) = bytes[12..].split_at_checked(length) else { break };
        let Some((checksum, rest)) = rest.split_at_checked(4) else { break };
        if checksum != masked(data) {
            break;
        }
        records.push(data);
        bytes = rest;
    }
    records
}

/// CRC-32C by its polynomial, a bit at a time, and the mask of the format.
fn masked(data: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    let crc = !crc;
    crc.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The published check value of CRC-32C.
#[test]
fn the_checksum_is_the_published_one() {
    let unmasked = u32::from_le_bytes(masked(b"123456789")).wrapping_sub(0xa282_ead8);
    assert_eq!(unmasked.rotate_left(15), 0xe306_9283);
}

/// A message of protocol buffers: numbers of fields and their bytes, in order. A number of variable length is kept as
/// eight bytes.
struct Fields<'a>(Vec<(u64, Bytes<'a>)>);

enum Bytes<'a> {
    Varint(i64),
    Raw(&'a [u8]),
}

impl<'a> Fields<'a> {
    fn of(mut bytes: &'a [u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let length = match key & 7 {
                0 => {
                    fields.push((key >> 3, Bytes::Varint(varint(&mut bytes) as i64)));
                    continue;
                }
                1 => 8,
                2 => varint(&mut bytes) as usize,
                5 => 4,
                other => panic!("no wire type of today: {other}"),
            };
            let (data, rest) = bytes.split_at(length);
            fields.push((key >> 3, Bytes::Raw(data)));
            bytes = rest;
        }
        Self(fields)
    }

    fn get(&self, field: u64) -> Option<&'a [u8]> {
        let mut found = self.0.iter().filter(|(number, _)| *number == field);
        let first = found.next().map(|(_, bytes)| bytes);
        assert!(found.next().is_none(), "field {field} is there twice");
        first.map(|bytes| match bytes {
            Bytes::Raw(data) => *data,
            Bytes::Varint(x) => panic!("field {field} is {x}"),
        })
    }

    /// Empty if it is absent, as protocol buffers say.
    fn bytes(&self, field: u64) -> &'a [u8] {
        self.get(field).unwrap_or_default()
    }

    fn text(&self, field: u64) -> String {
        String::from_utf8(self.bytes(field).to_vec()).unwrap()
    }

    fn double(&self, field: u64) -> f64 {
        self.doubles(field).first().copied().unwrap_or(0.0)
    }

    fn doubles(&self, field: u64) -> Vec<f64> {
        self.bytes(field).chunks(8).map(|number| f64::from_le_bytes(number.try_into().unwrap())).collect()
    }

    fn varint(&self, field: u64) -> i64 {
        let found = self.0.iter().find(|(number, _)| *number == field);
        found.map_or(0, |(_, bytes)| match bytes {
            Bytes::Varint(x) => *x,
            Bytes::Raw(data) => panic!("field {field} is {data:?}"),
        })
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("a number that ends");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}
