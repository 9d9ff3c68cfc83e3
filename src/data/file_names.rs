//! The names of files and classes: as messages show them, and as they are compared.

use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use lcnnc_lang::diag::render::visible_name;

/// A path as a message shows it: on one line, whatever characters it holds.
pub fn shown(path: &Path) -> String {
    visible_name(&path.to_string_lossy()).into_owned()
}

/// The last part of a path, in the same way.
pub fn name(path: &Path) -> String {
    shown(Path::new(path.file_name().unwrap_or_default()))
}

/// The form of a name in which each letter is one character: some systems write `é` as one, others as two.
pub fn composed(name: &str) -> String {
    name.nfc().collect()
}
