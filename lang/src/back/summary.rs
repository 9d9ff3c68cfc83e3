//! Nets as a table: what each layer gives and what it costs.

use crate::ir::Net;
use crate::ir::cost::{self, Cost, bytes, scaled};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How many columns the name of a layer has at least, however narrow the terminal is.
const SHORTEST: usize = 5;
/// How many columns stand between two cells of the table.
const GAP: usize = 2;

/// The net as a table: a line for each layer, and the sums. Parameters are counted where they are first used;
/// multiply-adds and the memory of activity are those of one image, over all steps of a loop.
///
/// In at most `width` columns, where a width is given: the names of layers are cut at their beginnings for it.
pub fn emit(net: &Net, width: Option<usize>) -> String {
    let rows = cost::table(net);
    let mut cells: Vec<[String; 5]> =
        vec![["layer", "output", "parameters", "multiply-adds", "activation"].map(String::from)];
    let Cost { parameters, multiply_adds, activation } = Cost::sum(&rows);
    for row in rows {
        let costs = [row.parameters.to_string(), scaled(row.multiply_adds), bytes(row.activation)];
        let [p, m, a] = costs;
        cells.push([row.layer, row.shape.to_string(), p, m, a]);
    }
    cells.push(["sum".to_owned(), String::new(), parameters.to_string(), scaled(multiply_adds), bytes(activation)]);
    let frozen: usize = net.params.iter().filter(|param| param.frozen).map(crate::ir::Param::len).sum();
    if frozen > 0 {
        cells.push(["frozen".to_owned(), String::new(), frozen.to_string(), String::new(), String::new()]);
    }
    let widest = |n: usize| cells.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let mut widths = [0, 1, 2, 3, 4].map(widest);
    let others: usize = widths[1..].iter().map(|width| width + GAP).sum();
    widths[0] = widths[0].min(width.map_or(usize::MAX, |width| width.saturating_sub(others)).max(SHORTEST));
    let mut out = String::new();
    for [layer, shape, p, m, a] in &cells {
        let layer = cut(layer, widths[0]);
        let (w, x, y, z, v) = (widths[0], widths[1], widths[2], widths[3], widths[4]);
        // Writing to a `String` does not fail.
        let _ = writeln!(out, "{layer:w$}  {shape:x$}  {p:>y$}  {m:>z$}  {a:>v$}");
    }
    out + &numbered(net)
}

/// Explains layers whose names differ in a number alone; empty where no layer has such a name.
fn numbered(net: &Net) -> String {
    let owners: BTreeSet<&str> = net.params.iter().map(crate::ir::Param::owner).collect();
    let plain = |owner: &str| {
        let (plain, number) = owner.rsplit_once('_')?;
        (owners.contains(plain) && number.bytes().all(|digit| digit.is_ascii_digit())).then(|| plain.to_owned())
    };
    let found = owners.iter().find_map(|owner| Some((plain(owner)?, owner)));
    found.map_or_else(String::new, |(plain, owner)| {
        format!(
            "\n`{plain}` and `{owner}`: of several calls of a kind\nin one equation the first to run has the plain name,\n\
             inner before outer and left before right.\n"
        )
    })
}

/// A name cut to `width` columns at its beginning: the end of a dotted name tells more.
fn cut(name: &str, width: usize) -> String {
    match name.chars().count().checked_sub(width) {
        None | Some(0) => name.to_owned(),
        Some(over) => std::iter::once('…').chain(name.chars().skip(over + 1)).collect(),
    }
}
