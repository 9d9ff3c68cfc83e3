//! Where data roots may be: the folders below which data sets lie.

use std::env;
use std::path::{Path, PathBuf};

/// How a data root in the working directory is chosen.
const WORKING: &str = "in the working directory";

/// A place where a data root may be.
pub struct RootPlace {
    /// What chooses it: a flag, a variable, or where the program runs.
    by: &'static str,
    /// The folder; `None` if the variable that would choose it is not set.
    pub root: Option<PathBuf>,
}

impl RootPlace {
    /// The folder and what chose it, for messages.
    pub fn describe(&self) -> String {
        match &self.root {
            Some(root) => format!("{} ({})", root.display(), self.by),
            None => format!("no folder, since {} is not set", self.by),
        }
    }
}

/// The places where a data root may be, in the order in which they are looked at: the one that was asked for, or all
/// others if none was.
pub fn places(asked: Option<&Path>) -> Vec<RootPlace> {
    if let Some(root) = asked {
        return vec![RootPlace { by: "--data-root", root: Some(root.to_owned()) }];
    }
    vec![
        RootPlace { by: "$LCNNC_DATA", root: variable("LCNNC_DATA") },
        RootPlace { by: WORKING, root: Some(PathBuf::from("data")) },
        RootPlace { by: "$XDG_CACHE_HOME or $HOME", root: cache() },
    ]
}

/// The user's cache: `$XDG_CACHE_HOME/lcnnc`, or `~/.cache/lcnnc`; `None` if neither variable is set.
pub fn cache() -> Option<PathBuf> {
    let cache = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("lcnnc"))
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The root that something new goes to: the first of the [`places`], but no `data` is made in the working directory.
pub fn home(asked: Option<&Path>) -> Option<PathBuf> {
    let wanted = |place: &RootPlace| place.by != WORKING || place.root.as_ref().is_some_and(|root| root.is_dir());
    places(asked).into_iter().filter(wanted).find_map(|place| place.root)
}
