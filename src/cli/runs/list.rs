//! `lcnnc runs list`: every run below a folder, as a row of a table.

use super::super::values::output;
use lcnnc::listing::{Columns, Condition, Row, find, written};
use lcnnc::sweeps::written::Format;
use lcnnc::train::{Console, TrainError, user_files};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where runs and sweeps go if nobody says otherwise.
const FOLDERS: [&str; 2] = ["runs", "sweeps"];

/// List every run below a folder: what it was made with, what it came to and how far it is.
///
/// The table has the consts and settings in which the listed runs differ. No weights are read. A damaged run is a row with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// A folder with runs at any depth [default: `runs` and `sweeps`, as far as they are there]
    folder: Option<PathBuf>,
    /// Only runs for which a comparison holds, as in 'alpha >= 0.1' or 'dataset = mnist', by =, !=, <, <=, > or >=; of several, all must
    #[arg(long = "where", value_name = "COMPARISON")]
    conditions: Vec<Condition>,
    /// The column that gives the order, from the smallest on; with `-` before it from the largest on, as in `-test` [default: the path]
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    sort: Option<String>,
    /// The columns, as in `run,alpha,test`; `all` for everything that is known [default: results, and what the runs differ in]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,
    /// table, markdown, csv, latex (with booktabs) or json
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE", value_parser = output())]
    out: Option<PathBuf>,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let folders = folders(self.folder)?;
        let mut found = Vec::new();
        for folder in &folders {
            found.extend(find::runs(folder)?);
        }
        let rows: Vec<Row> = found.par_iter().map(|path| Row::read(path)).collect();
        if rows.is_empty() {
            let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            console.warn(&format!("note: there is no run below {}", names.join(" and ")));
        }
        let columns = Columns::of(&rows);
        let (mut rows, hints) = Condition::all(&self.conditions, rows, &columns)?;
        hints.iter().for_each(|hint| console.warn(hint));
        if let Some(by) = &self.sort {
            written::sort(&mut rows, by, &columns)?;
        }
        let names = if self.columns.is_empty() { columns.usual(&rows) } else { columns.asked(&self.columns)? };
        let text = written::written(&rows, &names, self.format);
        match self.out {
            Some(out) => user_files::write(&out, text.as_bytes())?,
            None if self.format == Format::Table => console.text(&text),
            None => console.raw(&text),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The folder that is given, or those where runs go.
///
/// # Errors
/// If there is none of them.
pub fn folders(given: Option<PathBuf>) -> Result<Vec<PathBuf>, TrainError> {
    if let Some(folder) = given {
        return Ok(vec![folder]);
    }
    let there: Vec<PathBuf> = FOLDERS.into_iter().filter(|name| Path::new(name).is_dir()).map(PathBuf::from).collect();
    if there.is_empty() {
        let reason =
            "there is neither a folder `runs` nor a folder `sweeps` here: name the folder with the runs".to_owned();
        return Err(TrainError::Runs { reason });
    }
    Ok(there)
}
