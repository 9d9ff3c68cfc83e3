//! The program as users type it: `check`, `show`, `lower` and `graph`, their words and exit codes.

use assert_cmd::Command;
use lcnnc_testing::project;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const BROKEN: &str = "lang/tests/diagnostics/L0203.bad.lcnn";
const WARNED: &str = "lang/tests/diagnostics/L0205.bad.lcnn";

/// An ended command: its exit code and what it printed.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Both streams: where a word stands is for the terminal, not for these tests.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// Runs the program in a folder.
pub fn lcnnc_in(folder: &Path, args: &[&str]) -> Said {
    let output = Command::cargo_bin("lcnnc").unwrap().current_dir(folder).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let said = Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!said.all().contains('\u{1b}'), "colours where there is no terminal: {}", said.all());
    said
}

fn lcnnc(args: &[&str]) -> Said {
    lcnnc_in(&project(""), args)
}

#[test]
fn check_of_good_specs_says_so() {
    let said = lcnnc(&["check", "specs/lc_cnn.lcnn", "specs/lcei_cnn.lcnn"]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(said.all().contains("specs/lc_cnn.lcnn: no problems"), "{}", said.all());
    assert!(said.all().contains("specs/lcei_cnn.lcnn: no problems"), "{}", said.all());
}

#[test]
fn check_tells_when_the_image_reaches_what() {
    let said = lcnnc(&["check", "--timing", "specs/blt", "specs/f_cnn", "--set", "steps=2"]);
    let all = said.all();
    assert!(
        all.contains("loop cortex, 2 steps\n") && all.contains("drive1    step 1         image at 1, V1 at 2, V2 at 2"),
        "{all}"
    );
    // f_cnn has no const `steps`: the other spec is told all the same.
    assert_eq!(said.code, 1, "{all}");
    assert!(lcnnc(&["check", "--timing", "specs/f_cnn"]).all().contains("no loops"));
    assert!(!lcnnc(&["check", "specs/blt"]).all().contains("cortex"));
}

#[test]
fn check_goes_on_behind_a_broken_spec() {
    let said = lcnnc(&["check", BROKEN, "specs/lc_cnn.lcnn"]);
    assert_eq!(said.code, 1);
    let all = said.all();
    assert!(all.contains("error[L0203]: lateral weights must map a state onto itself"), "{all}");
    assert!(all.contains(&format!("{BROKEN}: 1 error\n")), "{all}");
    assert!(all.contains("specs/lc_cnn.lcnn: no problems"), "{all}");
    assert!(all.contains(&format!("[{BROKEN}:6:19]")), "an editor can open the place: {all}");
}

#[test]
fn a_warning_is_no_failure() {
    let said = lcnnc(&["check", WARNED]);
    assert_eq!(said.code, 0);
    assert!(said.all().contains("warning[L0205]") && said.all().contains("1 warning"), "{}", said.all());
}

#[test]
fn counts_are_of_every_level() {
    let folder = TempDir::new().unwrap();
    let warned =
        fs::read_to_string(project(WARNED)).unwrap().replace("kernel: 7, bias: false)   // lateral", "kernel: 6)");
    fs::write(folder.path().join("both.lcnn"), warned).unwrap();
    let said = lcnnc_in(folder.path(), &["check", "both.lcnn"]);
    assert_eq!(said.code, 1);
    assert!(said.all().contains("both.lcnn: 1 error"), "{}", said.all());
}

#[test]
fn the_extension_may_be_left_out() {
    for verb in ["check", "show", "lower", "graph"] {
        let said = lcnnc(&[verb, "specs/lc_cnn"]);
        assert_eq!(said.code, 0, "{verb}: {}", said.all());
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for verb in ["check", "fmt", "show", "lower", "graph"] {
        let said = lcnnc(&[verb, "specs/no_such.lcnn"]);
        assert_eq!(said.code, 2, "{verb}");
        assert!(said.err.contains("specs/no_such.lcnn") && said.err.starts_with("error: "), "{verb}: {}", said.err);
        assert!(said.out.is_empty(), "{verb}: {}", said.out);
    }
    let said = lcnnc(&["check", "specs/no_such.lcnn", BROKEN]);
    assert_eq!(said.code, 2, "a file that cannot be read weighs more than one that is wrong");
    assert!(said.all().contains("L0203"), "{}", said.all());
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("image.lcnn"), [0x89, b'P', b'N', b'G', 0xff, 0xfe, 0]).unwrap();
    let said = lcnnc_in(folder.path(), &["check", "image.lcnn"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("image.lcnn"), "{}", said.err);
}

#[test]
fn lower_prints_the_ir_with_loops_as_loops() {
    let said = lcnnc(&["lower", "specs/lc_cnn.lcnn", "--emit", "ir", "--set", "steps=5"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.starts_with("net LcCnn\n") && said.out.contains("loop V1 (5 steps)"), "{}", said.out);
    assert!(said.err.is_empty(), "{}", said.err);
    assert_eq!(lcnnc(&["lower", "specs/lc_cnn", "--set", "steps=5"]).out, said.out, "IR is what it prints by itself");
}

#[test]
fn graph_prints_dot_folded_or_unrolled() {
    let folded = lcnnc(&["graph", "specs/lc_cnn.lcnn"]);
    let unrolled = lcnnc(&["graph", "specs/lc_cnn.lcnn", "--unrolled", "--set", "steps=4"]);
    assert_eq!((folded.code, unrolled.code), (0, 0));
    assert!(folded.out.starts_with("digraph ") && folded.out.contains("dashed"), "{}", folded.out);
    assert_eq!(unrolled.out.matches("conv W_L").count(), 4, "{}", unrolled.out);
    assert!(folded.err.is_empty() && unrolled.err.is_empty());
}

/// To a file, or to standard output where it can be redirected; nothing is written over the spec itself.
#[test]
fn graph_draws_a_figure() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("net.svg");
    let path = file.to_str().unwrap();
    let printed = lcnnc(&["graph", "specs/blt", "--format", "svg", "--set", "steps=2"]);
    assert!(
        printed.code == 0 && printed.out.starts_with("<svg ") && printed.out.contains("2 steps"),
        "{}",
        printed.out
    );
    let said = lcnnc(&["graph", "specs/blt", "--format", "svg", "--set", "steps=2", "--out", path]);
    assert_eq!((said.code, said.out), (0, format!("Blt, see {path}\n")), "{}", said.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), printed.out);
    // An earlier drawing is replaced, and nothing else that is there.
    assert_eq!(lcnnc(&["graph", "specs/lc_cnn", "--format", "svg", "--out", path]).code, 0);
    assert_ne!(fs::read_to_string(&file).unwrap(), printed.out);
    let dot = place.path().join("net.dot").display().to_string();
    assert!((0..2).all(|_| lcnnc(&["graph", "specs/blt", "--out", &dot]).code == 0));
    for (name, text) in [
        ("spec.lcnn", &*fs::read("specs/blt.lcnn").unwrap()),
        ("w.safetensors", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"),
        ("of_others.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("notes.txt", b"digraphs are drawings"),
        ("drawn.dot", &fs::read(&file).unwrap()),
    ] {
        let there = place.path().join(name);
        fs::write(&there, text).unwrap();
        let format = if name.ends_with(".svg") { "svg" } else { "dot" };
        let said = lcnnc(&["graph", "specs/blt", "--format", format, "--out", there.to_str().unwrap()]);
        assert!(said.code == 2 && said.err.contains("there is such a file already"), "{name}: {}", said.err);
        assert_eq!(fs::read(there).unwrap(), text, "{name}");
    }
}

/// What is too large for a figure can be drawn as the message says.
#[test]
fn graph_refuses_a_figure_that_nobody_could_read() {
    let steps = ["--set", "steps=1000"];
    let draw = |more: &[&str]| lcnnc(&[&["graph", "specs/lc_cnn"], &steps[..], more].concat());
    let said = draw(&["--format", "svg", "--unrolled"]);
    assert!(said.code == 2 && said.err.contains("more than 600 boxes"), "{}", said.err);
    assert!(said.err.contains("leave out `--unrolled`, or give `--format dot`"), "{}", said.err);
    assert_eq!(draw(&["--format", "svg"]).code, 0);
    assert_eq!(draw(&["--format", "dot", "--unrolled"]).code, 0);
}

#[test]
fn show_fills_in_and_adds_up() {
    let said = lcnnc(&["show", "specs/lc_cnn.lcnn", "--set", "steps=5"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for part in ["const steps = 5", "stride: 1, padding: same", "seed: 0", "multiply-adds", "49618"] {
        assert!(said.out.contains(part), "{part} is not in\n{}", said.out);
    }
}

/// What is not to be guessed from a name or a number stands beside it.
#[test]
fn show_says_how_layers_and_epochs_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |train: &str| {
        let text = format!(
            "model Two\ninput image: [1, 8, 8]\nh = relu(conv(relu(conv(image, 2, kernel: 3)), 4, kernel: 3))\n\
             logits = dense(h, classes)\noutput logits\ntrain {{ {train} }}\n"
        );
        fs::write(folder.path().join("two.lcnn"), text).unwrap();
        let said = lcnnc_in(folder.path(), &["show", "two"]);
        assert_eq!(said.code, 0, "{}", said.all());
        said.out
    };
    let out = spec("epochs: 9, warmup: 2, schedule: steps(at: [5])");
    let names = "\n`h.conv` and `h.conv_2`: of several calls of a kind\nin one equation the first to run has the plain name,\n\
                 inner before outer and left before right.\n";
    assert!(out.contains(names), "{out}");
    // What it says is so.
    let net = lcnnc_testing::net(&fs::read_to_string(folder.path().join("two.lcnn")).unwrap(), &[]);
    let outputs = |name: &str| net.params.iter().find(|param| param.name == name).unwrap().shape[0];
    assert_eq!((outputs("h.conv.weight"), outputs("h.conv_2.weight")), (2, 4));
    assert!(out.contains("`steps` counts the epochs of the warm-up in"), "{out}");
    assert!(spec("warmup: 2, schedule: cosine").contains("`cosine` begins behind the epochs of the warm-up"));
    assert!(spec("warmup: 2, schedule: plateau").contains("`plateau` watches the epochs of the warm-up too"));
    for silent in ["schedule: cosine", "warmup: 2"] {
        assert!(!spec(silent).contains("warm-up"), "{silent}");
    }
    assert!(!lcnnc(&["show", "specs/lc_cnn.lcnn"]).out.contains("plain name"));
}

#[test]
fn classes_can_be_given() {
    let said = lcnnc(&["lower", "specs/lc_cnn.lcnn", "--classes", "8"]);
    assert!(said.out.contains("output logits = logits: [8]"), "{}", said.out);
    assert_eq!(lcnnc(&["lower", "specs/lc_cnn.lcnn", "--classes", "0"]).code, 2);
}

#[test]
fn an_override_of_nothing_is_met_with_a_suggestion() {
    let said = lcnnc(&["check", "specs/lc_cnn.lcnn", "--set", "step=5"]);
    assert_eq!(said.code, 1);
    assert!(said.all().contains("error[L0111]") && said.all().contains("did you mean `steps`?"), "{}", said.all());
    let said = lcnnc(&["graph", "specs/lc_cnn.lcnn", "--set", "steps=many"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("error[L0112]") && said.out.is_empty(), "{}", said.all());
    let said = lcnnc(&["check", "specs/lc_cnn.lcnn", "--set", "steps"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("NAME=VALUE"), "{}", said.err);
}

#[test]
fn a_broken_spec_prints_nothing_but_its_report() {
    for verb in ["show", "lower", "graph"] {
        let said = lcnnc(&[verb, BROKEN]);
        assert_eq!(said.code, 1, "{verb}");
        assert!(said.out.is_empty() && said.err.contains("error[L0203]"), "{verb}: {}", said.all());
    }
}

#[test]
fn what_is_typed_wrongly_is_a_usage_error() {
    for args in [
        &["check"][..],
        &["check", "--loud", "specs/lc_cnn.lcnn"],
        &["chekc", "specs/lc_cnn.lcnn"],
        &["lower", "specs/lc_cnn.lcnn", "--emit", "onyx"],
        &["graph"],
        &[],
    ] {
        let said = lcnnc(args);
        assert_eq!(said.code, 2, "{args:?}: {}", said.all());
        assert!(said.err.contains("Usage") || said.err.contains("--help"), "{args:?}: {}", said.err);
    }
    assert!(lcnnc(&["chekc"]).err.contains("check"), "a misspelt verb earns a suggestion");
}

#[test]
fn help_lists_the_exit_codes() {
    for args in [
        &["--help"][..],
        &["check", "--help"],
        &["fmt", "--help"],
        &["show", "--help"],
        &["lower", "--help"],
        &["graph", "--help"],
    ] {
        let said = lcnnc(args);
        assert_eq!(said.code, 0, "{args:?}");
        assert!(said.out.contains("Exit codes:") && said.out.contains("  1  problems in the spec"), "{}", said.out);
    }
    assert!(lcnnc(&["--version"]).out.starts_with("lcnnc "));
}

#[test]
fn check_speaks_to_programs_on_standard_output_alone() {
    for format in ["short", "json", "github", "sarif"] {
        let said = lcnnc(&["check", "--format", format, BROKEN, WARNED, "specs/lc_cnn"]);
        assert_eq!((said.code, said.err.as_str()), (1, ""), "{format}: {}", said.err);
        assert!(said.out.contains("L0203") && said.out.contains("L0205"), "{format}: {}", said.out);
        assert!(!said.out.contains("no problems"), "{format}: {}", said.out);
    }
    let lines = lcnnc(&["check", "--format", "json", BROKEN, WARNED]).out;
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(lcnnc(&["check", "--format", "github", "specs/lc_cnn"]).out.is_empty());
    // A document that says that there is nothing.
    let nothing = lcnnc(&["check", "--format", "sarif", "specs/lc_cnn"]);
    assert!(nothing.code == 0 && nothing.out.contains("\"results\": []"), "{}", nothing.out);
}

#[test]
fn check_mends_what_was_misspelt() {
    let folder = TempDir::new().unwrap();
    let spec = folder.path().join("net.lcnn");
    fs::write(&spec, fs::read_to_string(project(BROKEN)).unwrap().replace("max_pool", "maxpol")).unwrap();
    let said = lcnnc_in(folder.path(), &["check", "--fix", "net"]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(said.out.contains("net.lcnn: 2 problems mended, no problems left"), "{}", said.out);
    let mended = fs::read_to_string(&spec).unwrap();
    assert_eq!(mended, fs::read_to_string(project(&BROKEN.replace("bad", "fixed"))).unwrap());
    let again = lcnnc_in(folder.path(), &["check", "--fix", "net"]);
    assert_eq!(again.out, "net.lcnn: no problems\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written is left");
}

/// The bundle's numbers stand the wrong way round: a change is offered, and made only where that is asked for.
#[test]
fn what_is_not_certain_is_mended_only_on_demand() {
    let text = "model M\ninput image: [1, 8, 8]\nweights W: conv(4 -> 1, kernel: 3)\nlogits = dense(W * imgae, classes)\noutput logits\n";
    let folder = TempDir::new().unwrap();
    let spec = folder.path().join("net.lcnn");
    fs::write(&spec, text).unwrap();
    let json = lcnnc_in(folder.path(), &["check", "--format", "json", "net"]).out;
    assert!(json.contains("\"applicability\":\"safe\""), "{json}");
    let said = lcnnc_in(folder.path(), &["check", "--fix", "net"]);
    let verdict =
        "net.lcnn: 1 problem mended, 1 error left; 1 unsafe fix left: see its help, or add `--unsafe-fixes`\n";
    assert_eq!((said.code, said.out.as_str()), (1, verdict), "{}", said.all());
    assert!(said.err.contains("the wrong way round, write `1 -> 4`"), "{}", said.err);
    assert_eq!(fs::read_to_string(&spec).unwrap(), text.replace("imgae", "image"));
    let json = lcnnc_in(folder.path(), &["check", "--format", "json", "net"]).out;
    assert!(json.contains("\"applicability\":\"unsafe\""), "{json}");
    let short = lcnnc_in(folder.path(), &["check", "--format", "short", "net"]).out;
    assert!(short.ends_with("[--fix --unsafe-fixes]\n"), "{short}");
    let said = lcnnc_in(folder.path(), &["check", "--fix", "--unsafe-fixes", "net"]);
    assert_eq!((said.code, said.out.as_str()), (0, "net.lcnn: 1 problem mended, no problems left\n"), "{}", said.all());
    assert_eq!(fs::read_to_string(&spec).unwrap(), text.replace("imgae", "image").replace("4 -> 1", "1 -> 4"));
    assert_eq!(
        lcnnc_in(folder.path(), &["check", "--unsafe-fixes", "net"]).code,
        2,
        "there is nothing to make without `--fix`"
    );
}

#[cfg(unix)]
#[test]
fn check_mends_the_file_behind_a_link() {
    let folder = TempDir::new().unwrap();
    fs::copy(project(BROKEN), folder.path().join("net.lcnn")).unwrap();
    std::os::unix::fs::symlink("net.lcnn", folder.path().join("link.lcnn")).unwrap();
    assert_eq!(lcnnc_in(folder.path(), &["check", "--fix", "link"]).code, 0);
    assert!(fs::symlink_metadata(folder.path().join("link.lcnn")).unwrap().is_symlink());
    assert_eq!(lcnnc_in(folder.path(), &["check", "net"]).out, "net.lcnn: no problems\n");
}

#[test]
fn what_cannot_be_mended_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let spec = folder.path().join("net.lcnn");
    fs::copy(project(WARNED), &spec).unwrap();
    let said = lcnnc_in(folder.path(), &["check", "--fix", "net"]);
    assert!(said.code == 0 && said.out.contains("net.lcnn: 1 warning"), "{}", said.all());
    assert_eq!(fs::read(&spec).unwrap(), fs::read(project(WARNED)).unwrap());
}

#[test]
fn explain_tells_what_a_code_means() {
    let page = lcnnc(&["explain", "l0203"]);
    assert!(page.code == 0 && page.out.starts_with("# L0203: error\n"), "{}", page.all());
    let by_name = lcnnc(&["explain", "unbounded"]);
    assert!(by_name.out.starts_with("# L0502: warning\n"), "{}", by_name.all());
    let all = lcnnc(&["explain"]);
    assert!(all.out.lines().count() > 70 && all.out.contains("\nL0203  error    A loop feeds"), "{}", all.out);
    let unknown = lcnnc(&["explain", "unbouned"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("there is no code `unbouned`; did you mean `unbounded`?"), "{}", unknown.err);
}
