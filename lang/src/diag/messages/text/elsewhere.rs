//! Problems of what other languages write, and of what was left out: signs, comments, lists and commas.

use super::{BAD_NUMBER, DIVIDED, FOREIGN, UNEXPECTED, WRONG_FORM, not_read, quoted};
use crate::diag::foreign::{At, Row, find, rows};
use crate::diag::{Diagnostic, Span, counted};

/// Arguments without a comma between them. `gaps` are the ends of what stands before each; `are_named` says whether
/// each has a name, so that nothing but a comma can be missing.
pub fn missing_commas(gaps: &[usize], are_named: bool) -> Diagnostic {
    let at = |end: usize| Span::new(end.saturating_sub(1), end);
    let first = gaps.first().copied().unwrap_or_default();
    let problem = Diagnostic::new(&UNEXPECTED, "a comma is missing between two arguments")
        .label(at(first), "one argument ends here, and the next follows")
        .help("write a `,` behind it, as in `conv(x, 8, kernel: 3)`");
    let insert = |problem: Diagnostic, end: &usize| problem.edit(Span::new(*end, *end), "", ",");
    gaps.iter().fold(problem, insert).certain_if(are_named)
}

/// A unit behind a name, whose number has none.
pub fn unit_of_name(at: Span, unit: &str, name: &str) -> Diagnostic {
    Diagnostic::new(&UNEXPECTED, format!("`{unit}` stands behind a name, and only a number can have a unit"))
        .label(at, "the unit of a name")
        .help(format!("write `{name}` alone: a setting knows the unit of its number"))
}

/// An argument without the `:` behind its name, which stands at `at`.
pub fn missing_colon(at: Span, name: &str, value: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, format!("expected `:` after `{name}`, found `{value}`"))
        .label(at, "its value follows")
        .help(format!("write `{name}: {value}`"))
        .edit(at, name, format!("{name}:"))
        .certain()
}

/// A choice whose value, `found`, stands behind it without brackets: `resize 48`.
pub fn missing_brackets(at: Span, written: &str, choice: &str, found: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, format!("expected `(` after `{choice}`, found `{found}`"))
        .label(at, "a value without its brackets")
        .help(format!("write `{choice}({found})`"))
        .edit(at, written, format!("{choice}({found})"))
        .certain()
}

/// The head of a block with a sign before its brace, as `train: {`; `form` is how its word is written, if it is that of a
/// statement.
pub fn sign_before_block(at: Span, sign: &str, word: &str, form: Option<&str>, is_settings: bool) -> Diagnostic {
    let problem = Diagnostic::new(&WRONG_FORM, format!("no `{sign}` stands between `{word}` and its block"))
        .label(at, "nothing stands here");
    match form {
        Some(form) => problem.help(format!("write `{form}`")),
        None => problem.help(format!("write `{word} {{`")).edit(at, sign, "").certain_if(is_settings),
    }
}

/// Semicolons between values in brackets.
pub fn semicolons_in_brackets(places: &[Span]) -> Diagnostic {
    let first = places.first().copied().unwrap_or_default();
    let problem =
        not_read(first, "`;` does not stand between values".to_owned()).help("values in brackets are parted by `,`");
    places.iter().fold(problem, |problem, at| problem.edit(*at, ";", ",")).certain()
}

/// A number with a comma for its point; `whole` stands before the comma, and `fraction` behind it.
pub fn decimal_comma(at: Span, whole: &str, fraction: &str) -> Diagnostic {
    let (found, meant) = (format!("{whole},{fraction}"), format!("{whole}.{fraction}"));
    let is_padded = fraction.len() > 1 && fraction.starts_with('0');
    let or = match is_padded {
        true => String::new(),
        false => format!("; where two are meant, a blank stands between them: `{whole}, {fraction}`"),
    };
    Diagnostic::new(&BAD_NUMBER, format!("`{found}` reads like one number, and is two"))
        .label(at, "a comma, where a number has a point")
        .help(format!("a number has a point: write `{meant}`{or}"))
        .edit(at, found, meant)
}

/// A name with a hyphen in it; `row` is the answer of the table of habits for the name `meant`, if it has one.
pub fn hyphen(at: Span, written: &str, meant: &str, row: Option<&Row>) -> Diagnostic {
    let problem = not_read(at, format!("{} has a hyphen in it, and names have none", quoted(written)));
    match row {
        Some(row) => row.new.iter().fold(problem.help(row.say), |problem, new| problem.edit(at, written, *new)),
        None => problem.help(format!("names have no hyphens: `{meant}`")).edit(at, written, meant),
    }
}

/// A value with an index, as `O[t+1]`; `sign` is how the table of habits spells that index.
pub fn index(at: Span, found: &str, sign: &str) -> Diagnostic {
    not_read(at, format!("{} has an index, and values have none", quoted(found))).foreign(At::Sign, sign, "remove it")
}

/// Two numbers in brackets, as `(3, 3)`, where one number must stand.
pub fn pair(at: Span, found: &str) -> Diagnostic {
    let problem = not_read(at, format!("{} is two numbers, where one is to stand", quoted(found)));
    // What counts pixels has no point in it.
    let is_rates = found.contains('.');
    let (place, word) = if is_rates { (At::Argument, "betas") } else { (At::Sign, "(3, 3)") };
    problem.help(rows(place, word).next().map_or("write one", |row| row.say))
}

/// A call of what a call gives, as `MaxPool2d(2)(x)`; `callee` is the first thing that is called.
pub fn called_twice(at: Span, found: &str, callee: &str) -> Diagnostic {
    let problem = not_read(at, format!("{} calls what a call gives", quoted(found)));
    let say = "what a layer is applied to stands first in its brackets: `max_pool(x, 2)`";
    problem.help(find(At::Call, callee, &[callee]).or_else(|| rows(At::Call, callee).next()).map_or(say, |row| row.say))
}

/// Several values of one setting, without the brackets of a list.
pub fn unlisted(at: Span, key: &str, values: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, format!("`{key}` has several values without brackets around them"))
        .label(at, "a second value")
        .help(format!("write a list: `{key}: [{values}]`"))
}

/// Words in quotes, each with its place.
pub fn in_quotes(words: &[(Span, &str)], source: &str) -> Diagnostic {
    let (first, word) = words.first().copied().unwrap_or_default();
    let problem = not_read(first, format!("`{word}` stands in quotes")).foreign(At::Sign, "'", "remove them");
    let written = |span: &Span| source.get(span.start..span.end).unwrap_or_default();
    words.iter().fold(problem, |problem, (span, word)| problem.edit(*span, written(span), *word)).certain()
}

/// Arguments that are given by `=` in place of `:`. Each comes with its name and the span between the name and the
/// value.
pub fn given_by_equals(given: &[(&str, Span)]) -> Diagnostic {
    let (name, at) = given.first().copied().unwrap_or_default();
    let problem = Diagnostic::new(&WRONG_FORM, format!("expected `:` after `{name}`, found `=`"))
        .label(at, "an argument is given here")
        .foreign(At::Sign, "=", "write `:`");
    given.iter().fold(problem, |problem, (_, at)| problem.edit(*at, "=", ": ")).certain()
}

/// Something of another language that the scanner passed over, with a label for each of its places in the file, and the
/// changes that mend all of them.
pub fn passed_over(sign: &str, places: &[Span], changes: &[(Span, &str, &str)]) -> Diagnostic {
    let label = match places.len() {
        0 | 1 => "here".to_owned(),
        n => format!("here, and at {} in this file", counted(n - 1, "more place")),
    };
    let problem = Diagnostic::new(&FOREIGN, format!("`{sign}` does not belong in a spec"));
    let problem = places.iter().fold(problem, |problem, at| problem.label(*at, label.clone()));
    let problem = problem.foreign(At::Sign, sign, "remove it");
    changes.iter().fold(problem, |problem, (at, old, new)| problem.edit(*at, *old, *new)).certain()
}

/// A remainder, as in `size % 2`: at each of these places the rest of the line was taken for a comment.
pub fn remainder(places: &[Span]) -> Diagnostic {
    let problem = Diagnostic::new(&FOREIGN, "`%` does not go between two values");
    let problem = places.iter().fold(problem, |problem, at| problem.label(*at, "here"));
    problem.foreign(At::Sign, "% 2", "remove it")
}

/// A comment that reads like a divisor, as in `size // 2`.
pub fn divided(at: Span) -> Diagnostic {
    Diagnostic::new(&DIVIDED, "a comment that is nothing but a number")
        .label(at, "a comment begins here, and nothing is divided")
        .foreign(At::Sign, "//", "write `/`")
        .edit(at, "//", "/")
}

/// A problem whose cause is a comment that reads like a divisor.
pub fn broken_by_comment(mut problem: Diagnostic, at: Span) -> Diagnostic {
    problem.fix.clear();
    let problem = problem.certain_if(false).label(at, "a comment begins here").foreign(At::Sign, "//", "write `/`");
    problem.edit(at, "//", "/")
}
