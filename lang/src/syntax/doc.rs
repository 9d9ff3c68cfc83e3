//! Documentation comments: `//!` at the head of the file, `///` above a statement.

/// The `//!` lines before the first statement, without their marks.
pub fn head(source: &str) -> Vec<String> {
    source
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .take_while(|line| line.is_empty() || line.starts_with("//"))
        .filter_map(|line| line.strip_prefix("//!"))
        .map(unmarked)
        .collect()
}

/// The `///` lines right above the statement that starts at `start`, if it is the first of its line.
pub fn above(source: &str, start: usize) -> Vec<String> {
    let before = source.get(..start).unwrap_or_default();
    let (lines, indent) = before.rsplit_once('\n').unwrap_or(("", before));
    if !indent.trim().is_empty() {
        return Vec::new();
    }
    let mut doc: Vec<String> = lines
        .rsplit('\n')
        .map(|line| line.trim().trim_start_matches('\u{feff}'))
        .map_while(|line| line.strip_prefix("///").filter(|text| !text.starts_with('/')))
        .map(unmarked)
        .collect();
    doc.reverse();
    doc
}

fn unmarked(line: &str) -> String {
    line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
}
