//! `lcnnc simulate`: experiments of papers that need no data.

use super::values::{count, folder};
use clap::{Arg, ArgMatches, Command, FromArgMatches};
use indicatif::ProgressBar;
use lcnnc::simulations::{SIMULATIONS, Simulation, Watcher};
use lcnnc::train::{Console, MOST_THREADS, Stop, TrainError, user_files};
use lcnnc_lang::diag::counted;
use lcnnc_lang::vocabulary::{self, Default, Type};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// A simulation with its arguments, as they were typed.
#[derive(Debug)]
pub struct Args {
    simulation: &'static Simulation,
    /// Names of arguments with their texts.
    texts: Vec<(&'static str, String)>,
    into: PathBuf,
    threads: Option<usize>,
}

/// Flags of every simulation.
const INTO: &str = "into";
const THREADS: &str = "threads";

impl clap::Args for Args {
    fn augment_args(command: Command) -> Command {
        let command = command
            .about("Simulate an experiment of a paper, and write its table and its figures")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand_value_name("SIMULATION")
            .subcommand_help_heading("Simulations")
            .disable_help_subcommand(true)
            .after_help(super::EXIT_CODES);
        command.subcommands(SIMULATIONS.iter().map(subcommand))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The command of a simulation: its arguments as flags, and those that every simulation takes.
fn subcommand(simulation: &'static Simulation) -> Command {
    let argument = |arg: &'static vocabulary::Arg| {
        let default = match &arg.default {
            Default::Value(value) => format!(" [default: {value}]"),
            Default::Required | Default::Like(_) | Default::LikeWord(_) | Default::Absent => String::new(),
        };
        let help = format!("{}{default}", arg.about);
        Arg::new(arg.name).long(arg.name).value_name(value_name(&arg.ty)).help(help).allow_hyphen_values(true)
    };
    let into = Arg::new(INTO).long(INTO).value_name("DIR").default_value("simulations").value_parser(folder());
    let into = into.help("Where the table and the figures go; files of their names are replaced");
    let threads = Arg::new(THREADS).long(THREADS).value_name("N").allow_hyphen_values(true);
    let threads = threads.value_parser(count(MOST_THREADS));
    let threads = threads.help("CPU threads [default: all cores]; any number gives the same bits");
    Command::new(simulation.name)
        .about(simulation.about)
        .args(simulation.args.iter().map(argument))
        .args([into, threads])
        .after_help(super::EXIT_CODES)
}

/// What stands for a value in the help.
fn value_name(ty: &Type) -> &'static str {
    match ty {
        Type::Count { .. } | Type::Batches { .. } | Type::Epochs { .. } => "N",
        Type::Real { .. } | Type::Share | Type::Milliseconds { .. } => "X",
        Type::Bool | Type::Word(_) => "WORD",
        Type::Reals | Type::RealsOr(_) | Type::Range { .. } | Type::Names | Type::Call(_) | Type::Calls(_) => "VALUE",
    }
}

impl FromArgMatches for Args {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let simulation = SIMULATIONS.iter().find(|simulation| simulation.name == name).ok_or_else(missing)?;
        let text = |arg: &vocabulary::Arg| Some((arg.name, matches.get_one::<String>(arg.name)?.clone()));
        Ok(Self {
            simulation,
            texts: simulation.args.iter().filter_map(text).collect(),
            into: matches.get_one::<PathBuf>(INTO).cloned().unwrap_or_default(),
            threads: matches.get_one(THREADS).copied(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let Self { simulation, texts, into, threads } = self;
        let call = simulation.call(texts.iter().map(|(name, text)| (*name, text.as_str())))?;
        let (console, stop) = (Console::new(), Stop::listen());
        // A folder that cannot be had is better known now than after the work.
        fs::create_dir_all(&into).map_err(TrainError::file(&into, "made"))?;
        let bar = console.drawn("{prefix} [{bar:24}] {percent} %, {eta} left", 0).with_prefix(simulation.name);
        let progress = Progress { bar, stop };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .build()
            .map_err(|error| TrainError::Threads { threads: threads.unwrap_or(0), reason: error.to_string() })?;
        let outcome = pool.install(|| (simulation.run)(&call, &progress));
        progress.bar.finish_and_clear();
        let outcome = outcome.ok_or(TrainError::Stopped)?;
        let file = |ending: &str| into.join(format!("{}{ending}", simulation.name));
        let table = simulation.table(&outcome);
        // A table of one figure is called as the figure is, and leaves that of another figure alone.
        let table_of = match outcome.figures.as_slice() {
            [figure] => format!("_{}.csv", figure.name),
            _ => ".csv".to_owned(),
        };
        user_files::write(&file(&table_of), table.csv().as_bytes())?;
        for figure in &outcome.figures {
            user_files::write(&file(&format!("_{}.svg", figure.name)), figure.drawing.svg().as_bytes())?;
        }
        outcome.notes.iter().for_each(|note| console.line(note));
        let (rows, figures) = (counted(table.rows.len(), "row"), counted(outcome.figures.len(), "figure"));
        console.line(&format!("{}: {rows} and {figures}, see {}", simulation.name, into.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// How far a simulation is: a bar where standard error is a terminal.
struct Progress {
    bar: ProgressBar,
    stop: Stop,
}

impl Watcher for Progress {
    fn begins(&self, steps: usize) {
        self.bar.set_length(steps as u64);
    }

    fn advances(&self, steps: usize) {
        self.bar.inc(steps as u64);
    }

    fn is_stopped(&self) -> bool {
        self.stop.asked()
    }
}
