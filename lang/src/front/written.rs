//! Settings as text, which is read as the same settings.

use super::consts::CLASSES;
use super::edits::Edits;
use super::settings::Settings;
use crate::diag::Span;
use crate::syntax::ast::{Entry, ExprKind, Item, ItemKind};
use crate::vocabulary::settings::BLOCKS;
use crate::vocabulary::{ArgValue, Type};

/// The settings blocks of a spec as they stand in its text.
#[derive(Clone, Copy, Debug)]
pub struct SettingsInText<'s> {
    pub items: &'s [Item],
    pub text: &'s str,
    /// The settings that the blocks come to.
    pub settings: &'s Settings,
    /// The arguments to fill in at the calls in the blocks.
    pub filled: &'s Edits,
}

impl SettingsInText<'_> {
    /// Adds the edits that write settings into the spec: values in their places, missing keys and blocks added.
    pub fn write(&self, settings: &Settings, edits: &mut Edits) {
        let text = self.text;
        for (block, bound) in BLOCKS.iter().zip(settings.blocks()) {
            let block_in_text = self.items.iter().find_map(|item| match &item.kind {
                ItemKind::Settings { word, entries, close } if word.text == block.name => Some((entries, *close)),
                _ => None,
            });
            let line = |name: &str, value: &ArgValue| format!("    {name}: {}\n", written(name, value));
            match block_in_text {
                Some((entries, close)) => {
                    let mut missing = Vec::new();
                    for (name, value) in &bound.values {
                        match entries.iter().find(|entry| entry.key.text == *name) {
                            Some(entry) if self.stays(entry, block.name, value) => {
                                edits.adopt(self.filled, entry.value.span);
                            }
                            Some(entry) => edits.replace(entry.value.span, written(name, value)),
                            None => missing.push((name, value)),
                        }
                    }
                    let before = text[..close].trim_end_matches([' ', '\t']);
                    if before.ends_with('\n') {
                        let lines: String = missing.into_iter().map(|(name, value)| line(name, value)).collect();
                        edits.replace(Span::new(close, close), lines);
                    } else {
                        // All on one line.
                        let more =
                            missing.into_iter().map(|(name, value)| format!(", {name}: {}", written(name, value)));
                        edits.replace(Span::new(before.len(), before.len()), more.collect::<String>());
                    }
                }
                None if settings.may_leave_out(block.name) => {}
                None => {
                    let lines: String = bound.values.iter().map(|(name, value)| line(name, value)).collect();
                    edits.replace(Span::new(text.len(), text.len()), format!("\n{} {{\n{lines}}}\n", block.name));
                }
            }
        }
    }

    /// Whether the author's own expression stays. What is calculated from consts follows them, as it does in the net;
    /// but for the number of classes, which the data set of another run may change.
    fn stays(&self, entry: &Entry, block: &str, value: &ArgValue) -> bool {
        let bound = self.settings.blocks().into_iter().find(|bound| bound.callee == block);
        let is_const = |name: &str| {
            self.items
                .iter()
                .any(|item| matches!(&item.kind, ItemKind::Const { name: known, .. } if known.text == name))
        };
        let names: Vec<&str> = entry
            .value
            .parts()
            .filter_map(|part| match &part.kind {
                ExprKind::Name(name) => Some(name.as_str()),
                ExprKind::Call(call) => Some(call.callee.text.as_str()),
                _ => None,
            })
            .collect();
        bound.is_some_and(|bound| bound.get(&entry.key.text) == Some(value))
            && names.iter().any(|name| is_const(name))
            && !names.contains(&CLASSES)
    }
}

/// A value as its block writes it, which is read as the same value. Shares are written as percents where that says all
/// of their digits.
pub fn written(name: &str, value: &ArgValue) -> String {
    let share = BLOCKS.iter().flat_map(|block| block.keys).any(|key| key.name == name && matches!(key.ty, Type::Share));
    match value {
        // Rounded, so that 0.15 is written 15% and not 15.000000000000002%.
        ArgValue::Real(x) if share && percent(*x) / 100.0 == *x => format!("{}%", percent(*x)),
        _ => value.to_string(),
    }
}

fn percent(share: f64) -> f64 {
    (share * 1e10).round() / 1e8
}
