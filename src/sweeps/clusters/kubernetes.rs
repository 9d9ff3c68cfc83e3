//! Kubernetes: an Indexed Job, as a manifest that `kubectl create` takes.

use super::Batch;
use crate::train::TrainError;
use serde_json::{Map, json};

/// Where the pods have the folder that the command was typed in.
const MOUNT: &str = "/work";
/// The container's name.
const CONTAINER: &str = "lcnnc";
/// Failures of a job before it is given up.
const TRIES: usize = 5;
/// Exit codes of a job that fails again however often it is tried: what is wrong is the spec, the data, the settings or the training.
const LASTING: [u8; 3] = [1, 2, 3];
/// Seconds that a job has to save in.
const GRACE: usize = 60;

/// The manifest. The pods' number from 0 is the job's: the plan's copy holds no other jobs.
///
/// # Errors
/// If the image or the volume's claim is not known.
pub fn manifest(batch: &Batch<'_>) -> Result<String, TrainError> {
    let needs = batch.needs;
    let needed = |key: &str, value: &Option<String>| {
        value.clone().ok_or_else(|| TrainError::Sweep {
            reason: format!(
                "Kubernetes needs `{key}`: write it into a block `kubernetes` of the sweep's file, or give `--ask {key}=VALUE`"
            ),
        })
    };
    let (image, claim) = (needed("image", &needs.image)?, needed("claim", &needs.claim)?);
    let jobs = batch.numbers.len();
    let cpus = needs.cpus.unwrap_or(1);
    let mut resources = Map::new();
    resources.insert("cpu".to_owned(), json!(cpus.to_string()));
    if let Some(memory) = needs.mebibytes() {
        resources.insert("memory".to_owned(), json!(format!("{memory}Mi")));
    }
    if let Some(gpus) = needs.gpus.filter(|n| *n > 0) {
        resources.insert("nvidia.com/gpu".to_owned(), json!(gpus.to_string()));
    }
    let plan = batch.plan.to_string_lossy();
    let pod = json!({
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": GRACE,
        "containers": [{
            "name": CONTAINER,
            "image": image,
            "command": ["lcnnc"],
            "args": ["sweep", "job", plan, "--threads", cpus.to_string()],
            "workingDir": MOUNT,
            // With its number, what names a task: its next try follows it at once.
            "env": [{
                "name": "JOB_NAME",
                "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}},
            }],
            "resources": {"requests": resources, "limits": resources},
            "volumeMounts": [{"name": "work", "mountPath": MOUNT}],
        }],
        "volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": claim}}],
    });
    let exit_codes = |codes: &[u8]| json!({"containerName": CONTAINER, "operator": "In", "values": codes});
    let job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": batch.name},
        "spec": {
            "completionMode": "Indexed",
            "completions": jobs,
            "parallelism": needs.at_once.unwrap_or(jobs).min(jobs),
            "backoffLimitPerIndex": needs.tries.unwrap_or(TRIES) - 1,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": [
                // Pods that the cluster moves, and jobs that were told to end and have saved, are no failures.
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                {"action": "Ignore", "onExitCodes": exit_codes(&[5])},
                {"action": "FailIndex", "onExitCodes": exit_codes(&LASTING)},
            ]},
            "template": {"spec": pod},
        },
    });
    // Texts, numbers, lists and blocks of them can always be written.
    let text = serde_yaml::to_string(&job).unwrap_or_default();
    Ok(format!(
        "# Jobs of a sweep as an Indexed Job of Kubernetes 1.33 or newer, by lcnnc {}. `kubectl create -f` takes this file.\n{text}",
        env!("CARGO_PKG_VERSION")
    ))
}
