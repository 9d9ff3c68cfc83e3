//! Colours: of marks, and of values.

use super::page::Ink;

/// Colours that stay apart in grey and for those who see few of them (Okabe & Ito, 2008), the palest ones last.
const INKS: [Ink; 8] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
    [0x11, 0x11, 0x11],
    [0x00, 0x9e, 0x73],
    [0xe6, 0x9f, 0x00],
    [0xcc, 0x79, 0xa7],
    [0x56, 0xb4, 0xe9],
    [0xf0, 0xe4, 0x42],
];

/// The colour of the mark that has this number.
pub fn of_mark(number: usize) -> Ink {
    INKS[number % INKS.len()]
}

/// Blue, white and red, each end as dark as the other one.
const SIGNED: [Ink; 5] =
    [[0x05, 0x30, 0x61], [0x43, 0x93, 0xc3], [0xff, 0xff, 0xff], [0xd6, 0x60, 0x4d], [0x67, 0x00, 0x1f]];
const GREY: [Ink; 2] = [[0, 0, 0], [0xff, 0xff, 0xff]];
/// Viridis (van der Walt & Smith, 2015), which becomes brighter in equal steps.
const BRIGHTER: [Ink; 7] = [
    [0x44, 0x01, 0x54],
    [0x44, 0x3a, 0x83],
    [0x31, 0x68, 0x8e],
    [0x21, 0x91, 0x8c],
    [0x35, 0xb7, 0x79],
    [0x90, 0xd7, 0x43],
    [0xfd, 0xe7, 0x25],
];

/// The colours of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colours {
    Grey,
    Signed,
    Brighter,
}

impl Colours {
    /// The colour of a value, with its transparency.
    pub fn of(self, value: f64, [low, high]: [f64; 2]) -> [u8; 4] {
        if !value.is_finite() {
            return [0; 4];
        }
        let share = if low < high { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        let stops: &[Ink] = match self {
            Self::Grey => &GREY,
            Self::Signed => &SIGNED,
            Self::Brighter => &BRIGHTER,
        };
        let place = share * (stops.len() - 1) as f64;
        let before = (place as usize).min(stops.len() - 2);
        let part = place - before as f64;
        let [red, green, blue] = [0, 1, 2].map(|n| {
            let [a, b] = [stops[before][n], stops[before + 1][n]].map(f64::from);
            (a + (b - a) * part).round() as u8
        });
        [red, green, blue, 255]
    }
}
