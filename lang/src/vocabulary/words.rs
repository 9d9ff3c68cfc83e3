//! Every word of the language, whatever place it stands at.

use super::settings::BLOCKS;
use super::{Arg, Callable, Type};
use crate::functions::FUNCTIONS;
use crate::kinds::KINDS;

/// The names of all kinds, functions, arguments, choices, settings blocks and settings; a word of several places comes
/// several times.
pub fn all() -> impl Iterator<Item = &'static str> {
    let kinds = KINDS.iter().flat_map(|kind| {
        let args = kind.args.iter().chain(kind.weights).flat_map(of_argument);
        std::iter::once(kind.name).chain(args)
    });
    let settings =
        BLOCKS.iter().flat_map(|block| std::iter::once(block.name).chain(block.keys.iter().flat_map(of_argument)));
    kinds.chain(settings).chain(FUNCTIONS.iter().map(|function| function.name))
}

/// Whether that is a choice which is called with arguments, such as `resize` or `adam`.
pub fn takes_arguments(word: &str) -> bool {
    choices().any(|choice| choice.name == word && !choice.args.is_empty())
}

/// Whether an argument of some kind, choice or setting has that name.
pub fn is_argument(word: &str) -> bool {
    arguments().chain(choices().flat_map(|choice| choice.args)).any(|arg| arg.name == word)
}

fn arguments() -> impl Iterator<Item = &'static Arg> {
    let settings = BLOCKS.iter().flat_map(|block| block.keys);
    KINDS.iter().flat_map(|kind| kind.args.iter().chain(kind.weights)).chain(settings)
}

fn choices() -> impl Iterator<Item = &'static Callable> {
    arguments().flat_map(|arg| match &arg.ty {
        Type::Call(choices) | Type::Calls(choices) => choices.iter(),
        _ => [].iter(),
    })
}

/// The name of an argument, and the words that its value may be or be made of.
fn of_argument(arg: &'static Arg) -> Vec<&'static str> {
    let mut words = vec![arg.name];
    match &arg.ty {
        Type::Word(choices) | Type::RealsOr(choices) => words.extend(choices.iter()),
        Type::Call(choices) | Type::Calls(choices) => {
            for choice in *choices {
                words.push(choice.name);
                words.extend(choice.args.iter().flat_map(of_argument));
            }
        }
        Type::Count { .. }
        | Type::Real { .. }
        | Type::Share
        | Type::Batches { .. }
        | Type::Epochs { .. }
        | Type::Milliseconds { .. }
        | Type::Names
        | Type::Bool
        | Type::Reals
        | Type::Range { .. } => {}
    }
    words
}
