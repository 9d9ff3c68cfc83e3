//! The consts of a spec as they are written, for whoever compares specs.

use crate::syntax;
use crate::syntax::ast::ItemKind;

/// The name of each const in the text of a spec and the text of its value, in the order of the text.
pub fn const_texts(text: &str) -> Vec<(String, String)> {
    let text = syntax::with_line_feeds(text);
    let (ast, _) = syntax::parse(&text);
    let of = |kind: &ItemKind| match kind {
        ItemKind::Const { name, value } => {
            Some((name.text.clone(), text.get(value.span.start..value.span.end)?.to_owned()))
        }
        _ => None,
    };
    ast.items.iter().filter_map(|item| of(&item.kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::const_texts;

    #[test]
    fn consts_come_with_the_text_of_their_value() {
        let text = "model M\r\nconst gap = sat_abs // a comment\r\nconst steps = 2 + 1\r\ninput x: [1, 2, 2]\r\n";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(const_texts(text), [pair("gap", "sat_abs"), pair("steps", "2 + 1")]);
    }
}
