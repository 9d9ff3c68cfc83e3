//! How the files of a set lie under a data root, as torchvision lays them out, and how they are found there.

use std::path::{Path, PathBuf};

use super::data_roots::places;
use crate::data::formats::folder_walk;
use crate::data::published::Published;
use crate::data::{DataError, Request};

/// How the files of a published set lie under a data root.
pub struct Layout {
    pub published: &'static Published<'static>,
    /// The folder of the set under the root.
    pub folder: &'static str,
    /// The files in that folder; a file may also be there with `.gz` behind its name where the set allows it.
    pub files: &'static [&'static str],
    pub gzip: bool,
    /// The address or place that the files come from, for messages.
    pub origin: &'static str,
    /// The names of other sets whose files have the same names.
    pub same_files: &'static [&'static str],
}

impl Layout {
    /// The name of the set.
    pub fn set(&self) -> &'static str {
        self.published.name
    }

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
        let spellings = spellings(name);
        for spelling in &spellings {
            let plain = folder.join(spelling);
            // Where files may be compressed, all of them are files; some unpackers put each into a folder of its name.
            if if self.gzip { plain.is_file() } else { plain.exists() } {
                return Ok((plain, false));
            }
            let packed = folder.join(format!("{spelling}.gz"));
            if self.gzip && packed.is_file() {
                return Ok((packed, true));
            }
        }
        // Whatever else is there is for whoever opens it to complain about.
        if folder.join(name).exists() {
            return Ok((folder.join(name), false));
        }
        let root = folder.ancestors().nth(Path::new(self.folder).components().count());
        // Single files are fetched beside those that are there.
        let fetch = if self.gzip { by_command(self.set(), root) } else { self.anew(folder) };
        let fetch = format!("{fetch}, or {}", self.by_hand());
        Err(DataError::Missing { path: folder.join(name), set: self.set(), fetch })
    }

    /// Wraps an error about a damaged file of the set into one that says how to get the file anew; other errors stay as
    /// they are.
    pub fn damaged(&self, folder: &Path) -> impl FnOnce(DataError) -> DataError {
        let remedy = self.anew(folder);
        move |cause| match cause {
            DataError::Count { .. } => {
                let remedy = format!("{remedy}, or take it as it is: `--allow-other-count`");
                DataError::Damaged { cause: Box::new(cause), remedy }
            }
            DataError::Gzip { .. }
            | DataError::Magic { .. }
            | DataError::Length { .. }
            | DataError::Content { .. }
            | DataError::Pickle { .. }
            | DataError::Label { .. } => DataError::Damaged { cause: Box::new(cause), remedy },
            other => other,
        }
    }

    /// Says in words how to get files anew. What is there is never written over, and what comes in an archive comes as
    /// a whole.
    fn anew(&self, folder: &Path) -> String {
        let root = folder.ancestors().nth(Path::new(self.folder).components().count());
        let command = by_command(self.set(), root.filter(|root| !root.as_os_str().is_empty()));
        let away = if self.gzip { "it".to_owned() } else { format!("the folder {}", folder.display()) };
        format!("move {away} away and {command}")
    }

    fn by_hand(&self) -> String {
        let ending = if self.gzip { " (as they are, or with .gz)" } else { "" };
        format!("put {}{ending} from {} into {} under a data root", self.files.join(", "), self.origin, self.folder)
    }

    /// The path of one of its files under a data root, for messages.
    fn expected(&self) -> String {
        let gzip = if self.gzip { " (or .gz)" } else { "" };
        format!("{}/{}{gzip}", self.folder, self.files[0])
    }
}

/// The names and places that a file may have, its own name first: 7-Zip unpacks `train-images-idx3-ubyte.gz` to
/// `train-images.idx3-ubyte`, as the header of the archive has it, and other programs put it into a folder.
fn spellings(name: &str) -> Vec<String> {
    let dotted = name.replacen("-idx", ".idx", 1);
    let mut spellings = vec![name.to_owned(), format!("{name}/{name}")];
    if dotted != name {
        spellings.extend([dotted.clone(), format!("{dotted}/{dotted}"), format!("{name}/{dotted}")]);
    }
    spellings
}

/// Finds the first of a set's layouts that is there, and its folder: under the first root which holds a file of any of
/// them.
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
    let elsewhere = places.iter().filter_map(|place| place.root.as_ref()).find_map(|root| elsewhere(layouts, root));
    let any = |of: fn(&Layout) -> String| layouts.iter().map(|layout| of(layout)).collect::<Vec<_>>().join(", or ");
    let set = layouts.first().map_or("", |layout| layout.set());
    Err(DataError::NotFound {
        set,
        expected: any(Layout::expected),
        places: places.iter().map(|place| format!("\n  {}", place.describe())).collect(),
        fetch: format!("{}, or {}", by_command(set, root), any(Layout::by_hand)),
        elsewhere: elsewhere.unwrap_or_default(),
    })
}

/// How many folders are looked into, at most, for files that lie somewhere else than they should.
const SEARCHED: usize = 200;
/// How deep below a root they are looked for.
const DEPTH: usize = 3;

/// Says where below a root a set's files lie in a folder of another name, and what to do about it; none if nowhere.
fn elsewhere(layouts: &[&Layout], root: &Path) -> Option<String> {
    let mut folders = vec![(root.to_owned(), 0)];
    let mut next = 0;
    while let Some((folder, depth)) = folders.get(next).cloned() {
        next += 1;
        // A folder of pictures has folders `train` and `test`, too, which are no files of a set.
        let is_file = |layout: &Layout, file: &str| layout.file(&folder, file).is_ok_and(|(path, _)| path.is_file());
        let holds = |layout: &&&Layout| layout.files.first().is_some_and(|file| is_file(layout, file));
        if let Some(layout) = layouts.iter().find(holds) {
            return Some(format!("\n{}", moved(layout, &folder, root)));
        }
        if depth < DEPTH && folders.len() < SEARCHED {
            let inner = folder_walk::entries(&folder).unwrap_or_default().into_iter().filter(|path| path.is_dir());
            folders.extend(inner.take(SEARCHED).map(|path| (path, depth + 1)));
        }
    }
    None
}

/// Says what to do about a folder, a root or one below it, that holds files of a set's names. The folder of another set
/// with files of the same names is left as it is.
fn moved(layout: &Layout, folder: &Path, root: &Path) -> String {
    let here = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    if let Some(other) = layout.same_files.iter().find(|other| is_folder_of(other, &here)) {
        let place = folder.display();
        return format!(
            "files of the same names are in {place}, but those are the ones of `{other}`: leave them there"
        );
    }
    let depth = Path::new(layout.folder).components().count();
    if let (true, Some(above)) = (here.ends_with(layout.folder), here.ancestors().nth(depth)) {
        return format!("its files are in {}: give `--data-root {}`", folder.display(), above.display());
    }
    format!("its files seem to be in {}: move them to {}", folder.display(), root.join(layout.folder).display())
}

/// Whether one of the last two parts of a path is what a set or its folder is called, in any case of letters.
fn is_folder_of(set: &str, path: &Path) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    let mut parts = path.components().rev().take(2).map(|part| plain(&part.as_os_str().to_string_lossy()));
    parts.any(|part| part == plain(set))
}

/// The command that gets a set, into a root if one was asked for.
fn by_command(set: &str, root: Option<&Path>) -> String {
    let root = root.map(|root| format!(" --data-root {}", root.display())).unwrap_or_default();
    format!("run `lcnnc data fetch {set}{root}`")
}
