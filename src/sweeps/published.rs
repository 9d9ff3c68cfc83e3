//! Published values to compare with: a table of comma-separated values `row,column,mean,sd`.

use crate::train::{TrainError, files};
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
        Some((n, _)) => return Err(wrong(n, format!("expected `{HEAD}`"))),
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
