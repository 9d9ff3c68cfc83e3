//! `lcnnc eval`: a run's test accuracy once more.

use super::values::{count, dataset, folder};
use lcnnc::back::burn::DeviceChoice;
use lcnnc::train::{Console, Inspection, MOST_THREADS, Overrides, TrainError, Trained, Which};
use std::path::PathBuf;
use std::process::ExitCode;

/// Test the weights of a run, from the files of its folder alone.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The run's folder
    run: PathBuf,
    /// Another data set of the same classes in the same order [default: the run's]
    #[arg(long, value_name = "SET", value_parser = dataset)]
    dataset: Option<String>,
    /// Where data sets lie [default: where they lay for the run]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    data_root: Option<PathBuf>,
    /// Take a folder that holds one class alone
    #[arg(long)]
    allow_one_class: bool,
    /// Take a folder with classes that hold no picture
    #[arg(long)]
    allow_empty_classes: bool,
    /// Take a published set with another number of images than it was published with
    #[arg(long)]
    allow_other_count: bool,
    /// auto, cpu, cuda[:n] or wgpu [default: as for the run]
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// CPU threads [default: as for the run]; fused parts give the same bits with any number
    #[arg(long, value_name = "N", value_parser = count(MOST_THREADS), allow_hyphen_values = true)]
    threads: Option<usize>,
    /// best (of the best validation accuracy), last, initial (before the first step) or epoch:N (kept by --keep)
    #[arg(long, value_name = "WHICH", default_value_t)]
    weights: Which,
    /// Run every primitive by itself
    #[arg(long)]
    no_fuse: bool,
    /// Most images of the test half to test with, a sample fixed by the run's seed [default: as for the run, else all]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    limit_test: Option<usize>,
    /// Count how often the class is among the N largest scores [default: 5 where there are more classes]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    top: Option<usize>,
    /// Go on although files of the folder are not what the run left, or the classes are others; each of them is named
    #[arg(long)]
    force: bool,
}

impl Args {
    pub fn eval(self) -> Result<ExitCode, TrainError> {
        let Self {
            run,
            dataset,
            data_root,
            allow_one_class,
            allow_empty_classes,
            allow_other_count,
            device,
            threads,
            weights,
            no_fuse,
            limit_test,
            top,
            force,
        } = self;
        let fuse = no_fuse.then_some(false);
        let over = Overrides {
            dataset,
            data_root,
            allow_one_class: allow_one_class.then_some(true),
            allow_empty_classes: allow_empty_classes.then_some(true),
            allow_other_count: allow_other_count.then_some(true),
            device,
            threads,
            fuse,
            limit_test,
            ..Overrides::default()
        };
        let console = Console::new();
        let mut inspection = Inspection::new(force, console);
        let score = Trained::open(&run, over, weights, &mut inspection)?.score(top, &mut inspection)?;
        console.line(&format!("test accuracy {score}"));
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::SUCCESS)
    }
}
