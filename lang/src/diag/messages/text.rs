//! Problems of the text itself: what cannot be read, and statements that are written or placed wrongly.

mod elsewhere;

pub use elsewhere::{
    broken_by_comment, called_twice, decimal_comma, divided, given_by_equals, hyphen, in_quotes, index,
    missing_brackets, missing_colon, missing_commas, pair, passed_over, remainder, semicolons_in_brackets,
    sign_before_block, unit_of_name, unlisted,
};

use crate::diag::code::SLIP;
use crate::diag::foreign::{At, find};
use crate::diag::{Code, Diagnostic, Span, Words, among};

/// The codes of the text itself.
pub const CODES: &[&Code] = &[
    &UNEXPECTED,
    &UNCLOSED,
    &STRAY,
    &UNKNOWN_WORD,
    &WRONG_FORM,
    &TOO_LARGE,
    &TOO_DEEP,
    &BAD_NUMBER,
    &FOREIGN,
    &MISPLACED,
    &DIVIDED,
];

/// The code of a statement that stops making sense.
pub const UNEXPECTED: Code = Code::error(
    "L0001",
    "The statement stops making sense at this place. The message names what may stand there; the statement is left \
     out and the rest of the file is read.",
)
.mended(
    "The fix writes a comma that is missing between two arguments. It is safe where the second has a name: nothing else can \
     stand there.",
);
/// The code of a bracket that is never closed.
pub const UNCLOSED: Code = Code::error(
    "L0002",
    "Every bracket and brace that is opened must be closed: `(` by `)`, `[` by `]`, `{` by `}`. Where the closing one \
     is missing is a guess from the lines that follow.",
);
/// The code of a bracket that closes nothing, or one of another kind.
pub const STRAY: Code = Code::error("L0003", "A closing bracket needs an opening one of the same kind before it.");
/// The code of a statement that starts with an unknown word.
pub const UNKNOWN_WORD: Code = Code::error(
    "L0004",
    "A statement starts with a word that says what it declares, such as `const` or `weights`, or with the name of a \
     value, as in `A = relu(x)`.",
)
.mended(SLIP);
/// The code of a statement that is written in the form of another.
pub const WRONG_FORM: Code = Code::error(
    "L0005",
    "Each statement has one form, and this statement is written in the form of another.",
)
.mended(
    "The fix writes the sign that the statement's first word, an argument or a setting asks for, and the brackets around a \
         choice's value. It is safe: with another sign, or with none, neither says anything.",
);
/// The code of a text that is too large to be read.
pub const TOO_LARGE: Code =
    Code::error("L0006", "A spec is a page of equations. A text this large is most likely another kind of file.");
/// The code of a spec that is too deep, too long or too much written out.
pub const TOO_DEEP: Code = Code::error(
    "L0007",
    "Brackets within brackets, the operators of one statement, functions that call functions and the million values that \
     all of a spec may be written out to are limited, so that no text can exhaust the compiler. Give parts of a long \
     expression names of their own.",
);
/// The code of what looks like a number and is none.
pub const BAD_NUMBER: Code = Code::error(
    "L0008",
    "A number is written as `3`, `0.5` or `1e-3`, with `%` or a unit such as `batches` behind it where one is asked \
     for, and must not be larger than a double can hold.",
)
.mended("The fix writes a point for a comma. It is unsafe: two numbers may be meant.");
/// The code of signs and words that no spec is made of.
pub const FOREIGN: Code = Code::error(
    "L0009",
    "A spec is made of names, numbers, `+ - * /`, `= : ,`, `->`, `'`, `%`, brackets and `//` comments. Names are made of \
     the letters a to z and A to Z, digits and `_`.",
)
.mended(
    "The fix writes the comments of other languages as `//`, ends statements with their lines, parts values in brackets by \
     commas, takes words out of their quotes and an argument's `=` for a `:`. It is safe: none of that can mean anything else. A library's name in front of a layer is \
     taken away, and a sign of another language replaced, by an unsafe fix: what is left may still mean something else.",
);
/// The code of a statement that stands in the wrong place.
pub const MISPLACED: Code = Code::error(
    "L0010",
    "Some statements belong in a block, such as `state` into a loop, and some stand outside of all blocks, such as \
     `input` and `weights`.",
);

/// The code of a comment that reads like a divisor.
pub const DIVIDED: Code = Code::warning(
    "L0011",
    "number_comment",
    "In other languages `//` divides; here it begins a comment, so that `size // 2` is `size`. A comment that is nothing but a \
     number is most likely meant to be a divisor.",
)
.mended(
    "The fix writes `/`. It is unsafe: the spec compiles as it stands, and the number may be a remark.",
);

/// What the parser found where it expected something else.
pub enum FoundText<'a> {
    /// A word or sign, and where.
    Text(Span, &'a str),
    /// The end of the statement, which comes behind this span.
    End(Span),
}

/// A statement that stops making sense: `expected` says in words what may stand there, `after` is the text before the
/// place.
pub fn unexpected(found: FoundText, expected: &str, after: &str, help: Option<String>) -> Diagnostic {
    let (span, label, mend) = match found {
        FoundText::Text(span, text) if expected.ends_with("the end of the line") => {
            let text = quoted(text);
            (
                span,
                format!("found {text} here"),
                format!("give what starts with {text} a line of its own, or remove it"),
            )
        }
        FoundText::Text(span, text) => {
            let text = quoted(text);
            (span, format!("found {text} here"), format!("write {expected} before {text}, or remove {text}"))
        }
        FoundText::End(span) => (span, "nothing follows this".to_owned(), format!("write {expected} behind it")),
    };
    let place = if after.is_empty() { String::new() } else { format!(" after `{after}`") };
    let found = Diagnostic::new(&UNEXPECTED, format!("expected {expected}{place}")).label(span, label);
    found.help(help.unwrap_or(mend))
}

/// A bracket or a brace that is never closed.
pub fn unclosed(open: Span, sign: &str, closing: &str) -> Diagnostic {
    let what = if sign == "{" { "brace" } else { "bracket" };
    Diagnostic::new(&UNCLOSED, format!("the {what} `{sign}` is never closed"))
        .label(open, "opened here")
        .help(format!("close it with `{closing}`"))
}

/// A bracket closed by one of another kind.
pub fn wrong_bracket(open: Span, expected: &str, here: Span, found: &str) -> Diagnostic {
    Diagnostic::new(&STRAY, format!("expected `{expected}`, found `{found}`"))
        .label(here, format!("`{found}` closes nothing"))
        .label(open, "this is what is to be closed")
        .help(format!("write `{expected}`"))
}

/// A closing bracket where nothing is open.
pub fn stray(here: Span, sign: &str) -> Diagnostic {
    Diagnostic::new(&STRAY, format!("`{sign}` closes nothing"))
        .label(here, "nothing is open here")
        .help(format!("remove the `{sign}`, or add what it is to close"))
}

/// A statement that starts with an unknown word; `known` are the words that would have fitted.
pub fn unknown_word(at: Span, word: &str, known: &[&str]) -> Diagnostic {
    let words = among(known.iter().copied());
    Diagnostic::new(&UNKNOWN_WORD, format!("no statement starts with `{word}`")).label(at, "unknown word").nearest(
        word,
        at,
        Words { at: At::Statement, language: known, own: &[] },
        &format!(
            "start with {words}, or with a block of settings such as `train {{`, or write an equation, `name = value`"
        ),
    )
}

/// A statement whose word asks for another form, such as `const name = value`.
pub fn wrong_form(at: Span, word: &str, form: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, format!("this is not how `{word}` is written"))
        .label(at, "this has another form")
        .help(format!("write `{form}`"))
}

/// A statement with the wrong sign behind its name, as `const steps: 3`.
pub fn wrong_sign(at: Span, found: &str, expected: &str, after: &str, form: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, format!("expected `{expected}` after `{after}`"))
        .label(at, format!("found `{found}` here"))
        .help(format!("write `{form}`"))
        .edit(at, found, expected)
        .certain()
}

/// A statement's word with a `:` behind it, as `model: Base`; `sign` is the span of the `:`, and `value` what follows.
pub fn word_with_colon(at: Span, word: &str, form: &str, sign: Span, value: &str) -> Diagnostic {
    let problem =
        Diagnostic::new(&WRONG_FORM, format!("this is not how `{word}` is written")).label(at, "this has another form");
    // A longer value is not written out.
    match form.strip_prefix(word).filter(|_| !value.contains('…')) {
        // Only a value follows the word.
        Some(" Name" | " value" | " name") => {
            problem.help(format!("write `{word} {value}`")).edit(sign, ":", " ").certain()
        }
        Some(" name: [channels, height, width]") => problem.help(format!("write `{word} image: {value}`")),
        Some(" name: kind(in -> out, …)") => problem.help(format!("write `{word} W: {value}`")),
        Some(" name = value") => problem.help(format!("write `{word} name = {value}`")),
        _ => problem.help(format!("write `{form}`")),
    }
}

/// A setting, `key: value`, where statements stand.
pub fn lone_entry(at: Span, key: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, format!("`{key}: …` is neither a statement nor inside a settings block"))
        .label(at, "a setting")
        .help(format!(
            "put it into a block such as `train {{ … }}`, write `{key} = …` for an equation, or put `input` or `weights` \
             in front"
        ))
}

/// A statement where settings stand, or a setting without its colon.
pub fn not_an_entry(at: Span, block: &str, key: &str) -> Diagnostic {
    let block = if block.is_empty() { String::new() } else { format!(" in `{block}`") };
    Diagnostic::new(&WRONG_FORM, format!("this is not how a setting{block} is written"))
        .label(at, "expected a `:` behind the name")
        .help(format!("write `{key}: value`"))
}

/// A setting that is given by `=`, as `lr = 0.1`; `sign` is what stands between the name and the value.
pub fn setting_by_equals(at: Span, block: &str, key: &str, sign: Span) -> Diagnostic {
    not_an_entry(at, block, key).edit(sign, "=", ": ").certain()
}

/// An `if` or a `repeat` as a part of something larger.
pub fn needs_brackets(at: Span, word: &str) -> Diagnostic {
    let form = if word == "if" { "(if a then b else c)" } else { "(repeat n f(x))" };
    Diagnostic::new(&UNEXPECTED, format!("`{word}` stands between other values"))
        .label(at, "where does it end?")
        .help(format!("put brackets around all of it: `{form}`"))
}

/// A choice as Python writes it.
pub fn foreign_choice(at: Span) -> Diagnostic {
    wrong_form(at, "if", "if a then b else c").foreign(At::Sign, "if", "write `if a then b else c`")
}

/// A `repeat` of something that is no call.
pub fn repeats_no_call(at: Span) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, "`repeat` chains copies of a call")
        .label(at, "this calls nothing")
        .help("write `repeat n f(x, …)`: each copy is applied to what the one before it gives")
}

/// A parameter of a block that is neither a name nor a name with a default.
pub fn not_a_parameter(at: Span) -> Diagnostic {
    Diagnostic::new(&WRONG_FORM, "this is not how a parameter is written")
        .label(at, "no name")
        .help("write `x`, or `n: 1` for one with a default")
}

/// A text of more bytes than `limit`.
pub fn too_large(size: usize, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_LARGE, format!("this text has {size} bytes; a spec has at most {limit}"))
        .label(Span::default(), "not read")
        .help("check that this is the file you meant")
}

/// Brackets nested more than `limit` deep.
pub fn too_deep(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_DEEP, format!("brackets are nested more than {limit} deep"))
        .label(at, "one bracket too many")
        .help("give the inner parts names of their own, in equations before this one")
}

/// A statement of more than `limit` operators.
pub fn too_long(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_DEEP, format!("one statement holds more than {limit} operators"))
        .label(at, "one operator too many")
        .help("split it into several equations")
}

/// A statement of more than `limit` choices.
pub fn too_many_choices(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_DEEP, format!("one statement holds more than {limit} choices"))
        .label(at, "one `if` too many")
        .help("split it into several equations")
}

/// Functions and blocks that call each other more than `limit` expressions deep, written out.
pub fn calls_too_deep(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(
        &TOO_DEEP,
        format!("written out, functions and blocks in each other are more than {limit} expressions deep"),
    )
    .label(at, "too deep from here on")
    .help("call functions that call fewer others")
}

/// Blocks that call blocks more than `limit` deep.
pub fn blocks_too_deep(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_DEEP, format!("blocks call blocks more than {limit} deep"))
        .label(at, "one block too deep")
        .help("write the innermost blocks out, or chain copies with `repeat`")
}

/// Blocks inside blocks that come to more than `limit` definitions, written out.
pub fn too_many_definitions(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_DEEP, format!("written out, the blocks of this spec are more than {limit} definitions"))
        .label(at, "one definition too many")
        .help("repeat less, or call fewer blocks within blocks")
}

/// Functions and blocks that come to more than `limit` calls, written out.
pub fn too_many_calls(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(
        &TOO_DEEP,
        format!("written out, the functions and blocks of this spec are more than {limit} calls"),
    )
    .label(at, "one call too many")
    .help("call functions that call fewer others")
}

/// Functions, blocks and copies that come to more than `limit` values of the net, written out.
pub fn too_many_values(at: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(&TOO_DEEP, format!("written out, this spec is more than {limit} values"))
        .label(at, "one value too many")
        .help("repeat less, or call fewer functions and blocks within each other")
}

/// A word that begins like a number and is none.
pub fn bad_number(at: Span, number: &str) -> Diagnostic {
    Diagnostic::new(&BAD_NUMBER, format!("{} is not a number", quoted(number)))
        .label(at, "cannot be read as a number")
        .help("write a number as `3`, `0.5` or `1e-3`")
}

/// A number that no double can hold.
pub fn number_too_large(at: Span, number: &str) -> Diagnostic {
    Diagnostic::new(&BAD_NUMBER, format!("{} is out of range", quoted(number)))
        .label(at, "too large for a double")
        .help("the largest number is about `1.8e308`")
}

/// A character, a sign, or a word with such characters, that no spec is made of.
pub fn foreign(at: Span, found: &str) -> Diagnostic {
    let is_word = found.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let message = if is_word { "is not a name" } else { "does not belong in a spec" };
    let is_seen = !found.chars().all(|c| c.is_control() || c.is_whitespace() || ZERO_WIDTH.contains(&c));
    let instead = match (is_word, is_seen) {
        (true, _) => ASCII_NAMES,
        (false, true) => "write what it stands for: signs are `+ - * /`, and all else is a function, such as `sqrt(x)`",
        (false, false) => "remove it",
    };
    let problem = not_read(at, format!("{} {message}", quoted(found))).foreign(
        At::Sign,
        if found.ends_with('²') { "²" } else { found },
        instead,
    );
    match find(At::Sign, found, &[]).and_then(|row| row.new) {
        Some(new) => problem.edit(at, found, new),
        None => problem,
    }
}

/// Characters that take no room.
const ZERO_WIDTH: [char; 6] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{2060}', '\u{feff}'];

const ASCII_NAMES: &str = "make names of the letters a to z and A to Z, digits and `_`, such as `alpha` for `α`";

fn not_read(at: Span, message: String) -> Diagnostic {
    Diagnostic::new(&FOREIGN, message).label(at, "cannot be read")
}

/// A name with points in it; the caller adds the answer.
pub fn point(at: Span, found: &str) -> Diagnostic {
    not_read(at, format!("{} has a point in it, and names have none", quoted(found)))
}

/// A statement that belongs elsewhere: `place` is where it stands, `belongs` where it is to stand, both in words.
pub fn misplaced(at: Span, what: &str, place: &str, belongs: &str) -> Diagnostic {
    Diagnostic::new(&MISPLACED, format!("{what} cannot stand {place}"))
        .label(at, "in the wrong place")
        .help(format!("move it {belongs}"))
}

/// A text in backticks, its control characters made visible, cut to a length that can be read.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 32;
    let shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    let rest = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    // `escape_debug` shields the quotes that Rust would; a reader wants to see what stands in the file.
    format!("`{}{rest}`", shown.replace("\\'", "'").replace("\\\"", "\""))
}
