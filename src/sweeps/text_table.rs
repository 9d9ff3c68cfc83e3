//! Rows of texts laid out as a table: for a terminal, Markdown, and LaTeX with `booktabs`. The first row is the head.

use std::fmt::Write as _;

/// Columns of one width each, two spaces apart.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())))
            .collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
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
