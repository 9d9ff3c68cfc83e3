//! HyperQueue: an array of tasks, as a script that calls `hq submit`.

use super::Batch;
use super::numbers::ranges;
use crate::train::quoted;
use std::path::Path;

/// The folder, in that of a sweep, for what tasks say.
pub const LOGS: &str = "hyperqueue";
/// Tries at a job where nothing is said, which is HyperQueue's own default.
pub const TRIES: usize = 5;

/// The script, whose tasks write what they say into `logs`.
pub fn script(batch: &Batch<'_>, logs: &Path) -> String {
    let needs = batch.needs;
    let cpus = needs.cpus.unwrap_or(1);
    // Each try has a file of its own: HyperQueue writes over one that is there.
    let log = logs.join("%{JOB_ID}_%{TASK_ID}_%{INSTANCE_ID}.log");
    let word = |text: &str| quoted(Path::new(text));
    let mut options =
        vec![format!("--name {}", batch.name), format!("--array {}", ranges(&batch.numbers)), format!("--cpus {cpus}")];
    options.extend(needs.gpus.filter(|n| *n > 0).map(|n| format!("--resource gpus/nvidia={n}")));
    options.extend(needs.mebibytes().map(|amount| format!("--resource mem={amount}")));
    options.extend(needs.time.map(|time| format!("--time-limit {}s", time.as_secs())));
    options.push(format!("--crash-limit {}", needs.tries.unwrap_or(TRIES)));
    options.push(format!("--cwd {}", quoted(batch.here)));
    options.extend([format!("--stdout {}", quoted(&log)), format!("--stderr {}", quoted(&log))]);
    options.extend(needs.more.iter().map(|option| word(option)));
    let [program, plan] = [&batch.program, &batch.plan].map(|path| quoted(path));
    format!(
        "#!/bin/bash\n# Jobs of a sweep as tasks of HyperQueue, by lcnnc {}: each finds its number in HQ_TASK_ID. Run this file where `hq` is.\n\
         exec hq submit {} \\\n    -- {program} sweep job {plan} --threads {cpus}\n",
        env!("CARGO_PKG_VERSION"),
        options.join(" \\\n    ")
    )
}
