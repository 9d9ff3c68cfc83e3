//! Scientific figures: curves, points, histograms, bars, matrices and small pictures, as SVG and as PNG.
//!
//! Both are drawn from one list of shapes, which is laid out here with the widths of the letters of a font that the
//! program carries with it: neither asks which fonts a machine has, and the same figure is the same bytes.

mod bar;
mod chart;
mod colours;
mod extent;
mod key;
mod layout;
mod letters;
mod marks;
mod page;
mod pictures;
mod png;
mod scale;
mod svg;

pub use chart::{Arrow, Bounds, Chart, Dash, Item, Line};
use page::Page;

/// What can be drawn.
#[derive(Clone, Debug)]
pub enum Drawing {
    /// Panels with axes.
    Plot(Plot),
    /// A table of small pictures.
    Pictures(Pictures),
    /// Boxes and arrows.
    Chart(Chart),
}

/// Panels with axes, in rows of `columns`. Marks of one name have the same colour in all of them.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// What stands above all panels.
    pub title: String,
    /// How many panels stand side by side.
    pub columns: usize,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
}

/// One of the panels of a plot.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What stands above the panel.
    pub title: String,
    /// The axis below the panel.
    pub x: Axis,
    /// The axis left of the panel.
    pub y: Axis,
    /// What is drawn in it, from the back to the front.
    pub marks: Vec<Mark>,
}

/// What is measured along one side of a panel.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// What is measured, with its unit.
    pub label: String,
    /// Whether the axis is logarithmic. Numbers that are not positive are then left out.
    pub is_log: bool,
    /// The numbers at both ends; without them they are taken from what is drawn. Where a matrix is drawn they are the
    /// borders of its first and of its last row or column.
    pub range: Option<[f64; 2]>,
    /// Names in place of numbers, at 0, 1, 2, …
    pub names: Vec<String>,
    /// Whether the axis shows a quantity that cannot be negative, such as a share. No part of such an axis lies below 0.
    pub is_never_below_zero: bool,
    /// How far numbers stand apart along the axis, as 45 degrees do; without it they are round ones.
    pub step: Option<f64>,
}

impl Axis {
    /// An axis with equal steps, as long as what is drawn asks for.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// An axis of powers, as long as what is drawn asks for.
    pub fn log(label: impl Into<String>) -> Self {
        Self { label: label.into(), is_log: true, ..Self::default() }
    }

    /// An axis with names in place of numbers.
    pub fn named(label: impl Into<String>, names: Vec<String>) -> Self {
        Self { label: label.into(), names, ..Self::default() }
    }

    /// The same axis from one number to another one.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self { range: Some([low, high]), ..self }
    }

    /// The same axis with numbers so far apart, or twice or four times as far where there is no room.
    #[must_use]
    pub fn in_steps_of(self, step: f64) -> Self {
        Self { step: Some(step), ..self }
    }

    /// Makes this the axis of a quantity that cannot be negative, such as a share: no part of the axis lies below 0.
    #[must_use]
    pub fn never_below_zero(self) -> Self {
        Self { is_never_below_zero: true, ..self }
    }
}

/// What has one colour and one line in the key. Marks of one name share both; one without any numbers is grey, and explains
/// something in the key.
#[derive(Clone, Debug)]
pub struct Mark {
    /// What stands in the key; nothing stands there if this is empty. The name of a matrix stands beside its colours.
    pub name: String,
    /// What is drawn.
    pub kind: MarkKind,
}

impl Mark {
    /// A mark with a name.
    pub fn new(name: impl Into<String>, kind: MarkKind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// The forms of marks. Numbers that are not finite are left out of all of them.
#[derive(Clone, Debug)]
pub enum MarkKind {
    /// A line through points, with a gap at each point that is not finite.
    Line {
        /// The points, in the order in which they are connected.
        points: Vec<[f64; 2]>,
        /// Whether the line is dashed.
        dashed: bool,
    },
    /// Points, which are thinned evenly where there are too many of them; the key then says so.
    Points {
        /// The points.
        points: Vec<[f64; 2]>,
        /// A standard error or deviation of y for each point, or nothing.
        errors: Vec<f64>,
    },
    /// The area between two curves.
    Band {
        /// An x with the lower and the upper y there, from left to right.
        points: Vec<[f64; 3]>,
    },
    /// A histogram.
    Steps {
        /// The borders of the bins, one more than there are heights.
        edges: Vec<f64>,
        /// The height of each bin.
        heights: Vec<f64>,
    },
    /// Bars at 0, 1, 2, …; several marks of bars stand side by side.
    Bars {
        /// The height of each bar.
        heights: Vec<f64>,
        /// A standard error or deviation for each bar, or nothing.
        errors: Vec<f64>,
    },
    /// A straight line across the panel.
    Across {
        /// Where the line crosses the axis.
        at: f64,
        /// Whether it runs from bottom to top.
        vertical: bool,
    },
    /// A circle around 0, such as the unit circle among eigenvalues. Both axes of its panel have the same scale.
    Circle {
        /// How far it is from 0.
        radius: f64,
    },
    /// A matrix of values with its first row on top; the y axis runs down.
    Heat {
        /// How many rows there are.
        rows: usize,
        /// The values, row by row.
        values: Vec<f64>,
    },
}

/// Maps and kernels as small pictures, all on one scale that is drawn beside them.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// What stands above all of them.
    pub title: String,
    /// The names of the rows.
    pub rows: Vec<String>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The pictures, row by row; a place may be empty.
    pub tiles: Vec<Option<Tile>>,
    /// Whether the scale runs from blue over white to red instead of from black to white.
    pub is_signed: bool,
    /// The values at both ends of the scale. What lies beyond them has the colour of the end.
    pub scale: [f64; 2],
    /// What the values are, with their unit.
    pub unit: String,
}

/// A small picture.
#[derive(Clone, Debug)]
pub struct Tile {
    /// How many rows of values there are.
    pub height: usize,
    /// How many values there are in a row.
    pub width: usize,
    /// The values, row by row. Those that are not finite are hatched, and a line beside them says so.
    pub values: Vec<f32>,
}

impl Drawing {
    /// The figure as a file in the format SVG.
    pub fn svg(&self) -> String {
        svg::text(&self.page())
    }

    /// The figure as a file in the format PNG. It is empty if the figure is too large for one.
    pub fn png(&self) -> Vec<u8> {
        png::file(&self.page()).unwrap_or_default()
    }

    /// Width and height in pixels, of both forms.
    pub fn size(&self) -> [usize; 2] {
        self.page().size
    }

    fn page(&self) -> Page {
        match self {
            Self::Plot(plot) => layout::page(plot),
            Self::Pictures(pictures) => pictures::page(pictures),
            Self::Chart(chart) => chart::page(chart),
        }
    }
}
