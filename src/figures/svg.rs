//! Shapes as a text in the format SVG.

use super::page::{Anchor, Dot, Frame, Ink, Page, Pen, SMALL, Shape, Words};
use super::png;
use std::fmt::Write;

/// The page as a file of its own.
pub fn text(page: &Page) -> String {
    let [width, height] = page.size;
    let [title, about] = [&page.title, &page.about].map(|text| escaped(text));
    // A long text is read when somebody asks for it; the title is read at once.
    let (label, desc) =
        if page.is_described { (&title, format!("<desc>{about}</desc>\n")) } else { (&about, String::new()) };
    // Verdana is drawn as wide as the font that the widths are from, and what comes behind it is narrower.
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{label}\" \
         font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\" fill=\"#222\">\n<title>{title}</title>\n{desc}\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let mut is_clipped = false;
    for shape in &page.shapes {
        match shape {
            Shape::Path { lines, fill, pen, class } => {
                let data: String = lines.iter().map(|line| path(line, fill.is_some())).collect();
                let fill = fill.map_or("fill=\"none\"".to_owned(), filled);
                let pen = pen.as_ref().map_or(String::new(), drawn);
                line(&mut out, format_args!("<path d=\"{data}\" {fill}{pen}{}/>", classed(class)));
            }
            Shape::Ellipse { at: [x, y], radii, pen, class } => {
                let [x, y, rx, ry] = [*x, *y, radii[0], radii[1]].map(short);
                let style = drawn(pen) + &classed(class);
                line(
                    &mut out,
                    format_args!("<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\" fill=\"none\"{style}/>"),
                );
            }
            Shape::Dots { at, radius, dot, fill, class } => dots(&mut out, at, *radius, (*dot, *fill), class),
            Shape::Words(text) => words(&mut out, text),
            Shape::Image { frame, columns, pixels, class } => {
                let uri = base64(&png::encoded(pixels, *columns).unwrap_or_default());
                let (place, class) = (placed(frame), classed(class));
                line(
                    &mut out,
                    format_args!(
                        "<image {place} preserveAspectRatio=\"none\" style=\"image-rendering: pixelated\" \
                         href=\"data:image/png;base64,{uri}\"{class}/>"
                    ),
                );
            }
            Shape::Group(Some(hint)) => line(&mut out, format_args!("<g><title>{}</title>", escaped(hint))),
            Shape::Group(None) => out.push_str("</g>\n"),
            Shape::Clip(frame) => {
                if is_clipped {
                    out.push_str("</svg>\n");
                }
                is_clipped = frame.is_some();
                if let Some(frame) = frame {
                    let [x, y, w, h] = [frame.left, frame.top, frame.width, frame.height].map(short);
                    let place = placed(frame);
                    line(&mut out, format_args!("<svg {place} viewBox=\"{x} {y} {w} {h}\" overflow=\"hidden\">"));
                }
            }
        }
    }
    if is_clipped {
        out.push_str("</svg>\n");
    }
    out + "</svg>\n"
}

/// Writes a line. Writing to a `String` does not fail.
fn line(out: &mut String, text: std::fmt::Arguments) {
    let _ = writeln!(out, "{text}");
}

/// A number of pixels with one digit behind the point at most.
fn short(x: f64) -> String {
    let rounded = (x.clamp(-1e5, 1e5) * 10.0).round() / 10.0;
    // Zero may have a sign.
    format!("{}", rounded + 0.0)
}

fn colour([red, green, blue]: Ink) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn filled((ink, opacity): (Ink, f64)) -> String {
    let opacity = if opacity < 1.0 { format!(" fill-opacity=\"{opacity}\"") } else { String::new() };
    format!("fill=\"{}\"{opacity}", colour(ink))
}

fn drawn(pen: &Pen) -> String {
    let dash = pen.dash.map_or(String::new(), |[dash, gap]| format!(" stroke-dasharray=\"{dash} {gap}\""));
    format!(" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}", colour(pen.ink), pen.width)
}

fn classed(class: &str) -> String {
    if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }
}

fn placed(frame: &Frame) -> String {
    let [x, y, width, height] = [frame.left, frame.top, frame.width, frame.height].map(short);
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

/// A line through points, as `d` has it.
fn path(points: &[[f64; 2]], is_closed: bool) -> String {
    let mut out = String::new();
    for (n, &[x, y]) in points.iter().enumerate() {
        let _ = write!(out, "{}{} {}", if n == 0 { "M" } else { "L" }, short(x), short(y));
    }
    out + if is_closed { "z" } else { "" }
}

/// Dots as one path, which is a third as long as an element for each.
fn dots(out: &mut String, at: &[[f64; 2]], r: f64, (dot, fill): (Dot, (Ink, f64)), class: &str) {
    let [side, wide] = [2.0 * r, 2.4 * r].map(short);
    let half = short(1.2 * r);
    let mut data = String::new();
    for &[x, y] in at {
        // Beginning of the outline seen from the point, and the outline from there.
        let (dx, dy, rest) = match dot {
            Dot::Disc | Dot::Cross => (0.0, 0.0, String::new()),
            Dot::Square => (-r, -r, format!("h{side}v{side}h-{side}z")),
            Dot::Triangle => (0.0, -1.2 * r, format!("l{half} {wide}h-{wide}z")),
            Dot::Diamond => (0.0, -1.2 * r, format!("l{half} {half}l-{half} {half}l-{half}-{half}z")),
        };
        let _ = match dot {
            Dot::Cross => {
                let [left, top] = [short(x - r), short(y - r)];
                write!(data, "M{left} {top}l{side} {side}m0-{side}l-{side} {side}")
            }
            Dot::Disc => write!(data, "M{} {}h0", short(x), short(y)),
            _ => write!(data, "M{} {}{rest}", short(x + dx), short(y + dy)),
        };
    }
    let (ink, opacity) = fill;
    let stroked = |width: f64, cap: &str| {
        let opacity = if opacity < 1.0 { format!(" stroke-opacity=\"{opacity}\"") } else { String::new() };
        let ink = colour(ink);
        format!("fill=\"none\" stroke=\"{ink}\" stroke-width=\"{}\"{cap}{opacity}", short(width))
    };
    let style = match dot {
        Dot::Disc => stroked(2.0 * r, " stroke-linecap=\"round\""),
        Dot::Cross => stroked(1.6, ""),
        _ => filled(fill),
    };
    line(out, format_args!("<path d=\"{data}\" {style}{}/>", classed(class)));
}

fn words(out: &mut String, text: &Words) {
    let [x, y] = text.at.map(short);
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let bold = if text.bold { " font-weight=\"bold\"" } else { "" };
    let turn = if text.turn == 0.0 { String::new() } else { format!(" transform=\"rotate({} {x} {y})\"", text.turn) };
    let raised = match text.raised.as_str() {
        "" => String::new(),
        raised => format!("<tspan dy=\"-{}\" font-size=\"{SMALL}\">{}</tspan>", RAISE * text.size, escaped(raised)),
    };
    let (size, class, words) = (text.size, classed(text.class), escaped(&text.words));
    line(
        out,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{bold}{turn}{class}>{words}{raised}</text>"
        ),
    );
}

/// By how much of its size an exponent is above its base.
pub const RAISE: f64 = 0.375;

/// A text as XML has it; what XML cannot hold becomes a space.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// Bytes as a URI holds them.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, n| bits << 8 | u32::from(three.get(n).copied().unwrap_or(0)));
        for n in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * n) & 63) as usize];
            out.push(if n <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}
