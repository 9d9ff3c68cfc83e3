//! The way to an NVIDIA GPU, walked without one: `driver.c` is a driver that answers as an H100's does, keeps memory on
//! the host and runs no kernel. So everything is tested but numbers and speed: that each kernel of a training is CUDA that
//! NVRTC compiles, that launches stay within the device's limits, and what a user is told when the device fails.
//!
//! It takes a C compiler, and NVRTC with its headers, 12.8 or newer: a toolkit at CUDA_PATH, or NVIDIA's wheels, as
//! `.ci/run` fetches them, in `target/nvrtc`. Without them every test says so and passes.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods)]

use assert_cmd::cargo::cargo_bin;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};
use tempfile::TempDir;

/// A loop that is fused as part of a region, and around it what runs by itself.
const SPEC: &str = include_str!("../tiny.lcnn");

/// A folder with a spec, a driver, and links to all that is to be found beside it.
struct Place {
    folder: TempDir,
    libraries: Vec<PathBuf>,
}

impl Place {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tiny.lcnn"), SPEC).unwrap();
        let Some((libraries, includes)) = nvrtc() else {
            eprintln!("SKIPPED: no NVRTC, neither at CUDA_PATH nor in target/nvrtc (see .ci/run)");
            return None;
        };
        let include = folder.path().join("include");
        fs::create_dir(&include).unwrap();
        for entry in includes.iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
            let entry = entry.unwrap();
            // The wheels overlap.
            symlink(entry.path(), include.join(entry.file_name())).ok();
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cuda/driver.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(folder.path().join("libcuda.so.1")).arg(source);
        match cc.status() {
            Err(_) => {
                eprintln!("SKIPPED: no C compiler");
                return None;
            }
            Ok(status) => assert!(status.success()),
        }
        symlink("libcuda.so.1", folder.path().join("libcuda.so")).unwrap();
        Some(Self { libraries: vec![folder.path().to_owned(), libraries], folder })
    }

    /// `with` are settings of the driver.
    fn lcnnc(&self, args: &str, with: &[(&str, &str)]) -> Output {
        let libraries: OsString = env::join_paths(&self.libraries).unwrap();
        let mut command = Command::new(cargo_bin!("lcnnc"));
        command.current_dir(self.folder.path()).env_remove("LCNNC_DATA").args(args.split_whitespace());
        command.env("CUDA_PATH", self.folder.path()).env("LD_LIBRARY_PATH", libraries);
        command.envs(with.iter().copied()).output().unwrap()
    }
}

/// Where NVRTC lies, and the folders of its headers.
fn nvrtc() -> Option<(PathBuf, Vec<PathBuf>)> {
    if let Some(toolkit) = env::var_os("CUDA_PATH").map(PathBuf::from) {
        return Some((toolkit.join("lib64"), vec![toolkit.join("include")]));
    }
    let wheels = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/nvrtc/nvidia");
    let headers = ["cuda_runtime", "cuda_nvcc"].map(|wheel| wheels.join(wheel).join("include"));
    wheels.is_dir().then(|| (wheels.join("cuda_nvrtc/lib"), headers.to_vec()))
}

const RUN: &str = "run tiny --device cuda --threads 1 --limit 64";

#[test]
fn every_kernel_of_a_training_is_cuda_and_keeps_to_the_device() {
    let Some(place) = Place::new() else { return };
    for (precision, fuse) in [("single", ""), ("bf16", " --no-fuse")] {
        let spec = SPEC.replace("epochs: 8", &format!("epochs: 1\n    precision: {precision}"));
        fs::write(place.folder.path().join("tiny.lcnn"), spec).unwrap();
        let said = place.lcnnc(&format!("{RUN}{fuse}"), &[]);
        let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.status.success(), "{precision}{fuse}: {out}{err}");
        assert!(out.contains("device     cuda:0 (stand-in for an H100)"), "{out}");
        assert!(out.contains("test accuracy"), "{out}");
        // The time is that of compiling: nothing else is done.
        println!("{precision}{fuse}: {}", out.lines().last().unwrap_or_default());
    }
}

/// Whatever fails, and however late.
#[test]
fn a_device_that_fails_is_told_and_nothing_panics() {
    let Some(place) = Place::new() else { return };
    let (memory, kernel) = ((8, "the device has too little memory: "), (4, "the device failed: "));
    let faults =
        [("STANDIN_MEMORY", "0", memory), ("STANDIN_LAUNCHES", "0", kernel), ("STANDIN_LAUNCHES", "200", kernel)];
    for (what, most, (code, problem)) in faults {
        let said = place.lcnnc(&format!("{RUN} --no-fuse"), &[(what, most)]);
        let err = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(code), "{what} {most}: {}{err}", String::from_utf8_lossy(&said.stdout));
        assert!(err.contains(&format!("error: {problem}")), "{what} {most}: {err}");
        assert!(!err.contains("panicked") && err.lines().count() <= 3, "{what} {most}: {err}");
        println!("{what} {most}: {err}");
    }
}
