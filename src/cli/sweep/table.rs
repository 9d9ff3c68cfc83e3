//! `lcnnc sweep table`: what a sweep comes to, as a table.

use crate::cli::values::output;
use lcnnc::sweeps::file::{Layout, ROW};
use lcnnc::sweeps::table::lay_out;
use lcnnc::sweeps::written::{Format, written};
use lcnnc::sweeps::{Plan, published, results};
use lcnnc::train::{Console, TrainError, user_files};
use std::path::PathBuf;
use std::process::ExitCode;

/// Lay the results of a sweep out as a table of mean test accuracies, from its folder alone.
///
/// Where validation chooses, a cell is the point with the largest mean validation accuracy over the seeds, and its test accuracy is
/// shown. Jobs that failed or wait are named below the table.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    /// The folder of the sweep
    sweep: PathBuf,
    /// The name whose values are the rows [default: as the sweep's file says, else the first name that is neither chosen nor `dataset`]
    #[arg(long, value_name = "NAME")]
    rows: Option<String>,
    /// The name whose values are the columns [default: as the sweep's file says, else `dataset`]
    #[arg(long, value_name = "NAME")]
    columns: Option<String>,
    /// Names whose values validation chooses [default: as the sweep says]
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    choose: Vec<String>,
    /// A file with published values to compare with, `row,column,mean,sd` [default: as the sweep's file says]
    #[arg(long, value_name = "FILE.csv", value_parser = crate::cli::values::file())]
    published: Option<PathBuf>,
    /// A row that every other one is compared with, by Welch's t-test
    #[arg(long, value_name = "ROW")]
    against: Option<String>,
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
        let plan = Plan::read(&self.sweep)?;
        let points = results::points(&plan, &plan.states());
        let planned = plan.head.table.clone().unwrap_or_default();
        let names: Vec<&String> = points.iter().flat_map(|point| point.values.keys()).collect();
        let or = |given: Option<String>, planned: String, other: &str| match given {
            Some(given) => given,
            None if planned.is_empty() => other.to_owned(),
            None => planned,
        };
        let choose = if self.choose.is_empty() { plan.head.choose.clone() } else { self.choose };
        let first =
            names.iter().find(|name| **name != "dataset" && !choose.contains(name)).map_or(ROW, |name| name.as_str());
        let layout = Layout {
            rows: or(self.rows, planned.rows, if points.iter().any(|point| point.row.is_some()) { ROW } else { first }),
            columns: or(self.columns, planned.columns, "dataset"),
            published: None,
        };
        let published = match (self.published, planned.published) {
            (Some(file), _) => published::read(&file)?,
            (None, Some(file)) => published::read(&plan.folder.join(file))?,
            (None, None) => Vec::new(),
        };
        let grid = lay_out(&points, &choose, &layout, &published, self.against.as_deref())?;
        let text = written(&grid, self.format);
        match self.out {
            Some(out) if plan.needs(&out) => {
                let reason = "the sweep cannot do without it: name another file".to_owned();
                return Err(TrainError::Refused { path: out, reason });
            }
            Some(out) => user_files::write(&out, text.as_bytes())?,
            None if self.format == Format::Table => console.text(&text),
            None => console.raw(&text),
        }
        Ok(ExitCode::SUCCESS)
    }
}
