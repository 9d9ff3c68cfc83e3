//! Comments of a spec, by the dotted names of what they are about.

use super::About;
use crate::syntax::ast::{Ast, Expr, ExprKind, Item, ItemKind};

/// An equation that is longer is not shown beside what it becomes.
const LONGEST: usize = 200;

impl About {
    /// What a spec says of itself in comments.
    pub(crate) fn of_text(ast: &Ast, text: &str) -> Self {
        let mut about = Self { head: ast.doc.clone(), ..Self::default() };
        let notes = Notes { text, items: &ast.items };
        notes.read(&ast.items, "", &mut about);
        about
    }
}

struct Notes<'a> {
    text: &'a str,
    items: &'a [Item],
}

impl Notes<'_> {
    fn read(&self, items: &[Item], within: &str, about: &mut About) {
        let path = |name: &str| if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") };
        for item in items {
            let mut said = item.doc.clone();
            said.extend(self.behind(item));
            match &item.kind {
                ItemKind::Weights { name, .. } => {
                    if !said.is_empty() {
                        about.behind.insert(path(&name.text), said.join(" "));
                    }
                }
                ItemKind::Equation { name, primed, value } => {
                    let copied = self.copied(value);
                    if !copied.is_empty() {
                        said.extend(self.written(item));
                        said.extend(copied);
                    }
                    let mark = if *primed { "'" } else { "" };
                    Self::put(about, path(&name.text) + mark, said);
                }
                ItemKind::State { name, .. } | ItemKind::Arm { name, .. } => Self::put(about, path(&name.text), said),
                ItemKind::Penalty { name, .. } => Self::put(about, format!("penalty {}", name.text), said),
                ItemKind::Branch { name, arms, .. } => {
                    Self::put(about, path(&name.text), item.doc.clone());
                    self.read(arms, within, about);
                }
                ItemKind::Loop { name, body, .. } => {
                    Self::put(about, path(&name.text), item.doc.clone());
                    self.read(body, &path(&name.text), about);
                }
                ItemKind::Model(_)
                | ItemKind::Const { .. }
                | ItemKind::Input { .. }
                | ItemKind::Fn { .. }
                | ItemKind::Block { .. }
                | ItemKind::Yield { .. }
                | ItemKind::Allow(_)
                | ItemKind::Output { .. }
                | ItemKind::Settings { .. } => {}
            }
        }
    }

    fn put(about: &mut About, path: String, said: Vec<String>) {
        if !said.is_empty() {
            about.above.insert(path, said);
        }
    }

    /// The comment behind a statement, on its last line.
    fn behind(&self, item: &Item) -> Option<String> {
        let line = self.text.get(item.span.end..)?.lines().next()?.trim();
        let comment = line.strip_prefix("//").filter(|comment| !comment.starts_with(['/', '!']))?.trim();
        (!comment.is_empty()).then(|| comment.to_owned())
    }

    /// A statement as it is written, on one line.
    fn written(&self, item: &Item) -> Option<String> {
        let text = self.text.get(item.span.start..item.span.end)?;
        let line = text.split_whitespace().collect::<Vec<&str>>().join(" ");
        (line.chars().count() <= LONGEST && !line.contains("//")).then_some(line)
    }

    /// What the blocks that an expression copies say of themselves; nothing of an expression without copies.
    fn copied(&self, value: &Expr) -> Vec<String> {
        let blocks = value.parts().filter_map(|part| match &part.kind {
            ExprKind::Call(call) | ExprKind::Repeat { call, .. } => self.block(&call.callee.text),
            _ => None,
        });
        let mut said: Vec<String> = Vec::new();
        for block in blocks {
            let text = if block.doc.is_empty() { String::new() } else { block.doc.join(" ") };
            if !said.contains(&text) {
                said.push(text);
            }
        }
        said
    }

    fn block(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| matches!(&item.kind, ItemKind::Block { name: own, .. } if own.text == name))
    }
}
