//! Which change of a word is certain to be what its author meant.

use super::foreign::{self, At};

/// A word that means nothing where it stands, and the one word that is nearest to it.
#[derive(Clone, Copy, Debug)]
pub struct Slip<'a> {
    pub written: &'a str,
    pub meant: &'a str,
    /// What kind of word was to stand there.
    pub at: At,
    /// True for a name that the file defines, false for a word of the language: a kind, an argument, a setting.
    pub is_own: bool,
    /// Every word that would have been right there.
    pub known: &'a [&'a str],
}

/// Whether only one word can be meant, and its author's fingers slipped: a single letter was doubled, dropped, exchanged
/// or transposed with its neighbour.
///
/// Short words are too near to each other, digits tell things apart that are called alike, and a word that means
/// something in another framework was not misspelt.
pub fn is_certain(slip: &Slip<'_>) -> bool {
    let Slip { written, meant, at, is_own, known } = *slip;
    let shortest = if is_own { 5 } else { 4 };
    let others = known.iter().filter(|other| **other != meant);
    meant.chars().filter(|c| c.is_alphabetic()).count() >= shortest
        && is_near(written, meant, is_own)
        && spares_digits(written, meant, is_own)
        && !others.into_iter().any(|other| is_near(written, other, is_own))
        && !foreign::is_known(at, written)
}

/// Whether no more than a slip is between two words. Where the language parts its words with a `_`, other tools do not.
fn is_near(written: &str, meant: &str, is_own: bool) -> bool {
    let [w, m] = [written, meant].map(|word| word.replace('_', ""));
    is_slip(written, meant) || !is_own && (w == m || is_slip(&w, &m))
}

/// Whether one letter was doubled, dropped, exchanged or transposed.
fn is_slip(written: &str, meant: &str) -> bool {
    let [written, meant] = [written, meant].map(|word| word.chars().collect::<Vec<char>>());
    let same = written.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (w, m) = (&written[same..], &meant[same..]);
    match (w, m) {
        // Where a letter is doubled, the first difference stands behind the second of the two.
        ([doubled, w @ ..], m) if w == m => same > 0 && written[same - 1] == *doubled,
        (w, [_, m @ ..]) if w == m => true,
        ([_, w @ ..], [_, m @ ..]) if w == m => true,
        ([a, b, w @ ..], [c, d, m @ ..]) => a == d && b == c && w == m,
        _ => false,
    }
}

/// Whether the slip is none of digits. In a name of the author's they number things, so there may be none at all.
fn spares_digits(written: &str, meant: &str, is_own: bool) -> bool {
    let of = |word: &str| word.chars().filter(char::is_ascii_digit).collect::<String>();
    let without = |word: &str| word.replace(|c: char| c.is_ascii_digit(), "");
    let digits = of(written);
    digits == of(meant) && (digits.is_empty() || !is_own && is_near(&without(written), &without(meant), is_own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certain(at: At, is_own: bool, written: &str, known: &[&str]) -> bool {
        let meant = known[0];
        is_certain(&Slip { written, meant, at, is_own, known })
    }

    #[test]
    fn one_letter_doubled_dropped_exchanged_or_transposed_is_a_slip() {
        for written in
            ["kkernel", "kerrnel", "kernell", "ernel", "kenel", "kerne", "kernal", "mernel", "ekrnel", "kernle"]
        {
            assert!(is_slip(written, "kernel"), "{written}");
        }
        // Another letter added, two letters, or none.
        for written in ["kernels", "xkernel", "kerxnel", "kenrle", "krnl", "kkernnel", "kernel", "", "k"] {
            assert!(!is_slip(written, "kernel"), "{written}");
        }
    }

    #[test]
    fn what_is_misspelt_in_the_language_is_certain() {
        let words = [
            (At::Argument, "kernal", "kernel"),
            (At::Argument, "bais", "bias"),
            (At::Argument, "bta1", "beta1"),
            (At::Call, "cnov", "conv"),
            (At::Call, "maxpool", "max_pool"),
            (At::Call, "maxpol", "max_pool"),
            (At::Elsewhere, "un_used", "unused"),
            (At::Setting, "epoch", "epochs"),
            (At::Setting, "bathc", "batch"),
            (At::Choice, "smae", "same"),
            (At::Statement, "weigths", "weights"),
        ];
        for (at, written, meant) in words {
            assert!(certain(at, false, written, &[meant]), "{written}");
        }
    }

    #[test]
    fn what_may_mean_something_else_is_not() {
        // A letter added, digits, short words.
        assert!(!certain(At::Setting, false, "seeds", &["seed"]));
        assert!(!certain(At::Argument, false, "beta3", &["beta1", "beta2"]));
        assert!(!certain(At::Call, false, "l21", &["l1"]));
        assert!(!certain(At::Call, false, "abbs", &["abs"]));
        assert!(!certain(At::Name, true, "maap", &["map"]));
        assert!(!certain(At::Name, true, "stmm", &["stem"]));
        assert!(certain(At::Name, true, "imgae", &["image"]));
        for (written, meant) in [("size2", "size1"), ("lateral_V2", "lateral_V1"), ("latteral_V1", "lateral_V1")] {
            assert!(!certain(At::Name, true, written, &[meant]), "{written}");
        }
        // Two words are as near.
        assert!(certain(At::Name, true, "inner_e", &["inner_a"]));
        assert!(!certain(At::Name, true, "inner_e", &["inner_a", "inner_b"]));
    }

    #[test]
    fn words_of_other_frameworks_are_not_misspelt() {
        for (written, meant) in
            [("elu", "relu"), ("selu", "relu"), ("rrelu", "relu"), ("rsqrt", "sqrt"), ("sort", "sqrt")]
        {
            assert!(!certain(At::Call, false, written, &[meant]), "{written}");
        }
        assert!(!certain(At::Choice, false, "vflip", &["flip"]));
        assert!(!certain(At::Choice, false, "adamax", &["adam"]));
        assert!(!certain(At::Call, false, "deconv", &["conv"]));
    }
}
