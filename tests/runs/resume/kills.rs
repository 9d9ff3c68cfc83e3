//! Kills, signals and damaged checkpoints.

use super::tools::reseal;
use super::{ARGS, Place, SPEC, Said, asleep, assert_same, checkpoints, kept, stopped};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

/// Sends a signal by its name.
#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Kills a run again and again, each time a little later, until it comes to its end. Gives how often it was killed, and
/// how often while a checkpoint was being written.
fn killed(place: &Place, mut wait: impl FnMut() -> Duration) -> (PathBuf, usize, usize) {
    let (mut child, run) = place.start(&format!("{ARGS} --save-every 0"));
    let (mut kills, mut in_writes) = (0, 0);
    loop {
        sleep(wait());
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        in_writes += usize::from(run.join("checkpoints/.partial").exists());
        if run.join("summary.json").exists() {
            // A kill may have come between the summary and the removal of the checkpoints.
            place.resume(&run);
            return (run, kills, in_writes);
        }
        child = place.command(&format!("resume {}", run.display())).spawn().unwrap();
    }
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_bits() {
    for spec in [SPEC, &asleep()] {
        let place = Place::new(spec);
        let uncut = place.uncut();
        let mut wait = Duration::from_millis(30);
        let (run, kills, _) = killed(&place, || {
            wait = wait.mul_f64(1.25);
            wait
        });
        assert!(kills > 1, "killed {kills} times");
        assert_same(&run, &uncut);
    }
}

/// `cargo test --release --test runs resume -- --ignored --nocapture`: LCNNC_KILLS kills or more (200), at random times, half of
/// them of a net that sleeps.
#[test]
#[ignore = "takes minutes; see the README"]
fn hundreds_of_kills_change_no_bit() {
    let wanted: usize = std::env::var("LCNNC_KILLS").map_or(200, |text| text.parse().unwrap());
    let places = [SPEC, &asleep()].map(Place::new);
    let uncut = places.each_ref().map(Place::uncut);
    let (mut runs, mut kills, mut in_writes) = (0, [0, 0], 0);
    let mut random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), wanted);
    println!("random times from {random}");
    while let Some(n) = (0..2).find(|n| 2 * kills[*n] < wanted) {
        let (run, more, writes) = killed(&places[n], || {
            // Knuth's linear congruential generator: any will do.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Duration::from_micros(20_000 + (random >> 33) % 230_000)
        });
        assert_same(&run, &uncut[n]);
        fs::remove_dir_all(run).unwrap();
        kills[n] += more;
        (runs, in_writes) = (runs + 1, in_writes + writes);
    }
    let [awake, asleep] = kills;
    println!(
        "{awake} kills, and {asleep} of a net that sleeps, {in_writes} of them in the middle of writing a checkpoint; {runs} of {runs} runs bit-identical"
    );
}

#[cfg(unix)]
#[test]
fn a_signal_saves_and_ends_with_a_code_of_its_own() {
    for name in ["INT", "TERM"] {
        let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 100"));
        let uncut = place.uncut();
        let (child, run) = place.start(&format!("{ARGS} --save-every 1000000"));
        // It listens once training has begun.
        while !run.join("metrics.jsonl").exists() {
            sleep(Duration::from_millis(1));
        }
        signal(&child, name);
        let said = Said::from(child.wait_with_output().unwrap());
        assert_eq!(said.code, Some(5), "{}", said.err);
        let hint = format!("to go on: `lcnnc resume {}`", run.strip_prefix(place.0.path()).unwrap().display());
        assert!(said.err.contains("stopped, as asked") && said.err.contains(&hint), "{}", said.err);
        assert_eq!(checkpoints(&run).len(), 1, "what was done is saved");
        let said = place.resume(&run);
        assert!(said.out.contains("goes on    at "), "{}", said.out);
        assert_same(&run, &uncut);
    }
}

/// What befalls the newest checkpoint.
type Damage = fn(&Path);

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_it_used() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let damages: [(&str, Damage); 5] = [
        ("weights.safetensors is not what SHA256SUMS says", |newest| {
            let file = newest.join("weights.safetensors");
            let mut bytes = fs::read(&file).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(&file, bytes).unwrap();
        }),
        ("optimizer.burnpack is not what", |newest| {
            let file = fs::OpenOptions::new().write(true).open(newest.join("optimizer.burnpack")).unwrap();
            file.set_len(100).unwrap();
        }),
        ("state.json: cannot be read", |newest| fs::remove_file(newest.join("state.json")).unwrap()),
        ("SHA256SUMS: cannot be read", |newest| fs::remove_file(newest.join("SHA256SUMS")).unwrap()),
        ("state.json is not what", |newest| fs::write(newest.join("state.json"), "{}").unwrap()),
    ];
    for (reason, damage) in damages {
        let run = stopped(&place);
        let newest = checkpoints(&run).pop().unwrap();
        damage(&newest);
        let said = place.resume(&run);
        let name = newest.file_name().unwrap().to_str().unwrap();
        assert!(said.err.contains(name) && said.err.contains(reason), "{reason}: {}", said.err);
        assert_same(&run, &uncut);
        fs::remove_dir_all(run).unwrap();
    }
}

#[test]
fn without_a_whole_checkpoint_a_run_begins_again() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = stopped(&place);
    for checkpoint in checkpoints(&run) {
        fs::remove_file(checkpoint.join("state.json")).unwrap();
    }
    let said = place.lcnnc(&format!("resume {}", run.display()));
    assert!(said.code == Some(2) && said.err.contains("no checkpoint is whole"), "{}", said.err);
    let said = place.lcnnc(&format!("resume {} --force", run.display()));
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.err.matches("state.json: cannot be read").count(), 2, "{}", said.err);
    assert!(!said.out.contains("goes on"), "{}", said.out);
    let now = kept(&run);
    assert!(now.best == uncut.best && now.last == uncut.last && now.metrics == uncut.metrics);
}

#[test]
fn a_run_is_trained_by_one_process_at_a_time() {
    let place = Place::new(SPEC);
    let (mut child, run) = place.start(&format!("{ARGS} --epochs 1000"));
    while !run.join("metrics.jsonl").exists() {
        sleep(Duration::from_millis(1));
    }
    let said = place.lcnnc(&format!("resume {}", run.display()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("another lcnnc is training in this folder"), "{}", said.err);
}

#[test]
fn what_is_no_longer_the_run_is_not_gone_on_with() {
    let place = Place::new(SPEC);
    let run = stopped(&place);
    let edit = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(run.join(name)).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(run.join(name), text.replace(from, to)).unwrap();
    };
    let resume = || place.lcnnc(&format!("resume {}", run.display()));
    edit("run.yaml", "epochs: 8", "epochs: 9");
    let said = resume();
    assert_eq!(said.code, Some(2));
    let parts = ["run.yaml: expected the SHA-256 ", " of manifest.json, found ", "--force"];
    assert!(parts.iter().all(|part| said.err.contains(part)), "{}", said.err);
    edit("run.yaml", "epochs: 9", "epochs: 8");

    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    reseal(&run.join("manifest.json"), |manifest| manifest["data"]["checksum"] = "0".repeat(64).into());
    let said = resume();
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("the data set `contours` is not the one that the run was begun with"), "{}", said.err);
    fs::write(run.join("manifest.json"), manifest).unwrap();

    place.resume(&run);
    let said = place.resume(&run);
    assert!(said.out.contains("the run is complete") && said.out.contains("test accuracy"), "{}", said.out);

    let said = place.lcnnc("resume nowhere");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("nowhere: there is no such folder"), "{}", said.err);
}
