//! Figures: whether all of a figure is drawn, can be read, and is the same each time.

// Tests read and write files.
#![allow(clippy::disallowed_methods)]

mod kinds;
mod nets;
mod paths;
mod samples;
mod texts;

use lcnnc::figures::{Axis, Drawing, Panel, Plot};
use roxmltree::{Document, Node};

/// How often a class stands in a figure.
fn count(svg: &Document, class: &str) -> usize {
    svg.descendants().filter(|node| node.attribute("class") == Some(class)).count()
}

/// All that is written in elements of a class.
fn written(svg: &Document, class: &str) -> Vec<String> {
    let all = svg.descendants().filter(|node| node.attribute("class") == Some(class));
    all.map(|node| node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()).collect()
}

/// A plot of one panel.
fn plot(x: Axis, y: Axis, marks: Vec<lcnnc::figures::Mark>) -> Drawing {
    let panel = Panel { title: "Panel".to_owned(), x, y, marks };
    Drawing::Plot(Plot { title: "Title".to_owned(), columns: 1, panels: vec![panel] })
}
