//! `allow name`: problems that a spec means to have.

use crate::diag::{Code, Diagnostic, catalogue, names};
use crate::syntax::ast::{Item, ItemKind, Name};

/// Takes back what the spec allows; names that nothing is called by are reported.
pub fn take_back(items: &[Item], diagnostics: &mut Vec<Diagnostic>) {
    let named: Vec<(&str, &Code)> = catalogue().filter_map(|code| Some((code.name?, code))).collect();
    let known: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    let mut allowed: Vec<&Code> = Vec::new();
    for name in self::named(items) {
        match named.iter().find(|(known, _)| *known == name.text) {
            Some((_, code)) => allowed.push(code),
            None => diagnostics.push(names::unknown_lint(&name.text, name.span, &known)),
        }
    }
    diagnostics.retain(|diagnostic| !allowed.contains(&diagnostic.code));
}

/// Every name behind an `allow`.
pub fn named(items: &[Item]) -> impl Iterator<Item = &Name> {
    items.iter().flat_map(|item| if let ItemKind::Allow(names) = &item.kind { &names[..] } else { &[] })
}
