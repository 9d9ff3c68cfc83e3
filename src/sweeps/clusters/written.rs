//! The files that clusters take, written into a folder.

use super::slurm::Array;
use super::{Batch, Cluster, hyperqueue, kubernetes, needs, plain_name, queue, slurm};
use crate::sweeps::plan::Plan;
use crate::train::{TrainError, files};
use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// How many jobs it has.
    pub jobs: usize,
    /// The job that is task 0, and the copy of the plan.
    pub first: usize,
    /// The name of the plan's copy.
    pub plan: String,
}

/// Writes the files for some jobs of a plan, by their numbers, into a folder, and the copy of the plan that they name into that of the
/// sweep.
///
/// # Errors
/// If a file cannot be written, or the cluster needs what nobody said.
pub fn write(
    cluster: Cluster,
    plan: &Plan,
    numbers: &[usize],
    needs: &needs::Needs,
    into: &Path,
) -> Result<Vec<Written>, TrainError> {
    let here = env::current_dir().map_err(TrainError::file(Path::new("."), "found"))?;
    let program = env::current_exe().map_err(TrainError::file(&plan.folder, "handed over"))?;
    let part = (cluster == Cluster::Kubernetes).then(|| plan.part(numbers));
    let copied = part.as_ref().unwrap_or(plan);
    let name = copied.copy_name();
    let copy = plan.folder.join(&name);
    let absolute = |path: &Path| std::path::absolute(path).map_err(TrainError::file(path, "found"));
    let mut batch = Batch {
        name: plain_name(&absolute(&plan.folder)?),
        here: &here,
        plan: absolute(&copy)?,
        numbers: numbers.to_vec(),
        needs,
        program,
    };
    let logs = |folder: &str| absolute(&plan.folder.join(folder));
    let one = |text: String, file: &str| vec![(file.to_owned(), text, Array { first: 0, tasks: numbers.to_vec() })];
    let texts = match cluster {
        Cluster::Slurm => {
            let largest = needs.largest_array.or_else(queue::largest_array).unwrap_or(needs::USUAL_ARRAY);
            let logs = logs(slurm::LOGS)?;
            fs::create_dir_all(&logs).map_err(TrainError::file(&logs, "made"))?;
            let script = |(n, array): (usize, Array)| {
                let text = slurm::script(&batch, &array, &logs)?;
                Ok((format!("slurm-{}.sh", n + 1), text, array))
            };
            slurm::arrays(numbers, largest).into_iter().enumerate().map(script).collect::<Result<_, TrainError>>()?
        }
        Cluster::HyperQueue => {
            let logs = logs(hyperqueue::LOGS)?;
            fs::create_dir_all(&logs).map_err(TrainError::file(&logs, "made"))?;
            one(hyperqueue::script(&batch, &logs), "hyperqueue.sh")
        }
        Cluster::Kubernetes => {
            batch.plan = within(&here, &batch.plan)?;
            plan.jobs.iter().try_for_each(|job| travels(&job.args))?;
            // The same jobs have the same name, which Kubernetes takes once.
            batch.name = format!("{}-{}", batch.name, name.trim_start_matches("plan-").trim_end_matches(".jsonl"));
            one(kubernetes::manifest(&batch)?, "kubernetes.yaml")
        }
    };
    copied.write_copy(&name)?;
    fs::create_dir_all(into).map_err(TrainError::file(into, "made"))?;
    let written = |(file, text, array): (String, String, Array)| {
        let path = into.join(file);
        files::replace(&path, text.as_bytes())?;
        Ok(Written { path, jobs: array.tasks.len(), first: array.first, plan: name.clone() })
    };
    let scripts = texts.len();
    let all = texts.into_iter().map(written).collect::<Result<Vec<_>, TrainError>>()?;
    if cluster == Cluster::Slurm {
        remove_rest(into, scripts);
    }
    Ok(all)
}

/// Removes the scripts of arrays that an earlier plan had more of; SLURM keeps a copy of what it was given.
fn remove_rest(into: &Path, scripts: usize) {
    let mut others = (scripts + 1..).map(|n| into.join(format!("slurm-{n}.sh")));
    let is_own = |path: &Path| fs::read_to_string(path).is_ok_and(|text| text.contains("sweep job"));
    while let Some(path) = others.next().filter(|path| is_own(path)) {
        if fs::remove_file(&path).is_err() {
            break;
        }
    }
}

/// Checks that a job names its files by paths that hold in a pod too, whose folder is another one.
fn travels(args: &[String]) -> Result<(), TrainError> {
    for (flag, value) in args.iter().zip(args.iter().skip(1)) {
        let path = match flag.as_str() {
            "--data-root" | "--weights-from" => value,
            "--dataset" => value.strip_prefix("folder:").unwrap_or_default(),
            _ => continue,
        };
        if Path::new(path).is_absolute() {
            let reason = format!(
                "pods have the folder that this command is typed in at another place: name what lies below it by a path from there, as in `{flag} \
                 {}`",
                if flag == "--dataset" { "folder:data/photos" } else { "data" }
            );
            return Err(TrainError::Refused { path: path.into(), reason });
        }
    }
    Ok(())
}

/// A path relative to the folder that the command was typed in, which is the one that pods have.
fn within(here: &Path, path: &Path) -> Result<PathBuf, TrainError> {
    let below = path.strip_prefix(here).ok();
    let is_plain = |path: &&Path| path.components().all(|part| matches!(part, Component::Normal(_)));
    below.filter(is_plain).map(Path::to_owned).ok_or_else(|| TrainError::Refused {
        path: path.to_owned(),
        reason: "pods have the folder that this command is typed in, and what is below it: type it in a folder above the sweep's"
            .to_owned(),
    })
}
