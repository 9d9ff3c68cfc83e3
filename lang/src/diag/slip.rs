//! Slips of the fingers: which change of a word is certain to be what its author meant.

use super::foreign::{self, At};
use crate::vocabulary::words;
use std::cmp::Ordering;

/// A word that means nothing where it stands, and the one word that is nearest to it.
#[derive(Clone, Copy, Debug)]
pub struct Slip<'a> {
    pub written: &'a str,
    pub meant: &'a str,
    /// The kind of place at which the word stands.
    pub at: At,
    /// True for a name that the file defines, false for a word of the language: a kind, an argument, a setting.
    pub is_own: bool,
    /// Every word that would have been right at that place.
    pub known: &'a [&'a str],
}

/// Whether only one word can be meant, and its author's fingers slipped: a single letter was doubled, dropped,
/// exchanged or transposed with its neighbour.
///
/// Short words are too near to each other, digits tell things apart that are called alike, and a word that means
/// something in another framework, or at another place of a spec, was not misspelt. Letters tell an author's own names apart too, as in `gain_e` and
/// `gain_i` or `onres` and `ofres`: in those no exchanged letter is certain, and no letter that may be an index.
pub fn is_certain(slip: &Slip<'_>) -> bool {
    let Slip { written, meant, at, is_own, known } = *slip;
    let shortest = if is_own { 5 } else { 4 };
    let others = known.iter().filter(|other| **other != meant);
    meant.chars().filter(|c| c.is_alphabetic()).count() >= shortest
        && is_near(written, meant, is_own)
        && spares_digits(written, meant, is_own)
        && (!is_own || spares_indices(written, meant))
        && !others.into_iter().any(|other| is_near(written, other, is_own))
        && (is_own || spares_short_words(written, meant) && !means_another(written, meant))
        && !foreign::is_known(at, written)
}

/// Whether a slip in a word of the language exchanges no letter of a short one: `clip` is no `flip`, and `adan` no `adam`.
fn spares_short_words(written: &str, meant: &str) -> bool {
    const LONG: usize = 6;
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().filter(|c| *c != '_').collect();
        letters.sort_unstable();
        letters
    };
    let (w, m) = (sorted(written), sorted(meant));
    // Two letters that change places are the same letters.
    m.len() >= LONG || w.len() != m.len() || w == m
}

/// Whether a word means something at another place, in this language or in another tool, or is as near to such a word.
fn means_another(written: &str, meant: &str) -> bool {
    let is_another = |word: &str| word != meant && is_near(written, word, false);
    At::ALL.into_iter().any(|at| foreign::is_known(at, written)) || words::all().any(is_another)
}

/// Whether no more than a slip is between two words. Where the language parts words with a `_`, other tools do not, so
/// it weighs nothing in words of the language.
fn is_near(written: &str, meant: &str, is_own: bool) -> bool {
    let [w, m] = [written, meant].map(|word| word.replace('_', ""));
    is_slip(written, meant) || !is_own && (w == m || is_slip(&w, &m))
}

/// Whether `written` is `meant` with one letter doubled, dropped, exchanged or transposed.
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

/// Whether a slip in a name of the author's is one of lower-case letters within a word of that name, and exchanges
/// none. A part of few letters is an index, and so may be the first or the last letter of a longer one.
fn spares_indices(written: &str, meant: &str) -> bool {
    const LONG: usize = 4;
    let [w, m] = [written, meant].map(|word| word.chars().collect::<Vec<char>>());
    let same = w.iter().zip(&m).take_while(|(a, b)| a == b).count();
    let touched = match w.len().cmp(&m.len()) {
        // The letter that is doubled stands in front of the first difference.
        Ordering::Greater => same.saturating_sub(1)..same,
        Ordering::Less => same..same + 1,
        Ordering::Equal => same..same + 2,
    };
    let Some(letters) = m.get(touched.clone()) else { return false };
    let before = m[..touched.start].iter().rev().take_while(|c| c.is_lowercase()).count();
    let behind = m[touched.end..].iter().take_while(|c| c.is_lowercase()).count();
    let is_inside = match w.len().cmp(&m.len()) {
        Ordering::Greater => true,
        Ordering::Less => behind > 0 && starts_before(&m, touched.start - before, before),
        Ordering::Equal => w.get(same + 1) == m.get(same),
    };
    is_inside && letters.iter().all(|c| c.is_lowercase()) && before + letters.len() + behind >= LONG
}

/// Whether a word that begins at `start` has letters before one that has `before` lower-case ones in front of it; a
/// capital begins a word too.
fn starts_before(name: &[char], start: usize, before: usize) -> bool {
    before > 0 || start > 0 && name[start - 1].is_uppercase()
}

/// Whether the digits of two words are alike, so that the slip is one of letters. In a name of the author's digits
/// number things, so there may be none at all.
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
        assert!(certain(At::Name, true, "innner_a", &["inner_a"]));
        assert!(!certain(At::Call, false, "bbta", &["beta", "bbeta"]));
    }

    #[test]
    fn an_index_is_not_misspelt() {
        let names = [
            ("gain_i", "gain_e"),
            ("lateralB", "lateralA"),
            ("area_b", "area_a"),
            ("areaMT", "areaIT"),
            ("hiddenI", "hiddenE"),
            ("left_y", "left_x"),
            ("sigma_s", "sigma_c"),
            ("ofres", "onres"),
            ("weights_ei", "weights_ie"),
            ("weights_ee", "weights_e"),
            ("lateralEE", "lateralE"),
            ("input", "inputs"),
            ("hidden", "hiddenE"),
            ("gain_e", "gain_ee"),
            ("inner_e", "inner_a"),
            ("maginput", "maginputs"),
        ];
        for (written, meant) in names {
            assert!(!certain(At::Name, true, written, &[meant]), "{written}");
        }
        let slips = [
            ("imgae", "image"),
            ("imagee", "image"),
            ("hidddenE", "hiddenE"),
            ("laterla_E", "lateral_E"),
            ("afferet", "afferent"),
            ("Hiden", "Hidden"),
        ];
        for (written, meant) in slips {
            assert!(certain(At::Name, true, written, &[meant]), "{written}");
        }
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
        for (at, written, meant) in [
            (At::Choice, "adan", "adam"),
            (At::Choice, "adai", "adam"),
            (At::Choice, "adax", "adam"),
            (At::Choice, "clip", "flip"),
            (At::Call, "weight", "height"),
            (At::Argument, "unit", "init"),
            (At::Call, "tense", "dense"),
            (At::Setting, "patch", "batch"),
        ] {
            assert!(!certain(at, false, written, &[meant]), "{written}");
        }
    }
}
