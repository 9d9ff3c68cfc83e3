//! Patterns of names, in which `*` stands for any signs, none included.

/// What the stars of a pattern stand for in a name, if the pattern is one of the name. Of several ways, that in which the
/// first stars stand for the fewest signs.
pub fn stars<'n>(pattern: &str, name: &'n str) -> Option<Vec<&'n str>> {
    let mut parts: Vec<&str> = pattern.split('*').collect();
    let (first, last) = (parts.remove(0), parts.pop());
    let mut rest = name.strip_prefix(first)?;
    let Some(last) = last else { return rest.is_empty().then(Vec::new) };
    let mut found = Vec::new();
    for part in parts {
        let at = rest.find(part)?;
        found.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    found.push(rest.strip_suffix(last)?);
    Some(found)
}

/// A pattern with its stars replaced, one after the other.
pub fn filled(pattern: &str, stars: &[&str]) -> String {
    let mut stars = stars.iter();
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + stars.next().unwrap_or(&"") + part)
}

/// How many stars a pattern has.
pub fn count(pattern: &str) -> usize {
    pattern.matches('*').count()
}
