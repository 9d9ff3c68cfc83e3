//! Calls of analyses as the command line has them: unlike in a spec, a name there may be a path with points, as the bundles and values
//! of blocks have, and may have steps.

use lcnnc_lang::vocabulary::{ArgValue, Bound};

/// A call in which such names are plain ones. Each is as long as what it stands for, so that places are the same in both texts.
pub struct PlainText {
    pub text: String,
    /// Plain names with what they stand for.
    names: Vec<(String, String)>,
}

impl PlainText {
    pub fn of(text: &str) -> Self {
        let mut plain = Self { text: text.to_owned(), names: Vec::new() };
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let (bytes, mut at) = (text.as_bytes(), 0);
        while at < bytes.len() {
            let begin = at;
            // A point or an `@` is within a word where the word goes on behind it.
            let goes_on = |at: usize| {
                let is_within = [b'.', b'@'].contains(&bytes[at]) && at > begin;
                is_part(bytes[at]) || is_within && bytes.get(at + 1).is_some_and(|next| is_part(*next))
            };
            while at < bytes.len() && goes_on(at) {
                at += 1;
            }
            let word = &text[begin..at];
            if word.contains(['.', '@']) && !word.starts_with(|first: char| first.is_ascii_digit()) {
                plain.rename(word, begin);
            }
            // What is no word is passed over.
            at = at.max(begin + 1);
        }
        plain
    }

    /// Puts a plain name that nothing else in the text has in the place of another one.
    fn rename(&mut self, word: &str, begin: usize) {
        let is_free = |name: &String| {
            let own = self.names.iter().find(|(plain, _)| plain == name).map(|(_, meant)| meant);
            own.map_or_else(|| !self.text.contains(name.as_str()), |meant| meant == word)
        };
        let fillers = [b'_'].into_iter().chain(b'a'..=b'z').map(char::from);
        let mut names = fillers.map(|filler| word.replace(['.', '@'], &filler.to_string()));
        if let Some(name) = names.find(is_free) {
            self.text.replace_range(begin..begin + word.len(), &name);
            self.names.push((name, word.to_owned()));
        }
    }

    /// A call of the plain text with the names that are meant.
    pub fn meant(&self, mut call: Bound) -> Bound {
        for (_, value) in &mut call.values {
            if let ArgValue::Names(names) = value {
                for name in names {
                    let own = self.names.iter().find(|(plain, _)| plain == name);
                    own.iter().for_each(|(_, meant)| name.clone_from(meant));
                }
            }
        }
        call
    }
}
