//! The files that clusters take: goldens, and Kubernetes' rules.

use lcnnc::sweeps::clusters::needs::Needs;
use lcnnc::sweeps::clusters::slurm::arrays;
use lcnnc::sweeps::clusters::{Batch, Cluster, hyperqueue, kubernetes, slurm};
use lcnnc_testing::golden;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn needs(cluster: Cluster, asked: &[(&str, &str)]) -> Needs {
    let mut needs = Needs::default();
    asked.iter().for_each(|(key, value)| needs.put(cluster, key, value).unwrap());
    needs
}

fn batch<'a>(needs: &'a Needs, plan: &str) -> Batch<'a> {
    Batch {
        name: "lcnnc-table2".to_owned(),
        here: Path::new("/home/ana/my work"),
        plan: PathBuf::from(plan),
        numbers: vec![0, 1, 2, 5, 7, 8],
        needs,
        program: PathBuf::from("/opt/lcnnc"),
    }
}

const PLAN: &str = "/home/ana/my work/sweeps/table2/plan-3f2a91c0.jsonl";

#[test]
fn scripts_and_manifests_are_as_they_were() {
    let asked = [
        ("partition", "gpu"),
        ("account", "vision"),
        ("time", "1 d 12 h"),
        ("gpus", "1"),
        ("cpus", "4"),
        ("memory", "8 GiB"),
        ("at_once", "16"),
        ("setup", "module load cuda"),
        ("more", "--constraint=a100"),
        ("more", "--nice"),
    ];
    let needed = needs(Cluster::Slurm, &asked);
    let of = batch(&needed, PLAN);
    let logs = Path::new("/home/ana/my work/sweeps/table2/slurm");
    let texts: Vec<String> =
        arrays(&of.numbers, 5).iter().map(|array| slurm::script(&of, array, logs).unwrap()).collect();
    assert_eq!(texts.len(), 2);
    golden("clusters", "slurm", &texts[0]);
    golden("clusters", "slurm_second_array", &texts[1]);

    let needed = needs(
        Cluster::HyperQueue,
        &[("gpus", "1"), ("cpus", "4"), ("memory", "8 GB"), ("time", "2 h"), ("tries", "3"), ("more", "--priority=2")],
    );
    golden("clusters", "hyperqueue", &hyperqueue::script(&batch(&needed, PLAN), Path::new("/home/ana/my work/logs")));

    let plain = [("image", "registry.example.org/lcnnc:0.1.0"), ("claim", "shared")];
    let needed = needs(Cluster::Kubernetes, &plain);
    let of = batch(&needed, "sweeps/table2/plan-3f2a91c0.jsonl");
    golden("clusters", "kubernetes_plain", &kubernetes::manifest(&of).unwrap());
    let asked =
        [&plain[..], &[("gpus", "1"), ("cpus", "4"), ("memory", "8 GiB"), ("at_once", "2"), ("tries", "1")]].concat();
    let needed = needs(Cluster::Kubernetes, &asked);
    golden(
        "clusters",
        "kubernetes",
        &kubernetes::manifest(&batch(&needed, "sweeps/table2/plan-3f2a91c0.jsonl")).unwrap(),
    );
}

/// The fields of a Job that a manifest has, with the types of Kubernetes' reference of `batch/v1`; a field that is none is refused. The
/// schemas themselves are in a package of Python's, see `tests/cluster/on_kubernetes.py`.
#[expect(dead_code, reason = "that a field can be read is what is looked at")]
mod schema {
    use serde::Deserialize;
    use std::collections::BTreeMap;

    macro_rules! fields {
        ($($name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {
            $(#[derive(Deserialize)]
            #[serde(deny_unknown_fields, rename_all = "camelCase")]
            pub struct $name { $(pub $field: $kind),* })*
        };
    }
    fields! {
        Job { api_version: String, kind: String, metadata: Metadata, spec: Spec }
        Metadata { name: String }
        Spec {
            completion_mode: Mode, completions: i32, parallelism: i32, backoff_limit_per_index: i32, pod_replacement_policy: Replacement,
            pod_failure_policy: Policy, template: Template,
        }
        Policy { rules: Vec<Rule> }
        ExitCodes { container_name: String, operator: Operator, values: Vec<i32> }
        Condition { r#type: String, status: String }
        Template { spec: Pod }
        Pod { restart_policy: Restart, termination_grace_period_seconds: i64, containers: Vec<Container>, volumes: Vec<Volume> }
        Container {
            name: String, image: String, command: Vec<String>, args: Vec<String>, working_dir: String, env: Vec<Variable>,
            resources: Resources, volume_mounts: Vec<Mount>,
        }
        Variable { name: String, value_from: Source }
        Source { field_ref: FieldRef }
        FieldRef { field_path: String }
        Resources { requests: BTreeMap<String, String>, limits: BTreeMap<String, String> }
        Mount { name: String, mount_path: String }
        Volume { name: String, persistent_volume_claim: Claim }
        Claim { claim_name: String }
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    pub struct Rule {
        pub action: Action,
        pub on_exit_codes: Option<ExitCodes>,
        pub on_pod_conditions: Option<Vec<Condition>>,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    pub enum Action {
        FailJob,
        FailIndex,
        Ignore,
        Count,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    pub enum Operator {
        In,
        NotIn,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    pub enum Mode {
        NonIndexed,
        Indexed,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    pub enum Restart {
        Always,
        OnFailure,
        Never,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    pub enum Replacement {
        TerminatingOrFailed,
        Failed,
    }
}

#[test]
fn a_manifest_keeps_the_rules_of_an_indexed_job() {
    use schema::{Action, Job, Mode, Operator, Replacement, Restart};
    let needed =
        needs(Cluster::Kubernetes, &[("image", "a/b:1"), ("claim", "shared"), ("gpus", "1"), ("at_once", "100")]);
    let job: Job = serde_yaml::from_str(&kubernetes::manifest(&batch(&needed, "s/plan-1.jsonl")).unwrap()).unwrap();
    assert_eq!((job.api_version.as_str(), job.kind.as_str()), ("batch/v1", "Job"));
    let (spec, pod) = (&job.spec, &job.spec.template.spec);
    assert_eq!((spec.completions, spec.parallelism), (6, 6));
    // A limit for each index is for Indexed Jobs alone, and a failure policy for pods that are never begun again.
    assert_eq!((&spec.completion_mode, &pod.restart_policy), (&Mode::Indexed, &Restart::Never));
    assert_eq!((&spec.pod_replacement_policy, spec.backoff_limit_per_index), (&Replacement::Failed, 4));
    let container = &pod.containers[0];
    let mut actions = BTreeMap::new();
    for rule in &spec.pod_failure_policy.rules {
        // A rule has one of the two.
        assert!(rule.on_exit_codes.is_some() != rule.on_pod_conditions.is_some());
        if let Some(codes) = &rule.on_exit_codes {
            assert_eq!((&codes.container_name, &codes.operator), (&container.name, &Operator::In));
            actions.extend(codes.values.iter().map(|code| (*code, &rule.action)));
        }
    }
    assert_eq!(
        actions,
        BTreeMap::from([
            (1, &Action::FailIndex),
            (2, &Action::FailIndex),
            (3, &Action::FailIndex),
            (5, &Action::Ignore)
        ])
    );
    assert_eq!(container.resources.requests, container.resources.limits);
    assert_eq!(pod.volumes[0].name, container.volume_mounts[0].name);
    let name = &job.metadata.name;
    assert!(
        name.len() < 64 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
        "{name}"
    );
}
