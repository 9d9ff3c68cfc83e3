//! Flags that say how the results of a sweep are laid out as a table.

use lcnnc::sweeps::file::{Layout, ROW};
use lcnnc::sweeps::results::PointResult;
use lcnnc::sweeps::sweep::{SHARE_BY_ITSELF, VALIDATION};
use lcnnc::sweeps::table::{ResultTable, lay_out};
use lcnnc::sweeps::{Plan, published};
use lcnnc::train::{Console, TrainError};
use std::path::PathBuf;

/// How results are laid out.
#[derive(Debug, clap::Args)]
pub struct LayoutArgs {
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
}

impl LayoutArgs {
    /// Whether none of the flags is given.
    pub fn is_empty(&self) -> bool {
        let Self { rows, columns, choose, published, against } = self;
        [rows, columns, against].iter().all(|name| name.is_none()) && choose.is_empty() && published.is_none()
    }

    /// The table of a plan's points, as the flags say, or else the plan.
    ///
    /// # Errors
    /// If a name is none of the sweep's, several points fall into one cell, or the file with published values cannot be read.
    pub fn lay_out(self, plan: &Plan, points: &[PointResult]) -> Result<ResultTable, TrainError> {
        let planned = plan.head.table.clone().unwrap_or_default();
        let own = [planned.rows.clone(), planned.columns.clone()];
        let names: Vec<&String> = points.iter().flat_map(|point| point.values.keys()).collect();
        let or = |given: Option<String>, planned: String, other: &str| match given {
            Some(given) => given,
            None if planned.is_empty() => other.to_owned(),
            None => planned,
        };
        let choose = if self.choose.is_empty() { plan.head.choose.clone() } else { self.choose };
        let other = if choose.iter().any(|name| name == ROW) { "dataset" } else { ROW };
        let first =
            names.iter().find(|name| **name != "dataset" && !choose.contains(name)).map_or(other, |name| name.as_str());
        let layout = Layout {
            rows: or(
                self.rows,
                planned.rows,
                if other == ROW && points.iter().any(|point| point.row.is_some()) { ROW } else { first },
            ),
            columns: or(self.columns, planned.columns, "dataset"),
            published: None,
        };
        let is_placed = [&layout.rows, &layout.columns].iter().any(|name| *name == VALIDATION);
        if choose.iter().any(|name| name == VALIDATION) && !is_placed && is_share(plan) {
            return Err(TrainError::Sweep { reason: SHARE_BY_ITSELF.to_owned() });
        }
        // What was published stands in the rows and columns of the sweep's file.
        let is_own = layout.rows == own[0] && layout.columns == own[1];
        let console = Console::new();
        let published = match (self.published, planned.published) {
            (Some(file), _) => published::read(&file)?,
            (None, Some(file)) if is_own => published::read(&plan.folder.join(file))?,
            (None, Some(_)) => {
                let [rows, columns] = own;
                console.warn(&format!(
                    "note: published values are of rows by `{rows}` and columns by `{columns}`, and left out here; `--published FILE.csv` names others"
                ));
                Vec::new()
            }
            (None, None) => Vec::new(),
        };
        let table = lay_out(points, &choose, &layout, &published, self.against.as_deref())?;
        published::slips(&published, &table).iter().for_each(|slip| console.warn(&format!("warning: {slip}")));
        Ok(table)
    }
}

/// Whether jobs of a plan set the share of images that are held out, which is called `validation`. A const of a spec may have this name
/// too, and is no share.
fn is_share(plan: &Plan) -> bool {
    let is_set =
        |pair: &[String]| pair[0] == "--setting" && pair[1].split_once('=').is_some_and(|it| it.0 == VALIDATION);
    plan.jobs.iter().any(|job| job.args.windows(2).any(is_set))
}
