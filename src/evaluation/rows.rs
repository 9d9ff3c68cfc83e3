//! Tables whose columns depend on the net.

use crate::analyses::table::{Cell, csv_line};
use serde_json::{Map, Value, json};

/// Rows of cells under names.
#[derive(Clone, Debug)]
pub struct Rows {
    pub names: Vec<String>,
    /// Each with a cell for every name.
    pub rows: Vec<Vec<Cell>>,
}

impl Rows {
    /// Comma-separated values, as [`Table::csv`](crate::analyses::Table::csv) writes them.
    pub fn csv(&self) -> String {
        header(&self.names) + &self.rows.iter().map(|row| csv_line(row)).collect::<String>()
    }

    /// An object for each row.
    pub fn json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let cells = self.names.iter().cloned().zip(row.iter().map(value));
            Value::Object(cells.collect::<Map<String, Value>>())
        };
        Value::Array(self.rows.iter().map(object).collect())
    }
}

/// The line of names, with its end.
pub fn header(names: &[String]) -> String {
    csv_line(&names.iter().cloned().map(Cell::Text).collect::<Vec<Cell>>())
}

/// A cell as JSON has it.
fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Count(n) => json!(n),
        Cell::Number(x) => json!(x),
        Cell::Absent => Value::Null,
    }
}

/// A share from 0 to 1 as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
