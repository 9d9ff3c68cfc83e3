//! `sweep run --dry-run`: what jobs cost.

use super::{FLAGS, place};
use crate::shell::{fine, lcnnc};
use std::fs;
use std::path::Path;

/// The rows of a list of jobs, by the columns of its head.
fn listed(said: &str) -> Vec<Vec<&str>> {
    let table = said.lines().take_while(|line| !line.is_empty());
    table.map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect()
}

/// The bytes that a text such as `1.23 MiB` stands for.
fn bytes(text: &str) -> f64 {
    let (number, unit) = text.split_once(' ').unwrap();
    let unit = ["B", "KiB", "MiB", "GiB"].iter().position(|known| *known == unit).unwrap();
    number.parse::<f64>().unwrap() * 1024.0_f64.powi(unit as i32)
}

/// The bytes of all files below a folder.
fn size(folder: &Path) -> f64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { size(&path) } else { fs::metadata(&path).unwrap().len() as f64 }).sum()
}

/// Jobs that differ in rates and seeds alone are one net, which is measured once.
#[test]
fn each_net_is_measured_once() {
    let place = place();
    let here = place.path();
    let sweep =
        format!("sweep run small {FLAGS} --over width=2,4 --over lr=1e-2,1e-1 --over alpha=0.1,1 --seeds 3 --jobs 2");
    let said = fine(here, &format!("{sweep} --dry-run"));
    assert!(said.contains("24 jobs, nothing is trained") && said.contains("by steps of 2 of 2 nets"), "{said}");
    assert!(
        said.contains("\none after another: ") && said.contains("\n2 at a time with 1 thread each (as asked): "),
        "{said}"
    );
    let rows = listed(&said);
    assert_eq!(rows[0], ["job", "multiply-adds", "time", "memory", "disk", "trains"]);
    assert_eq!(rows.len(), 25);
    // A kernel of 3 x 3 at 12 x 12 places for each feature map, and a matrix from them to the two classes.
    for (row, width) in [(1, 2), (24, 4)] {
        let by_hand = width * 12 * 12 * 9 + width * 2;
        assert_eq!(rows[row][1], format!("{:.2} k", f64::from(by_hand) / 1000.0), "{said}");
        assert!(
            rows[row][5].starts_with(&format!("alpha {}, dataset contours", if width == 2 { "0.1" } else { "1" })),
            "{said}"
        );
    }
    assert!(!here.join("sweeps").exists());

    // Without a measurement nothing is said of times.
    let said = fine(here, &format!("{sweep} --dry-run --no-measuring"));
    assert_eq!(listed(&said)[0], ["job", "multiply-adds", "memory", "disk", "trains"]);
    assert!(
        said.contains("24 jobs, nothing is trained") && !said.contains("time:") && !said.contains("one after another"),
        "{said}"
    );
    let (code, _, err) = lcnnc(here, &format!("{sweep} --no-measuring"));
    assert!(code == Some(2) && err.contains("--dry-run"), "{err}");
}

/// What is said of disks is what folders come to, within a fifth: with and without TensorBoard, for small nets and for larger ones.
#[test]
fn the_disk_that_jobs_take_is_the_size_of_their_folders() {
    let place = place();
    let here = place.path();
    for (name, flags) in [
        ("bare", "--over width=2,2000 --no-tensorboard --epochs 1"),
        ("board", "--over width=2,24 --epochs 3"),
        ("kept", "--over width=400 --epochs 4 --keep 2 --optimizer adam() --no-tensorboard"),
    ] {
        let sweep =
            format!("sweep run small --device cpu --limit 40 --limit-test 20 --batch 8 --jobs 1 --into {name} {flags}");
        let said = fine(here, &format!("{sweep} --dry-run --no-measuring"));
        fine(here, &sweep);
        let rows = listed(&said);
        for row in &rows[1..] {
            let width = row[4].split(", ").find(|part| part.starts_with("width ")).unwrap().replace(' ', "=");
            let jobs = fs::read_dir(here.join(name).join("runs")).unwrap().map(|job| job.unwrap().path());
            let mut jobs =
                jobs.filter(|job| job.file_name().unwrap().to_string_lossy().starts_with(&format!("{width},")));
            let job = jobs.next().unwrap();
            let run = fs::read_dir(job).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
            let ratio = bytes(row[3]) / size(&run);
            assert!((0.8..1.2).contains(&ratio), "{name}, {width}: {} for {}", row[3], size(&run));
        }
    }
}

/// What has no data, and what no spec can be, is said in full, and the others are listed.
#[test]
fn jobs_that_cannot_run_say_why() {
    let place = place();
    let here = place.path();
    let said = |args: &str| {
        let (code, out, err) = lcnnc(here, &format!("sweep run small {FLAGS} {args} --jobs 1 --dry-run"));
        assert_eq!(code, Some(0), "{out}{err}");
        (out, err)
    };
    let (out, err) = said("--data-root nowhere --over dataset=mnist,contours --seeds 2");
    let rows = listed(&out);
    assert!(rows[1].contains(&"no data") && rows[2].contains(&"no data") && !rows[3].contains(&"no data"), "{out}");
    assert!(out.contains("one after another: ") && out.contains(" (2 jobs left out)"), "{out}");
    assert!(err.contains("warning: 2 jobs, from 0 on: no data: ") && err.contains("lcnnc data fetch mnist"), "{err}");

    // Each value compiles with the first ones of the others, and two of them not together.
    let spec = "model Fits\nconst size = 12\nconst kernel = 3\ninput image: [1, size, size]\nA = relu(conv(image, 2, kernel: kernel, padding: valid))\n\
        logits = dense(global_avg_pool(A), classes)\noutput logits\ndata { transform: [resize(size)] }\n";
    fs::write(here.join("small.lcnn"), spec).unwrap();
    let (out, err) = said("--over size=12,4 --over kernel=3,5");
    assert!(out.lines().nth(4).unwrap().contains("cannot run"), "{out}");
    assert!(
        err.contains("warning: job 3: cannot run: ") && err.contains("conv(image, 2, kernel: kernel, padding: valid)"),
        "{err}"
    );
}

/// The memory that is said is not below what a job holds at its height, nor far above it.
#[cfg(target_os = "linux")]
#[test]
fn a_job_holds_no_more_memory_than_is_said() {
    use std::process::{Command, Stdio};
    let place = place();
    let here = place.path();
    let spec = super::SPEC.replace("A = relu(W * image)", "A = max_pool(relu(W * image), 2)");
    fs::write(here.join("other.lcnn"), spec).unwrap();
    let flags = "--device cpu --limit 1200 --limit-test 200 --epochs 12 --no-tensorboard --threads 1 --over width=8,64 --jobs 1";
    for batch in [8, 256] {
        let sweep = format!("sweep run other {flags} --batch {batch} --into s{batch}");
        let said = fine(here, &format!("{sweep} --dry-run --no-measuring"));
        let rows = listed(&said);
        fine(here, &sweep);
        for index in 0..2 {
            let estimate = bytes(rows[index + 1][2]);
            fs::remove_dir_all(here.join(format!("s{batch}/runs"))).unwrap();
            let mut job = Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
            let index = index.to_string();
            let args = ["sweep", "job", &format!("s{batch}"), "--index", &index, "--threads", "1"];
            let mut job = job.current_dir(here).args(args).stdout(Stdio::null()).spawn().unwrap();
            let mut height = 0.0_f64;
            while job.try_wait().unwrap().is_none() {
                let status = fs::read_to_string(format!("/proc/{}/status", job.id())).unwrap_or_default();
                let held = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
                height = height.max(held.map_or(0.0, |held| 1024.0 * held.trim().parse::<f64>().unwrap()));
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            assert!(height > 0.0 && height <= estimate, "batch {batch}, job {index}: {height} of {estimate}");
            assert!(estimate < 2.0 * height, "batch {batch}, job {index}: {height} of {estimate}");
        }
    }
}

/// What a job is said to hold has its own data set in it, and not those of other jobs, in whichever order they come.
#[cfg(target_os = "linux")]
#[test]
fn a_job_holds_its_own_data_alone() {
    let place = place();
    let here = place.path();
    let raw = here.join("MNIST/raw");
    fs::create_dir_all(&raw).unwrap();
    let images: u32 = 60_000;
    for half in ["train", "t10k"] {
        let head: Vec<u8> = [2051, images, 28, 28].iter().flat_map(|n| n.to_be_bytes()).collect();
        let pixels = vec![0; 28 * 28 * images as usize];
        fs::write(raw.join(format!("{half}-images-idx3-ubyte")), [head, pixels].concat()).unwrap();
        let head: Vec<u8> = [2049, images].iter().flat_map(|n| n.to_be_bytes()).collect();
        fs::write(raw.join(format!("{half}-labels-idx1-ubyte")), [head, vec![0; images as usize]].concat()).unwrap();
    }
    let memory = |sets: &str| -> Vec<f64> {
        let flags = "--data-root . --device cpu --batch 8 --threads 1 --dry-run --no-measuring";
        let said = fine(here, &format!("sweep run small {flags} --over dataset={sets}"));
        listed(&said)[1..].iter().filter(|row| row.len() == 5).map(|row| bytes(row[2])).collect()
    };
    let alone = [memory("mnist")[0], memory("contours")[0]];
    assert!(alone[0] > alone[1] + 60e6, "{alone:?}");
    let [both, reversed] = [memory("mnist,contours"), memory("contours,mnist")];
    for (n, of) in [(0, both[0]), (1, both[1]), (1, reversed[0]), (0, reversed[1])] {
        assert!((of - alone[n]).abs() < 40e6, "{alone:?} {both:?} {reversed:?}");
    }
}
