//! `lcnnc sweep run --dry-run`: what the jobs of a sweep are, and what they cost.

use lcnnc::sweeps::costs::{Costs, JobCost, said};
use lcnnc::sweeps::{Job, Plan};
use lcnnc::text_table::aligned;
use lcnnc::train::{Console, Span};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::cost::bytes;

/// Which of the columns is the time.
const TIME: usize = 2;

/// How jobs are trained side by side.
pub struct Beside {
    /// How many at once.
    pub jobs: usize,
    /// Threads of each.
    pub threads: usize,
    /// Why so many.
    pub why: String,
}

/// Lists all jobs with their costs, and below them what they cost together; `beside` is how they are trained here. Where nothing was
/// measured, no times are shown.
pub fn list(plan: &Plan, costs: &Costs, beside: Option<&Beside>, is_measured: bool, console: Console) {
    let head = ["job", "multiply-adds", "time", "memory", "disk", "trains"].map(str::to_owned).to_vec();
    let all: Vec<JobCost> = plan.jobs.iter().map(|job| costs.job(job.index)).collect();
    let row = |(job, cost): (&Job, &JobCost)| {
        let [arithmetic, time, memory, disk] = cost.words();
        vec![job.index.to_string(), arithmetic, time, memory, disk, job.title()]
    };
    let mut rows: Vec<Vec<String>> = std::iter::once(head).chain(plan.jobs.iter().zip(&all).map(row)).collect();
    if !is_measured {
        rows.iter_mut().for_each(|row| drop(row.remove(TIME)));
    }
    console.text(&aligned(&rows));
    console.line(&format!("\n{}, nothing is trained", counted(plan.jobs.len(), "job")));
    sums(&all, beside, is_measured, console);
    let [measured, nets] = costs.nets();
    if is_measured {
        let some = if measured < nets { ", and ~ stands where multiply-adds tell it" } else { "" };
        console.line(&format!(
            "time: by steps of {measured} of {} that were measured on this machine{some}; what sleep, checkpoints and TensorBoard take is \
             not in it",
            counted(nets, "net")
        ));
    }
    console.line(
        "multiply-adds: of one image, forward; memory: of a process at its height, about; disk: of a finished run, about",
    );
    for (problem, jobs) in costs.problems() {
        let of = if jobs.len() == 1 {
            format!("job {}", jobs[0])
        } else {
            format!("{}, from {} on", counted(jobs.len(), "job"), jobs[0])
        };
        console.warn(&format!("warning: {of}: {}: {}", problem.brief, problem.text));
    }
}

/// Says what all jobs come to together.
fn sums(all: &[JobCost], beside: Option<&Beside>, is_measured: bool, console: Console) {
    let disk: u128 = all.iter().filter_map(|cost| cost.cost.ok()).map(|cost| cost.disk).sum();
    let known: Vec<Span> = all.iter().filter_map(|cost| Some(cost.time?.0)).collect();
    let without = |n: usize| if n > 0 { format!(" ({} left out)", counted(n, "job")) } else { String::new() };
    let no_cost = all.iter().filter(|cost| cost.cost.is_err()).count();
    console.line(&format!("disk: {}{}", bytes(disk), without(no_cost)));
    if !is_measured {
        return;
    }
    let (sum, no_time) = (known.iter().copied().sum::<Span>(), without(all.len() - known.len()));
    console.line(&format!("one after another: {}{no_time}", said(sum.clock)));
    if let Some(Beside { jobs, threads, why }) = beside {
        let longest = known.iter().map(|time| time.clock).fold(0.0, f64::max);
        // Threads that read images have no cores of their own when every core has a job.
        let cores = (jobs * threads).max(1) as f64;
        let together = (sum.clock / (*jobs).max(1) as f64).max(sum.busy / cores).max(longest);
        let each = counted(*threads, "thread");
        console.line(&format!("{jobs} at a time with {each} each ({why}): {}{no_time}", said(together)));
    }
}
