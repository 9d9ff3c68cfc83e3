//! Event files, read back twice: by a decoder of their bytes in `wire.rs`, and by TensorBoard's own reader where
//! `python3` has it.

mod board;
mod hparams;
mod seen;
mod wire;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jiff::Timestamp;
use lcnnc::observe::RunHome;
use lcnnc::observe::events::{At, Events, Tag};
use lcnnc::train::TrainError;
use seen::{Seen, seen};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const START: i64 = 1_764_009_000;

/// A run's folder.
fn run() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(run: &Path, offset: Option<u64>) -> Result<Events, TrainError> {
    Events::open(RunHome { folder: run, started: Timestamp::from_second(START).unwrap() }, offset)
}

fn file(run: &Path) -> PathBuf {
    run.join(format!("tensorboard/events.out.tfevents.{START}.lcnnc"))
}

/// Some time after the start, not a whole number of seconds.
fn at(step: usize) -> At {
    At { step, wall: Timestamp::from_millisecond(START * 1000 + 1250 * step as i64).unwrap() }
}

fn tag(name: &str) -> Tag<'_> {
    Tag { name, about: "A number, in nats." }
}

/// The loss of a few epochs.
fn losses(events: &mut Events, epochs: impl IntoIterator<Item = usize>) {
    for epoch in epochs {
        events.scalar(tag("loss/train"), at(epoch), 1.0 / epoch as f64).unwrap();
    }
}

fn steps(seen: &Seen) -> Vec<i64> {
    seen.scalars.iter().map(|scalar| scalar.step).collect()
}

/// As `tensorboard.compat` makes it of the same event.
#[test]
fn a_file_begins_with_the_record_of_its_version() {
    let run = run();
    let events = open(run.path(), None).unwrap();
    let bytes = fs::read(file(run.path())).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = "1800000000000000a37f4b22090000000a2949da411a0d627261696e2e4576656e743a32d272115e";
    assert_eq!(hex, expected);
    assert_eq!(events.offset(), bytes.len() as u64);
}

#[test]
fn numbers_are_kept_in_single_precision() {
    let values = [0.0, -0.1, 1.0 / 3.0, 1e-30, 3e38, f64::from(f32::MIN_POSITIVE), 16_777_217.0];
    let run = run();
    let mut events = open(run.path(), None).unwrap();
    for (step, value) in values.into_iter().enumerate() {
        events.scalar(tag("loss/train"), at(step), value).unwrap();
    }
    events.scalar(tag("accuracy/validation"), at(7), 0.625).unwrap();
    events.sync().unwrap();
    let seen = seen(run.path());
    assert_eq!(seen.started, START as f64);
    let of = |name: &str| seen.scalars.iter().filter(|scalar| scalar.tag == name).collect::<Vec<_>>();
    let found: Vec<f64> = of("loss/train").iter().map(|scalar| scalar.value).collect();
    assert_eq!(found, values.map(|value| f64::from(value as f32)));
    assert_eq!(of("loss/train")[3].step, 3);
    assert_eq!(of("loss/train")[3].wall, START as f64 + 3.75);
    assert_eq!(of("accuracy/validation")[0].value, 0.625);
    assert_eq!(seen.shown["loss/train"], ["scalars", "A number, in nats."]);
}

#[test]
fn histograms_count_every_number_once() {
    let values: Vec<f64> = (0..1000).map(|n| f64::from(((n * 7919) % 1009) as f32 * 0.01 - 3.0)).collect();
    let cases: [(&str, &[f64]); 5] = [
        ("weights/many", &values),
        ("weights/two", &[-1.0, 2.0]),
        ("weights/same", &[0.5; 7]),
        ("weights/none", &[]),
        ("weights/wide", &[-f64::MAX, 0.0, f64::MAX]),
    ];
    let run = run();
    let mut events = open(run.path(), None).unwrap();
    for (name, values) in cases {
        events.histogram(tag(name), at(1), values).unwrap();
    }
    events.histogram(tag("weights/broken"), at(1), &[1.0, f64::NAN, 3.0, f64::INFINITY]).unwrap();
    let seen = seen(run.path());
    let found = |name: &str| seen.histograms.iter().find(|histogram| histogram.tag == name).unwrap();
    for (name, values) in cases {
        let histogram = found(name);
        let fold = |f: fn(f64, f64) -> f64| values.iter().copied().reduce(f).unwrap_or(0.0);
        let [count, sum, squares] = [values.len() as f64, values.iter().sum(), values.iter().map(|x| x * x).sum()];
        assert_eq!(histogram.moments, [fold(f64::min), fold(f64::max), count, sum, squares], "{name}");
        assert_eq!(histogram.counts.iter().sum::<f64>(), count, "{name}");
        assert!(histogram.limits.is_sorted(), "{name}");
        // What lies at or below a bin's end, counted anew.
        let mut below = 0.0;
        for (limit, count) in histogram.limits.iter().zip(&histogram.counts) {
            below += count;
            let slack = 1e-9 * limit.abs();
            let [least, most] = [limit - slack, limit + slack].map(|end| values.iter().filter(|x| **x <= end).count());
            assert!((least as f64..=most as f64).contains(&below), "{name}: {below} at {limit}, {least} to {most}");
        }
    }
    assert_eq!(found("weights/many").counts.len(), 30);
    assert_eq!(
        (found("weights/same").limits.as_slice(), found("weights/same").counts.as_slice()),
        (&[0.5][..], &[7.0][..])
    );
    assert_eq!(found("weights/broken").moments, [1.0, 3.0, 2.0, 4.0, 10.0]);
    assert_eq!(seen.shown["weights/many"][0], "histograms");
}

#[test]
fn images_keep_their_size_and_their_pixels() {
    let (height, width) = (3, 5);
    let pixels: Vec<u8> = (0..15).map(|n| n * 17).collect();
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&pixels, width, height, ExtendedColorType::L8).unwrap();
    let run = run();
    open(run.path(), None).unwrap().image(tag("kernels/W"), at(2), [height, width], png).unwrap();
    let seen = seen(run.path());
    let image = &seen.images[0];
    assert_eq!((image.tag.as_str(), image.step), ("kernels/W", 2));
    assert_eq!((image.declared, image.size), ([3, 5], [3, 5]));
    assert_eq!(image.pixels, pixels);
    assert_eq!(seen.shown["kernels/W"][0], "images");
}

#[test]
fn a_run_taken_up_again_leaves_the_file_of_one_that_went_through() {
    let (through, again) = (run(), run());
    losses(&mut open(through.path(), None).unwrap(), 1..=5);
    let offset = {
        let mut events = open(again.path(), None).unwrap();
        losses(&mut events, 1..=3);
        let offset = events.offset();
        losses(&mut events, 4..=9);
        offset
    };
    let mut events = open(again.path(), Some(offset)).unwrap();
    assert_eq!((events.offset(), fs::metadata(file(again.path())).unwrap().len()), (offset, offset));
    assert_eq!(steps(&seen(again.path())), [1, 2, 3]);
    losses(&mut events, 4..=5);
    assert_eq!(steps(&seen(again.path())), [1, 2, 3, 4, 5]);
    assert_eq!(fs::read(file(through.path())).unwrap(), fs::read(file(again.path())).unwrap());
}

/// Wherever in a record a run was killed.
#[test]
fn half_a_record_is_cut_off() {
    let run = run();
    let (before, whole) = {
        let mut events = open(run.path(), None).unwrap();
        losses(&mut events, 1..=3);
        let before = events.offset();
        losses(&mut events, [4]);
        (before, events.offset())
    };
    let bytes = fs::read(file(run.path())).unwrap();
    assert_eq!(bytes.len() as u64, whole);
    for end in before + 1..whole {
        fs::write(file(run.path()), &bytes[..end as usize]).unwrap();
        if end == (before + whole) / 2 {
            assert_eq!(steps(&seen(run.path())), [1, 2, 3], "up to the damage");
        }
        assert_eq!(open(run.path(), None).unwrap().offset(), before, "cut at byte {end}");
        fs::write(file(run.path()), &bytes[..end as usize]).unwrap();
        losses(&mut open(run.path(), Some(before)).unwrap(), [4]);
        assert_eq!(fs::read(file(run.path())).unwrap(), bytes, "cut at byte {end}");
    }
}

#[test]
fn what_lies_behind_damage_is_no_record() {
    let run = run();
    let (first, all) = {
        let mut events = open(run.path(), None).unwrap();
        losses(&mut events, [1]);
        let first = events.offset();
        losses(&mut events, 2..=4);
        (first, events.offset())
    };
    let bytes = fs::read(file(run.path())).unwrap();
    // In the second number's length, the length's checksum, its data and their checksum.
    for place in [0, 9, 20, 12 + u64::from(bytes[first as usize]) + 2] {
        let mut damaged = bytes.clone();
        damaged[(first + place) as usize] ^= 0x40;
        fs::write(file(run.path()), &damaged).unwrap();
        let error = open(run.path(), Some(all)).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{all} bytes whose last whole record before it ends at byte {first}")),
            "{error}"
        );
        assert_eq!(fs::read(file(run.path())).unwrap(), damaged, "a file in doubt is left alone");
        assert_eq!(open(run.path(), None).unwrap().offset(), first);
    }
}

#[test]
fn an_offset_that_is_no_record_s_end_is_refused() {
    let run = run();
    let all = {
        let mut events = open(run.path(), None).unwrap();
        losses(&mut events, 1..=2);
        events.offset()
    };
    let bytes = fs::read(file(run.path())).unwrap();
    for offset in [all - 1, all + 1, u64::MAX] {
        let error = open(run.path(), Some(offset)).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let error = error.to_string();
        let path = file(run.path());
        assert!(
            error.starts_with(&format!("{}: damaged: expected a record that ends at byte {offset}", path.display()))
        );
        assert!(error.contains("last whole record before it ends at byte "), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    fs::remove_file(file(run.path())).unwrap();
    losses(&mut open(run.path(), Some(all)).unwrap(), [3]);
    assert_eq!(steps(&seen(run.path())), [3]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let run = run();
    fs::write(run.path().join("tensorboard"), "in the way").unwrap();
    let error = open(run.path(), None).unwrap_err();
    assert!(matches!(error, TrainError::File { doing: "made", .. }), "{error}");
    assert!(error.to_string().starts_with(&run.path().join("tensorboard").display().to_string()), "{error}");
}
