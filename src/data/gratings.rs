//! Gratings: pictures of stripes, with which the tuning of neurons in the visual cortex is measured (Hubel & Wiesel, 1962; De Valois
//! et al., 1982).

use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};
use std::f64::consts::TAU;

/// The grey around stripes: halfway between black and white.
const GREY: f64 = 0.5;

/// A picture in greys from 0 (black) to 1 (white).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Picture {
    /// The grey that stripes lie around.
    Grey,
    /// Stripes all over the picture.
    Field(Grating),
    /// Stripes in a circle of a radius in pixels around the middle pixel, grey outside of it.
    Window(Grating, f64),
}

/// Stripes whose brightness is a cosine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grating {
    /// The orientation of the stripes in degrees, counterclockwise: at 0 the stripes lie, at 90 they stand.
    pub orientation: f64,
    /// Cycles per pixel.
    pub frequency: f64,
    /// How far the stripes are shifted, in cycles from 0 to 1.
    pub phase: f64,
    /// Half of the difference of the brightest and the darkest grey, over their mean; from 0 to 1.
    pub contrast: f64,
}

impl Grating {
    /// The grey of a point so many pixels down and across from the middle.
    fn grey(&self, [down, across]: [f64; 2]) -> f64 {
        let (sin, cos) = self.orientation.to_radians().sin_cos();
        GREY + GREY * self.contrast * (TAU * (self.frequency * (across * sin + down * cos) + self.phase)).cos()
    }
}

impl Picture {
    /// The greys of a picture of a height and a width, row by row. The middle is the pixel `[height / 2, width / 2]`.
    pub fn greys(&self, [height, width]: [usize; 2]) -> Vec<f64> {
        let from_middle = |n: usize, side: usize| n as f64 - (side / 2) as f64;
        let grey = |place: usize| {
            let at = [from_middle(place / width, height), from_middle(place % width, width)];
            match self {
                Self::Grey => GREY,
                Self::Field(grating) => grating.grey(at),
                Self::Window(grating, radius) => {
                    // A pixel on the border is partly within.
                    let within = (radius + 0.5 - at[0].hypot(at[1])).clamp(0.0, 1.0);
                    GREY + within * (grating.grey(at) - GREY)
                }
            }
        };
        (0..height * width).map(grey).collect()
    }
}

pub const ORIENTATIONS: Arg = Arg::with(
    "orientations",
    Type::Count { min: 2, max: 180 },
    ArgValue::Count(8),
    "orientations of the gratings, evenly over 180 degrees",
);
pub const FREQUENCIES: Arg = Arg::with(
    "frequencies",
    Type::Count { min: 1, max: 64 },
    ArgValue::Count(4),
    "spatial frequencies of the gratings, in equal ratios from `lowest` to `highest`",
);
pub const LOWEST: Arg = Arg::with(
    "lowest",
    Type::Real { min: 0.001, max: 0.5 },
    ArgValue::Real(0.04),
    "the lowest frequency, in cycles per pixel of the net's input",
);
pub const HIGHEST: Arg = Arg::with(
    "highest",
    Type::Real { min: 0.001, max: 0.5 },
    ArgValue::Real(0.32),
    "the highest frequency, in cycles per pixel; above 0.5 there is none",
);
pub const PHASES: Arg = Arg::with(
    "phases",
    Type::Count { min: 1, max: 64 },
    ArgValue::Count(4),
    "phases of each grating, evenly over a cycle",
);
pub const CONTRAST: Arg = Arg::with(
    "contrast",
    Type::Real { min: 0.0, max: 1.0 },
    ArgValue::Real(1.0),
    "contrast of the gratings, from 0 to 1, which is from black to white",
);

/// All gratings that a net is shown: each orientation at each frequency in each phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Battery {
    /// The orientations of the stripes in degrees, rising.
    pub orientations: Vec<f64>,
    /// The spatial frequencies in cycles per pixel, rising.
    pub frequencies: Vec<f64>,
    /// How many phases each grating is shown in.
    pub phases: usize,
    /// The contrast of every grating, from 0 to 1.
    pub contrast: f64,
}

impl Battery {
    /// The gratings that arguments ask for, those above.
    ///
    /// # Errors
    /// If the lowest frequency is not the lower one.
    pub fn of(call: &Bound) -> Result<Self, String> {
        let (count, [low, high]) = (call.count("frequencies"), ["lowest", "highest"].map(|end| call.real(end)));
        if low > high {
            return Err(format!("`lowest: {low}` is above `highest: {high}`; give them in rising order"));
        }
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        let orientations = call.count("orientations");
        Ok(Self {
            orientations: (0..orientations).map(|n| 180.0 * share(n, orientations)).collect(),
            frequencies: (0..count).map(|n| low * (high / low).powf(share(n, count - 1))).collect(),
            phases: call.count("phases"),
            contrast: call.real("contrast"),
        })
    }

    /// The gratings that are shown where nobody asks for others.
    pub fn usual() -> Self {
        static ARGS: [Arg; 6] = [ORIENTATIONS, FREQUENCIES, PHASES, LOWEST, HIGHEST, CONTRAST];
        let call = Bound { callee: "gratings", values: Vec::new() }.completed(&ARGS);
        Self::of(&call).unwrap_or_else(|reason| unreachable!("the defaults fit each other: {reason}"))
    }

    /// The phases of one grating.
    pub fn phases(&self, orientation: f64, frequency: f64) -> impl Iterator<Item = Grating> + '_ {
        let phase = |n: usize| n as f64 / self.phases as f64;
        (0..self.phases).map(move |n| Grating { orientation, frequency, phase: phase(n), contrast: self.contrast })
    }

    /// Every grating: by frequency, by orientation, by phase.
    pub fn gratings(&self) -> impl Iterator<Item = Grating> + '_ {
        let all =
            self.frequencies.iter().flat_map(|frequency| self.orientations.iter().map(move |at| (*at, *frequency)));
        all.flat_map(|(at, frequency)| self.phases(at, frequency))
    }

    /// Grey first, and then every grating.
    pub fn pictures(&self) -> Vec<Picture> {
        [Picture::Grey].into_iter().chain(self.gratings().map(Picture::Field)).collect()
    }

    /// The gratings in words for a caption.
    pub fn about(&self) -> String {
        let shortened = |x: &f64| format!("{x:.3}").trim_end_matches('0').to_owned();
        let frequencies: Vec<String> = self.frequencies.iter().map(shortened).collect();
        format!(
            "gratings of {} orientations, {} cycles per pixel and {} phases, contrast {}",
            self.orientations.len(),
            frequencies.join(", "),
            self.phases,
            self.contrast
        )
    }
}
