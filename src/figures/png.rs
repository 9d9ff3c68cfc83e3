//! Shapes as pixels in the format PNG.

use super::letters;
use super::page::{Anchor, Dot, Frame, Ink, Page, Pen, SMALL, Shape, Words};
use super::svg::RAISE;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use tiny_skia::{
    Color, FillRule, FilterQuality, LineJoin, Mask, Paint, Path, PathBuilder, Pattern, Pixmap, Rect, SpreadMode,
    Stroke, StrokeDash, Transform,
};

/// The page as a file of its own, unless it is too large for one.
pub fn file(page: &Page) -> Option<Vec<u8>> {
    let [width, height] = page.size;
    let mut canvas = Canvas { pixels: Pixmap::new(width.try_into().ok()?, height.try_into().ok()?)?, mask: None };
    canvas.pixels.fill(Color::WHITE);
    for shape in &page.shapes {
        canvas.draw(shape);
    }
    let pixels: Vec<u8> = canvas.pixels.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    file_of(&pixels, [width, height], ExtendedColorType::Rgb8)
}

/// Pixels with a transparency as a file.
pub fn encoded(pixels: &[[u8; 4]], columns: usize) -> Option<Vec<u8>> {
    let rows = pixels.len().checked_div(columns)?;
    file_of(pixels.get(..rows * columns)?.as_flattened(), [columns, rows], ExtendedColorType::Rgba8)
}

fn file_of(bytes: &[u8], [width, height]: [usize; 2], colours: ExtendedColorType) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(bytes, width.try_into().ok()?, height.try_into().ok()?, colours).ok()?;
    Some(file)
}

struct Canvas {
    pixels: Pixmap,
    mask: Option<Mask>,
}

fn paint<'a>([red, green, blue]: Ink, opacity: f64) -> Paint<'a> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (opacity * 255.0) as u8);
    paint
}

/// The largest number of pixels that a place is drawn at.
const FAR: f64 = 1e5;

fn place([x, y]: [f64; 2]) -> (f32, f32) {
    (x.clamp(-FAR, FAR) as f32, y.clamp(-FAR, FAR) as f32)
}

fn path(lines: &[Vec<[f64; 2]>], is_closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for line in lines {
        for (n, &point) in line.iter().enumerate() {
            let (x, y) = place(point);
            if n == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if is_closed && !line.is_empty() {
            path.close();
        }
    }
    path.finish()
}

fn rect(frame: &Frame) -> Option<Rect> {
    Rect::from_xywh(frame.left as f32, frame.top as f32, frame.width as f32, frame.height as f32)
}

impl Canvas {
    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Path { lines, fill, pen, .. } => {
                if let Some(path) = path(lines, fill.is_some()) {
                    if let Some((ink, opacity)) = fill {
                        self.fill(&path, paint(*ink, *opacity));
                    }
                    pen.iter().for_each(|pen| self.stroke(&path, pen));
                }
            }
            Shape::Ellipse { at: [x, y], radii: [rx, ry], pen, .. } => {
                let frame = Frame { left: x - rx, top: y - ry, width: 2.0 * rx, height: 2.0 * ry };
                if let Some(path) = rect(&frame).and_then(PathBuilder::from_oval) {
                    self.stroke(&path, pen);
                }
            }
            Shape::Dots { at, radius, dot, fill: (ink, opacity), .. } => {
                let (mut dots, is_cross) = (PathBuilder::new(), matches!(dot, Dot::Cross));
                for &point in at {
                    outline(&mut dots, point, *radius, *dot);
                }
                match dots.finish() {
                    Some(dots) if is_cross => self.stroke(&dots, &Pen { ink: *ink, width: 1.6, dash: None }),
                    Some(dots) => self.fill(&dots, paint(*ink, *opacity)),
                    None => (),
                }
            }
            Shape::Words(words) => self.words(words),
            Shape::Image { frame, columns, pixels, .. } => {
                let _ = self.image(frame, *columns, pixels);
            }
            Shape::Group(_) => (),
            Shape::Clip(frame) => self.mask = frame.as_ref().and_then(|frame| self.masked(frame)),
        }
    }

    fn masked(&self, frame: &Frame) -> Option<Mask> {
        let mut mask = Mask::new(self.pixels.width(), self.pixels.height())?;
        mask.fill_path(&PathBuilder::from_rect(rect(frame)?), FillRule::Winding, true, Transform::identity());
        Some(mask)
    }

    fn fill(&mut self, path: &Path, paint: Paint) {
        self.pixels.fill_path(path, &paint, FillRule::Winding, Transform::identity(), self.mask.as_ref());
    }

    fn stroke(&mut self, path: &Path, pen: &Pen) {
        let dash = pen.dash.and_then(|lengths| StrokeDash::new(lengths.map(|x| x as f32).to_vec(), 0.0));
        let stroke = Stroke { width: pen.width as f32, line_join: LineJoin::Round, dash, ..Stroke::default() };
        self.pixels.stroke_path(path, &paint(pen.ink, 1.0), &stroke, Transform::identity(), self.mask.as_ref());
    }

    fn words(&mut self, words: &Words) {
        let mut letters = Letters { path: PathBuilder::new(), left: 0.0, up: 0.0 };
        letters::outline(&words.words, words.size, words.bold, &mut letters);
        letters.left = letters::width(&words.words, words.size, words.bold) as f32;
        letters.up = (RAISE * words.size) as f32;
        letters::outline(&words.raised, SMALL, words.bold, &mut letters);
        let left = match words.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -words.width() / 2.0,
            Anchor::End => -words.width(),
        };
        let (x, y) = place(words.at);
        let turned = Transform::from_translate(left as f32, 0.0).post_rotate(words.turn as f32).post_translate(x, y);
        if let Some(path) = letters.path.finish().and_then(|path| path.transform(turned)) {
            self.fill(&path, paint(super::page::BLACK, 1.0));
        }
    }

    fn image(&mut self, frame: &Frame, columns: usize, pixels: &[[u8; 4]]) -> Option<()> {
        let rows = pixels.len().checked_div(columns)?;
        let mut image = Pixmap::new(columns.try_into().ok()?, rows.try_into().ok()?)?;
        for (pixel, [red, green, blue, alpha]) in image.pixels_mut().iter_mut().zip(pixels) {
            *pixel = tiny_skia::ColorU8::from_rgba(*red, *green, *blue, *alpha).premultiply();
        }
        let [across, down] = [frame.width / columns as f64, frame.height / rows as f64];
        let scaled =
            Transform::from_scale(across as f32, down as f32).post_translate(frame.left as f32, frame.top as f32);
        let shader = Pattern::new(image.as_ref(), SpreadMode::Pad, FilterQuality::Nearest, 1.0, scaled);
        let paint = Paint { shader, anti_alias: false, ..Paint::default() };
        self.pixels.fill_rect(rect(frame)?, &paint, Transform::identity(), self.mask.as_ref());
        Some(())
    }
}

/// Adds what is drawn at a point.
fn outline(path: &mut PathBuilder, [x, y]: [f64; 2], r: f64, dot: Dot) {
    let (x, y) = place([x, y]);
    let r = r as f32;
    let wide = 1.2 * r;
    match dot {
        Dot::Disc => path.push_circle(x, y, r),
        Dot::Square => Rect::from_xywh(x - r, y - r, 2.0 * r, 2.0 * r).iter().for_each(|rect| path.push_rect(*rect)),
        Dot::Triangle => polygon(path, &[(x, y - wide), (x + wide, y + wide), (x - wide, y + wide)]),
        Dot::Diamond => polygon(path, &[(x, y - wide), (x + wide, y), (x, y + wide), (x - wide, y)]),
        Dot::Cross => {
            for side in [-r, r] {
                path.move_to(x - r, y - side);
                path.line_to(x + r, y + side);
            }
        }
    }
}

fn polygon(path: &mut PathBuilder, corners: &[(f32, f32)]) {
    for (n, &(x, y)) in corners.iter().enumerate() {
        if n == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.close();
}

/// Takes letters, with y running down from then on.
struct Letters {
    path: PathBuilder,
    left: f32,
    up: f32,
}

impl ttf_parser::OutlineBuilder for Letters {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.left + x, -self.up - y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.left + x, -self.up - y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let [left, up] = [self.left, self.up];
        self.path.quad_to(left + x1, -up - y1, left + x, -up - y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let [left, up] = [self.left, self.up];
        self.path.cubic_to(left + x1, -up - y1, left + x2, -up - y2, left + x, -up - y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
