//! Where data sets lie: torchvision's layout under a data root.

use std::env;
use std::path::{Path, PathBuf};

use super::{DataError, Request};

/// A set that lies under a data root.
pub struct Layout {
    pub set: &'static str,
    /// Under the root.
    pub folder: &'static str,
    /// In that folder; a file may also be there with `.gz` behind its name where the set allows it.
    pub files: &'static [&'static str],
    pub gzip: bool,
    /// From where to fetch them.
    pub origin: &'static str,
}

impl Layout {
    /// The folder of the set, found as [`find`] does it.
    pub fn find(&self, request: &Request) -> Result<PathBuf, DataError> {
        find(&[self], request).map(|(_, folder)| folder)
    }

    /// Whether any of the set's files is there.
    fn is_under(&self, root: &Path) -> bool {
        self.files.iter().any(|file| self.file(&root.join(self.folder), file).is_ok())
    }

    /// The path of a file in the set's folder, and whether it is compressed.
    pub fn file(&self, folder: &Path, name: &str) -> Result<(PathBuf, bool), DataError> {
        let plain = folder.join(name);
        let packed = folder.join(format!("{name}.gz"));
        if plain.exists() {
            Ok((plain, false))
        } else if self.gzip && packed.exists() {
            Ok((packed, true))
        } else {
            let root = folder.ancestors().nth(Path::new(self.folder).components().count());
            Err(DataError::Missing { path: plain, set: self.set, fetch: self.fetch(root) })
        }
    }

    /// How to get the set, into a root if one was asked for.
    fn fetch(&self, root: Option<&Path>) -> String {
        format!("{}, or {}", by_command(self.set, root), self.by_hand())
    }

    fn by_hand(&self) -> String {
        let ending = if self.gzip { " (as they are, or with .gz)" } else { "" };
        format!("put {}{ending} from {} into {} under a data root", self.files.join(", "), self.origin, self.folder)
    }

    /// One of its files, under a data root.
    fn expected(&self) -> String {
        let gzip = if self.gzip { " (or .gz)" } else { "" };
        format!("{}/{}{gzip}", self.folder, self.files[0])
    }
}

/// The first of a set's layouts that is there, with its folder: that of the first root which holds a file of any.
///
/// A root that was asked for is the only one looked at, so that a mistyped `--data-root` cannot quietly become other
/// data. Otherwise they are `$LCNNC_DATA`, `./data` and the user's cache.
pub fn find<'l>(layouts: &[&'l Layout], request: &Request) -> Result<(&'l Layout, PathBuf), DataError> {
    let root = request.root.as_deref();
    let places = places(root);
    for root in places.iter().filter_map(|place| place.root.as_ref()) {
        if let Some(layout) = layouts.iter().find(|layout| layout.is_under(root)) {
            return Ok((layout, root.join(layout.folder)));
        }
    }
    let any = |of: fn(&Layout) -> String| layouts.iter().map(|layout| of(layout)).collect::<Vec<_>>().join(", or ");
    let set = layouts.first().map_or("", |layout| layout.set);
    Err(DataError::NotFound {
        set,
        expected: any(Layout::expected),
        places: places.iter().map(|place| format!("\n  {}", place.describe())).collect(),
        fetch: format!("{}, or {}", by_command(set, root), any(Layout::by_hand)),
    })
}

/// The command that gets a set, into a root if one was asked for.
fn by_command(set: &str, root: Option<&Path>) -> String {
    let root = root.map(|root| format!(" --data-root {}", root.display())).unwrap_or_default();
    format!("run `lcnnc data fetch {set}{root}`")
}

/// A place where a data root may be.
pub struct Place {
    /// How it is chosen.
    by: &'static str,
    /// `None` if it was not.
    pub root: Option<PathBuf>,
}

impl Place {
    pub fn describe(&self) -> String {
        match &self.root {
            Some(root) => format!("{} ({})", root.display(), self.by),
            None => format!("no folder, since {} is not set", self.by),
        }
    }
}

/// Where data roots may be, the one that was asked for or all others, in the order in which they are looked at.
pub fn places(asked: Option<&Path>) -> Vec<Place> {
    if let Some(root) = asked {
        return vec![Place { by: "--data-root", root: Some(root.to_owned()) }];
    }
    let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = path("XDG_CACHE_HOME").or_else(|| path("HOME").map(|home| home.join(".cache")));
    vec![
        Place { by: "$LCNNC_DATA", root: path("LCNNC_DATA") },
        Place { by: WORKING, root: Some(PathBuf::from("data")) },
        Place { by: "$XDG_CACHE_HOME or $HOME", root: cache.map(|cache| cache.join("lcnnc")) },
    ]
}

const WORKING: &str = "in the working directory";

/// The root that something new goes to: the first of the [`places`], but no `data` is made in the working directory.
pub fn home(asked: Option<&Path>) -> Option<PathBuf> {
    let wanted = |place: &Place| place.by != WORKING || place.root.as_ref().is_some_and(|root| root.is_dir());
    places(asked).into_iter().filter(wanted).find_map(|place| place.root)
}
