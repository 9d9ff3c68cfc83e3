//! How much memory a step needs, and how much there is.

use super::run::Setup;

/// How many processes that train side by side have room; `None` where that cannot be told.
pub(super) fn processes(_setup: &Setup) -> Option<usize> {
    None
}
