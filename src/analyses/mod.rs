//! What can be asked of a finished run: each analysis reads a run's net with its weights, or what the net makes of images, and
//! answers with a table.
//!
//! An analysis is a file here that declares its name, its arguments, the nets that it applies to, the columns of its table and one
//! function, and a line in [`ANALYSES`]; `lcnnc analyse`, the reference and the tests walk that list.

pub mod across;
pub mod bench;
mod call_text;
pub mod cka;
pub mod control;
mod ei_ratio;
mod faint;
pub mod gabor;
mod histograms;
mod kernels;
pub mod lateral;
mod least_squares;
mod maps;
pub mod measure;
pub mod moments;
mod orientation;
mod paths;
pub mod power_law;
pub mod rdm;
pub mod reaction_time;
mod relabel;
pub mod report;
mod response_figure;
mod responses;
pub mod rivals;
mod sample;
pub mod side_by_side;
mod signs;
pub mod similarity;
mod size_tuning;
mod sparsity;
pub mod spectrum;
pub mod table;
pub mod tuning;
mod tuning_weights;
mod values;
pub mod von_mises;
pub mod weight_snr;
mod weights;

pub use bench::Bench;
pub use measure::Measure;
pub use table::{Cell, Column, Table};

use call_text::PlainText;

use crate::figures::Drawing;
use crate::train::TrainError;
use lcnnc_lang::diag::{Report, did_you_mean};
use lcnnc_lang::front::settings::read;
use lcnnc_lang::ir::Net;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Callable, Type};

/// One analysis of a run.
#[derive(Debug)]
pub struct Analysis {
    /// The word that asks for it on the command line.
    pub name: &'static str,
    /// One line: what the table says.
    pub about: &'static str,
    /// The arguments that it takes, as in `name(argument: value)`.
    pub args: &'static [Arg],
    /// The columns of its table, in order; cells of a last one that is [`table::WHOSE`] are not among the rows that `run` makes.
    pub columns: &'static [Column],
    /// Whether the net is shown images for it.
    pub watches: bool,
    /// Why there is nothing of this kind to see in a net, if there is not.
    pub applies: fn(&Net) -> Result<(), String>,
    /// Makes the table's rows; the arguments are complete.
    pub run: fn(&Bench, &Bound) -> Result<Findings, TrainError>,
}

/// The rows of a table, each with one cell for every column of its analysis.
pub type Rows = Vec<Vec<Cell>>;

/// What an analysis has found.
#[derive(Debug, Default)]
pub struct Findings {
    pub rows: Rows,
    pub figures: Vec<Figure>,
    /// What the rows come to, in sentences.
    pub notes: Vec<String>,
    /// What they come to in numbers by which runs are compared.
    pub measures: Vec<Measure>,
    /// Tables beside the one of the analysis, each with the name of its file behind that of the analysis.
    pub tables: Vec<(&'static str, Table)>,
    pub arrays: Vec<NamedArray>,
}

/// Numbers that are too many for a table, in C's order.
#[derive(Debug)]
pub struct NamedArray {
    /// The part of the name of its file that stands behind the name of the analysis.
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

/// A figure of an analysis.
#[derive(Debug)]
pub struct Figure {
    /// What its file is called behind the name of the analysis; nothing for the only figure of one.
    pub name: String,
    /// What is drawn, of what data and by what definition, in sentences.
    pub caption: String,
    /// What a paper saw in such a figure, with the paper; empty where there is none.
    pub seen_before: String,
    pub drawing: Drawing,
}

impl From<Rows> for Findings {
    fn from(rows: Rows) -> Self {
        Self { rows, ..Self::default() }
    }
}

/// Every analysis, in the order in which they are listed.
pub const ANALYSES: &[Analysis] = &[
    weights::WEIGHTS,
    histograms::HISTOGRAMS,
    maps::MAPS,
    sparsity::SPARSITY,
    signs::SIGNS,
    responses::RESPONSES,
    rdm::RDM,
    cka::CKA,
    reaction_time::REACTION_TIME,
    similarity::SIMILARITY,
    ei_ratio::EI_RATIO,
    spectrum::SPECTRUM,
    orientation::ORIENTATION,
    size_tuning::SIZE_TUNING,
    gabor::GABOR,
    kernels::KERNELS,
    tuning_weights::TUNING_WEIGHTS,
    weight_snr::WEIGHT_SNR,
];

/// An analysis that every net is fit for.
fn always(_: &Net) -> Result<(), String> {
    Ok(())
}

/// The analyses as calls of the language, in which their arguments are written.
const CALLABLES: [Callable; ANALYSES.len()] = {
    let mut callables = [Callable { name: "", about: "", args: &[] }; ANALYSES.len()];
    let mut n = 0;
    while n < ANALYSES.len() {
        let Analysis { name, about, args, .. } = ANALYSES[n];
        callables[n] = Callable { name, about, args };
        n += 1;
    }
    callables
};

static CALL: Type = Type::Call(&CALLABLES);

impl Analysis {
    /// The table of a run, its figures, and what it comes to in sentences.
    ///
    /// # Errors
    /// If the analysis does not apply to the net, an argument names what the net does not have, the device fails, or what the
    /// analysis reads cannot be had.
    pub fn table(&self, bench: &Bench, call: &Bound) -> Result<(Table, Findings), TrainError> {
        let call = call.completed(self.args);
        // Who names what is meant knows better than the equations.
        let is_named = |(_, value): &(_, ArgValue)| matches!(value, ArgValue::Names(names) if !names.is_empty());
        if !call.values.iter().any(is_named) {
            (self.applies)(bench.model().net()).map_err(|reason| self.refused(reason))?;
        }
        let mut findings = (self.run)(bench, &call)?;
        let (rows, which) = (std::mem::take(&mut findings.rows), bench.which().to_string());
        findings.tables = findings.tables.into_iter().map(|(name, table)| (name, table.of_weights(&which))).collect();
        Ok((Table { columns: self.columns, rows }.of_weights(&which), findings))
    }

    /// The error that this analysis cannot be made, and why.
    pub fn refused(&self, reason: String) -> TrainError {
        TrainError::Analysis { name: self.name, reason }
    }
}

/// The error that an argument of an analysis is none that this run's net takes, and what to write.
pub fn wrong_call(name: &str, reason: String) -> TrainError {
    TrainError::Unanswered { what: format!("`{name}`"), reason }
}

/// The name that a call such as `weights` or `name(argument: 1)` begins with.
fn name(call: &str) -> &str {
    call.split('(').next().unwrap_or_default().trim()
}

/// The analysis of that name, if there is one.
pub fn find(name: &str) -> Option<&'static Analysis> {
    ANALYSES.iter().find(|analysis| analysis.name == name)
}

/// The analysis that a call such as `sparsity(of: O)` begins with.
///
/// # Errors
/// That there is none of that name, and which one is meant where that can be guessed.
pub fn called(call: &str) -> Result<&'static Analysis, String> {
    let name = name(call);
    find(name).ok_or_else(|| {
        let near = did_you_mean(name, ANALYSES.iter().map(|analysis| analysis.name));
        let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("there is no analysis `{name}`{help}")
    })
}

/// Reads the call of an analysis as the command line has it, with its arguments checked.
///
/// # Errors
/// What is wrong with the name or the arguments.
pub fn call(text: &str) -> Result<Bound, TrainError> {
    let wrong = |diagnostics| TrainError::Flags(vec![Report::new("ANALYSIS", text, diagnostics)]);
    let plain = PlainText::of(text);
    match read("the analysis", &CALL, &plain.text).map_err(wrong)? {
        ArgValue::Call(call) => Ok(plain.meant(call)),
        value => unreachable!("a call was read, not `{value}`"),
    }
}
