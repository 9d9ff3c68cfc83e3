//! `allow name`: problems that a spec is meant to have.

use crate::diag::{Code, Diagnostic, catalogue, names};
use crate::syntax::ast::{Item, ItemKind, Name};

/// Whether the spec allows problems of that code.
pub fn is_allowed(items: &[Item], code: &Code) -> bool {
    named(items).any(|name| code.name == Some(name.text.as_str()))
}

/// Drops the diagnostics that the spec allows; reports names in an `allow` that no problem has.
pub fn take_back(items: &[Item], diagnostics: &mut Vec<Diagnostic>) {
    let known: Vec<&str> = catalogue().filter_map(|code| code.name).collect();
    for name in named(items).filter(|name| !known.contains(&name.text.as_str())) {
        diagnostics.push(names::unknown_lint(&name.text, name.span, &known));
    }
    diagnostics.retain(|diagnostic| !is_allowed(items, diagnostic.code));
}

/// Every name that stands behind an `allow`.
pub fn named(items: &[Item]) -> impl Iterator<Item = &Name> {
    items.iter().flat_map(|item| if let ItemKind::Allow(names) = &item.kind { &names[..] } else { &[] })
}
