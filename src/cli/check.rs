//! `lcnnc check`: everything that is wrong with specs, in one run.

use super::spec::SpecArgs;
use lcnnc::train::{Console, TrainError};
use lcnnc_lang::Compiled;
use lcnnc_lang::back::{sleep, timing};
use lcnnc_lang::diag::render::{github, json, sarif, short};
use lcnnc_lang::diag::{Applicability, Diagnostic, Level, Report, counted};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Report every problem of specs; nothing is run.
#[derive(Debug, clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Args {
    /// The specs, `.lcnn` may be left out
    #[arg(required = true, value_name = "FILE")]
    specs: Vec<PathBuf>,
    /// Print at which step of each loop the image first reaches each equation
    #[arg(long)]
    timing: bool,
    /// Write into the specs what is certain to mend them: words that were misspelt, signs of other languages
    #[arg(long)]
    fix: bool,
    /// With `--fix`: write whatever may mend them too, such as a number of channels; look at what was changed
    #[arg(long, requires = "fix")]
    unsafe_fixes: bool,
    /// How problems are shown
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    options: SpecArgs,
}

/// The form of a report: for people, or for programs, which get it on standard output with nothing else there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With the source, and colour on a terminal
    Human,
    /// A line a problem
    Short,
    /// A JSON object a line
    Json,
    /// One SARIF 2.1.0 document for all specs
    Sarif,
    /// Commands that GitHub Actions shows beside the lines
    Github,
}

impl Args {
    pub fn run(self) -> Result<ExitCode, TrainError> {
        let console = Console::new();
        let mut reports = Vec::new();
        let code = super::each(&self.specs, |spec| {
            let (compiled, mended) = self.compile(spec)?;
            self.show(console, &compiled, mended);
            let is_fine = !compiled.report.has_errors();
            reports.push(compiled.report);
            Ok(is_fine)
        });
        if self.format == Format::Sarif {
            console.text(&sarif::emit(&reports));
        }
        Ok(code)
    }

    /// The spec, and how many of its problems were mended.
    fn compile(&self, spec: &Path) -> Result<(Compiled, usize), TrainError> {
        let asked = if self.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
        if self.fix { self.options.fix(spec, asked) } else { Ok((self.options.compile(spec)?, 0)) }
    }

    fn show(&self, console: Console, compiled: &Compiled, mended: usize) {
        let report = &compiled.report;
        match self.format {
            Format::Human => {
                console.report(report);
                let left = verdict(report);
                let verdict = match mended {
                    0 => left,
                    n => format!("{} mended, {left} left", counted(n, "problem")),
                };
                let unsure = if self.fix { unsure(report) } else { String::new() };
                console.line(&format!("{}: {verdict}{unsure}", report.name));
                let sleep = compiled.net.as_ref().and_then(|net| sleep::emit(net, &compiled.settings));
                sleep.iter().for_each(|cost| console.line(&format!("{}: {cost}", report.name)));
                if let (true, Some(net)) = (self.timing, &compiled.net) {
                    console.line(timing::emit(net).trim_end());
                }
            }
            Format::Short => console.text(&short::emit(report)),
            Format::Json => console.text(&json::emit(report)),
            Format::Github => console.text(&github::emit(report)),
            // One document for all.
            Format::Sarif => {}
        }
    }
}

/// How many problems are left that a change might mend which is not certain.
fn unsure(report: &Report) -> String {
    let has_fix = |diagnostic: &&Diagnostic| !diagnostic.fix.is_empty() && !diagnostic.is_safe();
    match report.diagnostics.iter().filter(has_fix).count() {
        0 => String::new(),
        1 => "; 1 unsafe fix left: see its help, or add `--unsafe-fixes`".to_owned(),
        n => format!("; {n} unsafe fixes left: see their help, or add `--unsafe-fixes`"),
    }
}

/// `2 errors, 1 warning`
fn verdict(report: &Report) -> String {
    let count = |level: Level| Some(report.count(level)).filter(|n| *n > 0).map(|n| counted(n, &level.to_string()));
    let counts: Vec<String> = [Level::Error, Level::Warning, Level::Note].into_iter().filter_map(count).collect();
    if counts.is_empty() { "no problems".to_owned() } else { counts.join(", ") }
}
