//! `lcnnc export`: a net for another program.

use super::spec::SpecArgs;
use super::values::output;
use clap::ValueEnum;
use lcnnc::back::burn::{DeviceChoice, initial};
use lcnnc::train::files::spec_path;
use lcnnc::train::{Console, Inspection, Overrides, TrainError, Trained, Which, user_files};
use lcnnc_lang::back::onnx;
use lcnnc_lang::back::pytorch::{self, About};
use lcnnc_lang::ir::{Net, ParamId};
use safetensors::SafeTensors;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write a net as a file for another program: of a run with its weights, of a spec without.
///
/// `--to pytorch` writes one file of Python with one module: loops as loops, equations as the spec has them, every named value as a
/// module that is called once a step. Beside it lie the weights of a run, which load strictly.
///
/// `--to onnx` writes one graph from the images to the scores, as the net is tested, with its weights: of a run those of the run, of a
/// spec those that a training would begin with.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// A run's folder, or a spec, of which the ending `.lcnn` may be left out
    #[arg(value_name = "RUN|SPEC")]
    source: PathBuf,
    /// For which program
    #[arg(long, value_enum)]
    to: Target,
    /// Where to write [default: the name of the spec or model, `.py` or `.onnx`, here]
    #[arg(long, value_name = "FILE", value_parser = output())]
    out: Option<PathBuf>,
    /// With `--to onnx`: keep loops as nodes `Loop`, which are otherwise written out step by step
    #[arg(long)]
    loops: bool,
    /// Of a run: best (of the best validation accuracy), last, initial (before the first step) or epoch:N (kept by --keep)
    #[arg(long, value_name = "WHICH")]
    weights: Option<Which>,
    #[command(flatten)]
    options: SpecArgs,
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
}

/// A net that is to be exported, the facts that its file states, and its weights where there are some.
struct Export {
    net: Net,
    about: About,
    weights: Option<Vec<u8>>,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        if self.loops && self.to == Target::Pytorch {
            let reason = "`--loops` is for `--to onnx`: a file of Python has loops as loops".to_owned();
            return Err(TrainError::Refused { path: self.source.clone(), reason });
        }
        let console = Console::new();
        let mut inspection = Inspection::new(self.force, console);
        let is_run = self.source.is_dir();
        let export = if is_run { self.of_run(&mut inspection)? } else { self.of_spec()? };
        if self.to == Target::Onnx {
            self.graph(&export, is_run, console)?;
            super::run::forced(&inspection.notes, console);
            return Ok(ExitCode::SUCCESS);
        }
        let Export { net, mut about, weights } = export;
        let out = self.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.py", stem(&self.source, &net, is_run))));
        let module = module_of(&out)?;
        let beside = out.with_extension("safetensors");
        about.file = Some((module.to_owned(), weights.is_some().then(|| name_of(&beside))));
        let text = pytorch::emit(&net, &about);
        let files: Vec<(&Path, &[u8])> = std::iter::once((out.as_path(), text.as_bytes()))
            .chain(weights.as_deref().map(|bytes| (beside.as_path(), bytes)))
            .collect();
        // Nothing is written before everything may be.
        files.iter().try_for_each(|(path, bytes)| may_be_written(path, bytes))?;
        files.iter().rev().try_for_each(|(path, bytes)| user_files::write(path, bytes))?;
        let names: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
        console.line(&format!("{}, see {}", net.name, names.join(" and ")));
        super::run::forced(&inspection.notes, console);
        Ok(ExitCode::SUCCESS)
    }

    /// Writes the net as a graph.
    fn graph(&self, export: &Export, is_run: bool, console: Console) -> Result<(), TrainError> {
        let Export { net, about, weights } = export;
        let out =
            self.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.onnx", stem(&self.source, net, is_run))));
        let refused = |reason: String| TrainError::Refused { path: out.clone(), reason };
        if out.extension().is_none_or(|ending| ending != "onnx") {
            return Err(refused("a graph of ONNX ends in `.onnx`, as in `net.onnx`".to_owned()));
        }
        let metadata = vec![
            ("lcnnc.weights".to_owned(), about.origin.clone()),
            ("lcnnc.classes".to_owned(), serde_json::json!(about.classes).to_string()),
        ];
        let options = onnx::Options { loops: self.loops, metadata, doc: about.head.join("\n") };
        let graph = onnx::emit(net, &options).map_err(|many| refused(format!("{many}; `--loops` keeps them")))?;
        if graph.bytes(net) > onnx::file::MOST_BYTES {
            let bytes = graph.bytes(net);
            return Err(refused(format!(
                "the graph would be {bytes} bytes, and one file holds {}",
                onnx::file::MOST_BYTES
            )));
        }
        let known = weights.as_deref().map(SafeTensors::deserialize).transpose();
        let known = known.map_err(|error| refused(error.to_string()))?;
        let seed = about.settings.as_ref().map_or(0, |settings| settings.train.count("seed") as u64);
        let mut bytes = Vec::new();
        let mut numbers = |id: ParamId| match &known {
            None => Ok(initial(net, seed, id).into_iter().map(|x| x as f32).collect()),
            Some(file) => {
                let tensor = file.tensor(&net.param(id).name).map_err(io::Error::other)?;
                Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
        };
        graph.write(net, &mut numbers, &mut bytes).map_err(TrainError::file(&out, "written"))?;
        may_be_written(&out, &bytes)?;
        user_files::write(&out, &bytes)?;
        console.line(&format!("{}, see {}", net.name, out.display()));
        Ok(())
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
        let about = About {
            classes: trained.manifest().data.classes.clone(),
            origin: format!("the {which} weights of the run {}", self.source.display()),
            ..recipe.about()
        };
        let weights = fs::read(trained.file()).map_err(TrainError::file(trained.file(), "read"))?;
        Ok(Export { net: (*recipe.net).clone(), about, weights: Some(weights) })
    }

    fn of_spec(&self) -> Result<Export, TrainError> {
        if self.weights.is_some() {
            let reason = "a spec has no weights: leave out `--weights`, or name a run's folder".to_owned();
            return Err(TrainError::Refused { path: self.source.clone(), reason });
        }
        let compiled = self.options.compile_clean(&self.source)?;
        let about = compiled.about(&compiled.settings);
        let origin = name_of(&spec_path(&self.source));
        match compiled.net {
            Some(net) => Ok(Export { net, about: About { origin, ..about }, weights: None }),
            None => Err(TrainError::Reports(vec![compiled.report])),
        }
    }
}

/// The last part of a path, as text.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The name that a file has where none is given: the spec's, or that of the model of a run, in small letters.
fn stem(source: &Path, net: &Net, is_run: bool) -> String {
    let spec = source.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = if is_run { net.name.clone() } else { spec.unwrap_or_else(|| net.name.clone()) };
    let mut stem = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && stem.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
            stem.push('_');
        }
        stem.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    stem
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
    let is_name = stem.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let taken = HIDDEN.contains(&stem);
    match (is_name, taken) {
        (true, false) => Ok(stem),
        (true, true) => Err(refused(
            "it is a word of Python, or the name of a module that the file needs; name another one by `--out`",
        )),
        (false, _) => {
            Err(refused("Python could not import it: name one of letters, digits and `_` by `--out`, as in `net.py`"))
        }
    }
}

/// Refuses to write over a file that says something else.
fn may_be_written(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    user_files::spare(path)?;
    if path.is_file() && fs::read(path).is_ok_and(|known| known != bytes) {
        let reason =
            "there is such a file already, and it says something else: remove it, or name another one by `--out`";
        return Err(TrainError::Refused { path: path.to_owned(), reason: reason.to_owned() });
    }
    Ok(())
}
