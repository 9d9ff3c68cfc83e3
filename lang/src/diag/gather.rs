//! Problems that are one and the same, brought together.

use super::{Diagnostic, Span, names, shape};
use std::collections::BTreeMap;

/// Makes one problem with several places of a name that is missing at several places, and of a bundle that is declared
/// for other channels than it is applied to; the first few places are shown.
pub fn gathered(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    const SHOWN: usize = 4;
    let mut first: BTreeMap<(String, Option<Span>), usize> = BTreeMap::new();
    let mut gathered: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        let is_declared_wrongly = diagnostic.code == &shape::CHANNELS;
        if diagnostic.code != &names::UNKNOWN_NAME && diagnostic.code != &names::UNKNOWN_CALL && !is_declared_wrongly {
            gathered.push(diagnostic);
            continue;
        }
        // Bundles of two blocks may have one name.
        let declared = diagnostic.labels.get(1).map(|label| label.span).filter(|_| is_declared_wrongly);
        let key = (diagnostic.message.clone(), declared);
        match first.get(&key) {
            Some(n) => {
                let first = &mut gathered[*n];
                first.applicability = first.applicability.max(diagnostic.applicability);
                first.fix.extend(diagnostic.fix.into_iter().filter(|_| !is_declared_wrongly));
                if first.labels.len() < SHOWN {
                    first.labels.extend(diagnostic.labels.into_iter().take(1));
                }
            }
            None => {
                first.insert(key, gathered.len());
                gathered.push(diagnostic);
            }
        }
    }
    gathered
}
