//! Tables of named columns, and how they are written as CSV.

use std::borrow::Cow;

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    /// One line: what its cells say, with their unit.
    pub about: &'static str,
}

/// The last column of tables whose rows are all of one set of weights, by which tables of several are told apart.
pub const WHOSE: Column = Column {
    name: "weights",
    about: "whose weights the net had: `best`, `last`, `initial` or those of an epoch, as in `epoch:5`",
};

/// One cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Count(usize),
    Number(f64),
    /// Stands for a value that there is not; the cell is empty.
    Absent,
}

/// Rows of cells under named columns.
#[derive(Clone, Debug)]
pub struct Table {
    pub columns: &'static [Column],
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The table with that word in [`WHOSE`], if it is its last column.
    #[must_use]
    pub fn of_weights(mut self, which: &str) -> Self {
        if self.columns.last().is_some_and(|last| last.name == WHOSE.name) {
            self.rows.iter_mut().for_each(|row| row.push(Cell::Text(which.to_owned())));
        }
        self
    }

    /// The table as comma-separated values after RFC 4180, with a line of names first and a line feed at the end of every
    /// line. Numbers are the shortest that read back as the same double-precision number.
    pub fn csv(&self) -> String {
        let names = self.columns.iter().map(|column| Cow::Borrowed(column.name)).collect();
        line(names) + &self.rows.iter().map(|row| csv_line(row)).collect::<String>()
    }
}

/// Cells as one line of comma-separated values, with its end, as [`Table::csv`] writes it.
pub fn csv_line(cells: &[Cell]) -> String {
    line(cells.iter().map(Cell::written).collect())
}

/// A line of comma-separated fields with its end.
pub fn line(fields: Vec<Cow<'_, str>>) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",") + "\n"
}

/// A field in double quotes if it holds a character that would end it.
fn quoted(field: &str) -> String {
    let is_plain = !field.contains(['"', ',', '\n', '\r']);
    if is_plain { field.to_owned() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
}

impl Cell {
    fn written(&self) -> Cow<'_, str> {
        match self {
            Cell::Text(text) => text.into(),
            Cell::Count(n) => n.to_string().into(),
            Cell::Number(x) => number(*x).into(),
            Cell::Absent => "".into(),
        }
    }
}

/// The shortest text that reads back as the number: `0.1`, `1e-300`, `NaN`.
pub fn number(x: f64) -> String {
    let [plain, scientific] = [format!("{x}"), format!("{x:e}")];
    if plain.len() <= scientific.len() { plain } else { scientific }
}
