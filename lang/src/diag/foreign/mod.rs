//! What people write who know another tool, and what to write in its place: one table, a row for each habit.
//!
//! Who speaks PyTorch, Keras, JAX, MATLAB or a paper's own notation misspells nothing, so nearness says nothing about
//! what is meant. Every row is tested: what is written is one problem with this answer, and what the answer shows compiles.

mod arguments;
mod calls;
mod choices;
mod maths;
mod settings;
mod signs;
mod words;

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Called, as `elu` in `elu(x)`.
    Call,
    /// Called with more values than it takes, as `min` in `min(x, 6)`.
    Surplus,
    /// The name of an argument of a layer, an optimizer or another choice.
    Argument,
    /// An argument whose value is of the wrong kind, as `padding` in `padding: 1`.
    Value,
    /// One of a few words or calls: an optimizer, an augmentation, initial values.
    Choice,
    /// The name of a setting.
    Setting,
    /// The word of a settings block.
    Block,
    /// A value in an equation or an argument.
    Name,
    /// The first word of a statement.
    Statement,
    /// Behind a point, as `shape` in `x.shape`.
    Member,
    /// A sign.
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

    /// The heading of its rows in the manual.
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
    /// All that are answered alike. The example has the first of them.
    pub words: &'static [&'static str],
    /// The help. The last thing in backticks is what to write, if the language can say it.
    pub say: &'static str,
    /// Lines of a spec that have it.
    pub write: &'static str,
    /// The same lines as they are written here; empty where the language has nothing in its place.
    pub mended: &'static str,
    /// The word to put in the place of the other, where that alone says the same.
    pub new: Option<&'static str>,
    /// A word that must be right there too, or the place is another than the row speaks of.
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

    /// The same, where one word takes the place of the other.
    const fn renamed(self, new: &'static str) -> Self {
        Self { new: Some(new), beside: Some(new), ..self }
    }

    /// The same for a sign, which is right or wrong at any place.
    const fn replaced(self, new: &'static str) -> Self {
        Self { new: Some(new), ..self }
    }

    /// The same, for places where that word would be right.
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

/// The row of a word at a place where the `known` words would be right.
pub fn find(at: At, word: &str, known: &[&str]) -> Option<&'static Row> {
    rows(at, word).find(|row| row.beside.is_none_or(|beside| known.contains(&beside)))
}

/// Whether another framework or a paper means something by that word.
pub fn is_known(at: At, word: &str) -> bool {
    rows(at, word).next().is_some()
}

/// Every row of a word, whichever place it speaks of.
pub fn rows(at: At, word: &str) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().copied().flatten().filter(move |row| row.at == at && row.words.contains(&word))
}
