//! Numbers of things, in words.

use std::fmt::Display;

/// A number with its noun: `1 channel`, `8 channels`, `0 classes`. The noun is given for one.
pub fn counted<N: Display + PartialEq + From<u8>>(n: N, noun: &str) -> String {
    if n == N::from(1) { format!("{n} {noun}") } else { format!("{n} {}", several(noun)) }
}

/// The noun for several: `classes`, `batches`, `entries`, `steps`.
fn several(noun: &str) -> String {
    // The end of `epoch` sounds like a `k`.
    let is_hissed = noun != "epoch" && ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end));
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if is_hissed => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_singular_and_everything_else_is_plural() {
        for (noun, nouns) in [
            ("step", "steps"),
            ("class", "classes"),
            ("batch", "batches"),
            ("epoch", "epochs"),
            ("entry", "entries"),
            ("array", "arrays"),
        ] {
            assert_eq!(counted(1usize, noun), format!("1 {noun}"));
            for n in [0usize, 2, 11, 21] {
                assert_eq!(counted(n, noun), format!("{n} {nouns}"));
            }
        }
    }
}
