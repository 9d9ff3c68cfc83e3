//! The letters of figures: DejaVu Sans, of which the folder `font` has Latin, Greek, Cyrillic and signs of mathematics.

use std::sync::LazyLock;
use ttf_parser::{Face, OutlineBuilder};

static PLAIN: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(include_bytes!("font/DejaVuSans.ttf"), 0).ok());
static BOLD: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(include_bytes!("font/DejaVuSans-Bold.ttf"), 0).ok());

fn face(bold: bool) -> Option<&'static Face<'static>> {
    if bold { BOLD.as_ref() } else { PLAIN.as_ref() }
}

/// How wide a letter is where its height is 1. What the font does not have is taken to be wide.
fn advance(face: &Face, letter: char) -> f64 {
    let advance = face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph));
    advance.map_or(1.0, |advance| f64::from(advance) / f64::from(face.units_per_em()))
}

/// How wide a text is.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let Some(face) = face(bold) else { return size * text.chars().count() as f64 };
    size * text.chars().map(|letter| advance(face, letter)).sum::<f64>()
}

/// A text in lines that are no wider than this, unless a single word is.
pub fn wrapped(text: &str, widest: f64, size: f64, bold: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, bold) <= widest => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| shortened(line, widest, size, bold)).collect()
}

/// A text, or its beginning with an ellipsis if it is wider than this.
pub fn shortened(text: &str, widest: f64, size: f64, bold: bool) -> String {
    if width(text, size, bold) <= widest {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        if width(&format!("{kept}{letter}…"), size, bold) > widest {
            break;
        }
        kept.push(letter);
    }
    kept + "…"
}

/// Draws a text from its left end at 0; every place goes to `pen` with y running up.
pub fn outline(text: &str, size: f64, bold: bool, pen: &mut dyn OutlineBuilder) {
    let Some(face) = face(bold) else { return };
    let scale = size / f64::from(face.units_per_em());
    let mut left = 0.0;
    for letter in text.chars() {
        let glyph = face.glyph_index(letter).unwrap_or_default();
        face.outline_glyph(glyph, &mut Moved { left, scale, pen });
        left += size * advance(face, letter);
    }
}

/// Moves and scales an outline.
struct Moved<'a> {
    left: f64,
    scale: f64,
    pen: &'a mut dyn OutlineBuilder,
}

impl Moved<'_> {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        ((self.left + f64::from(x) * self.scale) as f32, (f64::from(y) * self.scale) as f32)
    }
}

impl OutlineBuilder for Moved<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.pen.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.pen.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.pen.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.pen.curve_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.pen.close();
    }
}
