//! Nets as a table: what each layer gives and what it costs.

use crate::ir::{Net, cost};
use std::fmt::Write;

/// A line a layer, and the sums. Parameters are counted where they are first used; multiply-adds and activation memory
/// are of one image, over all steps of a loop.
pub fn emit(net: &Net) -> String {
    let rows = cost::table(net);
    let mut cells: Vec<[String; 5]> =
        vec![["layer", "output", "parameters", "multiply-adds", "activation"].map(String::from)];
    let (mut parameters, mut multiply_adds, mut activation) = (0u128, 0u128, 0u128);
    for row in rows {
        parameters += row.parameters;
        multiply_adds = multiply_adds.saturating_add(row.multiply_adds);
        activation = activation.saturating_add(row.activation);
        let costs = [row.parameters.to_string(), scaled(row.multiply_adds), bytes(row.activation)];
        let [p, m, a] = costs;
        cells.push([row.layer, row.shape.to_string(), p, m, a]);
    }
    cells.push(["sum".to_owned(), String::new(), parameters.to_string(), scaled(multiply_adds), bytes(activation)]);
    let frozen: usize = net.params.iter().filter(|param| param.frozen).map(crate::ir::Param::len).sum();
    if frozen > 0 {
        cells.push(["frozen".to_owned(), String::new(), frozen.to_string(), String::new(), String::new()]);
    }
    let width = |n: usize| cells.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut out = String::new();
    for [layer, shape, p, m, a] in &cells {
        let (w, x, y, z, v) = (widths[0], widths[1], widths[2], widths[3], widths[4]);
        // Writing to a `String` does not fail.
        let _ = writeln!(out, "{layer:w$}  {shape:x$}  {p:>y$}  {m:>z$}  {a:>v$}");
    }
    out
}

/// `1.23 M`: a count, with the prefix that leaves three digits.
fn scaled(n: u128) -> String {
    with_prefix(n, 1000.0, &["", " k", " M", " G", " T", " P"])
}

fn bytes(n: u128) -> String {
    with_prefix(n, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB", " PiB"])
}

fn with_prefix(n: u128, base: f64, prefixes: &[&str]) -> String {
    let (mut x, mut power) = (n as f64, 0);
    while x >= base && power + 1 < prefixes.len() {
        x /= base;
        power += 1;
    }
    let digits = if power == 0 || x >= 100.0 {
        0
    } else if x >= 10.0 {
        1
    } else {
        2
    };
    format!("{x:.digits$}{}", prefixes[power])
}
