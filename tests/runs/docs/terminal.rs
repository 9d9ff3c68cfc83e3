//! What is copied from a terminal is what the terminal says.

use crate::docs::{pages, specs};
use lcnnc::sweeps;
use lcnnc::train::{Overrides, yaml};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What the documentation copies from a terminal.
struct Said {
    page: &'static str,
    /// Which of the page's specs, and what its file is called there.
    spec: (usize, &'static str),
    /// What is written in place of what in it.
    slips: &'static [(&'static str, &'static str)],
    command: &'static str,
}

const SAID: &[Said] = &[
    Said { page: "docs/tour.md", spec: (0, "first"), slips: &[], command: "check first" },
    Said { page: "docs/tour.md", spec: (0, "first"), slips: &[], command: "show first" },
    Said {
        page: "docs/tour.md",
        spec: (0, "first"),
        slips: &[("image, 8, kernel", "image, 8, kernal"), ("conv(A", "conv(B")],
        command: "check first",
    },
    Said {
        page: "docs/tour.md",
        spec: (1, "lateral"),
        slips: &[("W_L: conv(8 -> 8", "W_L: conv(8 -> 4")],
        command: "check lateral",
    },
    Said { page: "docs/tour.md", spec: (1, "lateral"), slips: &[], command: "run lateral --set step=5" },
    Said {
        page: "docs/tour.md",
        spec: (2, "branches"),
        slips: &[("exp_sat(W_E, W_I)", "exp_sat(W_I, W_E)")],
        command: "check branches",
    },
    Said {
        page: "docs/sleep.md",
        spec: (0, "own"),
        slips: &[("every: sharing", "every: sharing\n    rule: hebbian")],
        command: "check own",
    },
    Said {
        page: "docs/from_pytorch.md",
        spec: (1, "lateral"),
        slips: &[("    state O = A\n", "")],
        command: "check lateral",
    },
    Said {
        page: "docs/to_onnx.md",
        spec: (0, "lateral"),
        slips: &[],
        command: "export lateral --to onnx --outputs O@all,logits",
    },
    Said { page: "docs/checking.md", spec: (0, "demo"), slips: SLIPS, command: "check demo" },
    Said { page: "docs/checking.md", spec: (0, "demo"), slips: SLIPS, command: "check --fix demo" },
    Said { page: "docs/checking.md", spec: (0, "demo"), slips: UNSURE, command: "check --fix demo" },
    Said {
        page: "docs/papers/park_2025.md",
        spec: (2, "specs/lcei_cnn"),
        slips: &[],
        command: "check specs/lcei_cnn --set gap=abs_gap",
    },
];

/// What is wrong with the spec that `docs/checking.md` mends.
const SLIPS: &[(&str, &str)] =
    &[("conv(1 -> 8, kernel", "conv(1 -> 8, kernal"), ("conv(8 -> 8", "conv(8 -> 16"), ("W_A * image", "W_A * imgae")];

/// The same, where nothing says which of two numbers is meant.
const UNSURE: &[(&str, &str)] =
    &[("conv(1 -> 8, kernel", "conv(1 -> 8, kernal"), ("conv(8 -> 8", "conv(16 -> 16"), ("W_A * image", "W_A * imgae")];

#[test]
fn what_is_copied_from_a_terminal_is_what_is_said() {
    for Said { page, spec: (n, name), slips, command } in SAID {
        let mut text = specs(page).swap_remove(*n);
        for (right, wrong) in *slips {
            assert!(text.contains(right), "{page}: {name} has no `{right}`");
            text = text.replace(right, wrong);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name).with_extension("lcnn");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        let mut lcnnc = Command::new(env!("CARGO_BIN_EXE_lcnnc"));
        let output = lcnnc.args(command.split(' ')).current_dir(folder.path()).output().unwrap();
        let said = [output.stderr, output.stdout].map(|text| String::from_utf8(text).unwrap()).concat();
        let shown = fs::read_to_string(page).unwrap();
        assert!(shown.contains(said.trim()), "{page} has not what `lcnnc {command}` says:\n{said}");
    }
}

/// The code blocks of a page in that language, line by line.
pub(super) fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned())).collect()
}

/// What `lcnnc verb --help` says. A verb may have verbs of its own; where it has none, its first argument changes nothing.
fn help(verb: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lcnnc")).args(verb).arg("--help").output().unwrap();
    assert!(output.status.success(), "there is no verb {verb:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_commands_that_are_shown_exist() {
    let mut seen = 0;
    for page in pages() {
        for line in blocks(&page, "sh").iter().flat_map(|block| block.lines()) {
            let command = line.split(" #").next().unwrap().split(" | ").next().unwrap();
            let words = command.strip_prefix("lcnnc ").or_else(|| command.split_once(" -- run ").map(|_| "run"));
            if let Some(words) = words {
                let verb: Vec<&str> = words.split(' ').take(2).take_while(|word| !word.starts_with('-')).collect();
                let flags = words.split(' ').filter(|word| word.starts_with("--"));
                let help = help(&verb);
                for flag in flags {
                    assert!(
                        help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")),
                        "{page}: {line}"
                    );
                }
                seen += 1;
            }
            for (kind, folders) in
                [("--test ", &["tests", "kernels/tests"][..]), ("--bench ", &["benches", "kernels/benches"])]
            {
                let Some(name) = command.split(kind).nth(1).and_then(|rest| rest.split(' ').next()) else { continue };
                let is_there = |folder: &&str| {
                    [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")]
                        .iter()
                        .any(|file| Path::new(file).is_file())
                };
                assert!(folders.iter().any(is_there), "{page}: {line}");
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn the_settings_of_runs_and_of_sweeps_that_are_shown_can_be_read() {
    for page in pages() {
        for text in blocks(&page, "yaml") {
            let file = Path::new("shown.yaml");
            let problem = match text.contains("grids:") {
                true => sweeps::file::read(file, &text, Overrides::default(), false).err(),
                false => yaml::read(file, &text).err(),
            };
            assert!(problem.is_none(), "{page}:\n{text}{}", problem.unwrap());
        }
    }
}

/// PyTorch's side of a comparison is Python at least; that it computes the same is for `cargo test --test nets agreement`.
#[test]
fn the_python_that_is_shown_is_python() {
    for page in pages() {
        for text in blocks(&page, "python") {
            let parse = ["-c", "import ast, sys; ast.parse(sys.argv[1])", &text];
            match Command::new("python3").args(parse).output() {
                Ok(output) => assert!(output.status.success(), "{page}:\n{text}"),
                Err(_) => return eprintln!("SKIPPED: there is no python3 to read {page}"),
            }
        }
    }
}
