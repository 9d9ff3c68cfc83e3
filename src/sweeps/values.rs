//! Alternatives as they are written: `1e-3,1e-2`, `1..10`, `geometric(1e-3, 10, points: 5)`.

use lcnnc_lang::front::settings::read;
use lcnnc_lang::vocabulary::{Type, optimizers, real, schedules};
use std::collections::BTreeSet;

/// The types of settings that are one call.
const CALLS: [&Type; 2] = [&Type::Call(optimizers::CALLABLES), &Type::Call(schedules::CALLABLES)];

/// Values that one text may stand for.
pub const MOST: usize = 10_000;

/// The alternatives of a text, each as the language of the spec has it: values between commas outside of brackets, where `1..10` stands
/// for the whole numbers from 1 to 10, and `geometric(a, b, points: n)` and `linear(a, b, points: n)` for `n` numbers from `a` to `b` with
/// equal ratios or equal steps.
///
/// # Errors
/// What is wrong with one of them.
pub fn alternatives(text: &str) -> Result<Vec<String>, String> {
    let (mut values, mut known) = (Vec::new(), BTreeSet::new());
    for part in parts(text)? {
        let more = one(part.trim())?;
        if values.len() + more.len() > MOST {
            return Err(format!("`{text}` stands for more than {MOST} values"));
        }
        for value in more {
            if !known.insert(meaning(&value)) {
                return Err(format!("`{value}` comes twice"));
            }
            values.push(value);
        }
    }
    Ok(values)
}

/// What stands between commas outside of brackets and of quotes.
///
/// # Errors
/// If a bracket has no other end, or a value is missing.
pub fn parts(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut open, mut start, mut quoted) = (Vec::new(), 0_usize, 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => open += 1,
            ')' | ']' | '}' if !quoted => {
                open = open.checked_sub(1).ok_or_else(|| format!("`{text}` closes a bracket that nothing opens"))?;
            }
            ',' if open == 0 && !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if open > 0 {
        return Err(format!("`{text}` leaves a bracket open"));
    }
    parts.push(&text[start..]);
    match parts.iter().any(|part| part.trim().is_empty()) {
        true => Err(format!("`{text}` has nothing where a value is expected, as in `1e-3,1e-2`")),
        false => Ok(parts),
    }
}

/// A number as it is written shortest, so that `1e-2` and `0.01` are one value; any other text as it is.
pub fn normal(text: &str) -> String {
    match text.trim().parse::<f64>() {
        Ok(x) if x.is_finite() => real(x),
        _ => text.trim().to_owned(),
    }
}

/// What a text means, so that two spellings of a share or of a call, such as `10%` and `0.1`, or `cosine` and `cosine()`, are one value.
pub fn meaning(text: &str) -> String {
    let text = normal(text);
    let share = text.strip_suffix('%').and_then(|text| text.trim_end().parse::<f64>().ok());
    if let Some(share) = share.filter(|share| share.is_finite()) {
        return real(share / 100.0);
    }
    let word = text.split('(').next().unwrap_or_default().trim_end();
    for ty in CALLS {
        let Type::Call(callables) = ty else { continue };
        if callables.iter().any(|it| it.name == word)
            && let Ok(call) = read("a value", ty, &text)
        {
            return call.to_string();
        }
    }
    text
}

/// The values that one text without commas stands for: itself, or those of a range.
///
/// # Errors
/// What is wrong with the range.
pub fn one(part: &str) -> Result<Vec<String>, String> {
    // A path is no range.
    if let Some((from, to)) = part.split_once("..").filter(|(from, _)| !from.is_empty() && !part.contains('/')) {
        return range(part, from.trim(), to.trim());
    }
    for (word, is_ratio) in [("geometric", true), ("linear", false)] {
        let inside = part.strip_prefix(word).map(str::trim_start).and_then(|rest| rest.strip_prefix('('));
        if let Some(inside) = inside.and_then(|rest| rest.strip_suffix(')')) {
            return spread(word, inside, is_ratio);
        }
    }
    Ok(vec![part.to_owned()])
}

/// Whole numbers, both ends included.
fn range(part: &str, from: &str, to: &str) -> Result<Vec<String>, String> {
    let expected = || format!("`{part}`: a range runs between two whole numbers, as in `1..10`");
    let [from, to] = [from, to].map(str::parse::<i64>);
    let (from, to) = (from.map_err(|_| expected())?, to.map_err(|_| expected())?);
    match to.checked_sub(from) {
        None | Some(i64::MIN..0) => Err(format!("`{part}`: the range runs downwards; write `{to}..{from}`")),
        Some(steps) if steps >= MOST as i64 => Err(format!("`{part}` stands for more than {MOST} values")),
        Some(_) => Ok((from..=to).map(|n| n.to_string()).collect()),
    }
}

/// Numbers between two, with equal ratios or equal steps.
fn spread(word: &str, inside: &str, is_ratio: bool) -> Result<Vec<String>, String> {
    let example = if is_ratio { "geometric(1e-3, 10, points: 5)" } else { "linear(0, 1, points: 5)" };
    let expected =
        || format!("`{word}({inside})`: expected two numbers and how many values there are, as in `{example}`");
    let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
    let [from, to, points] = parts[..] else { return Err(expected()) };
    let points = points.strip_prefix("points").map(str::trim_start).and_then(|rest| rest.strip_prefix(':'));
    let points: usize = points.and_then(|n| n.trim().parse().ok()).ok_or_else(expected)?;
    let number = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(expected);
    let (from, to) = (number(from)?, number(to)?);
    if !(2..=MOST).contains(&points) {
        return Err(format!("`{word}({inside})`: `points` is from 2 to {MOST}"));
    }
    if is_ratio && !(from > 0.0 && to > 0.0) {
        return Err(format!("`{word}({inside})`: both numbers are above 0, since ratios are equal"));
    }
    let at = |n: usize| {
        let share = n as f64 / (points - 1) as f64;
        match n {
            0 => from,
            _ if n == points - 1 => to,
            _ if is_ratio => from * (to / from).powf(share),
            _ => from + (to - from) * share,
        }
    };
    // Twelve digits: what rounding adds behind them says nothing.
    let short = |x: f64| format!("{x:.11e}").parse().unwrap_or(x);
    Ok((0..points).map(|n| real(short(at(n)))).collect())
}
