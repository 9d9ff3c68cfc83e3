//! Files of a set that a run cannot use, all of them, in words.

use std::fmt;
use std::path::PathBuf;

use super::survey::Contents;
use crate::data::file_names::shown;

/// Files that a message lists of those which have the same wrong shape.
const LISTED: usize = 20;

/// What stands before each file.
const INDENT: &str = "\n  ";

/// Files of a set that a run cannot use.
#[derive(Debug)]
pub struct Unusable {
    /// The set.
    pub name: String,
    /// How many files there are in it.
    pub files: usize,
    /// The files that hold no whole picture, and why.
    pub broken: Vec<(PathBuf, String)>,
    /// The files whose pictures are whole, and do not suit the run, by their shape.
    pub unfit: Vec<Unfit>,
}

/// Pictures of one shape that do not suit a run.
#[derive(Debug)]
pub struct Unfit {
    pub paths: Vec<PathBuf>,
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// What they are instead of what they should be, as it goes on behind a file's name.
    pub reason: String,
    /// What would make them suit the run.
    pub remedy: String,
}

impl Unusable {
    /// What a run cannot use of a set; `None` if it can use all. `unfit` says of a shape what is wrong with it, and how
    /// that could be mended.
    pub fn of(
        name: &str,
        contents: &Contents,
        unfit: impl Fn([usize; 3]) -> Option<(String, String)>,
    ) -> Option<Box<Self>> {
        let of_shape = |(&shape, paths): (&[usize; 3], &Vec<PathBuf>)| {
            let (reason, remedy) = unfit(shape)?;
            Some(Unfit { paths: paths.clone(), shape, reason, remedy })
        };
        let unfit: Vec<Unfit> = contents.shapes.iter().filter_map(of_shape).collect();
        let broken = contents.broken.clone();
        let any = !broken.is_empty() || !unfit.is_empty();
        any.then(|| Box::new(Self { name: name.to_owned(), files: contents.files(), broken, unfit }))
    }

    /// How a run that is to begin can begin.
    pub fn remedy(&self) -> String {
        let mut remedies = Vec::new();
        if !self.broken.is_empty() {
            remedies.push("put whole pictures in place of the broken ones, or move them out of the folder".to_owned());
        }
        for unfit in &self.unfit {
            if !unfit.remedy.is_empty() && !remedies.contains(&unfit.remedy) {
                remedies.push(unfit.remedy.clone());
            }
        }
        if !self.unfit.is_empty() {
            let or = if remedies.is_empty() { "" } else { "or " };
            remedies.push(format!("{or}move the pictures that do not fit out of the folder"));
        }
        remedies.join("; ")
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bad = self.broken.len() + self.unfit.iter().map(|unfit| unfit.paths.len()).sum::<usize>();
        write!(f, "{bad} of the {} pictures of `{}` cannot be used:", self.files, self.name)?;
        for (path, reason) in &self.broken {
            write!(f, "{INDENT}{}: {reason}", shown(path))?;
        }
        for Unfit { paths, reason, .. } in &self.unfit {
            for path in paths.iter().take(LISTED) {
                write!(f, "{INDENT}{}{reason}", shown(path))?;
            }
            if paths.len() > LISTED {
                write!(f, "{INDENT}and {} more like these", paths.len() - LISTED)?;
            }
        }
        Ok(())
    }
}
