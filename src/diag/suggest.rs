//! "Did you mean": the nearest of the names that would have been right.

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may differ; of `W_T`, which has two, none, or it would pass for any other bundle.
    let allowed = plain(name).chars().count() / 3;
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The candidates that share half their letters with `name`, a few at most: none of them is surely meant.
pub fn alike<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const MOST: usize = 4;
    let letters = plain(name).chars().count();
    let candidates = candidates.into_iter().filter(|candidate| 2 * distance(name, candidate) <= letters);
    candidates.take(MOST).collect()
}

/// Case and underscores weigh nothing: `w_a` is `W_A` and `maxpool` is `max_pool`.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('_', "")
}

fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(&plain(a), &plain(b))
}

/// `a`, `b` or `c`: the choices, as words for a help line.
pub fn among<'a>(choices: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = choices.into_iter().map(|choice| format!("`{choice}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
