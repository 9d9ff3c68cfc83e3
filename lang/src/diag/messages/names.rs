//! Names and arguments: what is unknown, said twice, missing, of the wrong type or out of range.

use super::misread::TWO_ORDERS;
use crate::diag::code::SLIP;
use crate::diag::foreign::{At, rows};
use crate::diag::{Code, Diagnostic, Span, Words, alike, among, counted, did_you_mean, some_of};
use crate::kinds;

/// The codes of names and arguments.
pub const CODES: &[&Code] = &[
    &UNKNOWN_NAME,
    &UNKNOWN_CALL,
    &UNKNOWN_ARGUMENT,
    &DUPLICATE,
    &MISSING_ARGUMENT,
    &WRONG_TYPE,
    &OUT_OF_RANGE,
    &SUPERFLUOUS,
    &UNUSED,
    &MISUSED,
    &UNKNOWN_CONST,
    &OVERRIDE_TYPE,
    &RECURSIVE,
    &MISSING_STATEMENT,
    &RESERVED,
    &NOT_DECLARABLE,
    &UNKNOWN_LINT,
    &TWO_ORDERS,
];

/// The code of a name that nothing has.
pub const UNKNOWN_NAME: Code =
    Code::error("L0101", "Every name in an equation must be defined somewhere in the spec.").mended(SLIP);
/// The code of a call of something that does not exist.
pub const UNKNOWN_CALL: Code =
    Code::error("L0102", "What is called must be a layer kind, a function of the prelude or a `fn` of the spec.")
        .mended(SLIP);
pub(super) const UNKNOWN_ARGUMENT: Code =
    Code::error("L0103", "A misspelt argument would otherwise silently keep its default.").mended(SLIP);
const DUPLICATE: Code =
    Code::error("L0104", "A name, a key or an argument has one definition, or nobody knows which one counts.");
const MISSING_ARGUMENT: Code =
    Code::error("L0105", "An argument without a default is a choice that only the author can make.");
const WRONG_TYPE: Code = Code::error("L0106", "Each argument has a type: a whole number, a word of a few, a list.");
const OUT_OF_RANGE: Code =
    Code::error("L0107", "A value outside of its range has no meaning, or none that a computer can hold.");
pub(super) const SUPERFLUOUS: Code = Code::error(
    "L0108",
    "There are more values in the brackets than the call has arguments.",
)
.mended(
    "The fix takes away the number of what flows in. It is unsafe: the number may be one of the layer's own arguments.",
);
const UNUSED: Code = Code::warning("L0109", "unused", "Something that nothing reads is often a slip in another line.");
const MISUSED: Code = Code::error(
    "L0110",
    "Weights are applied with `*`, feature maps flow through layers, consts are plain numbers or words: one cannot stand for another.",
);
const UNKNOWN_CONST: Code = Code::error("L0111", "`--set` changes a const of the spec, so that const must exist.");
const OVERRIDE_TYPE: Code = Code::error("L0112", "`--set` keeps a const's type: a number stays a number.");
const RECURSIVE: Code = Code::error(
    "L0113",
    "A `fn` or a block is written out where it is called, so one that calls itself would never end.",
);
const MISSING_STATEMENT: Code = Code::error("L0114", "A network needs an image to see and an output to be judged by.");
const RESERVED: Code = Code::error("L0115", "Some names come with the language and mean the same in every spec.");
const NOT_DECLARABLE: Code = Code::error(
    "L0116",
    "A bundle is declared for a kind that maps channels onto channels: `weights W: conv(8 -> 8, kernel: 7)`.",
);

const UNKNOWN_LINT: Code =
    Code::error("L0117", "`allow` names what the spec means as it stands, so that nobody is warned of it again.")
        .mended(SLIP);

/// Where to look for what a message has no room to list.
pub(super) const LISTED: &str =
    "docs/reference.md lists them, and what other frameworks call them is in docs/habits.md";

/// A name that the spec defines outside the block in which it is read.
pub fn outside_of_block(name: &str, span: Span, defined: Span) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_NAME, format!("`{name}` is not seen inside of the block"))
        .label(span, "read inside of the block")
        .label(defined, "defined outside of it")
        .help(format!(
            "a block sees its parameters, its own definitions and consts: add a parameter and hand `{name}` over"
        ))
}

/// A name that nothing has; `visible` are the names that are seen from its place.
pub fn unknown_name(name: &str, span: Span, visible: &[&str]) -> Diagnostic {
    let like = alike(name, visible.iter().copied());
    let like = if like.is_empty() { String::new() } else { format!(", or name {}", among(like)) };
    let define = format!("define it, as in `{name} = …` or `weights {name}: …`{like}");
    Diagnostic::new(&UNKNOWN_NAME, format!("nothing is called `{name}`")).label(span, "not defined here").nearest(
        name,
        span,
        Words { at: At::Name, language: &[], own: visible },
        &define,
    )
}

/// The word of a choice, such as `he` or `same`, where a value must stand; `free` is a name that a const may take.
pub fn choice_as_value(word: &str, span: Span, free: &str) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_NAME, format!("`{word}` is a choice, and a value has no such word"))
        .label(span, "nothing is called so")
        .help(format!(
            "where a choice is made by a block or is handed to one, a const stands for it: add `const {free} = {word}`, and write \
             `{free}` here"
        ))
}

/// A name that exists, but inside of a loop that this place stands outside of.
pub fn hidden_name(name: &str, span: Span, defined: Span, within: &str, states: &[&str]) -> Diagnostic {
    let help = match states {
        [] => format!("make it a state of `{within}` to see its value after the last step"),
        states => {
            let states = among(states.iter().copied());
            format!(
                "behind the loop, its states are seen: {states}; `{name}@2` is its value at step 2, `{name}@all` at every one"
            )
        }
    };
    Diagnostic::new(&UNKNOWN_NAME, format!("`{name}` is only known inside loop `{within}`"))
        .label(span, "read outside of the loop")
        .label(defined, "defined inside of it")
        .help(help)
}

/// A `weights` statement for something that is no kind with weights.
pub fn unknown_kind(name: &str, span: Span, known: &[&str]) -> Diagnostic {
    let list = format!("weights are declared for {}", among(known.iter().copied()));
    Diagnostic::new(&UNKNOWN_CALL, format!("there is no layer `{name}` to declare weights for"))
        .label(span, "unknown kind")
        .nearest(name, span, Words { at: At::Call, language: known, own: &[] }, &list)
}

/// A call of something that does not exist. The `language` has layers and functions, and the spec its `own` ones.
pub fn unknown_call(name: &str, span: Span, language: &[&str], own: &[&str]) -> Diagnostic {
    let list = format!("layers and functions are {}", some_of(name, &[language, own].concat(), LISTED));
    Diagnostic::new(&UNKNOWN_CALL, format!("there is no layer or function `{name}`"))
        .label(span, "called here")
        .nearest(name, span, Words { at: At::Call, language, own }, &list)
}

/// The name of something to call as papers write it, `SAT-ABS` for `sat_abs`.
pub fn hyphen(written: &str, meant: &str, span: Span) -> Diagnostic {
    let problem = Diagnostic::new(&UNKNOWN_CALL, format!("there is no layer or function `{written}`"))
        .label(span, "a name with a hyphen, which is a minus here");
    match rows(At::Call, meant).next() {
        Some(row) => row.new.iter().fold(problem.help(row.say), |problem, new| problem.edit(span, written, *new)),
        None => problem.help(format!("names have no hyphens: `{meant}`")).edit(span, written, meant),
    }
}

/// A word that is none of the choices; `what` says what the words are and what they belong to: "choice for `padding` of
/// `conv`:".
pub fn unknown_word(what: &str, name: &str, span: Span, known: &[&str]) -> Diagnostic {
    let list = format!("it is one of {}", among(known.iter().copied()));
    let message = match what.strip_suffix(':').filter(|what| what.starts_with("choice for ")) {
        Some(choice) => format!("`{name}` is no {choice}"),
        None => format!("there is no {what} `{name}`"),
    };
    Diagnostic::new(&UNKNOWN_ARGUMENT, message)
        .label(span, format!("not {}", article(what.trim_end_matches(':'))))
        .nearest(name, span, Words { at: At::Choice, language: known, own: &[] }, &list)
}

/// A named argument that a layer, a function or a choice of the language does not have.
pub fn unknown_argument(callee: &str, name: &str, span: Span, known: &[&str]) -> Diagnostic {
    not_an_argument(callee, name, span, Words { at: At::Argument, language: known, own: &[] })
}

/// A named argument that no parameter of a block has. Its author made up the parameters' names, so no other framework's
/// word is meant.
pub fn unknown_parameter(block: &str, name: &str, span: Span, known: &[&str]) -> Diagnostic {
    not_an_argument(block, name, span, Words { at: At::Argument, language: &[], own: known })
}

/// The problem of an unknown argument, answered for its value where that is what other tools call an activation.
pub fn around(problem: Diagnostic, argument: &str, value: &str) -> Diagnostic {
    let is_activation = rows(At::Argument, argument).any(|row| row.words.contains(&"activation"));
    let row = rows(At::Call, value).next();
    match row {
        _ if !is_activation => problem,
        _ if ["linear", "identity", "None", "none"].contains(&value) => {
            problem.help("a layer has no activation of its own: leave it out")
        }
        Some(row) => problem.help(row.say),
        None => match kinds::find(value) {
            Some(kind) => {
                let help = problem.help.clone().unwrap_or_default().replace("relu(", &format!("{}(", kind.name));
                problem.help(help)
            }
            None => problem,
        },
    }
}

fn not_an_argument(callee: &str, name: &str, span: Span, words: Words<'_>) -> Diagnostic {
    let known = [words.language, words.own].concat();
    let list = match known.as_slice() {
        [] => format!("`{callee}` takes no named arguments"),
        _ => format!("`{callee}` takes {}", some_of(name, &known, "docs/reference.md lists them")),
    };
    Diagnostic::new(&UNKNOWN_ARGUMENT, format!("`{callee}` has no argument `{name}`"))
        .label(span, "unknown argument")
        .nearest(name, span, words, &list)
}

/// A second one of something that has a name of its author's.
pub fn duplicate(name: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(&DUPLICATE, format!("`{name}` is given twice"))
        .label(second, "given again here")
        .label(first, "given here first")
        .help("remove one, or give it another name")
}

/// A second one of something whose name is not its author's: a statement's word, an argument of the language, a
/// setting.
pub fn duplicate_word(word: &str, first: Span, second: Span) -> Diagnostic {
    duplicate(word, first, second).help("remove one")
}

/// An argument that is given by its place, at `first`, and by its name again.
pub fn given_by_place(name: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(&DUPLICATE, format!("`{name}` is given twice"))
        .label(second, "given again here, by its name")
        .label(first, format!("without a name, this stands in the place of `{name}`"))
        .help(format!("leave out the one without a name, or `{name}: …`"))
}

/// A second next value of a state.
pub fn two_next_values(state: &str, first: Span, second: Span) -> Diagnostic {
    duplicate(&format!("{state}'"), first, second).help(format!(
        "a state has one next value at every step: give the first a name of its own, `H = …`, and read `H` in `{state}' = …`"
    ))
}

/// An argument without a default that is not given; `about` says what it means.
pub fn missing_argument(callee: &str, argument: &str, about: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&MISSING_ARGUMENT, format!("`{callee}` needs `{argument}`: {about}"))
        .label(span, format!("without `{argument}`"))
        .help(format!("add `{argument}: …`"))
}

/// A `fn` called with less than its parameters.
pub fn missing_parameter(callee: &str, params: &[&str], found: usize, span: Span) -> Diagnostic {
    let (wanted, missing) = (params.len(), &params[found..]);
    let takes = counted(wanted, "argument");
    let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::new(&MISSING_ARGUMENT, format!("`{callee}` takes {takes}, found {found}"))
        .label(span, format!("without {}", missing.join(" and ")))
        .help(format!("write `{callee}({})`", params.join(", ")))
}

/// Drops the problems of missing arguments that were reported since `since`, a length of `diagnostics` at an earlier
/// time.
pub fn forget_missing(diagnostics: &mut Vec<Diagnostic>, since: usize) {
    let later = diagnostics.split_off(since);
    diagnostics.extend(later.into_iter().filter(|diagnostic| diagnostic.code != &MISSING_ARGUMENT));
}

/// A block called without a parameter that has no default.
pub fn missing_param(block: &str, param: &str, declared: Span, span: Span) -> Diagnostic {
    Diagnostic::new(&MISSING_ARGUMENT, format!("`{block}` needs `{param}`"))
        .label(span, format!("without `{param}`"))
        .label(declared, "has no default")
        .help(format!("add `{param}: …`"))
}

/// A layer or a function that is applied to nothing; `example` shows one that is.
pub fn missing_input(callee: &str, span: Span, example: &str) -> Diagnostic {
    Diagnostic::new(&MISSING_ARGUMENT, format!("`{callee}` is applied to nothing"))
        .label(span, "without an input")
        .help(format!("name what it is applied to first, as in `{example}`"))
}

/// A value of the wrong type; `what` says what the value is of.
pub fn wrong_type(what: &str, expected: &str, found: &str, span: Span, help: String) -> Diagnostic {
    Diagnostic::new(&WRONG_TYPE, format!("{what} must be {expected}, found {found}"))
        .label(span, format!("expected {expected}"))
        .help(help)
}

/// A value out of its range; `what` says what the value is of.
pub fn out_of_range(what: &str, range: &str, found: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&OUT_OF_RANGE, format!("{what} must be {range}, found {found}"))
        .label(span, "out of range")
        .help(format!("choose a value that is {range}"))
}

/// An argument too many; `takes` says how many the call takes: "2 arguments".
pub fn superfluous(callee: &str, takes: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&SUPERFLUOUS, format!("`{callee}` takes {takes}")).label(span, "one too many").foreign(
        At::Surplus,
        callee,
        "remove it",
    )
}

/// Weights applied as a matrix is in other languages: `W @ x`.
pub fn matrix_product(span: Span) -> Diagnostic {
    Diagnostic::new(&MISUSED, "`@` chooses a step of a loop, and does not apply weights")
        .label(span, "a bundle of weights")
        .foreign(At::Sign, "@", "write `W * x`")
}

/// A definition that nothing reads; `what` says what it is: "the equation".
pub fn unused(what: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&UNUSED, format!("{what} `{name}` is never used"))
        .label(span, "defined here, read nowhere")
        .help("remove it, or use it in an equation")
}

/// Whether the problem is the warning that a const is never used.
pub fn is_unused_const(problem: &Diagnostic) -> bool {
    problem.code.id == UNUSED.id && problem.message.starts_with("const ")
}

/// A name of one thing where another is needed; `is` and `wanted` say what, in words: "a weight bundle", "a feature
/// map".
pub fn misused(name: &str, is: &str, wanted: &str, span: Span, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&MISUSED, format!("{name} is {is}, where {wanted} is needed")).label(span, is).help(help)
}

/// The problem of an unknown name, answered by what the spec calls its input.
pub fn input_is_called(problem: Diagnostic, input: &str) -> Diagnostic {
    problem.help(format!("the input is called `{input}`"))
}

/// A `--set` of a const that the spec does not have.
pub fn unknown_const(name: &str, known: &[&str]) -> Diagnostic {
    let help = match (known, did_you_mean(name, known.iter().copied())) {
        ([], _) => "this spec has no consts to set".to_owned(),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (_, None) => format!("this spec has {}", some_of(name, known, "they stand behind the word `const`")),
    };
    Diagnostic::new(&UNKNOWN_CONST, format!("`--set {name}=…`: the spec has no const `{name}`")).help(help)
}

/// A `--set` that gives a const a value of another type.
pub fn override_type(name: &str, given: &str, is: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(&OVERRIDE_TYPE, format!("`--set {name}={given}`: const `{name}` is {is}"))
        .label(declared, format!("declared as {is}"))
        .help(format!("give {is}"))
}

/// A function or a block that calls itself.
pub fn recursive(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&RECURSIVE, format!("`{name}` calls itself"))
        .label(span, "called from its own body")
        .help("write out what it should compute; functions and blocks are written out where they are called, and have no end to recurse to")
}

/// A statement that every spec needs and this one has not; `last` is the place of the last thing that is written.
pub fn missing_statement(word: &str, example: &str, last: Span) -> Diagnostic {
    Diagnostic::new(&MISSING_STATEMENT, format!("the spec has no `{word}`"))
        .label(last, format!("no `{word}` up to here"))
        .help(format!("add a line such as `{example}`"))
}

/// A definition of a name that already means something in the language.
pub fn reserved(name: &str, means: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&RESERVED, format!("`{name}` already means {means}"))
        .label(span, "defined anew here")
        .help("choose another name")
}

/// A bundle of a kind that none can be declared for.
pub fn not_declarable(kind: &str, span: Span, example: &str) -> Diagnostic {
    Diagnostic::new(&NOT_DECLARABLE, format!("`{kind}` is not a kind that weights are declared for"))
        .label(span, "maps no channels onto channels")
        .help(format!("call it in an equation, as in `{example}`"))
}

/// A bundle that does not say what it maps onto what.
pub fn missing_map(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&MISSING_ARGUMENT, format!("a bundle says what it maps onto what: `{kind}(in -> out, …)`"))
        .label(span, "without `in -> out`")
        .help(format!("write the channels first, as in `{kind}(8 -> 8, …)`"))
}

/// A noun with its article: "a layer", "an argument".
fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// An `allow` of something that cannot be allowed; `known` are the names of all that can.
pub fn unknown_lint(name: &str, span: Span, known: &[&str]) -> Diagnostic {
    let list = format!("what can be allowed is {}", among(known.iter().copied()));
    Diagnostic::new(&UNKNOWN_LINT, format!("nothing that can be allowed is called `{name}`"))
        .label(span, "unknown name")
        .nearest(name, span, Words { at: At::Elsewhere, language: known, own: &[] }, &list)
}
