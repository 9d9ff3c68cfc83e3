//! Folding: lines broken between words, to fit into a number of columns.

/// How much deeper than its first line a folded line goes on, in columns.
const STEP: usize = 4;

/// Folds every line of a text that is wider than `width` columns. What goes on is indented a step further; a word that
/// is wider than a line by itself stays whole.
pub fn fold(text: &str, width: usize) -> String {
    let folded = text.split('\n').map(|line| {
        let indent = columns(line) - columns(line.trim_start());
        // Where hardly anything is left beside it, an indent is of no use.
        let step = if 2 * (indent + STEP) < width { indent + STEP } else { 0 };
        broken(line, width, step).join("\n")
    });
    folded.collect::<Vec<_>>().join("\n")
}

/// The lines that a text takes in `width` columns.
pub fn lines_of(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| broken(line, width, 0)).collect()
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

fn broken(line: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        let is_begun = lines.last().is_some_and(|line| !line.trim().is_empty());
        if is_begun && used + columns(word.trim_end()) > width {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        used += columns(word);
        lines.last_mut().into_iter().for_each(|line| line.push_str(word));
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}
