//! Where numbers lie along an axis, and which of them are written there.

use super::letters;
use super::page::{LEADING, NORMAL, SMALL};

/// The numbers along an axis.
#[derive(Clone, Debug)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub is_log: bool,
}

/// A place of an axis with what is written there.
#[derive(Clone, Debug)]
pub struct Tick {
    pub at: f64,
    pub words: String,
    /// The exponent behind the words.
    pub raised: String,
}

impl Tick {
    pub fn width(&self) -> f64 {
        letters::width(&self.words, NORMAL, false) + letters::width(&self.raised, SMALL, false)
    }
}

/// What is written along an axis.
#[derive(Clone, Debug, Default)]
pub struct Ticks {
    pub ticks: Vec<Tick>,
    /// Places without a text.
    pub minor: Vec<f64>,
    /// The power of ten that all numbers are to be multiplied with.
    pub power: Option<i32>,
}

/// How much of an axis texts need.
#[derive(Clone, Copy, Debug)]
pub enum Along {
    /// Texts lie side by side.
    Across,
    /// Texts lie above each other.
    Down,
}

/// From the end of a text to the next one.
const APART: f64 = 9.0;

impl Scale {
    /// Where a number lies, from 0 to 1, if it is on the axis or could be on a longer one.
    pub fn share(&self, x: f64) -> Option<f64> {
        let share = if self.is_log {
            (x > 0.0).then(|| (x.ln() - self.low.ln()) / (self.high.ln() - self.low.ln()))?
        } else {
            (x - self.low) / (self.high - self.low)
        };
        share.is_finite().then_some(share)
    }

    pub fn holds(&self, x: f64) -> bool {
        self.share(x).is_some_and(|share| (-1e-6..=1.0 + 1e-6).contains(&share))
    }

    /// As many numbers as an axis of this length has room for, never one on another.
    pub fn ticks(&self, length: f64, along: Along) -> Ticks {
        let room = |tick: &Tick| match along {
            Along::Across => tick.width() + APART,
            Along::Down => NORMAL * LEADING + 2.0,
        };
        let most = match along {
            Along::Across => (length / 45.0) as usize,
            Along::Down => (length / 32.0) as usize,
        };
        for count in (2..=most.clamp(2, 8)).rev() {
            let ticks = self.about(count);
            if !ticks.ticks.is_empty() && self.has_room(&ticks, length, room) {
                return ticks;
            }
        }
        // One number says less than two, but never runs into another one.
        let mut ticks = self.about(2);
        ticks.ticks.truncate(1);
        ticks
    }

    /// Whether no number of an axis of this length runs into the next one, where each needs so much room.
    fn has_room(&self, ticks: &Ticks, length: f64, room: impl Fn(&Tick) -> f64) -> bool {
        ticks.ticks.windows(2).all(|pair| {
            let [a, b] = [&pair[0], &pair[1]].map(|tick| self.share(tick.at).unwrap_or(0.0) * length);
            b - a >= (room(&pair[0]) + room(&pair[1])) / 2.0
        })
    }

    /// Multiples of a step along an axis of this length, or of two or four times that; none where they have no room.
    pub fn every(&self, step: f64, length: f64) -> Option<Ticks> {
        let of = |times: f64| {
            let step = times * step;
            let [first, last] = [(self.low / step - 1e-6).ceil(), (self.high / step + 1e-6).floor()];
            let digits = (-exponent(step)).clamp(0, 12) as usize;
            let tick = |n: usize| {
                let at = (first + n as f64) * step;
                Tick { at, words: number(at, digits), raised: String::new() }
            };
            // Far more than an axis ever has room for.
            let count = (last - first).clamp(0.0, 1000.0) as usize;
            Ticks { ticks: (0..=count).map(tick).collect(), ..Ticks::default() }
        };
        let fits = |ticks: &Ticks| ticks.ticks.len() > 1 && self.has_room(ticks, length, |tick| tick.width() + APART);
        [1.0, 2.0, 4.0].map(of).into_iter().find(fits)
    }

    fn about(&self, count: usize) -> Ticks {
        if self.is_log { self.powers(count) } else { self.steps(count) }
    }

    /// Multiples of a round number.
    fn steps(&self, count: usize) -> Ticks {
        let step = round_up((self.high - self.low) / count as f64);
        let [first, last] = [(self.low / step - 1e-6).ceil(), (self.high / step + 1e-6).floor()];
        let numbers = (0..=(last - first).clamp(0.0, 20.0) as usize).map(|n| (first + n as f64) * step);
        let numbers: Vec<f64> = numbers.filter(|&x| self.holds(x)).collect();
        let largest = numbers.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let power = (largest > 0.0 && !(1e-2..1e5).contains(&largest)).then(|| exponent(largest));
        let unit = power.map_or(1.0, |power| 10.0_f64.powi(power));
        let digits = (-exponent(step / unit)).clamp(0, 12) as usize;
        let tick = |at: f64| Tick { at, words: number(at / unit, digits), raised: String::new() };
        Ticks { ticks: numbers.into_iter().map(tick).collect(), minor: Vec::new(), power }
    }

    /// Powers of ten, or simple multiples of them where there are not enough powers.
    fn powers(&self, count: usize) -> Ticks {
        let [first, last] = [exponent(self.low * (1.0 - 1e-9)), exponent(self.high * (1.0 + 1e-9))];
        let many = |factors: &[u32]| -> Vec<(u32, i32)> {
            let all = (first..=last).flat_map(|power| factors.iter().map(move |&factor| (factor, power)));
            all.filter(|&(factor, power)| self.holds(value(factor, power))).collect()
        };
        let decades = many(&[1]);
        let minor = if decades.len() <= 8 { many(&[2, 3, 4, 5, 6, 7, 8, 9]) } else { Vec::new() };
        let minor: Vec<f64> = minor.into_iter().map(|(factor, power)| value(factor, power)).collect();
        let chosen = if decades.len() >= 3 {
            let apart = decades.len().div_ceil(count).max(1) as i32;
            let even: Vec<_> = decades.iter().copied().filter(|(_, power)| power.rem_euclid(apart) == 0).collect();
            let begun: Vec<_> =
                decades.iter().copied().filter(|(_, power)| (power - decades[0].1) % apart == 0).collect();
            if even.len() >= begun.len() { even } else { begun }
        } else {
            const SETS: [&[u32]; 4] = [&[1, 2, 3, 4, 5, 6, 7, 8, 9], &[1, 2, 3, 5], &[1, 2, 5], &[1, 3]];
            let sets = SETS.iter().map(|set| many(set));
            match sets.into_iter().find(|set| (2..=count).contains(&set.len())) {
                Some(set) => set,
                None if decades.len() == 2 => decades,
                // Within a part of a decade the axis is nearly one with equal steps.
                None => return self.steps(count),
            }
        };
        let is_plain = chosen.iter().all(|&(_, power)| (-3..=3).contains(&power));
        let tick = |&(factor, power): &(u32, i32)| {
            let at = value(factor, power);
            match (is_plain, factor) {
                (true, _) => Tick { at, words: number(at, (-power).max(0) as usize), raised: String::new() },
                (false, 1) => Tick { at, words: "10".to_owned(), raised: number(f64::from(power), 0) },
                (false, _) => Tick { at, words: format!("{factor}×10"), raised: number(f64::from(power), 0) },
            }
        };
        Ticks { ticks: chosen.iter().map(tick).collect(), minor, power: None }
    }
}

/// A factor times a power of ten, as near as a number comes to it.
fn value(factor: u32, power: i32) -> f64 {
    format!("{factor}e{power}").parse().unwrap_or(0.0)
}

/// The power of ten that is below a number.
pub fn exponent(x: f64) -> i32 {
    let power = x.abs().log10();
    if power.is_finite() { (power + 1e-9).floor() as i32 } else { 0 }
}

/// The next of the numbers 1, 2 and 5 times a power of ten.
fn round_up(x: f64) -> f64 {
    let power = 10.0_f64.powi(exponent(x));
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= x * 0.999_999).unwrap_or(10.0);
    factor * power
}

/// A number of an axis: a minus sign as long as a plus, thousands apart in numbers of five digits and more.
pub fn number(x: f64, digits: usize) -> String {
    let plain = format!("{:.digits$}", x.abs());
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut out = String::new();
    if x < 0.0 && plain.contains(|letter: char| ('1'..='9').contains(&letter)) {
        out.push('−');
    }
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && whole.len() > 4 && (whole.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}
