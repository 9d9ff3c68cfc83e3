//! The flags of verbs that show a run's net images: which images, which weights, and where the net runs.

use super::taken_up::{DataArgs, NetArgs, Tested};
use super::values::{count, there};
use lcnnc::train::Overrides;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct ShownArgs {
    /// Picture files, and folders of them, that the net is shown in place of the test half of a data set
    #[arg(long, value_name = "PATH", num_args = 1.., value_parser = there(), conflicts_with_all = ["dataset", "limit"])]
    pub images: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs<Tested>,
    /// Most images of the test half that the net is shown, a sample fixed by the run's seed [default: as for the run; analyses take at most 1000]
    #[arg(long, value_name = "N", value_parser = count(usize::MAX), allow_hyphen_values = true)]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub net: NetArgs,
}

impl ShownArgs {
    /// What the flags say over the run's settings. The net runs by plain primitives: what is exactly zero in its equations is so then.
    pub fn over(&self) -> Overrides {
        let own = Overrides { limit_test: self.limit, fuse: Some(false), ..Overrides::default() };
        self.net.machine.with(self.data.with(own))
    }
}
