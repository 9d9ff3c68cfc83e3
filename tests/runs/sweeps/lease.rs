//! Who works on a job: one process at a time.

use lcnnc::sweeps::lease::{LEASE, Lease, Owner, host, is_held};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

fn left(folder: &Path, owner: &Owner, ago: u64) {
    left_as(folder, &serde_json::to_string(owner).unwrap(), ago);
}

fn left_as(folder: &Path, text: &str, ago: u64) {
    let path = folder.join(LEASE);
    fs::write(&path, text).unwrap();
    let then = SystemTime::now() - Duration::from_secs(ago);
    File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
}

#[test]
fn a_job_is_one_processs_until_it_gives_it_back() {
    let place = tempfile::tempdir().unwrap();
    let lease = Lease::take(place.path()).unwrap();
    assert!(is_held(place.path()));
    assert!(Lease::take(place.path()).is_err());
    drop(lease);
    assert!(!is_held(place.path()) && fs::read_dir(place.path()).unwrap().next().is_none());
    Lease::take(place.path()).unwrap();
}

#[test]
fn whoever_is_gone_is_followed_at_once_and_whoever_is_silent_after_five_minutes() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let dead = Owner { host: host(), pid: u32::MAX >> 1, task: None, mark: "one".to_owned() };
    left(here, &dead, 0);
    drop(Lease::take(here).unwrap());
    let elsewhere = Owner { host: "another".to_owned(), pid: 1, task: None, mark: "two".to_owned() };
    left(here, &elsewhere, 200);
    assert!(is_held(here) && Lease::take(here).is_err());
    left(here, &elsewhere, 400);
    assert!(!is_held(here));
    drop(Lease::take(here).unwrap());
}

#[test]
fn a_lease_that_a_full_disk_cut_off_is_nobodys_each_time() {
    let place = tempfile::tempdir().unwrap();
    for (text, ago) in [("", 40), ("{\"host\": ", 30)] {
        left_as(place.path(), text, ago);
        drop(Lease::take(place.path()).unwrap());
    }
}

#[test]
fn of_many_that_try_at_once_one_has_it() {
    (0..50).for_each(|_| one_of_many());
}

fn one_of_many() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    left(here, &Owner { host: "another".to_owned(), pid: 1, task: None, mark: String::new() }, 400);
    let taken: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| Lease::take(here))).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(taken.iter().filter(|lease| lease.is_ok()).count(), 1, "{taken:?}");
}
