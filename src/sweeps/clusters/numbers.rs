//! Numbers of jobs as clusters write them: `0-2,5`.

use std::fmt::Write;

/// Numbers in order, as ranges with commas between them.
pub fn ranges(numbers: &[usize]) -> String {
    let mut text = String::new();
    let mut rest = numbers;
    while let [first, ..] = rest {
        let length = rest.iter().zip(*first..).take_while(|(number, expected)| *number == expected).count();
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a text does not fail.
        let _ = match length {
            1 => write!(text, "{comma}{first}"),
            _ => write!(text, "{comma}{first}-{}", first + length - 1),
        };
        rest = &rest[length..];
    }
    text
}
