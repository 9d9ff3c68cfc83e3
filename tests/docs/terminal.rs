//! What is copied from a terminal is what the terminal says.

use crate::specs;
use std::fs;
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
        page: "docs/from_pytorch.md",
        spec: (1, "lateral"),
        slips: &[("    state O = A\n", "")],
        command: "check lateral",
    },
    Said { page: "docs/checking.md", spec: (0, "demo"), slips: SLIPS, command: "check demo" },
    Said { page: "docs/checking.md", spec: (0, "demo"), slips: SLIPS, command: "check --fix demo" },
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
