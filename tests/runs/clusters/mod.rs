//! Sweeps on clusters: the files that they take, what is submitted, and what becomes of a job that is told to end there. `tests/cluster/`
//! has what runs on real ones.

mod files;

use crate::shell::SMALL;
use lcnnc::sweeps::clusters::needs::KEYS;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const SWEEP: &str =
    "sweep run small --device cpu --limit 40 --limit-test 20 --epochs 1 --no-tensorboard --over width=1,2 --seeds 4";

/// A folder with a spec, and a folder of programs that stand for those of a cluster.
fn place(programs: &[(&str, &str)]) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("small.lcnn"), SMALL).unwrap();
    let bin = place.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for (name, script) in programs {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/bash\nPATH=/usr/bin:/bin\necho \"{name} $*\" >> \"$ASKED\"\n{script}\n"))
            .unwrap();
        Command::new("chmod").arg("+x").arg(&path).status().unwrap();
    }
    place
}

/// A program in that folder, which finds those of the cluster, and others in `more` alone.
fn command(here: &Path, program: impl AsRef<std::ffi::OsStr>, more: &str) -> Command {
    let mut command = Command::new(program);
    let path = format!("{}{more}", here.join("bin").display());
    command.current_dir(here).env("PATH", path).env("ASKED", here.join("asked"));
    command.env_remove("LCNNC_DATA").env("XDG_CACHE_HOME", here.join("cache"));
    command
}

/// What `lcnnc` says: its exit code, and both streams.
fn lcnnc(here: &Path, args: &str, more: &[&str]) -> (Option<i32>, String) {
    let mut lcnnc = command(here, assert_cmd::cargo::cargo_bin!("lcnnc"), "");
    let Output { status, stdout, stderr } = lcnnc.args(args.split(' ')).args(more).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[track_caller]
fn fine(here: &Path, args: &str, more: &[&str]) -> String {
    let (code, said) = lcnnc(here, args, more);
    assert_eq!(code, Some(0), "{said}");
    said
}

/// What stands for SLURM: `sbatch` counts, `squeue` knows two tasks, `scontrol` a small `MaxArraySize`.
const SLURM: [(&str, &str); 3] = [
    (
        "sbatch",
        "[ -e refused ] && { echo 'sbatch: error: invalid partition' >&2; exit 1; }\nn=$(cat count 2> /dev/null || echo 40)\necho $((n + 1)) > count\necho \"$((n + 1));here\"",
    ),
    (
        "squeue",
        "case \"$*\" in *'--jobs 41'*) printf '0\\n3\\n' ;; *) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;; esac",
    ),
    ("scontrol", "printf 'MaxArraySize            = 5\\nMaxDBDMsgs = 20012\\n'"),
];

#[test]
fn jobs_are_submitted_as_arrays_that_slurm_takes_and_those_in_its_queue_are_left_out() {
    let place = place(&SLURM);
    let here = place.path();
    let said = fine(here, SWEEP, &["--on", "slurm"]);
    for line in [
        "5 jobs as array 41",
        "3 jobs as array 42",
        "lcnnc sweep status sweeps/small",
        "lcnnc sweep table sweeps/small",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let script = |n: usize| fs::read_to_string(here.join(format!("sweeps/small/slurm-{n}.sh"))).unwrap();
    assert!(script(1).contains("#SBATCH --array=0-4\n") && script(2).contains("#SBATCH --array=0-2\n"));
    assert!(script(2).contains("--index \"$((SLURM_ARRAY_TASK_ID + 5))\""), "{}", script(2));
    // A folder for the logs that is not there would end every task without a word.
    assert!(here.join("sweeps/small/slurm").is_dir());

    // Of the first array tasks 0 and 3 are in the queue; jobs are trained meanwhile, and the sweep gets more alternatives.
    fs::remove_file(here.join("asked")).unwrap();
    let plan = fs::read_to_string(here.join("sweeps/small/plan.jsonl")).unwrap();
    let copy = fs::read_dir(here.join("sweeps/small")).unwrap().map(|file| file.unwrap().path());
    let copy = copy.into_iter().find(|file| file.file_name().unwrap().to_string_lossy().starts_with("plan-")).unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), plan);
    fine(here, "sweep job", &[copy.to_str().unwrap(), "--index", "1"]);
    let said = fine(here, &SWEEP.replace("width=1,2", "width=3,1,2"), &["--on", "slurm"]);
    assert!(said.contains("2 jobs in SLURM's queue already (array 41)"), "{said}");
    // Twelve jobs, of which 4 (seed 0) and 7 (seed 3) wait and 5 is finished.
    assert!(
        script(1).contains("#SBATCH --array=0-3\n") && script(2).contains("#SBATCH --array=1,3-4\n"),
        "{}",
        script(2)
    );
    assert_eq!(fs::read_to_string(&copy).unwrap(), plan, "what is in the queue keeps its numbers");

    // What SLURM refuses is said in its words.
    fs::write(here.join("refused"), "").unwrap();
    let (code, said) = lcnnc(here, SWEEP, &["--on", "slurm", "--into", "other"]);
    assert!(code == Some(2) && said.contains("sbatch: error: invalid partition"), "{said}");
}

#[test]
fn files_alone_are_written_where_there_is_no_cluster() {
    let place = place(&[]);
    let here = place.path();
    let (code, said) = lcnnc(here, SWEEP, &["--on", "slurm", "--ask", "largest_array=1001"]);
    assert!(code == Some(2) && said.contains("there is no `sbatch`") && said.contains("--write"), "{said}");
    let said = fine(here, SWEEP, &["--on", "slurm", "--write", "out", "--ask", "time=2 h", "--threads", "3"]);
    assert!(said.contains("8 jobs for slurm, nothing is submitted; to submit: sbatch out/slurm-1.sh"), "{said}");
    let script = fs::read_to_string(here.join("out/slurm-1.sh")).unwrap();
    assert!(
        script.contains("--array=0-7\n")
            && script.contains("--time=0-02:00:00\n")
            && script.contains("--cpus-per-task=3\n")
    );

    // Pods count from 0, so that their plan has those jobs alone that are left.
    let pods = ["--on", "kubernetes", "--ask", "image=a/b", "--ask", "claim=c"];
    let name = |text: &str| {
        text.lines().find_map(|line| line.strip_prefix("        - sweeps/small/").map(str::to_owned)).unwrap()
    };
    let manifest = || fs::read_to_string(here.join("sweeps/small/kubernetes.yaml")).unwrap();
    fine(here, SWEEP, &pods);
    let first = name(&manifest());
    fine(here, "sweep job sweeps/small --index 0", &[]);
    fine(here, SWEEP, &pods);
    assert!(manifest().contains("completions: 7\n"));
    let second = name(&manifest());
    assert_ne!(first, second);
    let mut pod = command(here, assert_cmd::cargo::cargo_bin!("lcnnc"), "");
    pod.args(["sweep", "job", &format!("sweeps/small/{second}"), "--threads", "1"]).env("JOB_COMPLETION_INDEX", "0");
    assert!(pod.output().unwrap().status.success());
    let said = fine(here, "sweep status sweeps/small --all", &[]);
    assert!(said.contains("job 1 finished") && said.contains("8 jobs: 2 finished, 6 waiting"), "{said}");
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, said) = lcnnc(here, SWEEP, &[&pods[..], &["--into", elsewhere.path().to_str().unwrap()]].concat());
    assert!(code == Some(2) && said.contains("type it in a folder above"), "{said}");

    let one = SWEEP.replace("width=1,2 --seeds 4", "width=5");
    fine(here, &one, &["--on", "hyperqueue", "--ask", "cpus=2"]);
    let script = fs::read_to_string(here.join("sweeps/small/hyperqueue.sh")).unwrap();
    assert!(
        script.contains("--array 0 ") && script.contains("--cpus 2 ") && script.contains("--threads 2\n"),
        "{script}"
    );
    let mut task = command(here, assert_cmd::cargo::cargo_bin!("lcnnc"), "");
    task.args(["sweep", "job", "sweeps/small"]).env("HQ_TASK_ID", "0").env("HQ_CPUS", "0,1");
    let said = String::from_utf8(task.output().unwrap().stdout).unwrap();
    assert!(said.contains(", 2 threads") && said.contains("test accuracy"), "{said}");
}

#[test]
fn what_is_wrong_with_needs_is_said_with_its_place() {
    let place = place(&[]);
    let here = place.path();
    for (asked, problem) in [
        ("partion=gpu", "did you mean `partition`?"),
        ("image=a", "known are cpus"),
        ("gpus=2", "a job trains on one GPU at most"),
        ("time=2 min", "a time, 5 min or more"),
        ("memory=8", "as in `8 GiB`"),
        ("partition=a b", "a name without spaces"),
        ("cpus=0", "a whole number from 1"),
        ("more=exclusive", "begins with a hyphen"),
    ] {
        let (code, said) = lcnnc(here, SWEEP, &["--on", "slurm", "--ask", asked]);
        assert!(code == Some(2) && said.contains(problem) && said.contains("--ask"), "{asked}: {said}");
    }
    let (code, said) = lcnnc(here, &SWEEP.replace("--device cpu", "--device cuda:1"), &["--on", "slurm"]);
    assert!(code == Some(2) && said.contains("`--device cuda`"), "{said}");
    let pods = ["--on", "kubernetes", "--ask", "image=a/b", "--ask", "claim=c"];
    for (more, told) in [
        (["--data-root", "/elsewhere"], "name what lies below it by a path from there, as in `--data-root data`"),
        (["--ask", "gpus=1"], "`--device cpu` uses none"),
    ] {
        let (code, said) = lcnnc(here, SWEEP, &[&pods[..], &more].concat());
        assert!(code == Some(2) && said.contains(told), "{said}");
    }
    let (code, said) = lcnnc(here, SWEEP, &["--on", "slurm", "--ask", "more=--array=5"]);
    assert!(code == Some(2) && said.contains("`at_once`"), "{said}");
    let (code, said) = lcnnc(here, SWEEP, &["--on", "kubernetes", "--ask", "image=a"]);
    assert!(code == Some(2) && said.contains("Kubernetes needs `claim`"), "{said}");
    for flags in [&["--write", "out"][..], &["--ask", "cpus=1"], &["--on", "slurm", "--jobs", "2"]] {
        let (code, said) = lcnnc(here, SWEEP, flags);
        assert!(code == Some(2) && said.contains("--on"), "{flags:?}: {said}");
    }
    assert!(!here.join("sweeps/small/slurm-1.sh").exists());

    let file = "grids:\n  - {spec: small, lr: 0.1}\nslurm: {partion: gpu, time: soon, gpus: 1}\nkubernetes: shared\n";
    fs::write(here.join("sweep.yaml"), file).unwrap();
    let (code, said) = lcnnc(here, "sweep run sweep.yaml", &[]);
    assert_eq!(code, Some(1));
    for words in
        ["sweep.yaml:3:9", "did you mean `partition`?", "sweep.yaml:3:29", "`time` is a time", "sweep.yaml:4:13"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    // What a flag asks for comes before what the file says.
    let file = "grids:\n  - {spec: small, lr: 0.1}\nslurm: {partition: gpu, cpus: 2, more: [--nice, --exclusive]}\n";
    fs::write(here.join("sweep.yaml"), file).unwrap();
    fine(here, "sweep run sweep.yaml --dataset contours --on slurm --write out", &["--ask", "cpus=4"]);
    let script = fs::read_to_string(here.join("out/slurm-1.sh")).unwrap();
    for line in ["--partition=gpu", "--cpus-per-task=4", "--nice", "--exclusive"] {
        assert!(script.contains(&format!("#SBATCH {line}\n")), "{line}: {script}");
    }
}

/// The script of a task, as SLURM runs it, told to end in the middle: the job saves, and the task is put back, unless somebody cancelled it.
#[test]
fn a_task_that_is_told_to_end_saves_and_is_put_back() {
    use std::thread;
    use std::time::Duration;
    let state = "[ \"$1\" = show ] && echo \"JobId=7 JobState=$(cat state) Reason=None\"\nexit 1";
    for (is, back) in [("RUNNING", true), ("CANCELLED", false)] {
        let place = place(&[("scontrol", state)]);
        let here = place.path();
        fs::write(here.join("state"), is).unwrap();
        let long = SWEEP.replace("--epochs 1", "--epochs 100000");
        fine(here, &long, &["--on", "slurm", "--write", "out", "--ask", "largest_array=6"]);
        // Task 1 of the second array is job 7.
        let mut task = command(here, "/bin/bash", ":/usr/bin:/bin");
        task.arg("out/slurm-2.sh")
            .env("SLURM_ARRAY_TASK_ID", "1")
            .env("SLURM_ARRAY_JOB_ID", "7")
            .env("SLURM_CPUS_PER_TASK", "1");
        let said = fs::File::create(here.join("said")).unwrap();
        let mut task = task.stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap();
        let said = || fs::read_to_string(here.join("said")).unwrap();
        while !said().contains("epoch 3/") && task.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(20));
        }
        // SLURM tells every process of a job, and bash passes it on: two signals are one.
        let lease =
            fs::read_dir(here.join("sweeps/small/runs")).unwrap().map(|job| job.unwrap().path().join("lease.json"));
        let lease: Value =
            serde_json::from_str(&fs::read_to_string(lease.into_iter().next().unwrap()).unwrap()).unwrap();
        Command::new("kill").args(["-TERM", &lease["pid"].to_string(), &task.id().to_string()]).status().unwrap();
        assert_eq!(task.wait().unwrap().code(), Some(5), "{}", said());
        assert!(said().contains("what was done is saved") && said().contains(", 1 thread"), "{}", said());
        let status = fine(here, "sweep status sweeps/small --all", &[]);
        assert!(status.contains("job 7 cut"), "{status}");
        let asked = fs::read_to_string(here.join("asked")).unwrap();
        assert_eq!(asked.contains("scontrol requeue 7_1"), back, "{asked}");
    }
}

#[test]
fn a_data_root_that_a_cluster_does_not_hear_of_is_warned_of() {
    let place = place(&[]);
    let here = place.path();
    let said = |cluster: &str, more: &[&str]| {
        let mut lcnnc = command(here, assert_cmd::cargo::cargo_bin!("lcnnc"), "");
        let words = SWEEP.split(' ').chain(["--dataset", "mnist", "--on", cluster, "--write", "out"]);
        let output = lcnnc.env("LCNNC_DATA", here).args(words).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    let pods = ["--ask", "image=a/b", "--ask", "claim=c"];
    let warning = "LCNNC_DATA is set here, and ";
    assert!(said("kubernetes", &pods).contains(warning) && said("hyperqueue", &[]).contains(warning));
    assert!(!said("slurm", &[]).contains(warning) && !said("hyperqueue", &["--data-root", "data"]).contains(warning));
}

#[test]
fn the_manual_names_every_key_with_its_clusters() {
    let page = fs::read_to_string("docs/clusters.md").unwrap();
    for key in &KEYS {
        let of: Vec<&str> = key.of.iter().map(|cluster| cluster.name()).collect();
        let row = format!("| `{}` | {} | {} | `{}` |", key.name, of.join(", "), key.about, key.example);
        assert!(page.contains(&row), "docs/clusters.md: {row}");
    }
}
