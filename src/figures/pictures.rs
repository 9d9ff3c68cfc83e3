//! A table of small pictures, drawn as one picture with names around it.

use super::bar;
use super::colours::Colours;
use super::letters;
use super::page::{Anchor, Frame, HEAD, LEADING, NORMAL, PALE, Page, Pen, Shape, Words};
use super::{Pictures, Tile};

/// From the border of the page to what is on it.
const BORDER: f64 = 14.0;
/// From a picture to the next one.
const GAP: usize = 6;
/// How large pictures are at most and at least, and all of them together.
const LARGE: usize = 84;
/// How large a picture with many values is at most.
const LARGEST: usize = 240;
const SMALL: usize = 26;
const ALL: usize = 1100;
/// How long a name may be.
const LONGEST: f64 = 180.0;
/// The least height of the scale beside them.
const BAR: f64 = 110.0;

/// Below the bar: the sign of what has no value, from the bar to it and how large it is.
const BELOW: f64 = 14.0;
const SIGN: usize = 14;

/// A pixel of what has no value: grey stripes that slant, so that it is none of the colours of values.
fn hatched(x: usize, y: usize) -> [u8; 4] {
    let [red, green, blue] = if (x + y) % 6 < 2 { super::page::GREY } else { PALE };
    [red, green, blue, 255]
}

/// Whether any value of the pictures is missing.
fn lacks_values(pictures: &Pictures) -> bool {
    pictures.tiles.iter().flatten().any(|tile| tile.values.iter().any(|value| !value.is_finite()))
}

/// Says below the bar what hatching means.
fn sign(page: &mut Page, left: f64, top: f64) {
    let side = SIGN as f64;
    let frame = Frame { left, top, width: side, height: side };
    let pixels = (0..SIGN * SIGN).map(|n| hatched(n % SIGN, n / SIGN)).collect();
    page.shapes.push(Shape::Image { frame, columns: SIGN, pixels, class: "no-value" });
    page.words(Words::new([frame.right() + 6.0, top + side / 2.0 + 4.3], "no value").class("key"));
}

/// The page of a table of pictures.
pub fn page(pictures: &Pictures) -> Page {
    let columns = pictures.columns.len().max(pictures.tiles.len().div_ceil(pictures.rows.len().max(1))).max(1);
    let rows = pictures.tiles.len().div_ceil(columns).max(pictures.rows.len()).max(1);
    let longest = pictures.tiles.iter().flatten().map(|tile| tile.height.max(tile.width)).max().unwrap_or(1).max(1);
    let wanted = (ALL / columns.max(rows)).clamp(SMALL, longest.clamp(LARGE, LARGEST));
    // Values are squares of whole pixels.
    let side = if longest <= wanted { wanted / longest * longest } else { wanted };
    let colours = if pictures.is_signed { Colours::Signed } else { Colours::Grey };
    let name = |name: &String| letters::shortened(name, LONGEST, NORMAL, false);
    let [down, across] = [&pictures.rows, &pictures.columns].map(|names| names.iter().map(name).collect::<Vec<_>>());
    let widest = |names: &[String]| names.iter().map(|name| letters::width(name, NORMAL, false)).fold(0.0, f64::max);
    let leans = widest(&across) > side as f64;

    let size = [columns, rows].map(|count| (count * (side + GAP) - GAP) as f64);
    let left = BORDER + if down.is_empty() { 0.0 } else { widest(&down) + 10.0 };
    // Names that lean reach beyond the last picture.
    let lean = 45.0_f64.to_radians();
    let beyond = if leans { (widest(&across) * lean.cos() - side as f64 / 2.0).max(0.0) } else { 0.0 };
    let room = bar::ROOM.max(beyond + BORDER);
    let width = (left + size[0] + room + BORDER).max(260.0);
    let title = letters::wrapped(&pictures.title, width - 2.0 * BORDER, HEAD, true);
    let mut top = BORDER - 4.0 + title.len() as f64 * HEAD * LEADING + 18.0;
    let head = top;
    top += match (across.is_empty(), leans) {
        (true, _) => 0.0,
        (false, true) => widest(&across) * lean.sin() + NORMAL,
        (false, false) => NORMAL + 4.0,
    };
    let lacks = lacks_values(pictures);
    let of_bar = size[1].clamp(BAR, 2.0 * BAR);
    let of_key = of_bar + if lacks { BELOW + SIGN as f64 } else { 0.0 };
    let height = top + size[1].max(of_key) + BORDER;
    let mut about =
        format!("{}. {rows} rows: {}. {columns} columns: {}.", pictures.title, down.join(", "), across.join(", "));
    if lacks {
        about.push_str(" What is hatched has no value.");
    }
    let size_of_page = [width.ceil() as usize, height.ceil() as usize];
    let mut page =
        Page { size: size_of_page, title: pictures.title.clone(), about, is_described: false, shapes: Vec::new() };
    let words = Words::new([BORDER, BORDER - 4.0 + HEAD], "").sized(HEAD).bold().class("title");
    page.lines(&title, &words);
    if pictures.tiles.iter().all(Option::is_none) {
        page.words(Words::new([left, head + NORMAL], "nothing to draw").class("nothing"));
        return page;
    }
    for (n, name) in across.into_iter().enumerate() {
        let middle = left + (n * (side + GAP)) as f64 + side as f64 / 2.0;
        page.words(if leans {
            Words::new([middle, top - 6.0], name).turned(-45.0).class("column")
        } else {
            Words::new([middle, top - 6.0], name).anchored(Anchor::Middle).class("column")
        });
    }
    for (n, name) in down.into_iter().enumerate() {
        let middle = top + (n * (side + GAP)) as f64 + side as f64 / 2.0;
        page.words(Words::new([left - 8.0, middle + 4.3], name).anchored(Anchor::End).class("row"));
    }
    let frame = Frame { left, top, width: size[0], height: size[1] };
    let wide = size[0] as usize;
    let mut pixels = vec![[0; 4]; wide * size[1] as usize];
    for (n, tile) in pictures.tiles.iter().enumerate() {
        let [x, y] = [n % columns, n / columns].map(|n| n * (side + GAP));
        let place = Frame { left: left + x as f64, top: top + y as f64, width: side as f64, height: side as f64 };
        match tile {
            None => {
                let pen = Pen { ink: PALE, width: 1.0, dash: None };
                let mut corners = place.corners();
                corners.push([place.left, place.top]);
                page.path(corners, pen, "empty");
            }
            Some(tile) => {
                let drawn = drawn(tile, side, longest);
                for (row, values) in drawn.iter().enumerate() {
                    for (column, &value) in values.iter().enumerate() {
                        let [down, across] = [y + row, x + column];
                        let shade = colours.of(value, pictures.scale);
                        pixels[down * wide + across] = if value.is_finite() { shade } else { hatched(across, down) };
                    }
                }
                // White ends of the scale would be lost on white paper.
                let [across, down] = [drawn.first().map_or(0, Vec::len), drawn.len()].map(|side| side as f64 + 1.0);
                let place = Frame { left: place.left - 0.5, top: place.top - 0.5, width: across, height: down };
                let mut corners = place.corners();
                corners.push([place.left, place.top]);
                page.path(corners, Pen { ink: super::page::GREY, width: 1.0, dash: None }, "tile");
            }
        }
    }
    page.shapes.push(Shape::Image { frame, columns: wide, pixels, class: "tiles" });
    let beside = Frame { height: of_bar, ..frame };
    if lacks {
        sign(&mut page, frame.right() + bar::GAP, frame.top + of_bar + BELOW);
    }
    bar::draw(&mut page, beside, colours, pictures.scale, &pictures.unit);
    page
}

/// The values of the pixels of a tile. A picture with more values than pixels becomes means of them; all pictures of a table are
/// made larger or smaller alike.
fn drawn(tile: &Tile, side: usize, longest: usize) -> Vec<Vec<f64>> {
    let scaled = |length: usize| (length * side / longest).max(usize::from(length > 0));
    let [height, width] = [tile.height, tile.width].map(scaled);
    // The values that a pixel covers.
    let near = |n: usize, length: usize, drawn: usize| {
        let first = n * length / drawn;
        first..((n + 1) * length / drawn).max(first + 1)
    };
    let pixel = |y: usize, x: usize| {
        let rows = near(y, tile.height, height);
        let places = rows.flat_map(|row| near(x, tile.width, width).map(move |column| row * tile.width + column));
        let seen: Vec<f64> = places.filter_map(|n| tile.values.get(n)).map(|&value| f64::from(value)).collect();
        let finite: Vec<f64> = seen.into_iter().filter(|value| value.is_finite()).collect();
        finite.iter().sum::<f64>() / finite.len() as f64
    };
    (0..height).map(|y| (0..width).map(|x| pixel(y, x)).collect()).collect()
}
