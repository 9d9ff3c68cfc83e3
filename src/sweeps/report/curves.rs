//! How the runs of each row of a table went, epoch by epoch: means over the seeds, with a band.

use super::Figure;
use crate::analyses::moments::mean_and_sd;
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::observe::Epoch;
use crate::sweeps::file::ROW;
use crate::sweeps::plan::Plan;
use crate::sweeps::table::ResultTable;
use crate::train::{Glance, TrainError, all_runs};
use lcnnc_lang::diag::counted;

/// Rows that have a panel: the page stays readable, and below three megabytes.
const MOST_ROWS: usize = 48;
/// Epochs that are all written below their axis.
const FEW: usize = 8;
/// Panels side by side.
const COLUMNS: usize = 3;

/// What is drawn of an epoch.
struct Quantity {
    name: &'static str,
    label: &'static str,
    training: fn(&Epoch) -> Option<f64>,
    validation: fn(&Epoch) -> Option<f64>,
}

const QUANTITIES: [Quantity; 2] = [
    Quantity {
        name: "accuracy",
        label: "accuracy (%)",
        training: |epoch| Some(100.0 * epoch.train_accuracy),
        validation: |epoch| epoch.validation_accuracy.map(|share| 100.0 * share),
    },
    Quantity {
        name: "cross-entropy",
        label: "cross-entropy (nats)",
        training: |epoch| Some(epoch.train_cross_entropy),
        validation: |epoch| epoch.validation_cross_entropy,
    },
];

/// Two figures for each column of a table, with a panel for each of its rows; and which rows have none, in a sentence.
///
/// # Errors
/// If a folder of a job cannot be read.
pub fn figures(plan: &Plan, table: &ResultTable) -> Result<(Vec<Figure>, Option<String>), TrainError> {
    let width = table.columns.len().max(1);
    let (mut figures, mut empty, mut more) = (Vec::new(), Vec::new(), 0);
    let mut damaged = Vec::new();
    for (m, column) in table.columns.iter().enumerate() {
        let mut rows: Vec<(String, Vec<Vec<Epoch>>)> = Vec::new();
        for (n, row) in table.rows.iter().enumerate() {
            let jobs = &table.cells[n * width + m].jobs;
            let mut runs = Vec::new();
            for job in jobs {
                match epochs(plan, *job) {
                    Err(error @ TrainError::Damaged { .. }) => damaged.push(error.to_string()),
                    epochs => runs.push(epochs?),
                }
            }
            runs.retain(|epochs| !epochs.is_empty());
            match (runs.is_empty(), rows.len() < MOST_ROWS) {
                (true, _) => empty.push(format!("{row}, {column}")),
                (false, true) => rows.push((titled(&table.names[0], row), runs)),
                (false, false) => more += 1,
            }
        }
        if !rows.is_empty() {
            figures.extend(QUANTITIES.iter().map(|quantity| figure(quantity, column, &rows)));
        }
    }
    let mut left_out = Vec::new();
    if !empty.is_empty() {
        left_out.push(format!("No epoch is done of: {}.", empty.join("; ")));
    }
    if !damaged.is_empty() {
        left_out.push(format!("Left out of the curves: {}.", damaged.join("; ")));
    }
    if more > 0 {
        let rows = counted(more, "row");
        left_out.push(format!("{rows} more have no panel: take fewer rows, as with `--rows` and `--choose`."));
    }
    Ok((figures, (!left_out.is_empty()).then(|| left_out.join(" "))))
}

/// The epochs of a job's run, as far as they are done and as it left them.
fn epochs(plan: &Plan, job: usize) -> Result<Vec<Epoch>, TrainError> {
    let runs = plan.jobs.get(job).map(|job| all_runs(&plan.of(job))).transpose()?.unwrap_or_default();
    // A run that was just begun has no manifest yet, and what is wrong with one that is damaged stands beside its job. What somebody
    // trained on from the job's run is not the job's.
    let own = runs.iter().filter_map(|run| Glance::at(run).ok()).rfind(|run| run.manifest.parent.is_none());
    own.map_or(Ok(Vec::new()), |run| run.epochs())
}

/// A row as its panel is called: `lr 1e-2`, and what a grid says of itself.
fn titled(name: &str, row: &str) -> String {
    if name == ROW { row.to_owned() } else { format!("{name} {row}") }
}

/// An axis with every epoch, from 1 on: between two of them there is nothing.
fn numbered(epochs: usize) -> Axis {
    let names = (0..=epochs).map(|epoch| if epoch > 0 { epoch.to_string() } else { String::new() });
    Axis::named("epoch", names.collect()).within(0.5, epochs as f64 + 0.5)
}

fn figure(quantity: &Quantity, column: &str, rows: &[(String, Vec<Vec<Epoch>>)]) -> Figure {
    let panel = |(row, runs): &(String, Vec<Vec<Epoch>>)| {
        let of = |name: &str, number: fn(&Epoch) -> Option<f64>| marks(name, runs, number);
        let marks = [of("training", quantity.training), of("validation", quantity.validation)].concat();
        let seeds = if runs.len() > 1 { format!(" ({} seeds)", runs.len()) } else { String::new() };
        let title = format!("{row}{seeds}");
        let longest = runs.iter().map(Vec::len).max().unwrap_or_default();
        let x = if longest > FEW { Axis::linear("epoch") } else { numbered(longest) };
        Panel { title, x, y: Axis::linear(quantity.label), marks }
    };
    let panels: Vec<Panel> = rows.iter().map(panel).collect();
    let several = rows.iter().any(|(_, runs)| runs.len() > 1);
    let of_one = rows.iter().flat_map(|(_, runs)| runs).all(|run| run.len() == 1);
    let form = if of_one { "bars" } else { "a band" };
    let band = if several {
        format!(", with {form} of one standard deviation where there are several")
    } else {
        String::new()
    };
    let caption = format!(
        "Training and validation {} of the rows of the table, column {column}: the mean over the seeds{band}. Training is that of \
         each epoch as its batches were met, validation that behind the epoch; where seeds ended earlier, those that went on. Each panel has \
         an axis of its own. Source: `metrics.jsonl` of the runs.",
        quantity.name
    );
    let title = format!("{}, {column}", quantity.name);
    Figure { drawing: Drawing::Plot(Plot { title, columns: COLUMNS.min(panels.len()), panels }), caption }
}

/// A line of means over runs, and a band where an epoch has several; a dot with its bar where there is one epoch alone, of which a line and
/// a band would show nothing.
fn marks(name: &str, runs: &[Vec<Epoch>], number: fn(&Epoch) -> Option<f64>) -> Vec<Mark> {
    let longest = runs.iter().map(Vec::len).max().unwrap_or_default();
    let (mut line, mut band) = (Vec::new(), Vec::new());
    for n in 0..longest {
        let values: Vec<f64> = runs.iter().filter_map(|run| number(run.get(n)?)).filter(|x| x.is_finite()).collect();
        if values.is_empty() {
            continue;
        }
        let ([mean, sd], epoch) = (mean_and_sd(&values), (n + 1) as f64);
        line.push([epoch, mean]);
        if values.len() > 1 {
            band.push([epoch, mean - sd, mean + sd]);
        }
    }
    if line.is_empty() {
        return Vec::new();
    }
    if let [dot] = line[..] {
        let errors = band.iter().map(|[_, low, high]| (high - low) / 2.0).collect();
        return vec![Mark::new(name, MarkKind::Points { points: vec![dot], errors })];
    }
    let band = (!band.is_empty()).then(|| Mark::new(name, MarkKind::Band { points: band }));
    band.into_iter().chain([Mark::new(name, MarkKind::Line { points: line, dashed: false })]).collect()
}
