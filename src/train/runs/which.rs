//! The weights of a run by the name that a user gives them: `initial`, `best`, `last`, `epoch:5`.

use crate::train::fit;
use std::fmt;
use std::str::FromStr;

/// Which of a run's weights to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// The weights that training began with.
    Initial,
    /// The weights of the epoch with the best validation accuracy.
    #[default]
    Best,
    /// The weights after the last epoch.
    Last,
    /// The weights after that epoch, counted from 1, where the run kept them.
    Epoch(usize),
}

impl Which {
    /// The file that has them, in the run's folder.
    pub fn file(self) -> String {
        match self {
            Which::Initial => fit::INITIAL.to_owned(),
            Which::Best => fit::BEST.to_owned(),
            Which::Last => fit::LAST.to_owned(),
            Which::Epoch(epoch) => fit::kept::file(epoch),
        }
    }

    /// The weights in words, as in "the initial weights".
    pub(in crate::train) fn words(self) -> String {
        match self {
            Which::Initial | Which::Best | Which::Last => format!("the {self} weights"),
            Which::Epoch(epoch) => format!("the weights after epoch {epoch}"),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Which::Initial => f.write_str("initial"),
            Which::Best => f.write_str("best"),
            Which::Last => f.write_str("last"),
            Which::Epoch(epoch) => write!(f, "epoch:{epoch}"),
        }
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "initial" => Ok(Which::Initial),
            "best" => Ok(Which::Best),
            "last" => Ok(Which::Last),
            _ => match text.strip_prefix("epoch:").map(str::parse) {
                Some(Ok(0)) => Err("epochs count from 1: the weights before the first one are `initial`".to_owned()),
                Some(Ok(epoch)) => Ok(Which::Epoch(epoch)),
                Some(Err(_)) => Err("give the number of an epoch, as in `epoch:5`".to_owned()),
                None => Err("choose `initial`, `best`, `last` or an epoch that was kept, as in `epoch:5`".to_owned()),
            },
        }
    }
}
