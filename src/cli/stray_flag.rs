//! Flags that one verb has and another one was given.

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Verbs that are named at most.
const MOST: usize = 3;

/// A complaint about a flag that a verb does not have, with the verbs that have it.
pub fn explained(mut said: clap::Error, program: &Command) -> clap::Error {
    let flag = match (said.kind(), said.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(flag))) => flag.clone(),
        _ => return said,
    };
    let Some(name) = flag.strip_prefix("--") else { return said };
    let name = name.split('=').next().unwrap_or_default();
    let mut verbs = Vec::new();
    find(program, name, &[], &mut verbs);
    // A flag that many verbs have is no sign of which one is meant.
    if (1..=MOST).contains(&verbs.len()) {
        // The flag as it was typed says more than one with nearly that name.
        said.remove(ContextKind::SuggestedArg);
        let verbs: Vec<String> = verbs.iter().map(|verb| format!("`lcnnc {verb}`")).collect();
        let tip = StyledStr::from(format!("`--{name}` is a flag of {}", verbs.join(" and of ")));
        said.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    said
}

/// The verbs below a command that have a flag.
fn find(command: &Command, name: &str, path: &[&str], verbs: &mut Vec<String>) {
    for verb in command.get_subcommands() {
        let path = [path, &[verb.get_name()]].concat();
        if verb.get_arguments().any(|arg| arg.get_long() == Some(name)) {
            verbs.push(path.join(" "));
        }
        find(verb, name, &path, verbs);
    }
}
