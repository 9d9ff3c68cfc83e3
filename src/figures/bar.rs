//! The bar that says which colour is which value.

use super::colours::Colours;
use super::letters;
use super::page::{Anchor, BLACK, Frame, LABEL, Page, Pen, Shape, Words};
use super::scale::{Along, Scale, number};

/// How wide the bar is, with the gap before it and without its numbers.
const BAR: f64 = 14.0;
pub const GAP: f64 = 14.0;
/// How much room all of it needs.
pub const ROOM: f64 = GAP + BAR + 72.0;
/// How many colours are shown.
const SHADES: usize = 64;

/// Draws the bar at the right of a frame, as high as this, with what its values are.
pub fn draw(page: &mut Page, beside: Frame, colours: Colours, [low, high]: [f64; 2], label: &str) {
    let frame = Frame { left: beside.right() + GAP, width: BAR, ..beside };
    let (low, high) = if low < high { (low, high) } else { (low - 0.5, low + 0.5) };
    let shade = |n: usize| colours.of((SHADES - 1 - n) as f64, [0.0, (SHADES - 1) as f64]);
    let pixels = (0..SHADES).map(shade).collect();
    page.shapes.push(Shape::Image { frame, columns: 1, pixels, class: "scale" });
    let mut outline = frame.corners();
    outline.push([frame.left, frame.top]);
    page.path(outline, Pen { ink: BLACK, width: 0.8, dash: None }, "");
    let scale = Scale { low, high, is_log: false };
    let ticks = scale.ticks(frame.height, Along::Down);
    let mut widest = 0.0_f64;
    for tick in &ticks.ticks {
        let y = frame.bottom() - frame.height * scale.share(tick.at).unwrap_or(0.0);
        page.line([frame.right(), y], [frame.right() + 4.0, y], BLACK);
        page.words(Words::new([frame.right() + 7.0, y + 4.3], tick.words.clone()).class("scale-tick"));
        widest = widest.max(tick.width());
    }
    if let Some(power) = ticks.power {
        let words = Words::new([frame.left, frame.top - 8.0], "×10").raised(number(f64::from(power), 0));
        page.words(words);
    }
    let label = letters::shortened(label, frame.height.max(80.0), LABEL, false);
    let place = [frame.right() + 12.0 + widest + LABEL, frame.top + frame.height / 2.0];
    let words = Words::new(place, label).sized(LABEL).anchored(Anchor::Middle).turned(-90.0).class("label");
    page.words(words);
}
