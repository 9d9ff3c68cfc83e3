//! What `check`, `show`, `lower` and `graph` share: a spec on the command line, read and compiled.

use super::values::{assignment, count, once};
use lcnnc::train::files::spec_path;
use lcnnc::train::{TrainError, files, user_files};
use lcnnc_lang::diag::Applicability;
use lcnnc_lang::{Compiled, Options, compile, fix};
use std::path::Path;

/// What a spec leaves open, as flags.
#[derive(Debug, clap::Args)]
pub struct SpecArgs {
    /// Change a const of the spec; may be given once for each const
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// What `classes` stands for, where no data set says so [default: 10]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    classes: Option<usize>,
}

impl SpecArgs {
    /// Whether any of the flags is given.
    pub fn is_given(&self) -> bool {
        !self.set.is_empty() || self.classes.is_some()
    }

    /// # Errors
    /// If the file cannot be read, or a const is set twice.
    pub fn compile(&self, path: &Path) -> Result<Compiled, TrainError> {
        once(&self.set)?;
        Ok(compile(&files::source(&spec_path(path))?, &self.options()))
    }

    /// Compiles the spec after everything that can be mended as surely as `asked` is mended in the file; gives as well
    /// how many problems were mended.
    ///
    /// # Errors
    /// If the file cannot be read or written, or a const is set twice.
    pub fn fix(&self, path: &Path, asked: Applicability) -> Result<(Compiled, usize), TrainError> {
        once(&self.set)?;
        let path = spec_path(path);
        let (compiled, mended) = fix(&files::source(&path)?, &self.options(), asked);
        if mended > 0 {
            user_files::rewrite(&path, compiled.report.text.as_bytes())?;
        }
        Ok((compiled, mended))
    }

    fn options(&self) -> Options {
        Options { set: self.set.clone(), classes: self.classes }
    }

    /// Compiles the spec, where only one without errors is of use.
    ///
    /// # Errors
    /// If the file cannot be read, or everything that is wrong with it.
    pub fn compile_clean(&self, path: &Path) -> Result<Compiled, TrainError> {
        let compiled = self.compile(path)?;
        if compiled.net.is_none() { Err(TrainError::Reports(vec![compiled.report])) } else { Ok(compiled) }
    }
}
