//! What a figure is made of: a list of shapes with their places in pixels.

use super::letters;

/// A colour.
pub type Ink = [u8; 3];

pub const BLACK: Ink = [0x22, 0x22, 0x22];
pub const GREY: Ink = [0x77, 0x77, 0x77];
pub const PALE: Ink = [0xe6, 0xe6, 0xe6];

/// A rectangle: left, top, width and height.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn corners(&self) -> Vec<[f64; 2]> {
        let [right, bottom] = [self.right(), self.bottom()];
        vec![[self.left, self.top], [right, self.top], [right, bottom], [self.left, bottom]]
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub ink: Ink,
    pub width: f64,
    /// Lengths of dash and gap.
    pub dash: Option<[f64; 2]>,
}

/// What is drawn at a point.
#[derive(Clone, Copy, Debug)]
pub enum Dot {
    Disc,
    Square,
    Triangle,
    Diamond,
    Cross,
}

/// Where a text lies seen from its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct Words {
    pub at: [f64; 2],
    pub words: String,
    /// What follows as an exponent.
    pub raised: String,
    pub size: f64,
    pub anchor: Anchor,
    pub bold: bool,
    /// By how many degrees it is turned to the right, around its place.
    pub turn: f64,
    pub class: &'static str,
}

/// The smallest letters.
pub const SMALL: f64 = 9.5;
/// The letters of ticks and keys.
pub const NORMAL: f64 = 12.0;
/// The letters of labels and of titles of panels.
pub const LABEL: f64 = 13.0;
/// The letters of the title.
pub const HEAD: f64 = 16.0;
/// From one line of text to the next one, in heights of its letters.
pub const LEADING: f64 = 1.3;

impl Words {
    pub fn new(at: [f64; 2], words: impl Into<String>) -> Self {
        let (raised, size, anchor) = (String::new(), NORMAL, Anchor::Start);
        Self { at, words: words.into(), raised, size, anchor, bold: false, turn: 0.0, class: "" }
    }

    pub fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub fn sized(self, size: f64) -> Self {
        Self { size, ..self }
    }

    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub fn turned(self, turn: f64) -> Self {
        Self { turn, ..self }
    }

    pub fn raised(self, raised: impl Into<String>) -> Self {
        Self { raised: raised.into(), ..self }
    }

    pub fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    pub fn width(&self) -> f64 {
        letters::width(&self.words, self.size, self.bold) + letters::width(&self.raised, SMALL, self.bold)
    }
}

#[derive(Clone, Debug)]
pub enum Shape {
    /// Lines through points, or the areas that they enclose.
    Path {
        lines: Vec<Vec<[f64; 2]>>,
        fill: Option<(Ink, f64)>,
        pen: Option<Pen>,
        class: &'static str,
    },
    Ellipse {
        at: [f64; 2],
        radii: [f64; 2],
        pen: Pen,
        class: &'static str,
    },
    Dots {
        at: Vec<[f64; 2]>,
        radius: f64,
        dot: Dot,
        fill: (Ink, f64),
        class: &'static str,
    },
    Words(Words),
    /// Pixels with a transparency, each of them as large as the frame asks for.
    Image {
        frame: Frame,
        columns: usize,
        pixels: Vec<[u8; 4]>,
        class: &'static str,
    },
    /// What follows is seen in this frame alone, or everywhere.
    Clip(Option<Frame>),
    /// What follows belongs together, and a browser says this of it, until nothing is said.
    Group(Option<String>),
}

/// A figure that is laid out.
#[derive(Debug)]
pub struct Page {
    pub size: [usize; 2],
    pub title: String,
    /// What is to be seen, for those who do not see it.
    pub about: String,
    /// Whether that is a text of its own, as long descriptions are.
    pub is_described: bool,
    pub shapes: Vec<Shape>,
}

impl Page {
    pub fn path(&mut self, points: Vec<[f64; 2]>, pen: Pen, class: &'static str) {
        if !points.is_empty() {
            self.shapes.push(Shape::Path { lines: vec![points], fill: None, pen: Some(pen), class });
        }
    }

    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], ink: Ink) {
        self.path(vec![from, to], Pen { ink, width: 1.0, dash: None }, "");
    }

    pub fn fill(&mut self, points: Vec<[f64; 2]>, ink: Ink, opacity: f64, class: &'static str) {
        if !points.is_empty() {
            self.shapes.push(Shape::Path { lines: vec![points], fill: Some((ink, opacity)), pen: None, class });
        }
    }

    pub fn words(&mut self, words: Words) {
        if !words.words.is_empty() || !words.raised.is_empty() {
            self.shapes.push(Shape::Words(words));
        }
    }

    /// Lines of text below each other; the place is that of the first one.
    pub fn lines(&mut self, lines: &[String], first: &Words) {
        let (sin, cos) = first.turn.to_radians().sin_cos();
        for (n, line) in lines.iter().enumerate() {
            let down = n as f64 * first.size * LEADING;
            let at = [first.at[0] - down * sin, first.at[1] + down * cos];
            self.words(Words { at, words: line.clone(), ..first.clone() });
        }
    }
}
