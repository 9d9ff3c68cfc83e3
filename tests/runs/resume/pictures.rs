//! Folders with pictures that are broken, before a run begins and in the middle of it: what a message advises works.

use super::{Place, SPEC, Said, assert_same, kept};
use image::{GrayImage, Luma, RgbImage};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

pub const RUN: &str = "run tiny --device cpu --threads 1 --dataset folder:photos";

/// Two classes of 24 grey pictures of 8 x 8 pixels.
pub fn photos(place: &Place) -> PathBuf {
    let photos = place.0.path().join("photos");
    for (class, value) in [("dark", 40u8), ("light", 200)] {
        fs::create_dir_all(photos.join(class)).unwrap();
        for n in 0..24u8 {
            let picture = GrayImage::from_fn(8, 8, |x, y| Luma([value + n + (x + y) as u8]));
            picture.save(photos.join(class).join(format!("{n:02}.png"))).unwrap();
        }
    }
    photos
}

pub fn cut(file: &Path) -> Vec<u8> {
    let whole = fs::read(file).unwrap();
    fs::write(file, &whole[..whole.len() * 2 / 3]).unwrap();
    whole
}

#[track_caller]
pub fn says(said: &Said, code: i32, parts: &[&str]) {
    assert_eq!(said.code, Some(code), "{}{}", said.out, said.err);
    for part in parts {
        assert!(said.err.contains(part), "expected `{part}` in: {}", said.err);
    }
}

#[test]
fn all_broken_pictures_are_told_before_a_run_begins_and_moving_them_out_helps() {
    let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 1"));
    let photos = photos(&place);
    let truncated = photos.join("dark/truncated.jpg");
    RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8 * 3, y as u8 * 3, 99])).save(&truncated).unwrap();
    cut(&truncated);
    cut(&photos.join("light/07.png"));
    fs::write(photos.join("light/page.png"), "<html></html>").unwrap();
    let said = place.lcnnc(RUN);
    let parts = [
        "3 of the 50 pictures of `folder:photos` cannot be used:",
        "dark/truncated.jpg: it is cut short",
        "light/07.png: it is cut short",
        "light/page.png: it is a web page",
        "or move them out of the folder",
    ];
    says(&said, 2, &parts);
    assert!(!place.0.path().join("runs").exists(), "nothing is begun");
    for file in ["dark/truncated.jpg", "light/07.png", "light/page.png"] {
        fs::rename(photos.join(file), place.0.path().join("moved")).unwrap();
    }
    says(&place.lcnnc(RUN), 0, &[]);
}

#[test]
fn pictures_of_another_size_or_colour_are_told_with_the_transform_that_helps() {
    let place =
        Place::new(&SPEC.replace("epochs: 8", "epochs: 1").replace("[resize(12)]", "[]").replace("12, 12", "8, 8"));
    let photos = photos(&place);
    RgbImage::from_pixel(8, 8, image::Rgb([9, 8, 7])).save(photos.join("dark/colour.png")).unwrap();
    GrayImage::from_pixel(9, 8, Luma([9])).save(photos.join("light/wide.png")).unwrap();
    let said = place.lcnnc(RUN);
    let parts = [
        "2 of the 50 pictures of `folder:photos` cannot be used:",
        "dark/colour.png is [3, 8, 8] (channels, height, width) when it reaches the network, which expects [1, 8, 8]",
        "light/wide.png is [1, 8, 9]",
        "add `grayscale` to `transform` in `data`",
        "add `resize(8)` to `transform` in `data`",
    ];
    says(&said, 2, &parts);
    assert!(!place.0.path().join("runs").exists(), "nothing is begun");
    let spec = place.0.path().join("tiny.lcnn");
    let text = fs::read_to_string(&spec).unwrap().replace("transform: []", "transform: [grayscale, resize(8)]");
    fs::write(&spec, text).unwrap();
    says(&place.lcnnc(RUN), 0, &[]);
}

#[test]
fn a_picture_that_breaks_in_the_middle_of_a_run_is_put_back_and_the_run_goes_on() {
    let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 200"));
    let file = photos(&place).join("dark/03.png");
    let args = format!("{RUN} --save-every 1000000 --patience 0");
    says(&place.lcnnc(&format!("{args} --runs uncut")), 0, &[]);
    let uncut = kept(&fs::read_dir(place.0.path().join("uncut/tiny")).unwrap().next().unwrap().unwrap().path());

    let (child, run) = place.start(&args);
    while !run.join("metrics.jsonl").exists() {
        sleep(Duration::from_millis(1));
    }
    let whole = cut(&file);
    let said = Said::from(child.wait_with_output().unwrap());
    says(&said, 7, &["03.png: cannot be decoded: it is cut short", "put it back as it was", "lcnnc resume"]);
    let resume = format!("resume {}", run.display());
    // Neither a broken file nor one that is gone is what the run was begun with.
    let said = place.lcnnc(&resume);
    says(&said, 2, &["03.png: it is cut short", "put those back, or begin a new run with `lcnnc run --config"]);
    fs::remove_file(&file).unwrap();
    says(&place.lcnnc(&resume), 2, &["is not the one that the run was begun with"]);
    fs::write(&file, whole).unwrap();
    place.resume(&run);
    assert_same(&run, &uncut);
}

#[test]
fn a_run_that_verifies_nothing_says_so_and_ends_at_the_broken_picture() {
    let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 1"));
    let file = photos(&place).join("dark/03.png");
    let said = place.lcnnc(&format!("{RUN} --runs verified"));
    says(&said, 0, &[]);
    let noted = |runs: &str| {
        let run = fs::read_dir(place.0.path().join(runs).join("tiny")).unwrap().next().unwrap().unwrap().path();
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(run.join("manifest.json")).unwrap()).unwrap();
        (manifest["data"]["verified"].clone(), fs::read_to_string(run.join("run.yaml")).unwrap(), run)
    };
    assert_eq!(noted("verified").0, true);
    cut(&file);
    let said = place.lcnnc(&format!("{RUN} --no-verify"));
    says(&said, 7, &["03.png: cannot be decoded: it is cut short"]);
    assert!(said.out.contains("not verified"), "{}", said.out);
    let (verified, settings, run) = noted("runs");
    assert_eq!(verified, false);
    assert!(settings.contains("\nverify: false\n"), "going on does not verify either: {settings}");
    says(&place.lcnnc(&format!("resume {}", run.display())), 7, &["03.png: cannot be decoded"]);
    // As the message advises.
    assert!(said.err.contains("move the file out of the folder") && !said.err.contains("resume"), "{}", said.err);
    fs::rename(&file, place.0.path().join("moved.png")).unwrap();
    says(&place.lcnnc(&format!("run --config {} --runs anew", run.join("run.yaml").display())), 0, &[]);
}

#[test]
fn what_is_said_of_a_finished_run_is_about_pictures_and_not_about_a_spec() {
    let place =
        Place::new(&SPEC.replace("epochs: 8", "epochs: 1").replace("[resize(12)]", "[]").replace("12, 12", "8, 8"));
    let photos = photos(&place);
    says(&place.lcnnc(RUN), 0, &[]);
    let run = fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    let odd = place.0.path().join("odd.png");
    GrayImage::from_pixel(9, 7, Luma([40])).save(&odd).unwrap();
    let said = place.lcnnc(&format!("predict {} odd.png", run.display()));
    says(&said, 2, &["odd.png is [1, 7, 9]", "this run takes grey images of 8 x 8 pixels"]);
    assert!(!said.err.contains("`transform`") && !said.err.contains("resize("), "{}", said.err);
    // As it says.
    GrayImage::from_pixel(8, 8, Luma([40])).save(&odd).unwrap();
    says(&place.lcnnc(&format!("predict {} odd.png", run.display())), 0, &[]);

    GrayImage::from_pixel(9, 8, Luma([9])).save(photos.join("dark/00.png")).unwrap();
    let said = place.lcnnc(&format!("eval {} --dataset contours --force", run.display()));
    says(&said, 2, &["an image of `contours` is [1, 48, 48]", "this run takes grey images of 8 x 8 pixels"]);
}

#[test]
fn a_folder_is_as_the_run_was_allowed_to_find_it_when_it_is_repeated() {
    let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 1"));
    let photos = photos(&place);
    fs::create_dir(photos.join("none")).unwrap();
    says(&place.lcnnc(RUN), 2, &["1 of its 3 classes hold no picture: `none`", "--allow-empty-classes"]);
    says(&place.lcnnc(&format!("{RUN} --allow-empty-classes")), 0, &[]);
    let run = fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    let said = place.lcnnc(&format!("eval {}", run.display()));
    says(&said, 0, &[]);
    assert!(said.out.starts_with("test accuracy "), "{}", said.out);
    let said = place.lcnnc(&format!("rerun {}", run.display()));
    says(&said, 0, &[]);
    assert!(said.out.contains("bit for bit"), "{}", said.out);
}

#[test]
fn classes_without_an_image_to_train_with_are_said_and_noted() {
    let place = Place::new(&SPEC.replace("epochs: 8", "epochs: 1"));
    for class in ["dark", "light"] {
        let folder = place.0.path().join("photos").join(class);
        fs::create_dir_all(&folder).unwrap();
        (0..2).for_each(|n| GrayImage::from_pixel(8, 8, Luma([n])).save(folder.join(format!("{n}.png"))).unwrap());
    }
    // One picture of each class tests, and one of the other two validates.
    let said = place.lcnnc(RUN);
    says(&said, 0, &[]);
    assert!(said.out.contains("           no image to train with in 1 class: `"), "{}", said.out);
    let run = fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    let notes = super::tools::json(&run.join("manifest.json"))["data"]["notes"].to_string();
    assert!(notes.contains("no image to train with in 1 class: "), "{notes}");
}
