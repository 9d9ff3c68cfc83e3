//! `lcnnc sweep run`: plans a sweep, and trains its jobs here or hands them to a cluster.

use super::dry_run::{Beside, list};
use super::on::{ClusterArgs, Target};
use crate::cli::recipe::RecipeArgs;
use crate::cli::values::{assignment, count, folder, index};
use lcnnc::sweeps::Remarks;
use lcnnc::sweeps::costs::Costs;
use lcnnc::sweeps::pool::{tally, work};
use lcnnc::sweeps::sweep::MOST_JOBS;
use lcnnc::sweeps::{Axis, Grid, Job, Plan, State, Sweep, file};
use lcnnc::train::{Console, Overrides, TrainError, fix_threads, processes};
use lcnnc_lang::diag::counted;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Train every combination of some settings, each with several seeds.
///
/// Give the alternatives with --over, as in `--over alpha=0.1,1,10 --over lr=geometric(1e-4, 1e-2, points: 3)`; the other flags are those
/// of `lcnnc run` and hold for all jobs. Or give the file of a sweep in place of the spec, as in `experiments/park2025_table2.yaml`. Run the same command again after an interruption: what is finished is taken, what was cut short
/// goes on.
#[derive(Debug, clap::Args)]
#[command(after_help = super::super::EXIT_CODES)]
pub struct Args {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// A const, a setting, `dataset`, `spec` or a limit, and its alternatives between commas; `1..10`, `geometric(1e-3, 10, points: 5)` and `linear(0, 1, points: 5)` stand for several, `uniform(0, 1)` and `log_uniform(1e-4, 1e-1)` for --draws
    #[arg(long, value_name = "NAME=VALUES", value_parser = axis)]
    over: Vec<Axis>,
    /// Seeds that every combination is trained with, from --seed on [default: 1]
    #[arg(long, value_name = "N", value_parser = count(1000), allow_hyphen_values = true)]
    seeds: Option<usize>,
    /// Names of --over whose values are chosen by the mean validation accuracy over the seeds
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    choose: Vec<String>,
    /// How many joint draws stand for the distributions of --over
    #[arg(long, value_name = "N", value_parser = count(MOST_JOBS), allow_hyphen_values = true)]
    draws: Option<usize>,
    /// What they are drawn from [default: 0]
    #[arg(long, value_name = "N", value_parser = index(usize::MAX), allow_hyphen_values = true)]
    draw_seed: Option<usize>,
    /// The folder of the sweep [default: sweeps/SPEC]
    #[arg(long, value_name = "DIR", value_parser = folder())]
    into: Option<PathBuf>,
    /// How many jobs at once [default: one a core, as far as there is memory]
    #[arg(long, value_name = "N", value_parser = count(1000), allow_hyphen_values = true, conflicts_with = "on")]
    jobs: Option<usize>,
    /// Train less, as the file of the sweep says under `quick`
    #[arg(long)]
    quick: bool,
    /// List the jobs with what each of them costs, by a short measurement, and train none
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: measure nothing, and leave out the times
    #[arg(long, requires = "dry_run")]
    no_measuring: bool,
    /// Try jobs once more that failed
    #[arg(long)]
    retry_failed: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
}

/// Reads `name=values`.
fn axis(text: &str) -> Result<Axis, String> {
    let (name, values) = assignment(text).map_err(|_| "expected NAME=VALUES, as in `lr=1e-3,1e-2`".to_owned())?;
    Axis::read(&name, &values)
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::of_run();
        let base = self.recipe.clone().overrides()?;
        // Before anything is computed: a process has one number of threads.
        fix_threads(base.threads)?;
        let said = base.clone();
        let given = base.spec.clone();
        let stem = given.as_ref().and_then(|spec| Some(spec.file_stem()?.to_owned()));
        let into = self.into.clone().unwrap_or_else(|| PathBuf::from("sweeps").join(stem.unwrap_or("sweep".into())));
        let sweep = match given.filter(|file| is_yaml(file)) {
            Some(file) => self.of_file(&file, base)?,
            None if self.quick => {
                let reason =
                    "`--quick` is for the file of a sweep, which says under `quick` what it trains less of".to_owned();
                return Err(TrainError::Sweep { reason });
            }
            None => self.of_flags(base)?,
        };
        let target = self.cluster.target(&sweep, &said)?;
        let Remarks { missing, notes } = sweep.check()?;
        notes.iter().for_each(|note| console.warn(&format!("note: {note}")));
        let (plan, specs, trained) = Plan::new(&sweep, &into)?;
        if self.dry_run {
            return self.dry((&sweep, &plan), target.as_ref(), &trained, console);
        }
        missing
            .iter()
            .for_each(|problem| console.warn(&format!("warning: {problem}\nits jobs will fail, and the others go on")));
        if let Some(note) = plan.replaces()? {
            console.line(&note);
        }
        plan.write(&specs)?;
        let states = plan.states();
        let is_to_do = |state: &State| match state {
            State::Waiting | State::Cut => true,
            State::Failed(_) | State::Damaged(_) => self.retry_failed,
            State::Running | State::Finished(..) => false,
        };
        let to_do: Vec<&Job> =
            plan.jobs.iter().zip(&states).filter(|(_, state)| is_to_do(state)).map(|(job, _)| job).collect();
        console.line(&format!("{}, see {}", tally(&states), into.display()));
        if let Some(target) = target {
            return target.hand_over(&plan, &to_do, console);
        }
        if to_do.is_empty() {
            return Ok(exit(&states, false));
        }
        let (side_by_side, threads, why) = side_by_side(&sweep, (self.jobs, to_do.len()))?;
        let [jobs, each] = [(to_do.len(), "job"), (threads, "thread")].map(|(n, what)| counted(n, what));
        console.line(&format!("{jobs} to do, {side_by_side} at a time with {each} each ({why})"));
        let worked = work(&plan, &to_do, (side_by_side, threads), console);
        let mut states = plan.states();
        // What a folder does not say that could not be written to.
        for (index, outcome) in worked.unnoted {
            states[index] = State::Failed(outcome);
        }
        console.line(&tally(&states));
        Ok(exit(&states, worked.stopped))
    }

    /// Says what the jobs are and what they cost.
    fn dry(
        &self,
        (sweep, plan): (&Sweep, &Plan),
        target: Option<&Target>,
        trained: &[Overrides],
        console: Console,
    ) -> Result<ExitCode, TrainError> {
        // A cluster says how many jobs it takes at once, and no job runs whose data set is missing.
        let here = match (target, side_by_side(sweep, (self.jobs, plan.jobs.len()))) {
            (None, Ok((jobs, threads, why))) => Some(Beside { jobs, threads, why }),
            (None, Err(error)) if !matches!(error, TrainError::Data(_)) => return Err(error),
            _ => None,
        };
        let threads = here.as_ref().map(|here| here.threads).or(target.map(Target::cpus)).unwrap_or(1);
        let measures = !self.no_measuring;
        list(plan, &Costs::of(trained, threads, measures)?, here.as_ref(), measures, console);
        Ok(ExitCode::SUCCESS)
    }

    /// The sweep that flags alone say.
    fn of_flags(&self, mut base: Overrides) -> Result<Sweep, TrainError> {
        if base.spec.is_none() && self.over.iter().all(|axis| axis.name != "spec") {
            let reason =
                "no spec was given: write `lcnnc sweep run SPEC --over lr=1e-3,1e-2`, or give the file of a sweep"
                    .to_owned();
            return Err(TrainError::Sweep { reason });
        }
        if let Some(spec) = base.spec.as_ref().filter(|_| self.over.iter().any(|axis| axis.name == "spec")) {
            let reason = format!(
                "`{}` is one spec, and the sweep goes over `spec`: leave it out, or name it among `--over spec=`",
                spec.display()
            );
            return Err(TrainError::Sweep { reason });
        }
        said_twice(&base, &self.over)?;
        let first_seed = first_seed(&mut base)?;
        Ok(Sweep {
            base,
            seeds: self.seeds.unwrap_or(1),
            first_seed,
            choose: self.choose.clone(),
            grids: vec![Grid { row: None, axes: self.over.clone() }],
            draws: self.draws.unwrap_or_default(),
            draw_seed: self.draw_seed.unwrap_or_default() as u64,
            ..Sweep::default()
        })
    }

    /// The sweep of a file; flags come before what it says of all jobs.
    fn of_file(&self, path: &Path, base: Overrides) -> Result<Sweep, TrainError> {
        if !self.over.is_empty() {
            let reason =
                "`--over` and the file of a sweep both say what it goes over: write it into the file".to_owned();
            return Err(TrainError::Sweep { reason });
        }
        let mut base = Overrides { spec: None, name: None, ..base };
        let first_seed = first_seed(&mut base)?;
        let given = base.clone();
        let sweep = file::load(path, base, self.quick)?;
        sweep.grids.iter().try_for_each(|grid| said_twice(&given, &grid.axes))?;
        Ok(Sweep {
            seeds: self.seeds.unwrap_or(sweep.seeds),
            first_seed: if first_seed > 0 { first_seed } else { sweep.first_seed },
            choose: if self.choose.is_empty() { sweep.choose } else { self.choose.clone() },
            draws: self.draws.unwrap_or(sweep.draws),
            draw_seed: self.draw_seed.map_or(sweep.draw_seed, |seed| seed as u64),
            ..sweep
        })
    }
}

/// Whether a path is that of a sweep's file, and not that of a spec.
fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

fn exit(states: &[State], stopped: bool) -> ExitCode {
    match states.iter().any(|state| matches!(state, State::Failed(_) | State::Damaged(_))) {
        _ if stopped => ExitCode::from(5),
        true => ExitCode::from(super::FAILED),
        false => ExitCode::SUCCESS,
    }
}

/// Refuses a flag for what the sweep goes over: its values would come to nothing.
fn said_twice(flags: &Overrides, axes: &[Axis]) -> Result<(), TrainError> {
    let is_said = |name: &str| match name {
        "dataset" => flags.dataset.is_some(),
        "limit" => flags.limit.is_some(),
        "limit_test" => flags.limit_test.is_some(),
        _ => flags.set.contains_key(name) || flags.settings.iter().any(|setting| setting.target.name() == name),
    };
    match axes.iter().find(|axis| is_said(&axis.name)) {
        Some(Axis { name, .. }) => {
            let reason =
                format!("a flag gives `{name}` one value, and the sweep goes over `{name}`: leave the flag out");
            Err(TrainError::Sweep { reason })
        }
        None => Ok(()),
    }
}

/// Takes the seed out of what all jobs have in common: it is the first of theirs.
fn first_seed(base: &mut Overrides) -> Result<u64, TrainError> {
    let Some(at) = base.settings.iter().position(|setting| setting.target.name() == "seed") else { return Ok(0) };
    let text = base.settings.remove(at).text;
    let expected = || TrainError::Sweep {
        reason: format!("`--seed` is a whole number from 0 to {}, and `{text}` is none", u32::MAX),
    };
    let most = u64::from(u32::MAX);
    text.parse().ok().filter(|seed| *seed <= most).ok_or_else(expected)
}

/// How many jobs are trained at once, with how many threads each, and why. The first job whose data set can be had stands for the others;
/// a set that cannot be had is a hole in the sweep.
fn side_by_side(sweep: &Sweep, wanted: (Option<usize>, usize)) -> Result<(usize, usize, String), TrainError> {
    let mut tried: Vec<Option<String>> = Vec::new();
    let mut missing = None;
    for point in sweep.points()? {
        if tried.contains(&point.over.dataset) {
            continue;
        }
        tried.push(point.over.dataset.clone());
        match processes(point.over, wanted) {
            Err(error @ TrainError::Data(_)) => missing = missing.or(Some(error)),
            answer => return answer,
        }
    }
    Err(missing.unwrap_or(TrainError::NoSpec))
}
