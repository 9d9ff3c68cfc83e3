//! `lcnnc completions`: what a shell completes of a command, made from the verbs and flags that there are.

use clap::CommandFactory;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::Shell;
use lcnnc::train::{Console, TrainError};
use std::process::ExitCode;

/// Print the script by which a shell completes verbs, flags and their values.
///
/// `source <(lcnnc completions bash)` takes it up at once; for later shells it goes where the shell looks for such scripts:
/// ~/.local/share/bash-completion/completions/lcnnc for bash, a file _lcnnc in a folder of $fpath for zsh, ~/.config/fish/completions/lcnnc.fish
/// for fish.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The shell
    #[arg(value_parser = shell())]
    shell: Shell,
}

/// Reads the name of a shell.
fn shell() -> impl TypedValueParser<Value = Shell> {
    PossibleValuesParser::new(["bash", "zsh", "fish", "powershell", "elvish"])
        .try_map(|name| name.parse::<Shell>().map_err(|_| "expected a shell"))
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "lcnnc", &mut script);
        Console::new().raw(&String::from_utf8_lossy(&script));
        Ok(ExitCode::SUCCESS)
    }
}
