//! Which runs a list has: comparisons of what is known of them.

use super::columns::Columns;
use super::row::{Row, State, Value};
use crate::train::TrainError;
use jiff::{Span, SpanRelativeTo, Unit};
use lcnnc_lang::diag::did_you_mean;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::str::FromStr;

/// The signs of comparisons, the longer ones first, with the orders for which each holds.
const SIGNS: [(&str, &[Ordering]); 6] = [
    ("!=", &[Ordering::Less, Ordering::Greater]),
    ("<=", &[Ordering::Less, Ordering::Equal]),
    (">=", &[Ordering::Greater, Ordering::Equal]),
    ("=", &[Ordering::Equal]),
    ("<", &[Ordering::Less]),
    (">", &[Ordering::Greater]),
];

/// A comparison, as in `alpha >= 0.1`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As it was written.
    text: String,
    /// The column whose cells are compared, as in `alpha`.
    name: String,
    sign: &'static str,
    /// The orders for which it holds.
    holds: &'static [Ordering],
    /// The value that the cells of the column are compared with, as it was typed.
    value: String,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected one comparison by =, !=, <, <=, > or >=, as in 'alpha >= 0.1'";
        let at = text.find(['=', '!', '<', '>']).ok_or(EXPECTED)?;
        let (name, rest) = (text[..at].trim(), &text[at..]);
        let (sign, holds) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)).ok_or(EXPECTED)?;
        let value = rest[sign.len()..].trim();
        if value.starts_with('=') {
            return Err("equality is one `=`, as in 'dataset = mnist'".to_owned());
        }
        let is_one = !name.is_empty() && !value.is_empty() && !value.contains(['<', '>']) && !name.contains(' ');
        if !is_one {
            return Err(EXPECTED.to_owned());
        }
        Ok(Self { text: text.to_owned(), name: name.to_owned(), sign, holds, value: value.to_owned() })
    }
}

/// The number that a text is, as in `0.1` or `90 %`.
fn number(text: &str) -> Option<f64> {
    text.strip_suffix('%').unwrap_or(text).trim().parse().ok().filter(|x: &f64| x.is_finite())
}

/// The seconds of a text such as `90 s`, `1 min` or `1 h 30 min`.
fn seconds(text: &str) -> Option<f64> {
    let span: Span = text.parse().ok()?;
    span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).ok()
}

/// Values that a hint names at most.
const MOST_NAMED: usize = 10;

impl Condition {
    /// The runs for which all of some conditions hold, and a note on each that no run meets. Of a run that does not have what is asked for,
    /// none holds.
    ///
    /// # Errors
    /// If a condition names what none of the runs has, or asks for the order of a number and a text.
    pub fn all(
        conditions: &[Self],
        mut rows: Vec<Row>,
        columns: &Columns,
    ) -> Result<(Vec<Row>, Vec<String>), TrainError> {
        let mut hints = Vec::new();
        for condition in conditions {
            let of = format!("--where '{}'", condition.text);
            let name = columns.named(&condition.name, &of)?;
            condition.check(&name, &of, &rows)?;
            let (met, others): (Vec<Row>, Vec<Row>) =
                rows.into_iter().partition(|row| row.get(&name).is_some_and(|value| condition.is_met(value)));
            if met.is_empty() {
                hints.extend(condition.hint(&name, &of, &others));
            }
            rows = met;
        }
        Ok((rows, hints))
    }

    /// The values that there are, where a text is asked for that no run has; or that they are numbers, where what is asked for is none.
    fn hint(&self, name: &str, of: &str, rows: &[Row]) -> Option<String> {
        if self.sign != "=" {
            return None;
        }
        let found: Vec<&Value> = rows.iter().filter_map(|row| row.get(name)).collect();
        let texts: BTreeSet<String> =
            found.iter().filter(|value| value.number().is_none()).map(|value| value.shown()).collect();
        if texts.is_empty() {
            let is_no_number = self.wanted(found.first()?).is_none();
            let why = || format!("note: `{of}` holds for no run: `{name}` is a number, and `{}` is none", self.value);
            return is_no_number.then(why);
        }
        let near = did_you_mean(&self.value, texts.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        let named: Vec<&str> = texts.iter().take(MOST_NAMED).map(String::as_str).collect();
        let more = if texts.len() > MOST_NAMED { ", …" } else { "" };
        Some(format!("note: `{of}` holds for no run: {near}there are: {}{more}", named.join(", ")))
    }

    /// Checks that what is asked for has an order, and that there is such a state.
    fn check(&self, name: &str, of: &str, rows: &[Row]) -> Result<(), TrainError> {
        if name == "state" && !State::WORDS.contains(&self.value.as_str()) {
            let near = did_you_mean(&self.value, State::WORDS);
            let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let known = State::WORDS.join(", ");
            return Err(TrainError::Runs {
                reason: format!("`{of}`: there is no such state: {near}there are: {known}"),
            });
        }
        let mut values = rows.iter().filter_map(|row| row.get(name));
        let is_ordered = !["=", "!="].contains(&self.sign);
        let found = values.find(|value| value.number().is_some() != self.wanted(value).is_some());
        let Some(found) = found.filter(|_| is_ordered) else { return Ok(()) };
        let [first, second] = if found.number().is_some() { ["a number", "none"] } else { ["a text", "a number"] };
        let compare = match found {
            Value::Seconds(_) => "write seconds, or a time as in '90 s', '1 min' or '1 h 30 min'",
            _ => "`=` and `!=` compare what has no order",
        };
        let reason = format!(
            "`{of}`: `{name}` is {first} of some runs, as `{}`, and `{}` is {second}; {compare}",
            found.shown(),
            self.value
        );
        Err(TrainError::Runs { reason })
    }

    /// The number that a value is compared with; a time may have a unit.
    fn wanted(&self, value: &Value) -> Option<f64> {
        let time = || matches!(value, Value::Seconds(_)).then(|| seconds(&self.value)).flatten();
        number(&self.value).or_else(time)
    }

    /// Whether the comparison holds for a value.
    pub fn is_met(&self, value: &Value) -> bool {
        let order = match (value, value.number().zip(self.wanted(value))) {
            (_, Some((found, wanted))) => found.partial_cmp(&wanted),
            // The beginning of a checksum stands for it, as it is shown.
            (Value::Checksum(checksum), _) if checksum.starts_with(&self.value) => Some(Ordering::Equal),
            (Value::Text(text) | Value::Checksum(text), _) => Some(text.as_str().cmp(&self.value)),
            _ => Some(Ordering::Less),
        };
        order.is_some_and(|order| self.holds.contains(&order))
    }
}
