//! Many small maps as one picture.

use image::codecs::png::PngEncoder;
use image::imageops::{replace, thumbnail};
use image::{ExtendedColorType, GrayImage, ImageEncoder, Luma};

/// The most tiles of a picture.
const MOST_TILES: usize = 64;

/// The most tiles of one group, so that there are several groups to see.
const MOST_OF_A_GROUP: usize = 32;

/// The most pixels of a tile's longer side; a larger map is shown smaller.
const MOST_PIXELS: u32 = 48;

/// The shade between tiles, and where there is none: white.
const GAP: Luma<u8> = Luma([255]);

/// What shades stand for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scale {
    /// The largest absolute value, which is white.
    largest: f64,
    /// Whether there are negative values: 0 is then mid-grey, and the largest of either sign black or white.
    is_signed: bool,
}

impl Scale {
    /// The scale of these values, as far as they are numbers.
    pub fn of(values: &[f64]) -> Self {
        let finite = || values.iter().filter(|x| x.is_finite());
        let largest = finite().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        Self { largest, is_signed: finite().any(|x| *x < 0.0) }
    }

    /// One scale for what has either.
    pub fn with(self, other: Self) -> Self {
        Self { largest: self.largest.max(other.largest), is_signed: self.is_signed || other.is_signed }
    }
}

/// Height and width of a picture and its pixels as PNG, greyscale. Of `values`, `[groups, tiles, height, width]`, each
/// map is a tile. A row holds as many whole groups as it has room for; a group longer than a row begins one of its own.
pub fn png(values: &[f64], [groups, tiles, height, width]: [usize; 4], scale: Scale) -> ([u32; 2], Vec<u8>) {
    let shown = tiles.min(MOST_OF_A_GROUP);
    let most = groups.min(MOST_TILES / shown.max(1));
    let shades = shades(values, scale);
    let tile = |group: usize, tile: usize| shrunk(&shades[(group * tiles + tile) * height * width..], height, width);
    let grid = Grid::of(most, shown);
    let [tile_width, tile_height] = reduced(height, width);
    let [columns, rows] = [grid.columns, grid.rows].map(|n| n as u32);
    let size = [columns * (tile_width + 1) - 1, rows * (tile_height + 1) - 1];
    let mut picture = GrayImage::from_pixel(size[0], size[1], GAP);
    for (group, n) in (0..most).flat_map(|group| (0..shown).map(move |n| (group, n))) {
        let [column, row] = grid.place(group, n).map(|n| n as i64);
        let [x, y] = [column * i64::from(tile_width + 1), row * i64::from(tile_height + 1)];
        replace(&mut picture, &tile(group, n), x, y);
    }
    ([size[1], size[0]], encoded(&picture))
}

/// Pixels of all tiles that [`png`] makes of values of this form.
pub fn pixels([groups, tiles, height, width]: [usize; 4]) -> usize {
    let shown = tiles.min(MOST_OF_A_GROUP);
    let [tile_width, tile_height] = reduced(height, width);
    groups.min(MOST_TILES / shown.max(1)) * shown * (tile_width * tile_height) as usize
}

/// Where tiles lie.
struct Grid {
    columns: usize,
    rows: usize,
    /// How many tiles a group has.
    tiles: usize,
}

impl Grid {
    /// A grid that is about as wide as high, counted in tiles.
    fn of(groups: usize, tiles: usize) -> Self {
        let side = (groups * tiles).isqrt();
        let side = if side * side < groups * tiles { side + 1 } else { side };
        if tiles <= side {
            let in_a_row = side / tiles.max(1);
            Self { columns: in_a_row * tiles, rows: groups.div_ceil(in_a_row), tiles }
        } else {
            Self { columns: side, rows: groups * tiles.div_ceil(side), tiles }
        }
    }

    /// The column and the row of a group's tile.
    fn place(&self, group: usize, tile: usize) -> [usize; 2] {
        if self.tiles <= self.columns {
            let at = group * self.tiles + tile;
            [at % self.columns, at / self.columns]
        } else {
            [tile % self.columns, group * self.tiles.div_ceil(self.columns) + tile / self.columns]
        }
    }
}

/// A shade for each value. What is not a number is as dark as can be.
fn shades(values: &[f64], Scale { largest, is_signed }: Scale) -> Vec<u8> {
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let shade = |x: &f64| if is_signed { 127.5 + 127.5 * (x / unit) } else { 255.0 * (x / unit) };
    // The conversion keeps to 0..255 and makes 0 of what is not a number.
    values.iter().map(|x| shade(x).round() as u8).collect()
}

/// The tile of one map, made smaller if it is too large.
fn shrunk(shades: &[u8], height: usize, width: usize) -> GrayImage {
    let [tile_width, tile_height] = reduced(height, width);
    let pixel = |x: u32, y: u32| Luma([shades[y as usize * width + x as usize]]);
    let tile = GrayImage::from_fn(width as u32, height as u32, pixel);
    if tile.dimensions() == (tile_width, tile_height) { tile } else { thumbnail(&tile, tile_width, tile_height) }
}

/// Width and height of a map as it is shown.
fn reduced(height: usize, width: usize) -> [u32; 2] {
    let [width, height] = [width as u32, height as u32];
    let side = width.max(height);
    if side <= MOST_PIXELS { [width, height] } else { [width, height].map(|n| (n * MOST_PIXELS / side).max(1)) }
}

fn encoded(picture: &GrayImage) -> Vec<u8> {
    let mut png = Vec::new();
    let (width, height) = picture.dimensions();
    let written = PngEncoder::new(&mut png).write_image(picture, width, height, ExtendedColorType::L8);
    written.unwrap_or_else(|error| unreachable!("a picture in memory can be written to memory: {error}"));
    png
}
