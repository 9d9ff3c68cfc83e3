//! Files of a run's folder that were damaged, cut short, deleted or exchanged: whoever reads them gives the answer that
//! the run gave, or names the file.

use super::tools::{answer, copy, edit, files, json, late, names, sha256, trained};
use super::{ARGS, Place, SPEC, assert_same, checkpoints, stopped};
use std::fs;
use std::path::Path;

/// The damages that are done to each file: a bit in several places, a shorter file, none, and another run's.
fn damages(file: &Path, other: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let bytes = fs::read(file).unwrap();
    let mut all = vec![("deleted".to_owned(), None), ("empty".to_owned(), Some(Vec::new()))];
    all.push(("cut in half".to_owned(), Some(bytes[..bytes.len() / 2].to_vec())));
    // A run that was killed may leave a file that is still empty: it has no bit to flip.
    let shares: &[usize] = if bytes.is_empty() { &[] } else { &[0, 37, 89, 100] };
    for share in shares {
        let mut flipped = bytes.clone();
        let at = (bytes.len() * share / 100).min(bytes.len() - 1);
        flipped[at] ^= 4;
        all.push((format!("bit flipped in byte {at}"), Some(flipped)));
    }
    if let Ok(other) = fs::read(other) {
        all.push(("exchanged".to_owned(), Some(other)));
    }
    all.retain(|(_, after)| after.as_ref() != Some(&bytes));
    all
}

#[test]
fn whatever_is_damaged_the_answer_is_the_runs_or_the_file_is_named() {
    let place = Place::new(SPEC);
    let (run, other) = (trained(&place, "whole", "--seed 3"), trained(&place, "other", "--seed 4"));
    let image = place.0.path().join("image.png");
    image::GrayImage::from_fn(12, 12, |x, y| image::Luma([(x * 20 + y) as u8])).save(&image).unwrap();
    let verbs = ["eval RUN", "eval --weights last RUN", "predict RUN image.png", "resume RUN"];
    let ask = |verb: &str| place.lcnnc(&verb.replace("RUN", "here"));
    let here = place.0.path().join("here");
    copy(&run, &here);
    let expected: Vec<Vec<String>> = verbs.iter().map(|verb| answer(&ask(verb))).collect();
    assert!(expected.iter().all(|answer| !answer.is_empty()), "{expected:?}");
    // Of the two checkpoints' folders, which have the same name, each file has its counterpart.
    for file in files(&run) {
        let name = file.strip_prefix(&run).unwrap();
        for (damage, after) in damages(&file, &other.join(name)) {
            // Only `resume` reads the others.
            let is_read = !name.starts_with("checkpoints") && !name.starts_with("tensorboard");
            let asked = verbs.iter().zip(&expected).filter(|(verb, _)| is_read || verb.starts_with("resume"));
            for (verb, expected) in asked {
                copy(&run, &here);
                fs::remove_file(here.join(name)).unwrap();
                after.iter().for_each(|bytes| fs::write(here.join(name), bytes).unwrap());
                let said = ask(verb);
                let case = format!("{verb}, {} {damage}: {}{}", name.display(), said.out, said.err);
                assert!(!said.err.contains("panicked"), "{case}");
                let named = said.err.contains(name.file_name().unwrap().to_str().unwrap());
                match said.code {
                    Some(0) => assert_eq!(&answer(&said), expected, "{case}"),
                    Some(1 | 2) => assert!(named, "{case}"),
                    _ => panic!("{case}"),
                }
                // What a finished run is asked to put right is right, or said.
                if verb.starts_with("resume") && said.code == Some(0) && !name.starts_with("tensorboard") {
                    let right = fs::read(here.join(name)).is_ok_and(|bytes| bytes == fs::read(&file).unwrap());
                    let is_summary = name == Path::new("summary.json");
                    assert!(right || named || said.err.contains("checkpoints/") || is_summary, "{case}");
                }
            }
        }
    }
}

/// The same of a run that was cut short: it goes on to the same bits, or the file is named.
#[test]
fn whatever_is_damaged_of_an_unfinished_run_it_goes_on_to_its_bits_or_the_file_is_named() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = late(&place);
    let (whole, here, other) =
        (place.0.path().join("whole"), place.0.path().join("here"), trained(&place, "other", ""));
    copy(&run, &whole);
    let expected = answer(&place.lcnnc(&format!("eval --limit-test 24 {}", run.display())));
    let is_checkpoint = |name: &Path| name.starts_with("checkpoints");
    for file in files(&whole) {
        let name = file.strip_prefix(&whole).unwrap();
        // A run is gone on with for each: not every place of a bit, and not an empty file beside half of one.
        let chosen = |n: usize| ![1, 3, 5, 6].contains(&n);
        let damages = damages(&file, &other.join(name)).into_iter().enumerate().filter(|(n, _)| chosen(*n));
        for (_, (damage, after)) in damages {
            let verbs: &[&str] =
                if is_checkpoint(name) { &["resume here"] } else { &["eval --limit-test 24 here", "resume here"] };
            for verb in verbs {
                copy(&whole, &here);
                fs::remove_file(here.join(name)).unwrap();
                after.iter().for_each(|bytes| fs::write(here.join(name), bytes).unwrap());
                let said = place.lcnnc(verb);
                let case = format!("{verb}, {} {damage}: {}{}", name.display(), said.out, said.err);
                assert!(!said.err.contains("panicked"), "{case}");
                match said.code {
                    Some(0) if verb.starts_with("eval") => assert_eq!(answer(&said), expected, "{case}"),
                    Some(0) => {
                        let now = super::kept(&here);
                        assert!(now.best == uncut.best && now.last == uncut.last, "{case}");
                        assert!(now.metrics == uncut.metrics && now.table == uncut.table, "{case}");
                    }
                    Some(1 | 2) => assert!(said.err.contains(name.file_name().unwrap().to_str().unwrap()), "{case}"),
                    _ => panic!("{case}"),
                }
            }
        }
    }
}

#[test]
fn exchanged_weights_are_told_whose_they_are_and_force_is_noted() {
    let place = Place::new(SPEC);
    let (run, other) = (trained(&place, "run", "--seed 3"), trained(&place, "other", "--seed 4"));
    fs::copy(other.join("best.safetensors"), run.join("best.safetensors")).unwrap();
    let said = place.lcnnc("eval run");
    let own = json(&run.join("summary.json"))["weights"]["best"].as_str().unwrap()[..12].to_owned();
    let found = &sha256(&fs::read(other.join("best.safetensors")).unwrap())[..12];
    let parts = [
        "error: run/best.safetensors: expected the SHA-256 ",
        &own,
        found,
        "weights of another run, of `Tiny` with the fingerprint ",
        "`--force`",
    ];
    names(&said, 2, &parts);
    // As many as there are: which ones a sample has, the seed decides.
    let forced = place.lcnnc("eval --limit-test 1000 --force run");
    assert_eq!(forced.code, Some(0), "{}", forced.err);
    assert!(
        forced.out.contains("with --force, although run/best.safetensors: expected the SHA-256 "),
        "{}",
        forced.out
    );
    assert_eq!(
        answer(&forced)[0],
        answer(&place.lcnnc("eval --limit-test 1000 other"))[0],
        "these are the other's weights"
    );
    // Of one run, the best and the last.
    copy(&other, &run);
    fs::copy(run.join("last.safetensors"), run.join("best.safetensors")).unwrap();
    if json(&run.join("summary.json"))["best_epoch"] != 2 {
        names(&place.lcnnc("eval run"), 2, &["best.safetensors: expected", "the last weights of this run"]);
    }
}

#[test]
fn lost_weights_of_a_finished_run_come_back_from_its_checkpoint() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    let whole: Vec<Vec<u8>> = files(&run).iter().map(|file| fs::read(file).unwrap()).collect();
    for name in ["best.safetensors", "last.safetensors", "metrics.jsonl", "metrics.csv"] {
        fs::remove_file(run.join(name)).unwrap();
        let way = "`lcnnc resume run`";
        match name {
            "best.safetensors" => names(&place.lcnnc("eval run"), 2, &["best.safetensors: it is missing", way]),
            "last.safetensors" => names(&place.lcnnc("eval --weights last run"), 2, &["it is missing", way]),
            _ => names(&place.lcnnc("eval run"), 0, &["warning: run/metrics", way]),
        }
        let said = place.lcnnc("resume run");
        assert!(said.code == Some(0) && said.err.contains(&format!("run/{name}: was missing")), "{}", said.err);
        let now: Vec<Vec<u8>> = files(&run).iter().map(|file| fs::read(file).unwrap()).collect();
        assert!(now == whole, "{name}");
    }
    // The advice for a damaged summary, followed.
    edit(&run.join("summary.json"), |bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace("\"correct\": ", "\"correct\": 1").into();
    });
    let said = place.lcnnc("resume run");
    assert!(said.code == Some(2) && said.err.contains("summary.json"), "{}", said.err);
    let before = fs::read(run.join("best.safetensors")).unwrap();
    fs::remove_file(run.join("summary.json")).unwrap();
    let said = place.lcnnc("resume run");
    assert!(
        said.code == Some(0) && said.out.contains("goes on    at the start of epoch 3"),
        "{}{}",
        said.out,
        said.err
    );
    assert!(fs::read(run.join("best.safetensors")).unwrap() == before);
    assert_eq!(place.lcnnc("eval run").code, Some(0));
}

#[test]
fn changed_settings_are_refused_by_every_verb_and_noted_by_a_run_that_goes_on() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    edit(&run.join("run.yaml"), |bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace("epochs: 2", "epochs: 1").into();
    });
    for verb in
        ["eval run", "predict run x.png", "analyse run weights", "rerun run", "resume run", "run --config run/run.yaml"]
    {
        names(
            &place.lcnnc(verb),
            2,
            &["run/run.yaml: expected the SHA-256 ", " of manifest.json, found ", "`--force`"],
        );
    }
    let said = place.lcnnc("run --config run/run.yaml --force --runs forced");
    names(&said, 0, &["run/run.yaml: expected the SHA-256 "]);
    let new = fs::read_dir(place.0.path().join("forced/tiny")).unwrap().next().unwrap().unwrap().path();
    assert!(json(&new.join("manifest.json"))["notes"][0].as_str().unwrap().contains("run/run.yaml: expected"));
    // A copy elsewhere is nobody's but the user's.
    fs::create_dir(place.0.path().join("mine")).unwrap();
    fs::copy(run.join("run.yaml"), place.0.path().join("mine/run.yaml")).unwrap();
    fs::copy(run.join("spec.lcnn"), place.0.path().join("mine/spec.lcnn")).unwrap();
    names(&place.lcnnc("run --config mine/run.yaml --runs mine"), 0, &[]);
}

#[test]
fn a_score_that_is_no_number_is_no_answer() {
    let place = Place::new(SPEC);
    let run = trained(&place, "run", "");
    // The last four bytes are of the last weights: all bits of the exponent make a NaN.
    edit(&run.join("best.safetensors"), |bytes| {
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + header..].chunks_exact_mut(4).for_each(|x| x.copy_from_slice(&f32::NAN.to_le_bytes()));
    });
    image::GrayImage::new(12, 12).save(place.0.path().join("image.png")).unwrap();
    names(&place.lcnnc("eval --force run"), 3, &["a cross-entropy of NaN nats", "run/best.safetensors"]);
    let said = place.lcnnc("predict --force run image.png");
    names(&said, 3, &["image.png: the scores are no longer numbers: a probability of NaN"]);
    assert!(!said.out.contains(" %"), "{}", said.out);
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let place = Place::new(SPEC);
    let run = stopped(&place);
    let said = place.lcnnc(&format!("{ARGS} --seed 9 --runs other"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let other = fs::read_dir(place.0.path().join("other/tiny")).unwrap().next().unwrap().unwrap().path();
    let newest = checkpoints(&other).pop().unwrap();
    let guest = run.join("checkpoints").join(newest.file_name().unwrap());
    copy(&newest, &guest);
    let said = place.lcnnc(&format!("resume {}", run.display()));
    let name = guest.file_name().unwrap().to_str().unwrap();
    names(&said, 2, &[name, "expected a checkpoint of a run with the fingerprint ", "one of another run", "remove it"]);
    // With --force it is gone on with, and the run says so for good.
    let forced = place.0.path().join("forced");
    copy(&run, &forced);
    let said = place.lcnnc("resume --force forced");
    names(&said, 0, &["warning: forced/checkpoints/", "as asked with --force"]);
    assert!(said.out.contains("with --force, although forced/checkpoints/"), "{}", said.out);
    assert!(json(&forced.join("summary.json"))["notes"].to_string().contains("one of another run"));
    // The advice, followed.
    fs::remove_dir_all(&guest).unwrap();
    let uncut = place.uncut();
    place.resume(&run);
    assert_same(&run, &uncut);
}

#[test]
fn damaged_metrics_are_put_right_when_a_run_goes_on() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    for (name, damage) in [("metrics.jsonl", 0), ("metrics.jsonl", 1), ("metrics.jsonl", 2), ("metrics.csv", 1)] {
        let run = late(&place);
        match damage {
            0 => fs::remove_file(run.join(name)).unwrap(),
            1 => edit(&run.join(name), |bytes| bytes.truncate(40)),
            _ => edit(&run.join(name), |bytes| bytes[20] = b'}'),
        }
        let said = place.resume(&run);
        let said_so = format!("{name}: lines were missing or changed; it is put right from the checkpoint");
        assert!(said.err.contains(&said_so), "{}", said.err);
        assert_same(&run, &uncut);
        fs::remove_dir_all(run).unwrap();
    }
}

#[test]
fn a_damaged_event_file_is_set_aside() {
    let place = Place::new(SPEC);
    let uncut = place.uncut();
    let run = late(&place);
    let events = files(&run.join("tensorboard")).remove(0);
    edit(&events, |bytes| bytes[60] ^= 0x40);
    let damaged = fs::read(&events).unwrap();
    let said = place.resume(&run);
    assert!(said.err.contains("damaged-1.bin, and a new one begins"), "{}", said.err);
    assert!(fs::read(run.join("tensorboard/damaged-1.bin")).unwrap() == damaged, "nothing is thrown away");
    assert!(fs::metadata(&events).unwrap().len() > 0);
    assert!(super::kept(&run).best == uncut.best && super::kept(&run).last == uncut.last);
}
