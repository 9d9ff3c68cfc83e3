//! The classes of a half: a folder each, with the pictures in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lcnnc_lang::diag::render::visible_name;

use super::folder_walk::{self, LeftOut};
use crate::data::file_names::{composed, name, shown};
use crate::data::{DataError, Request};

/// What lets a training or a test have one class; other verbs show a net any pictures.
const ONE_CLASS: &str = "allow it with --allow-one-class in `run` and `eval`; `analyse`, `activations` and `predict` take its pictures by \
     --images";

/// What a folder of classes must hold, for messages.
pub const EXPECTED: &str = "PATH/<class>/*.png, or PATH/train/<class>/*.png with PATH/test/<class>/*.png, or `val` or \
                          `validation` in place of `test` (also .jpg, .jpeg, .bmp, .webp, .tif, .tiff, .ppm, .pgm)";

/// How many names a message lists before it says how many more there are.
const LISTED: usize = 10;

/// The files of each class, sorted, by the name of its folder.
pub type Classes = BTreeMap<String, Vec<PathBuf>>;

/// The classes of a folder.
///
/// # Errors
/// If there is none, there is only one or one without a picture, and that was not asked for; or if two have one name.
pub fn read(folder: &Path, request: &Request, left: &mut LeftOut) -> Result<Classes, DataError> {
    let classes = gather(folder, left)?;
    if let (1, false, Some(class)) = (classes.len(), request.allow.one_class, classes.keys().next()) {
        let inner: Vec<String> = folder_walk::folders(&folder.join(class))?.iter().map(|path| name(path)).collect();
        let other = match inner.len() {
            0 | 1 => "add the folder of another class".to_owned(),
            _ => format!(
                "name {} if its folders {} are the classes, or add the folder of another class",
                shown(&folder.join(class)),
                list(inner.iter())
            ),
        };
        return Err(DataError::Classes {
            path: folder.to_owned(),
            problem: format!(
                "it holds one class alone, `{}`, so that there is nothing to tell apart",
                visible_name(class)
            ),
            remedy: format!("{other}, or {ONE_CLASS}"),
        });
    }
    let classes = full(folder, classes, request, left)?;
    let mut filled = classes.iter().filter(|(_, files)| !files.is_empty()).map(|(class, _)| class);
    if let (Some(class), None, false) = (filled.next(), filled.next(), request.allow.one_class) {
        return Err(DataError::Classes {
            path: folder.to_owned(),
            problem: format!(
                "one of its {} classes alone holds pictures, `{}`, so that there is nothing to tell apart",
                classes.len(),
                visible_name(class)
            ),
            remedy: format!("add pictures of another class, or {ONE_CLASS}"),
        });
    }
    Ok(classes)
}

/// The classes of another half: those of the training half, in its order and under its names. Two names that are one in
/// Unicode are one, since some systems write `é` as one character and others as two.
///
/// # Errors
/// If they are not the same, or as for [`read`].
pub fn read_as(
    (train, trained): (&Path, &Classes),
    folder: &Path,
    request: &Request,
    left: &mut LeftOut,
) -> Result<Classes, DataError> {
    let mut found: BTreeMap<String, (String, Vec<PathBuf>)> = BTreeMap::new();
    for (name, files) in gather(folder, left)? {
        found.insert(composed(&name), (name, files));
    }
    let (mut classes, mut missing) = (Classes::new(), Vec::new());
    for class in trained.keys() {
        match found.remove(&composed(class)) {
            Some((_, files)) => drop(classes.insert(class.clone(), files)),
            None => missing.push(class),
        }
    }
    let more: Vec<&String> = found.values().map(|(name, _)| name).collect();
    if more.is_empty() && (missing.is_empty() || request.allow.empty_classes) {
        classes.extend(missing.into_iter().map(|class| (class.clone(), Vec::new())));
        return full(folder, classes, request, left);
    }
    let part = |what: &str, names: &[&String]| (!names.is_empty()).then(|| format!("{what} {}", list(names.iter())));
    let parts: Vec<String> =
        [part("it lacks", &missing), part("it has besides", &more)].into_iter().flatten().collect();
    let same = |a: &&&String| more.iter().any(|b| a.to_lowercase() == b.to_lowercase());
    let remedy = match (missing.iter().find(same), more.is_empty()) {
        (Some(class), _) => format!("call the folder `{class}` in both, with the same small and capital letters"),
        (None, true) => "add the folders that are missing, or allow it with --allow-empty-classes".to_owned(),
        (None, false) => "give both the same folders".to_owned(),
    };
    let problem = format!("its classes are not those of {}: {}", train.display(), parts.join(", and "));
    Err(DataError::Classes { path: folder.to_owned(), problem, remedy })
}

fn gather(folder: &Path, left: &mut LeftOut) -> Result<Classes, DataError> {
    let (mut classes, mut names) = (Classes::new(), BTreeMap::new());
    for path in folder_walk::folders(folder)? {
        let Some(class) = path.file_name().and_then(|class| class.to_str()).map(str::to_owned) else {
            return Err(DataError::Classes {
                path: folder.to_owned(),
                problem: format!(
                    "the name of its class folder {:?} is not UTF-8",
                    path.file_name().unwrap_or_default()
                ),
                remedy: "rename the folder, to letters in UTF-8".to_owned(),
            });
        };
        if let Some(before) = names.insert(composed(&class), path.clone()) {
            return Err(DataError::Classes {
                path: folder.to_owned(),
                problem: format!(
                    "two of its classes have the same name, written in different characters: {:?} and {:?}",
                    before.file_name().unwrap_or_default(),
                    path.file_name().unwrap_or_default()
                ),
                remedy: "rename one of the folders, or move its pictures into the other".to_owned(),
            });
        }
        classes.insert(class, folder_walk::pictures(&path, left)?);
    }
    let pictures = folder_walk::loose(folder, left)?;
    if classes.is_empty() {
        let loose = if pictures > 0 { format!(" ({pictures} pictures lie in none)") } else { String::new() };
        let problem = format!("it holds no folder, so there is no class{loose}");
        return Err(DataError::Layout { path: folder.to_owned(), problem, expected: EXPECTED });
    }
    Ok(classes)
}

/// Checks that every class has a picture.
fn full(folder: &Path, classes: Classes, request: &Request, left: &LeftOut) -> Result<Classes, DataError> {
    let empty: Vec<&String> = classes.iter().filter(|(_, files)| files.is_empty()).map(|(class, _)| class).collect();
    let none = empty.len() == classes.len();
    if empty.is_empty() || (request.allow.empty_classes && !none) {
        return Ok(classes);
    }
    let left = left.told().map(|told| format!("; {told}")).unwrap_or_default();
    if none {
        let (path, remedy) = (folder.to_owned(), "add pictures of a kind that is read".to_owned());
        return Err(DataError::Classes { path, problem: format!("none of its classes holds a picture{left}"), remedy });
    }
    let (which, count) = (list(empty.iter()), classes.len());
    let problem = format!("{} of its {count} classes hold no picture: {which}{left}", empty.len());
    let remedy = "add pictures, or move these folders away, or allow it with --allow-empty-classes".to_owned();
    Err(DataError::Classes { path: folder.to_owned(), problem, remedy })
}

/// A list of names in words, as in `cat`, `dog` and 3 more.
fn list<'n>(names: impl ExactSizeIterator<Item = &'n (impl AsRef<str> + 'n)>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let listed: Vec<String> = names.take(LISTED).map(|name| format!("`{}`", visible_name(name.as_ref()))).collect();
    let listed = listed.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}
