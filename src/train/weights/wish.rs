//! Which weights from elsewhere a run is to begin with, as one place says it.

use super::pattern;
use crate::data::sha256;
use std::path::{Path, PathBuf};

/// The wishes of one place; what is empty is left to the place below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightsFrom {
    pub file: Option<WeightsFile>,
    /// Patterns of the names that alone are taken, in the file or in the net; none for all.
    pub only: Vec<String>,
    /// Patterns of the names that are not taken, in the file or in the net.
    pub except: Vec<String>,
    /// Patterns of names in the file, and what they are called in the net; the first one that fits counts.
    pub rename: Vec<Renamed>,
}

/// Where the weights are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightsFile {
    /// A run's folder, of which the best weights are meant, or a safetensors file.
    pub path: PathBuf,
    /// What the file is known to hold.
    pub sha256: Option<String>,
}

/// A pattern of names in a file, and what the names are in the net: each `*` of it stands for the same signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    pub theirs: String,
    pub ours: String,
}

impl Renamed {
    /// # Errors
    /// Why the two do not go together.
    pub fn new(theirs: &str, ours: &str) -> Result<Self, String> {
        let [theirs, ours] = [theirs.trim(), ours.trim()];
        if theirs.is_empty() || ours.is_empty() {
            return Err("a name is empty".to_owned());
        }
        let stars = [theirs, ours].map(pattern::count);
        if stars[0] != stars[1] {
            let reason = format!("`{theirs}` has {} `*` and `{ours}` {}: give both the same", stars[0], stars[1]);
            return Err(reason);
        }
        Ok(Self { theirs: theirs.to_owned(), ours: ours.to_owned() })
    }
}

impl WeightsFrom {
    /// Puts these wishes on top of those of another place; each of them is replaced as a whole.
    pub fn over(self, below: Self) -> Self {
        let or = |own: Vec<String>, below: Vec<String>| if own.is_empty() { below } else { own };
        Self {
            file: self.file.or(below.file),
            only: or(self.only, below.only),
            except: or(self.except, below.except),
            rename: if self.rename.is_empty() { below.rename } else { self.rename },
        }
    }

    /// Whether nothing is wished.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The wishes of a file that lies in a folder: its path is one from there.
    #[must_use]
    pub fn based(mut self, folder: &Path) -> Self {
        self.file = self.file.map(|file| WeightsFile { path: folder.join(file.path), ..file });
        self
    }

    /// A hash of all that makes the result: what the file holds, wherever it lies, and which of it is taken. `None` where nothing
    /// is taken.
    pub fn fingerprint(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        let mut text = file.sha256.clone().unwrap_or_default();
        for (what, names) in [("only", &self.only), ("except", &self.except)] {
            names.iter().for_each(|name| text += &format!("\0{what}\0{name}"));
        }
        self.rename.iter().for_each(|Renamed { theirs, ours }| text += &format!("\0rename\0{theirs}\0{ours}"));
        Some(sha256([text.as_bytes()]))
    }
}
