//! The names that a text defines.

use super::ast::{Ast, Item, ItemKind, Name};
use std::collections::BTreeSet;

/// Every name that the text defines anywhere, but for those of statements that could not be read.
pub fn defined(ast: &Ast) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    collect(&ast.items, &mut names);
    names
}

fn collect<'a>(items: &'a [Item], names: &mut BTreeSet<&'a str>) {
    let mut add = |name: &'a Name| names.extend([name.text.as_str()]);
    for item in items {
        match &item.kind {
            ItemKind::Const { name, .. }
            | ItemKind::Input { name, .. }
            | ItemKind::Weights { name, .. }
            | ItemKind::Equation { name, .. }
            | ItemKind::State { name, .. }
            | ItemKind::Loop { name, .. }
            | ItemKind::Branch { name, .. }
            | ItemKind::Arm { name, .. }
            | ItemKind::Penalty { name, .. } => add(name),
            ItemKind::Fn { name, params, .. } => params.iter().chain([name]).for_each(&mut add),
            ItemKind::Block { name, params, .. } => {
                params.iter().map(|param| &param.name).chain([name]).for_each(&mut add);
            }
            ItemKind::Model(_)
            | ItemKind::Yield { .. }
            | ItemKind::Allow(_)
            | ItemKind::Output { .. }
            | ItemKind::Settings { .. } => {}
        }
    }
    for item in items {
        if let ItemKind::Loop { body, .. } | ItemKind::Branch { arms: body, .. } | ItemKind::Block { body, .. } =
            &item.kind
        {
            collect(body, names);
        }
    }
}
