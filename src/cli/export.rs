//! `lcnnc export`: a net for another program.

mod brainscore;
mod onnx;

use super::spec::SpecArgs;
use super::values::{may_be_made, run_or_spec};
use clap::ValueEnum;
use lcnnc::back::burn::DeviceChoice;
use lcnnc::exports::brainscore::History;
use lcnnc::train::files::spec_path;
use lcnnc::train::{Console, Inspection, Overrides, TrainError, Trained, Which, user_files};
use lcnnc_lang::back::pytorch::{self, About};
use lcnnc_lang::ir::Net;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write a net as a file for another program: of a run with its weights, of a spec without.
///
/// `--to pytorch` writes one file of Python with one module: loops as loops, equations as the spec has them, every named value as a
/// module that is called once a step. Beside it lie the weights of a run, which load strictly.
///
/// `--to onnx` writes one graph with its weights, as the net is tested: of a run those of the run, of a spec those that a training would
/// begin with.
///
/// `--to brainscore` writes a folder that Brain-Score takes as a plug-in: the same file with the weights of a run, which value stands for
/// which region of the cortex, and when each step is.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// A run's folder, or a spec, of which the ending `.lcnn` may be left out
    #[arg(value_name = "RUN|SPEC", value_parser = run_or_spec())]
    source: PathBuf,
    /// For which program
    #[arg(long, value_enum)]
    to: Target,
    /// Where to write [default: the name of the spec in small letters, `.py` or `.onnx` unless it is a folder, here]
    #[arg(long, value_name = "FILE|FOLDER")]
    out: Option<PathBuf>,
    /// Of a run: best (of the best validation accuracy), last, initial (before the first step) or epoch:N (kept by --keep)
    #[arg(long, value_name = "WHICH")]
    weights: Option<Which>,
    #[command(flatten)]
    brainscore: brainscore::PluginFlags,
    #[command(flatten)]
    options: SpecArgs,
    #[command(flatten)]
    graph: onnx::GraphFlags,
    /// Go on although files of the run's folder are not what the run left; each of them is named
    #[arg(long)]
    force: bool,
}

/// A program that nets are written for.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Target {
    /// PyTorch: a file of Python
    Pytorch,
    /// ONNX: a graph with its weights, for inference
    Onnx,
    /// Brain-Score: a folder, which is a plug-in of its models
    Brainscore,
}

/// A net that is to be exported, the facts that its file states, its weights where there are some, and what it was trained with.
struct Export {
    net: Net,
    about: About,
    /// The spec with every setting and default.
    resolved: String,
    weights: Option<Vec<u8>>,
    /// The name of the author's spec.
    spec: String,
    history: History,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        self.fits()?;
        let console = Console::new();
        let mut inspection = Inspection::new(self.force, console);
        let export = if self.source.is_dir() { self.of_run(&mut inspection)? } else { self.of_spec()? };
        let named = |ending: &str| {
            let default = || PathBuf::from(format!("{}{ending}", stem(&export.spec)));
            self.out.clone().unwrap_or_else(default)
        };
        let files = match self.to {
            Target::Pytorch => python(&export, &named(".py"))?,
            Target::Onnx => self.graph.write(&export, &named(".onnx"))?,
            Target::Brainscore => self.brainscore.write(&self.source, &named(""), &export)?,
        };
        let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        console.line(&format!("{}, see {}", export.net.name, names.join(" and ")));
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses flags that are for another program, and what this one cannot have.
    fn fits(&self) -> Result<(), TrainError> {
        let refused = |path: &Path, reason: String| TrainError::Refused { path: path.to_owned(), reason };
        let [graph, plugin] = [self.graph.given(), self.brainscore.given()];
        let foreign = match self.to {
            Target::Pytorch => graph.map(|flag| (flag, "onnx")).or(plugin.map(|flag| (flag, "brainscore"))),
            Target::Onnx => plugin.map(|flag| (flag, "brainscore")),
            Target::Brainscore => graph.map(|flag| (flag, "onnx")),
        };
        if let Some((flag, program)) = foreign {
            return Err(refused(&self.source, format!("`{flag}` is for `--to {program}`: leave it out")));
        }
        if matches!(self.to, Target::Brainscore) {
            if self.source.is_dir() {
                return Ok(());
            }
            let reason = "a plug-in of Brain-Score has weights, and a spec has none: name a run's folder";
            return Err(refused(&self.source, reason.to_owned()));
        }
        match self.out.as_ref().map(|out| (out, may_be_made(out))) {
            Some((out, Err(reason))) => Err(refused(out, format!("`--out`: {reason}"))),
            _ => Ok(()),
        }
    }

    fn of_run(&self, inspection: &mut Inspection) -> Result<Export, TrainError> {
        let refused = |reason: &str| TrainError::Refused { path: self.source.clone(), reason: reason.to_owned() };
        if self.options.is_given() {
            return Err(refused(
                "a run has its consts and classes: leave out `--set` and `--classes`, or export its spec",
            ));
        }
        let which = self.weights.unwrap_or_default();
        let over = Overrides { device: Some(DeviceChoice::Cpu), fuse: Some(false), ..Overrides::default() };
        let trained = Trained::open(&self.source, over, which, inspection)?;
        let numberless =
            trained.model().weights()?.into_iter().find(|weight| weight.values.iter().any(|x| !x.is_finite()));
        if let Some(weight) = numberless {
            let (what, found) = ("the exported net".to_owned(), format!("`{}` is not finite throughout", weight.name));
            return Err(TrainError::NoNumber { what, found, path: trained.file().to_owned() });
        }
        let recipe = trained.recipe();
        let history = History::of(trained.manifest(), trained.limit(), which);
        let began = history.base.as_ref().map_or(String::new(), |base| match base.is_foreign {
            true => format!(", which began with weights of {}", base.name),
            false => format!(", made of those of {}", base.name),
        });
        let about = About {
            classes: trained.manifest().data.classes.clone(),
            origin: format!("the {which} weights of the run {}{began}", self.source.display()),
            ..recipe.about()
        };
        let weights = fs::read(trained.file()).map_err(TrainError::file(trained.file(), "read"))?;
        let (net, resolved) = ((*recipe.net).clone(), recipe.resolved.clone());
        let spec = trained.spec().to_owned();
        Ok(Export { net, about, resolved, weights: Some(weights), spec, history })
    }

    fn of_spec(&self) -> Result<Export, TrainError> {
        if self.weights.is_some() {
            let reason = "a spec has no weights: leave out `--weights`, or name a run's folder".to_owned();
            return Err(TrainError::Refused { path: self.source.clone(), reason });
        }
        let compiled = self.options.compile_clean(&self.source)?;
        let about = compiled.about(&compiled.settings);
        let origin = name_of(&spec_path(&self.source));
        let resolved = compiled.resolved(&compiled.settings);
        match compiled.net {
            Some(net) => {
                let about = About { origin, ..about };
                let spec = spec_path(&self.source).file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Ok(Export { net, about, resolved, weights: None, spec, history: History::default() })
            }
            None => Err(TrainError::Reports(vec![compiled.report])),
        }
    }
}

/// Writes a net as a file of Python, and its weights beside it.
fn python(export: &Export, out: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let module = module_of(out)?;
    let beside = out.with_extension("safetensors");
    let weights = export.weights.as_deref();
    let file = Some((module.to_owned(), weights.is_some().then(|| name_of(&beside))));
    let text = pytorch::emit(&export.net, &About { file, ..export.about.clone() });
    let files: Vec<(&Path, &[u8])> =
        std::iter::once((out, text.as_bytes())).chain(weights.map(|bytes| (beside.as_path(), bytes))).collect();
    write_all(&files)?;
    Ok(files.into_iter().map(|(path, _)| path.to_owned()).collect())
}

/// The last part of a path, as text.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The name that a file has where none is given: the spec's in small letters, as one by which Python can take it in.
fn stem(spec: &str) -> String {
    let (mut stem, mut before) = (String::new(), '_');
    for c in spec.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            stem.push('_');
        }
        before = c;
        stem.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    match () {
        () if HIDDEN.contains(&stem.as_str()) => format!("{stem}_net"),
        () if is_name(&stem) => stem,
        () => format!("net_{stem}"),
    }
}

/// Modules that the file or PyTorch takes in, and words of Python, none of which a file may be called.
const HIDDEN: [&str; 44] = [
    "abc",
    "and",
    "as",
    "class",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "def",
    "enum",
    "for",
    "from",
    "functools",
    "if",
    "import",
    "in",
    "inspect",
    "io",
    "is",
    "itertools",
    "json",
    "lambda",
    "logging",
    "math",
    "not",
    "numpy",
    "operator",
    "or",
    "os",
    "pickle",
    "platform",
    "queue",
    "random",
    "re",
    "return",
    "safetensors",
    "string",
    "sys",
    "time",
    "torch",
    "types",
    "typing",
    "warnings",
    "while",
];

/// The name by which Python takes in a file.
fn module_of(out: &Path) -> Result<&str, TrainError> {
    let refused = |reason: &str| TrainError::Refused { path: out.to_owned(), reason: reason.to_owned() };
    if out.extension().is_none_or(|ending| ending != "py") {
        return Err(refused("a file of Python ends in `.py`, as in `net.py`"));
    }
    let stem = out.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let taken = HIDDEN.contains(&stem);
    match (is_name(stem), taken) {
        (true, false) => Ok(stem),
        (true, true) => Err(refused(
            "it is a word of Python, or the name of a module that the file needs; name another one by `--out`",
        )),
        (false, _) => {
            Err(refused("Python could not import it: name one of letters, digits and `_` by `--out`, as in `net.py`"))
        }
    }
}

/// Whether Python can have a name.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Writes files and the folders that they lie in, none before all of them may be, and the first one last.
fn write_all(files: &[(&Path, &[u8])]) -> Result<(), TrainError> {
    files.iter().try_for_each(|(path, bytes)| may_be_written(path, &mut |out| out.write_all(bytes)))?;
    for folder in files.iter().filter_map(|(path, _)| path.parent()).filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(TrainError::file(folder, "made"))?;
    }
    files.iter().rev().try_for_each(|(path, bytes)| user_files::write(path, bytes))
}

/// What writes the contents of a file.
type Contents<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<()>;

/// Refuses to write over a file that says something else.
fn may_be_written(path: &Path, contents: Contents<'_>) -> Result<(), TrainError> {
    user_files::spare(path)?;
    if !path.is_file() {
        return Ok(());
    }
    let failed = |error| TrainError::file(path, "read")(error);
    let mut there = There { file: BufReader::new(File::open(path).map_err(failed)?), same: true };
    contents(&mut there).map_err(failed)?;
    if there.same && there.file.read(&mut [0]).map_err(failed)? == 0 {
        return Ok(());
    }
    Err(TrainError::Refused { path: path.to_owned(), reason: user_files::THERE.to_owned() })
}

/// A file that is there, held against what would be written.
struct There {
    file: BufReader<File>,
    /// Whether it is the same so far.
    same: bool,
}

impl Write for There {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.same {
            let mut known = vec![0; bytes.len()];
            self.same = self.file.read_exact(&mut known).is_ok() && known == bytes;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
