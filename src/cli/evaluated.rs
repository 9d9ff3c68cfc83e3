//! Where the results of `lcnnc eval` go: text to a terminal, JSON and CSV to a file or to standard output.

use lcnnc::evaluation::Rows;
use lcnnc::train::{Console, TrainError, user_files};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The format in which the result of an evaluation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
    Csv,
}

/// The way of a result.
pub struct Out {
    pub format: Format,
    /// None for standard output.
    file: Option<PathBuf>,
    pub console: Console,
}

/// Takes a part of a text.
type Writer<'a> = &'a mut dyn FnMut(&str) -> Result<(), TrainError>;

impl Out {
    /// # Errors
    /// If text is to go to a file, or is asked for of each image.
    pub fn of(format: Format, file: Option<PathBuf>, per_image: bool, console: Console) -> Result<Self, TrainError> {
        let file = file.filter(|file| *file != Path::new("-"));
        let refused =
            |what: &str, reason: &str| Err(TrainError::Unanswered { what: what.to_owned(), reason: reason.to_owned() });
        match format {
            Format::Text if per_image => refused("`--per-image`", "its lines are `--format csv` or `--format json`"),
            Format::Text if file.is_some() => refused("`--out`", "it takes `--format json` or `--format csv`"),
            _ => Ok(Self { format, file, console }),
        }
    }

    /// Whether words may go to standard output: no result for a program does.
    pub fn is_spoken(&self) -> bool {
        self.format == Format::Text || self.file.is_some()
    }

    /// Writes a result for programs.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn whole(&self, text: &str) -> Result<(), TrainError> {
        let Some(file) = &self.file else {
            self.console.raw(text);
            return Ok(());
        };
        user_files::write(file, text.as_bytes())?;
        self.console.line(&format!("see {}", file.display()));
        Ok(())
    }

    /// Writes a table in the format that was asked for.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn table(
        &self,
        rows: &Rows,
        about: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), TrainError> {
        match self.format {
            Format::Text => {
                self.console.text(&text());
                Ok(())
            }
            Format::Csv => self.whole(&rows.csv()),
            Format::Json => {
                let mut all = about();
                all["rows"] = json!(rows.json());
                self.whole(&format!("{all:#}\n"))
            }
        }
    }

    /// Writes a result for programs part by part; `lines` makes the parts, and says of how many images.
    ///
    /// # Errors
    /// If the file cannot be written, or that of `lines`; then there is no file.
    pub fn streamed(&self, lines: &mut dyn FnMut(Writer<'_>) -> Result<usize, TrainError>) -> Result<(), TrainError> {
        let console = self.console;
        let Some(file) = &self.file else {
            lines(&mut |text| {
                console.raw(text);
                Ok(())
            })?;
            return Ok(());
        };
        // An error of the net's ends the writing, and is what is said.
        let mut made = Ok(0);
        let written = user_files::write_with(file, &mut |file| {
            made =
                lines(&mut |text| file.write_all(text.as_bytes()).map_err(TrainError::file(&self.path(), "written")));
            if made.is_ok() { Ok(()) } else { Err(io::Error::other("its lines could not be made")) }
        });
        let images = made?;
        written?;
        console.line(&format!("a line for each of {images} images, see {}", file.display()));
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.file.clone().unwrap_or_default()
    }
}
