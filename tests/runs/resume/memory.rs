//! Memory is counted before anything is made: what is said to be needed is needed, and what is said to fit fits.

use super::{Place, SPEC, Said};
use std::process::Command;

/// A network of one large layer, of so many outputs.
fn large(outputs: usize, optimizer: &str) -> String {
    format!(
        "model Large\ninput image: [1, 48, 48]\nh = dense(image, {outputs})\nlogits = dense(h, classes)\noutput logits\n\
         train {{\n    optimizer: {optimizer}\n    batch: 8\n    epochs: 1\n}}\n"
    )
}

const RUN: &str = "run tiny --device cpu --threads 1 --limit 16 --no-tensorboard";

/// A command within so many kibibytes of addresses.
fn within(place: &Place, kibibytes: usize, args: &str) -> Said {
    let lcnnc = assert_cmd::cargo::cargo_bin!("lcnnc").display().to_string();
    let line = format!("ulimit -v {kibibytes}; exec {lcnnc} {args}");
    let mut command = Command::new("sh");
    command.current_dir(place.0.path()).env_remove("LCNNC_DATA").args(["-c", &line]);
    Said::from(command.output().unwrap())
}

/// Bytes of a size as it is printed: `1.23 MiB`.
fn size(text: &str) -> f64 {
    let mut words = text.split_whitespace();
    let number: f64 = words.next().unwrap().parse().unwrap();
    let unit = words.next().unwrap().trim_end_matches([':', ',', ';']);
    number * 1024f64.powi(["B", "KiB", "MiB", "GiB", "TiB"].iter().position(|known| *known == unit).unwrap() as i32)
}

fn behind<'a>(text: &'a str, words: &str) -> &'a str {
    text.split_once(words).unwrap_or_else(|| panic!("no `{words}` in: {text}")).1
}

/// Refused with exit code 8; what is needed and what there is, in bytes.
#[track_caller]
fn refused(said: &Said) -> [f64; 2] {
    assert_eq!(said.code, Some(8), "{}{}", said.out, said.err);
    [" needs at least ", ", and there are "].map(|words| size(behind(&said.err, words)))
}

/// Kibibytes of addresses beside which the program finds little for what it is to do: what it takes itself depends on how it
/// was built, and on the number of threads.
fn tight(place: &Place, args: &str) -> usize {
    let mut limits = (256_000..).step_by(16_384);
    let is_tight = |limit: &usize| refused(&within(place, *limit, args))[1] > 0.0;
    limits.find(is_tight).unwrap() + 16_384
}

#[test]
fn a_layer_that_has_no_room_is_refused_before_anything_is_made_and_one_that_has_trains() {
    for (optimizer, copies) in [("sgd(momentum: 0)", 4.0), ("sgd", 5.0), ("adam", 7.0), ("adamw", 7.0)] {
        let place = Place::new(&large(2000, optimizer));
        let limit = tight(&place, RUN);
        let said = within(&place, limit, RUN);
        let [needed, there] = refused(&said);
        let weights = 4.0 * (2304 * 2000 + 2000 + 2000 * 2 + 2) as f64;
        assert!(needed > copies * weights && needed < 2.0 * copies * weights, "{optimizer}: {}", said.err);
        assert!(needed > there, "{}", said.err);
        for part in ["for the weights, ", "for the best weights so far", "`h.weight` [2000, 2304] takes 17.6 MiB of"] {
            assert!(said.err.contains(part), "expected `{part}` in: {}", said.err);
        }
        assert!(!place.0.path().join("runs").exists(), "nothing is begun");

        // With as much as it asks for, it comes to its end.
        let enough = limit + ((needed - there) / 1024.0) as usize + 16_384;
        let said = within(&place, enough, RUN);
        assert_eq!(said.code, Some(0), "{optimizer} with {enough} KiB: {}", said.err);

        // And so does a layer as large as the advice says.
        let outputs = (size(behind(&within(&place, limit, RUN).err, "weights, and about ")) / 4.0 / 2304.0) as usize;
        let smaller = Place::new(&large(outputs, optimizer));
        let said = within(&smaller, limit, RUN);
        assert_eq!(said.code, Some(0), "{optimizer} with {outputs} outputs: {}", said.err);
    }
}

#[test]
fn all_that_reads_a_run_counts_its_memory_too() {
    let place = Place::new(&large(2000, "adam"));
    let said = place.lcnnc(RUN);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let run = std::fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    let run = run.strip_prefix(place.0.path()).unwrap().display().to_string();
    image::GrayImage::new(48, 48).save(place.0.path().join("image.png")).unwrap();
    let folders = || std::fs::read_dir(place.0.path().join("runs/tiny")).unwrap().count();
    for (args, work) in [
        (format!("eval {run}"), "answering"),
        (format!("predict {run} image.png"), "answering"),
        (format!("rerun {run}"), "training"),
        (format!("{RUN} --seeds 2 --seed 7"), "training"),
    ] {
        // What the program itself takes depends on the number of threads: something must be left beside it.
        let (limit, said, [needed, there]) = (320_000..)
            .step_by(16_384)
            .map(|limit| (limit, within(&place, limit, &args)))
            .map(|(limit, said)| (limit, refused(&said), said))
            .find_map(|(limit, sizes, said)| (sizes[1] > 0.0).then_some((limit, said, sizes)))
            .unwrap();
        assert!(said.err.contains(&format!("out of memory: {work} needs at least ")), "{args}: {}", said.err);
        assert_eq!(folders(), 1, "{args}: nothing is begun");
        if args.starts_with("rerun") || work == "answering" {
            // Nobody can change what was trained, and these verbs take no batch.
            assert!(said.err.contains("advice: give the process "), "{args}: {}", said.err);
            assert!(!said.err.contains("smaller"), "{args}: {}", said.err);
        }
        if work == "answering" {
            let said = within(&place, limit + ((needed - there) / 1024.0) as usize + 16_384, &args);
            assert_eq!(said.code, Some(0), "{args}: {}", said.err);
        }
    }
    // As a kill before the end leaves it.
    std::fs::remove_file(place.0.path().join(&run).join("summary.json")).unwrap();
    let said = within(&place, 320_000, &format!("resume {run}"));
    refused(&said);
    assert!(said.err.contains("going on with the training needs at least"), "{}", said.err);
}

/// Two classes of pictures of so many pixels a side, one drawn and the others copied.
fn large_pictures(place: &Place, side: u32) -> std::path::PathBuf {
    let photos = place.0.path().join("photos");
    let first = photos.join("a/0.jpg");
    for class in ["a", "b"] {
        std::fs::create_dir_all(photos.join(class)).unwrap();
    }
    image::RgbImage::from_pixel(side, side, image::Rgb([99; 3])).save(&first).unwrap();
    for name in ["a/1.jpg", "a/2.jpg", "b/0.jpg", "b/1.jpg", "b/2.jpg"] {
        std::fs::copy(&first, photos.join(name)).unwrap();
    }
    first
}

#[test]
fn pictures_are_counted_before_a_run_and_one_without_room_costs_no_other_answer() {
    let spec = SPEC.replace("[resize(12)]", "[grayscale, resize(12)]").replace("epochs: 8", "epochs: 1");
    let place = Place::new(&spec.replace("    augment: [pad_crop(2), flip]\n", ""));
    let first = large_pictures(&place, 4096);
    let run = "run tiny --device cpu --threads 1 --dataset folder:photos --no-tensorboard";
    // Less than one picture takes, or than the two that are read at once: told before anything is made.
    for limit in [380_000, 560_000, 700_000] {
        let said = within(&place, limit, run);
        refused(&said);
        assert!(said.err.contains("picture"), "{limit}: {}", said.err);
        assert!(!place.0.path().join("runs").exists(), "{limit}: nothing is begun");
    }
    // Nobody has looked at their sizes before: the run ends with the same code.
    let said = within(&place, 420_000, &format!("{run} --no-verify --runs unseen"));
    refused(&said);
    assert!(said.err.contains("out of memory: decoding photos/"), "{}", said.err);

    let said = place.lcnnc(run);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let folder = std::fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    let small = place.0.path().join("small.png");
    image::RgbImage::new(12, 12).save(&small).unwrap();
    let predict = format!("predict {} small.png {} small.png", folder.display(), first.display());
    let said = (256_000..).step_by(16_384).map(|limit| within(&place, limit, &predict));
    let said = said.into_iter().find(|said| !said.out.is_empty()).unwrap();
    refused(&said);
    assert_eq!(said.out.matches("small.png: ").count(), 2, "{}{}", said.out, said.err);
    assert!(said.err.contains("0.jpg needs at least 240 MiB, and there are "), "{}", said.err);
}

/// The kernels' memory is counted, too: it grows with the threads.
#[test]
fn fused_parts_are_counted() {
    let spec = SPEC.replace("12, 12", "64, 64").replace("resize(12)", "resize(64)").replace("-> 4", "-> 64");
    let place = Place::new(&spec.replace("4 -> 64, kernel: 3, bias", "64 -> 64, kernel: 7, bias"));
    let said = within(&place, 400_000, "run tiny --device cpu --threads 2 --limit 64");
    refused(&said);
    assert!(said.err.contains("for the kernels of fused parts"), "{}", said.err);
}

#[test]
fn more_seeds_threads_or_jobs_than_a_machine_can_have_are_refused() {
    let place = Place::new(SPEC);
    for (args, most) in [
        ("run tiny --threads 100000", "--threads <N>': expected a whole number from 1 to 1024"),
        ("run tiny --seeds 1000000", "--seeds <N>': expected a whole number from 1 to 1000"),
        ("run tiny --seeds 2 --jobs 100000", "--jobs <N>': expected a whole number from 1 to 1000"),
        ("resume runs --threads 100000", "--threads <N>': expected a whole number from 1 to 1024"),
    ] {
        let said = place.lcnnc(args);
        assert!(said.code == Some(2) && said.err.contains(most), "{args}: {}", said.err);
    }
    std::fs::write(place.0.path().join("run.yaml"), "spec: tiny.lcnn\nthreads: 100000\n").unwrap();
    let said = place.lcnnc("run --config run.yaml");
    assert!(said.code == Some(1) && said.err.contains("a whole number from 1 to 1024"), "{}", said.err);
    assert!(!place.0.path().join("runs").exists());
}

/// Once the weights are read, a batch needs room beside them.
#[test]
fn the_batch_of_an_evaluation_is_counted() {
    let spec = "model Wide\ninput image: [1, 48, 48]\nlogits = dense(relu(conv(image, 64, kernel: 1)), classes)\noutput logits\n\
                train {\n    batch: 65536\n    epochs: 1\n}\n";
    let place = Place::new(spec);
    let said = place.lcnnc(RUN);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let run = std::fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    let eval = format!("eval {}", run.display());
    let said = within(&place, 500_000, &eval);
    let [needed, _] = refused(&said);
    // A batch of all 1000 test images: there are no more.
    let image = 4.0 * 64.0 * 48.0 * 48.0;
    assert!((needed / (1000.0 * image) - 1.0).abs() < 0.02, "64 maps of each image: {}", said.err);
    assert!(said.err.contains("for a batch of 1000 images"), "{}", said.err);
    assert!(said.err.contains("advice: give the process "), "{}", said.err);
    assert_eq!(place.lcnnc(&eval).code, Some(0));
}

#[test]
fn what_was_trained_in_so_much_memory_is_tested_in_it() {
    let place = Place::new(&large(4000, "sgd(momentum: 0)"));
    let limit = tight(&place, RUN);
    let refusal = within(&place, limit, RUN);
    let [needed, there] = refused(&refusal);
    let enough = limit + ((needed - there) / 1024.0) as usize + 16_384;
    let said = within(&place, enough, RUN);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let run = std::fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
    image::GrayImage::new(48, 48).save(place.0.path().join("image.png")).unwrap();
    for args in [format!("eval {}", run.display()), format!("predict {} image.png", run.display())] {
        let said = within(&place, enough, &args);
        assert_eq!(said.code, Some(0), "{args} with {enough} KiB: {}", said.err);
    }
}

/// Each thread has memory of its own, so fewer of them are the first thing to try.
#[test]
fn fewer_threads_are_advised_where_they_have_room() {
    let place = Place::new(SPEC);
    let run =
        |threads: &str| format!("run tiny --device cpu --limit 32 --epochs 1 --no-tensorboard --threads {threads}");
    // What the program itself takes with so many threads is for the system to say.
    let (limit, said) = (900_000..3_000_000)
        .step_by(100_000)
        .map(|limit| (limit, within(&place, limit, &run("16"))))
        .find(|(_, said)| said.err.contains("advice: with `--threads "))
        .unwrap();
    refused(&said);
    let fewer = behind(&said.err, "advice: with `--threads ").split('`').next().unwrap();
    assert!(said.err.contains("` in place of 16 there is room"), "{}", said.err);
    let said = within(&place, limit, &run(fewer));
    assert_eq!(said.code, Some(0), "{fewer} threads: {}", said.err);
}
