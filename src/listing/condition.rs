//! Which runs a list has: comparisons of what is known of them.

use super::columns::Columns;
use super::row::{Row, Value};
use crate::train::TrainError;
use std::cmp::Ordering;
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

impl Condition {
    /// The runs for which all of some conditions hold. Of a run that does not have what is asked for, none holds.
    ///
    /// # Errors
    /// If a condition names what none of the runs has, or asks for the order of a number and a text.
    pub fn all(conditions: &[Self], mut rows: Vec<Row>, columns: &Columns) -> Result<Vec<Row>, TrainError> {
        for condition in conditions {
            let of = format!("--where '{}'", condition.text);
            let name = columns.named(&condition.name, &of)?;
            condition.check(&name, &of, &rows)?;
            rows.retain(|row| row.get(&name).is_some_and(|value| condition.is_met(value)));
        }
        Ok(rows)
    }

    /// Checks that what is asked for has an order.
    fn check(&self, name: &str, of: &str, rows: &[Row]) -> Result<(), TrainError> {
        let mut values = rows.iter().filter_map(|row| row.get(name));
        let is_ordered = !["=", "!="].contains(&self.sign);
        let found = values.find(|value| value.number().is_some() != number(&self.value).is_some());
        let Some(found) = found.filter(|_| is_ordered) else { return Ok(()) };
        let [first, second] = if found.number().is_some() { ["a number", "none"] } else { ["a text", "a number"] };
        let reason = format!(
            "`{of}`: `{name}` is {first} of some runs, as `{}`, and `{}` is {second}; `=` and `!=` compare what has no order",
            found.shown(),
            self.value
        );
        Err(TrainError::Runs { reason })
    }

    /// Whether the comparison holds for a value.
    pub fn is_met(&self, value: &Value) -> bool {
        let order = match (value, value.number().zip(number(&self.value))) {
            (_, Some((found, wanted))) => found.partial_cmp(&wanted),
            // The beginning of a checksum stands for it, as it is shown.
            (Value::Checksum(checksum), _) if checksum.starts_with(&self.value) => Some(Ordering::Equal),
            (Value::Text(text) | Value::Checksum(text), _) => Some(text.as_str().cmp(&self.value)),
            _ => Some(Ordering::Less),
        };
        order.is_some_and(|order| self.holds.contains(&order))
    }
}
