//! What of a spec reads a const: a value of the settings may have to follow a const that the command line sets.

use crate::syntax;
use crate::syntax::ast::{Expr, ExprKind, Item, ItemKind};
use std::collections::BTreeSet;

/// Who reads a const, itself or through consts that are calculated from it.
#[derive(Clone, Debug, Default)]
pub struct Readers {
    /// The settings whose expressions read it, each as its block and its key.
    pub settings: Vec<(String, String)>,
    /// Whether the const is read by anything that is no const itself.
    pub any: bool,
}

/// Who reads the const of that name in the text of a spec; none where the spec has no such const.
pub fn readers(text: &str, name: &str) -> Option<Readers> {
    let text = syntax::with_line_feeds(text);
    let (ast, _) = syntax::parse(&text);
    let consts: Vec<(&str, &Expr)> = ast.items.iter().filter_map(constant).collect();
    if consts.iter().all(|(known, _)| *known != name) {
        return None;
    }
    let names = followers(&consts, name);
    let mut readers = Readers::default();
    for item in &ast.items {
        let ItemKind::Settings { word, entries, .. } = &item.kind else { continue };
        let reading = entries.iter().filter(|entry| reads(&entry.value, &names));
        readers.settings.extend(reading.map(|entry| (word.text.clone(), entry.key.text.clone())));
    }
    let is_const = |at: usize| {
        let within = |item: &Item| match &item.kind {
            ItemKind::Const { name, value } => name.span.start <= at && at < value.span.end,
            _ => false,
        };
        ast.items.iter().any(within)
    };
    // What is named by a text that cannot be read whole is found as well.
    readers.any = syntax::read_words(&text).any(|(word, at)| names.contains(word) && !is_const(at));
    Some(readers)
}

fn constant(item: &Item) -> Option<(&str, &Expr)> {
    match &item.kind {
        ItemKind::Const { name, value } => Some((&name.text, value)),
        _ => None,
    }
}

/// A const and all that are calculated from it.
fn followers<'a>(consts: &[(&'a str, &Expr)], name: &'a str) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::from([name]);
    loop {
        let more: Vec<&str> = consts
            .iter()
            .filter(|(name, value)| !names.contains(name) && reads(value, &names))
            .map(|(name, _)| *name)
            .collect();
        if more.is_empty() {
            return names;
        }
        names.extend(more);
    }
}

/// Whether an expression reads one of the names, or calls what one of them stands for.
fn reads(value: &Expr, names: &BTreeSet<&str>) -> bool {
    value.parts().any(|part| match &part.kind {
        ExprKind::Name(name) => names.contains(name.as_str()),
        ExprKind::Call(call) => names.contains(call.callee.text.as_str()),
        _ => false,
    })
}
