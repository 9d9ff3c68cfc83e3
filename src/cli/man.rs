//! `lcnnc man`: pages of a manual, made from the verbs and flags that there are.

use super::values::folder;
use clap::CommandFactory;
use clap_mangen::Man;
use lcnnc::train::{Console, TrainError, user_files};
use lcnnc_lang::diag::counted;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write manual pages, one for `lcnnc` and one for each verb, as in `lcnnc-run.1`.
///
/// `lcnnc man ~/.local/share/man/man1` puts them where `man lcnnc-run` finds them.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The folder to write them to; files of their names are replaced
    #[arg(value_name = "DIR", value_parser = folder())]
    into: PathBuf,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        fs::create_dir_all(&self.into).map_err(TrainError::file(&self.into, "made"))?;
        let mut command = super::Cli::command().disable_help_subcommand(true);
        command.build();
        let pages = write(&self.into, command)?;
        Console::new().line(&format!("{}, see {}", counted(pages, "page"), self.into.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the page of a command and those of the commands below it; says how many they are.
fn write(into: &Path, command: clap::Command) -> Result<usize, TrainError> {
    let mut pages = 1;
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        pages += write(into, below.clone())?;
    }
    let (page, mut text) = (Man::new(command), Vec::new());
    let path = into.join(page.get_filename());
    page.render(&mut text).map_err(TrainError::file(&path, "made"))?;
    user_files::write(&path, &text)?;
    Ok(pages)
}
