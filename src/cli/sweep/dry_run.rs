//! `lcnnc sweep run --dry-run`: what the jobs of a sweep are, and what they cost.

use lcnnc::sweeps::Plan;
use lcnnc::sweeps::costs::{Costs, JobCost};
use lcnnc::sweeps::text_table::aligned;
use lcnnc::train::{Console, duration};
use lcnnc_lang::diag::counted;
use lcnnc_lang::ir::cost::bytes;
use std::time::Duration;

/// Lists all jobs with their costs, and below them what they cost together; `side_by_side` is how many are trained at once, with how many
/// threads each, and why.
pub fn list(plan: &Plan, costs: &Costs, side_by_side: Option<(usize, usize, String)>, console: Console) {
    let head = ["job", "multiply-adds", "time", "memory", "disk", "trains"].map(str::to_owned).to_vec();
    let all: Vec<JobCost> = plan.jobs.iter().map(|job| costs.job(job.index)).collect();
    let row = |(job, cost): (&lcnnc::sweeps::Job, &JobCost)| {
        let mut row = vec![job.index.to_string()];
        row.extend(cost.words());
        row.push(job.title());
        row
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(plan.jobs.iter().zip(&all).map(row)).collect();
    console.text(&aligned(&rows));
    console.line("");
    let times: Vec<Duration> = all.iter().filter_map(|cost| Some(cost.time.as_ref().ok()?.0)).collect();
    let without = all.len() - times.len();
    let disk: u128 = all.iter().filter_map(|cost| cost.cost.ok()).map(|cost| cost.disk).sum();
    let (sum, longest) = (times.iter().sum::<Duration>(), times.iter().max().copied().unwrap_or_default());
    let left_out = if without > 0 { format!(" ({} left out)", counted(without, "job")) } else { String::new() };
    console.line(&format!("{}, nothing is trained", counted(plan.jobs.len(), "job")));
    console.line(&format!("one after another: {}, and {} on disk{left_out}", duration(sum), bytes(disk)));
    if let Some((jobs, threads, why)) = side_by_side {
        let together = sum.div_f64(jobs.max(1) as f64).max(longest);
        let each = counted(threads, "thread");
        console.line(&format!("{jobs} at a time with {each} each ({why}): {}", duration(together)));
    }
    let [measured, nets] = costs.nets();
    console.line(&format!(
        "time: measured on this machine, by steps of {measured} of {} on made-up images; what reading and augmenting images, sleep and \
         checkpoints take is not in it{}",
        counted(nets, "net"),
        if measured < nets { ", and ~ stands where multiply-adds tell it" } else { "" }
    ));
    console.line(
        "multiply-adds: of one image, forward; memory: of a process at its height, at most; disk: weights and checkpoint of a finished run",
    );
    costs.problems().iter().for_each(|problem| console.warn(&format!("warning: {problem}")));
}
