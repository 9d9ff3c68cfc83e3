//! Rows of texts laid out as a table: for a terminal, Markdown, and LaTeX with `booktabs`. The first row is the head.

/// Columns of texts, each as wide as it has to be, two spaces apart and to the left.
pub fn aligned(rows: &[Vec<String>]) -> String {
    in_columns(rows, |_| false)
}

/// The same with the first column to the left and the others, of numbers, to the right.
pub fn with_numbers(rows: &[Vec<String>]) -> String {
    in_columns(rows, |column| column > 0)
}

fn in_columns(rows: &[Vec<String>], is_right: impl Fn(usize) -> bool) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let width = *width;
            if is_right(column) { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        format!("{}\n", cells.collect::<Vec<String>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A table of Markdown.
pub fn piped(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = String::new();
    for (n, row) in rows.iter().enumerate() {
        text += &line(row);
        if n == 0 {
            text += &format!("|{}\n", "---|".repeat(row.len()));
        }
    }
    text
}

/// A table of LaTeX, whose cells are LaTeX already; `alignment` has a letter a column.
pub fn booktabs(rows: &[Vec<String>], alignment: &str) -> String {
    let mut text = format!("% \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{alignment}}}\n\\toprule\n");
    for (n, row) in rows.iter().enumerate() {
        text += &format!("{} \\\\\n", row.join(" & "));
        if n == 0 {
            text += "\\midrule\n";
        }
    }
    text + "\\bottomrule\n\\end{tabular}\n"
}

/// A text whose signs LaTeX shows.
pub fn escaped(text: &str) -> String {
    let sign = |sign: char| match sign {
        '\\' => r"\textbackslash{}".to_owned(),
        '~' => r"\textasciitilde{}".to_owned(),
        '^' => r"\textasciicircum{}".to_owned(),
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{sign}"),
        other => other.to_string(),
    };
    text.chars().map(sign).collect()
}
