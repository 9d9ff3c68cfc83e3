//! Published values to compare with: a table of comma-separated values `row,column,mean,sd`.

use super::table::ResultTable;
use super::values::meaning;
use crate::train::{TrainError, files};
use lcnnc_lang::diag::did_you_mean;
use std::collections::BTreeSet;
use std::path::Path;

/// The first line of such a file.
pub const HEAD: &str = "row,column,mean,sd";

/// A published accuracy.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The row that it stands in.
    pub row: String,
    /// The column.
    pub column: String,
    /// The mean in per cent; none where a paper's table has one that nobody here holds.
    pub mean: Option<f64>,
    /// The standard deviation in per cent, where it was published.
    pub sd: Option<f64>,
}

/// Reads published values. Lines that begin with `#` say where they are from.
///
/// # Errors
/// If the file cannot be read, or a line is none of these, with its number.
pub fn read(path: &Path) -> Result<Vec<Published>, TrainError> {
    let text = files::read(path)?;
    // Spreadsheets write a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let wrong = |n: usize, reason: String| TrainError::Refused {
        path: path.to_owned(),
        reason: format!("line {}: {reason}", n + 1),
    };
    match lines.next() {
        Some((_, line)) if line.trim() == HEAD => {}
        Some((n, line)) => return Err(wrong(n, format!("expected `{HEAD}`, and found `{}`", line.trim()))),
        None => return Err(wrong(0, format!("expected `{HEAD}`, and the file is empty"))),
    }
    let of = |(n, line): (usize, &str)| {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let [row, column, mean, sd] = cells[..] else {
            return Err(wrong(n, format!("expected four values, as in `{HEAD}`; no value holds a comma")));
        };
        let number = |text: &str| match text {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(x) if (0.0..=100.0).contains(&x) => Ok(Some(x)),
                _ => Err(wrong(n, format!("`{text}` is no accuracy in per cent, from 0 to 100"))),
            },
        };
        let [mean, sd] = [number(mean)?, number(sd)?];
        Ok(Published { row: row.to_owned(), column: column.to_owned(), mean, sd })
    };
    let all = lines.map(|line| Ok((line.0, of(line)?))).collect::<Result<Vec<_>, TrainError>>()?;
    for (n, (line, second)) in all.iter().enumerate() {
        if all[..n].iter().any(|(_, first)| first.row == second.row && first.column == second.column) {
            return Err(wrong(*line, format!("`{}`, `{}` comes twice", second.row, second.column)));
        }
    }
    Ok(all.into_iter().map(|(_, published)| published).collect())
}

/// What looks like a slip in published values, beside the table that they stand in: names that are nearly those of the sweep, and shares in
/// place of per cent.
pub fn slips(published: &[Published], table: &ResultTable) -> Vec<String> {
    let mut slips = Vec::new();
    let width = table.columns.len().max(1);
    let is_planned = |n: usize, m: usize| table.cells.get(n * width + m).is_some_and(|cell| cell.planned > 0);
    let rows = |n: &usize| (0..width).any(|m| is_planned(*n, m));
    let columns = |m: &usize| (0..table.rows.len()).any(|n| is_planned(n, *m));
    let named = |names: &[String], places: Vec<usize>| -> Vec<String> {
        places.into_iter().map(|n| names[n].clone()).collect()
    };
    let rows = named(&table.rows, (0..table.rows.len()).filter(rows).collect());
    let columns = named(&table.columns, (0..table.columns.len()).filter(columns).collect());
    let of = [
        ("row", &rows, published.iter().map(|it| &it.row).collect::<Vec<_>>()),
        ("column", &columns, published.iter().map(|it| &it.column).collect()),
    ];
    for (what, known, said) in of {
        let said: BTreeSet<&String> = said.into_iter().collect();
        for name in said.iter().filter(|name| known.iter().all(|known| meaning(known) != meaning(name))) {
            if let Some(near) = did_you_mean(name, known.iter().map(String::as_str)) {
                slips.push(format!("the published {what} `{name}` is not in the sweep; did you mean `{near}`?"));
            }
        }
        if !said.is_empty() && said.iter().all(|name| known.iter().all(|known| meaning(known) != meaning(name))) {
            slips.push(format!("no published {what} is one of the sweep's, which are {}", known.join(", ")));
        }
    }
    let means: Vec<f64> = published.iter().filter_map(|it| it.mean).collect();
    if means.iter().any(|mean| *mean > 0.0) && means.iter().all(|mean| *mean <= 1.0) {
        slips.push(
            "every published mean is at most 1, as a share is: they are read in per cent, so write 97.5 for 0.975"
                .to_owned(),
        );
    }
    slips
}
