//! "Did you mean": the nearest of the names that would have been right.

use super::Diagnostic;

/// How many problems of one text may come with a suggestion. A text with more is most likely another kind of file, and
/// comparing every word of it with every name would take longer than reading it.
const MOST: usize = 300;

/// Whether so many problems are found already that no more suggestions are worth their time.
pub fn enough(found: &[Diagnostic]) -> bool {
    found.len() >= MOST
}

/// The candidate nearest to `name`, if one is near enough to be what was meant; of several, the first.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(name, candidates).into_iter().next()
}

/// The candidates that are near enough to `name` to be what was meant and that no other is nearer than, each once, in
/// their order.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    nearest_by(name, candidates, strsim::damerau_levenshtein)
}

fn nearest_by<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    distance: impl Fn(&str, &str) -> usize,
) -> Vec<&'a str> {
    let written = name;
    let letters = count(name);
    let name = plain(name);
    // A third of the letters may differ; of `W_T`, which has two, none, or it would pass for any other bundle.
    let mut least = letters / 3;
    let mut nearest: Vec<&str> = Vec::new();
    for candidate in candidates {
        if is_reordered(written, candidate) {
            return vec![candidate];
        }
        // As many letters differ at least, and to count letters is far cheaper than to compare them.
        if count(candidate).abs_diff(letters) > least {
            continue;
        }
        let found = distance(&name, &plain(candidate));
        if found < least {
            nearest.clear();
            least = found;
        }
        if found == least && !nearest.contains(&candidate) {
            nearest.push(candidate);
        }
    }
    nearest
}

/// Whether two names are of the same words in another order, as `abs_sat` and `sat_abs`.
fn is_reordered(name: &str, candidate: &str) -> bool {
    let words = |name: &str| {
        let mut words: Vec<String> = name.split('_').map(str::to_lowercase).collect();
        words.sort_unstable();
        words
    };
    name.len() == candidate.len() && name.contains('_') && name != candidate && words(name) == words(candidate)
}

/// The candidates that share half their letters with `name`, a few at most: none of them is surely meant.
pub fn alike<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const MOST: usize = 4;
    let letters = count(name);
    let name = plain(name);
    let is_alike = |candidate: &&str| {
        2 * count(candidate).abs_diff(letters) <= letters
            && 2 * strsim::damerau_levenshtein(&name, &plain(candidate)) <= letters
    };
    candidates.into_iter().filter(is_alike).take(MOST).collect()
}

/// A word in which case and underscores weigh nothing: `w_a` is `W_A` and `maxpool` is `max_pool`.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('_', "")
}

fn count(text: &str) -> usize {
    text.chars().filter(|letter| *letter != '_').count()
}

/// The choices as words for a help line: `a`, `b` or `c`.
pub fn among<'a>(choices: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = choices.into_iter().map(|choice| format!("`{choice}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// The choices as words for a help line, where they are few enough to be read; of more, those that look like `name`,
/// and `elsewhere`, which says where all of them stand.
pub fn some_of(name: &str, choices: &[&str], elsewhere: &str) -> String {
    const FEW: usize = 12;
    if choices.len() <= FEW {
        return among(choices.iter().copied());
    }
    let like = alike(name, choices.iter().copied());
    let rest = format!("one of {} names; {elsewhere}", choices.len());
    if like.is_empty() { rest } else { format!("{}, or another {rest}", among(like)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn words_of_another_length_are_not_compared() {
        let compared = Cell::new(0_usize);
        let counting = |a: &str, b: &str| {
            compared.set(compared.get() + 1);
            strsim::damerau_levenshtein(a, b)
        };
        let candidates: Vec<String> = (1..=2_000).map(|n| "x".repeat(n)).collect();
        let found = nearest_by("yyyyyy", candidates.iter().map(String::as_str), counting);
        assert_eq!((found.len(), compared.get()), (0, 5), "those of four to eight letters");
        compared.set(0);
        let same = ["output", "outputs", "outpu", "outut"];
        assert_eq!(nearest_by("output", same, counting), ["output"]);
        assert_eq!(compared.get(), 1, "none can be nearer than the word itself");
    }

    #[test]
    fn of_words_that_are_equally_near_none_comes_first() {
        assert_eq!(nearest("size2", ["size1", "size3", "sides"]), ["size1", "size3"]);
        assert_eq!(nearest("w_a", ["W_B", "W_A", "W_A"]), ["W_A"]);
        assert!(nearest("W_T", ["W_A", "W_L"]).is_empty());
        assert_eq!(nearest("abs_sat", ["abs_gap", "sat_abs"]), ["sat_abs"]);
    }

    #[test]
    fn a_long_list_is_not_read_out() {
        let many: Vec<String> = (0..46).map(|n| format!("layer{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(some_of("a", &["x", "y"], "see"), "`x` or `y`");
        assert_eq!(some_of("zzzz", &many, "see here"), "one of 46 names; see here");
        assert!(some_of("lay7", &many, "see here").ends_with(", or another one of 46 names; see here"));
    }
}
