//! The table of habits: what people who know another tool write, and what to write in its place, a row for each.
//!
//! Who speaks PyTorch, Keras, JAX, MATLAB or a paper's own notation misspells nothing, so nearness says nothing about
//! what is meant. Every row is tested: what is written is one problem with this answer, and what the answer shows
//! compiles.

mod arguments;
mod calls;
mod choices;
mod maths;
mod settings;
mod signs;
mod words;

/// The kind of place at which a word or a sign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The name of something that is called, as `elu` in `elu(x)`.
    Call,
    /// The name of something that is called with more values than it takes, as `min` in `min(x, 6)`.
    Surplus,
    /// The name of an argument of a layer, an optimizer or another choice.
    Argument,
    /// The name of an argument whose value is of the wrong kind, as `padding` in `padding: 1`.
    Value,
    /// A word where one of a few words or calls must stand: an optimizer, an augmentation, initial values.
    Choice,
    /// The name of a setting.
    Setting,
    /// The word of a settings block.
    Block,
    /// A value in an equation or an argument.
    Name,
    /// The first word of a statement.
    Statement,
    /// A word behind a point, as `shape` in `x.shape`.
    Member,
    /// A sign that is no word.
    Sign,
    /// A place that other tools have no words for.
    Elsewhere,
}

impl At {
    pub const ALL: [At; 11] = [
        At::Statement,
        At::Sign,
        At::Member,
        At::Name,
        At::Call,
        At::Surplus,
        At::Argument,
        At::Value,
        At::Choice,
        At::Block,
        At::Setting,
    ];

    /// The heading that the rows of this kind of place have in the manual.
    pub fn heading(self) -> &'static str {
        match self {
            At::Elsewhere => "Other places",
            At::Statement => "Statements",
            At::Sign => "Signs",
            At::Member => "Names with a point",
            At::Name => "Values",
            At::Call => "Layers and functions",
            At::Surplus => "Functions with more values than they take",
            At::Argument => "Arguments",
            At::Value => "Values of arguments",
            At::Choice => "Optimizers, augmentations, transforms and other choices",
            At::Block => "Settings blocks",
            At::Setting => "Settings",
        }
    }
}

/// One habit: the words that people write, and the answer.
#[derive(Debug)]
pub struct Row {
    pub at: At,
    /// All words that are answered alike. The example has the first of them.
    pub words: &'static [&'static str],
    /// The help that answers the words. The last thing in backticks is what to write, if the language can say it.
    pub say: &'static str,
    /// Lines of a spec that have the first of the words.
    pub write: &'static str,
    /// The lines of `write` as this language writes them; empty where it has nothing in their place.
    pub mended: &'static str,
    /// The word to put in the place of the habit's, where that alone says the same.
    pub new: Option<&'static str>,
    /// A word that must be right at the same place; where it is not, the row speaks of another place.
    beside: Option<&'static str>,
}

impl Row {
    const fn new(
        at: At,
        words: &'static [&'static str],
        say: &'static str,
        [write, mended]: [&'static str; 2],
    ) -> Self {
        Self { at, words, say, write, mended, new: None, beside: None }
    }

    /// This row for a word whose place the word `new` takes, where that would be right.
    const fn renamed(self, new: &'static str) -> Self {
        Self { new: Some(new), beside: Some(new), ..self }
    }

    /// This row for a sign whose place the sign `new` takes; a sign is right or wrong at any place.
    const fn replaced(self, new: &'static str) -> Self {
        Self { new: Some(new), ..self }
    }

    /// This row for those places alone where `word` would be right.
    const fn beside(self, word: &'static str) -> Self {
        Self { beside: Some(word), ..self }
    }
}

/// Every row, group by group.
pub const TABLE: &[&[Row]] = &[
    words::ROWS,
    signs::ROWS,
    calls::LAYERS,
    calls::ACTIVATIONS,
    maths::ROWS,
    arguments::ROWS,
    choices::ROWS,
    settings::ROWS,
];

/// The row that answers a word at a kind of place where the `known` words would be right.
pub fn find(at: At, word: &str, known: &[&str]) -> Option<&'static Row> {
    rows(at, word).find(|row| row.beside.is_none_or(|beside| known.contains(&beside)))
}

/// Whether another framework or a paper means something by a word at that kind of place.
pub fn is_known(at: At, word: &str) -> bool {
    rows(at, word).next().is_some()
}

/// Every row that has a word at that kind of place, whatever words would be right there.
pub fn rows(at: At, word: &str) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().copied().flatten().filter(move |row| row.at == at && row.words.contains(&word))
}
