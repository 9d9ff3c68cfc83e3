//! A folder of pictures is the one of a run if its contents, its classes and their order are the same, wherever it lies.

use super::pictures::{RUN, photos, says};
use super::{Place, SPEC};
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

fn place() -> Place {
    Place::new(&SPEC.replace("epochs: 8", "epochs: 1"))
}

fn runs(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.0.path().join("runs/tiny")).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

#[test]
fn a_class_without_a_picture_is_of_the_set() {
    let place = place();
    let photos = photos(&place);
    let empty = photos.join("a_first_one");
    fs::create_dir(&empty).unwrap();
    let seeds = format!("{RUN} --allow-empty-classes --seeds 1 --seed 3");
    says(&place.lcnnc(&seeds), 0, &[]);
    let run = runs(&place).remove(0);
    let said = place.lcnnc(&seeds);
    says(&said, 0, &[]);
    assert!(said.out.contains("finished before"), "{}", said.out);

    fs::remove_dir(&empty).unwrap();
    for verb in ["eval", "rerun", "resume --epochs 2"] {
        let said = place.lcnnc(&format!("{verb} {}", run.display()));
        let parts = [
            "is not the one that the run was begun with",
            "its classes are `dark`, `light`, expected `a_first_one`, `dark`, `light`",
            "--dataset folder:PATH",
        ];
        says(&said, 2, &parts);
        assert!(!said.err.contains("--force"), "weights for three classes fit no set of two: {}", said.err);
    }
    let said = place.lcnnc(&seeds);
    says(&said, 0, &[]);
    assert!(said.out.contains("seed 3 begins"), "another set is another run: {}", said.out);

    // Under another name it is another class, too, and this can be forced.
    fs::create_dir(photos.join("z_last_one")).unwrap();
    let said = place.lcnnc(&format!("eval {}", run.display()));
    says(&said, 2, &["its classes are `dark`, `light`, `z_last_one`, expected", "--force"]);
    says(&place.lcnnc(&format!("eval {} --force", run.display())), 0, &["goes on with what is there"]);
    fs::rename(photos.join("z_last_one"), &empty).unwrap();
    says(&place.lcnnc(&format!("eval {}", run.display())), 0, &[]);
}

#[test]
fn another_set_has_the_same_classes_in_the_same_order_or_is_forced() {
    let place = place();
    let here = photos(&place);
    says(&place.lcnnc(RUN), 0, &[]);
    let run = runs(&place).remove(0);
    let other = place.0.path().join("other");
    fs::rename(&here, &other).unwrap();
    let eval = format!("eval {} --dataset folder:other", run.display());
    says(&place.lcnnc(&eval), 0, &[]);
    for (from, to, part) in [
        ("dark", "night", "has other classes than those that the run was trained on: they are `light`, `night`"),
        ("night", "dim", "and those of the run are `dark`, `light`"),
    ] {
        fs::rename(other.join(from), other.join(to)).unwrap();
        says(&place.lcnnc(&eval), 2, &["`folder:other`", part, "--force"]);
        let said = place.lcnnc(&format!("{eval} --force"));
        says(&said, 0, &["warning: `folder:other` has other classes"]);
        assert!(said.out.contains("with --force, although `folder:other` has other classes"), "{}", said.out);
    }
}

#[test]
fn a_folder_that_was_moved_is_named_and_the_run_goes_on() {
    let place = place();
    let here = photos(&place);
    says(&place.lcnnc(RUN), 0, &[]);
    let run = runs(&place).remove(0);
    fs::rename(&here, place.0.path().join("elsewhere")).unwrap();
    for verb in ["rerun", "eval", "resume --epochs 2"] {
        let command = format!("{verb} {}", run.display());
        let said = place.lcnnc(&command);
        says(&said, 2, &["there is no such folder", "give the place where it lies now with `--dataset folder:PATH`"]);
        says(&place.lcnnc(&format!("{command} --dataset folder:elsewhere")), 0, &[]);
    }
    // Other contents are another set, whatever the place.
    fs::remove_file(place.0.path().join("elsewhere/dark/05.png")).unwrap();
    let said = place.lcnnc(&format!("rerun {} --dataset folder:elsewhere", run.display()));
    says(&said, 2, &["is not the one that the run was begun with: its checksum is ", "--dataset folder:PATH"]);
    assert!(!said.err.contains("--data-root"), "{}", said.err);
    // What the folder of a run has lost is not to be allowed.
    fs::rename(place.0.path().join("elsewhere"), &here).unwrap();
    fs::remove_dir_all(here.join("dark")).unwrap();
    let said = place.lcnnc(&format!("rerun {}", run.display()));
    says(&said, 2, &["one class alone, `light`", "put it back as it was"]);
    assert!(!said.err.contains("--allow"), "rerun has no such flag: {}", said.err);
}

#[test]
fn a_picture_that_is_exchanged_in_the_middle_of_a_run_ends_it() {
    let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 200"));
    let folder = photos(&place);
    let (child, run) = place.start(&format!("{RUN} --save-every 1000000 --patience 0"));
    while !run.join("metrics.jsonl").exists() {
        sleep(Duration::from_millis(1));
    }
    // Whole pictures of the same size, all of them: whichever is read next is another one.
    for n in 0..24 {
        let file = format!("{n:02}.png");
        let whole = place.0.path().join("whole.png");
        fs::copy(folder.join("light").join(&file), &whole).unwrap();
        fs::rename(&whole, folder.join("dark").join(&file)).unwrap();
    }
    let said = super::Said::from(child.wait_with_output().unwrap());
    says(&said, 7, &["it holds another picture than when the data set was read", "put it back as it was"]);
}

#[test]
fn a_device_is_no_picture_and_a_line_end_in_a_name_is_shown() {
    let place = place();
    let folder = photos(&place);
    let (old, new) = (folder.join("dark"), folder.join("da\nrk"));
    fs::rename(old, &new).unwrap();
    says(&place.lcnnc(RUN), 0, &[]);
    let run = runs(&place).remove(0);
    let said = place.lcnnc(&format!("predict {} /dev/zero photos", run.display()));
    says(&said, 2, &["/dev/zero: cannot be decoded: it is a pipe or a device"]);
    assert_eq!(said.out.lines().filter(|line| line.starts_with("photos/")).count(), 48, "{}", said.out);
    fs::copy(new.join("00.png"), place.0.path().join("a.png")).unwrap();
    let said = place.lcnnc(&format!("predict {} a.png", run.display()));
    assert!(said.out.contains("da\\nrk") && said.out.lines().count() == 1, "{}", said.out);
    super::pictures::cut(&new.join("00.png"));
    says(&place.lcnnc(RUN), 2, &["da\\nrk/00.png: it is cut short"]);
}
