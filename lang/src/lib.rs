//! The language of `lcnnc`: from the text of a spec to a checked net, and every problem of the text on the way.
//!
//! ```text
//! &str ─ syntax ─▶ Ast ─ front ─▶ Graph ─ lower ─▶ Net ─ back ─▶ text
//! ```
//!
//! Every stage gives its value and its diagnostics, and goes on past the first problem; what depends on something
//! broken stays silent. [`compile`] is the way from a text to a [`Net`]. Nothing here knows of tensors, images
//! or devices.

#![warn(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

pub mod back;
pub mod convolved;
pub mod diag;
pub mod explain;
mod fix;
pub mod front;
pub mod functions;
pub mod ir;
pub mod kinds;
pub mod limits;
pub mod lower;
pub mod syntax;
pub mod vocabulary;

pub use fix::fix;

use diag::{Diagnostic, Report, Span};
use front::edits::Edits;
use front::schedules::Given;
use front::settings::Settings;
use front::written::SettingsInText;
use ir::Net;
use syntax::ast::Ast;

/// The number of classes where no data set says one: that of MNIST, Fashion-MNIST and CIFAR-10.
pub const DEFAULT_CLASSES: usize = 10;

/// A spec's text and the name that problems in it are reported under.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub text: String,
}

/// What a spec leaves open and its user decides.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Overrides of consts, name and value, as `--set name=value` gives them.
    pub set: Vec<(String, String)>,
    /// The data set's number of classes; [`DEFAULT_CLASSES`] if none is given.
    pub classes: Option<usize>,
}

/// A number of steps in place of the one that loops are written with, however it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The dotted name of the one loop that is meant; every loop of the net if none is given.
    pub of: Option<String>,
    pub count: usize,
}

/// What a spec is compiled to.
#[derive(Debug)]
pub struct Compiled {
    /// The net; none if the spec has errors.
    pub net: Option<Net>,
    pub settings: Settings,
    /// Every problem, sorted by place.
    pub report: Report,
    ast: Ast,
    edits: Edits,
    /// The arguments to fill in at the calls in the settings blocks.
    filled: Edits,
}

/// Compiles a spec. Never fails: what is wrong is in the report.
pub fn compile(source: &Source, options: &Options) -> Compiled {
    compile_with_steps(source, options, None)
}

/// Compiles a spec as [`compile`] does, with loops of another number of steps, from 1 to [`limits::MAX_STEPS`]. Rows of all steps,
/// such as `O@all`, then have as many values; a step that the spec names, such as `O@3`, is a problem where there is none.
pub fn compile_with_steps(source: &Source, options: &Options, steps: Option<&Steps>) -> Compiled {
    let classes = options.classes.unwrap_or(DEFAULT_CLASSES);
    let text = syntax::with_line_feeds(&source.text);
    let (ast, mut diagnostics) = syntax::parse(&text);
    let mut edits = Edits::default();
    let front = front::analyse(&ast, classes, &options.set, &mut diagnostics, &mut edits);
    let net = lower::lower(&front, steps, classes, last_place(&text), &mut diagnostics, &mut edits);
    let input = net.as_ref().map(|net| (net.input.1, ast.input_span()));
    let given = Given { items: &ast.items, settings: &front.settings, own: &front.settings };
    front::images::check(given, input, &mut diagnostics);
    if let Some(net) = &net {
        front::sleep::check(given, net, &mut diagnostics);
    }
    front::check_unused(&front, &mut diagnostics);
    front::allow::take_back(&ast.items, &mut diagnostics);
    let lost = ast.broken.iter().map(|name| name.text.as_str()).collect();
    diag::doubt(&mut diagnostics, &syntax::defined(&ast), &lost);
    let (settings, filled) = (front.settings, front.filled);
    let report = Report::new(&source.name, text, diagnostics);
    let net = net.filter(|_| !report.has_errors());
    Compiled { net, settings, report, ast, edits, filled }
}

/// The span of the last character that is not blank: nothing can be drawn at the very end of a text.
fn last_place(text: &str) -> Span {
    let text = text.trim_end();
    Span::new(text.char_indices().next_back().map_or(0, |(at, _)| at), text.len())
}

impl Compiled {
    /// The author's text with every override and default written in, and with these settings: it compiles to the same
    /// net, and says all that a rerun needs.
    pub fn resolved(&self, settings: &Settings) -> String {
        let (items, text) = (&self.ast.items, &self.report.text);
        let written = |mut edits: Edits, filled: &Edits| {
            SettingsInText { items, text, settings: &self.settings, filled }.write(settings, &mut edits);
            edits.apply(text)
        };
        let text = written(self.edits.clone(), &self.filled);
        // They may make a text, a statement or what is in its brackets longer than what is read: then they stay
        // defaults.
        if syntax::parse(&text).1.is_empty() { text } else { written(self.edits.without_defaults(), &Edits::default()) }
    }

    /// The problems that the spec has with `settings`, which may differ from its own, as flags and files make them. A
    /// problem of what they have changed has no place in the text.
    pub fn report_with(&self, settings: &Settings) -> Report {
        let Report { name, text, diagnostics } = self.report.clone();
        if *settings == self.settings {
            return Report { name, text, diagnostics };
        }
        let items = &self.ast.items;
        let given = Given { items, settings, own: &self.settings };
        let mut diagnostics: Vec<Diagnostic> = diagnostics.into_iter().filter(|d| !d.is_of_settings()).collect();
        let mut odd = Vec::new();
        front::schedules::check(given, &mut odd);
        front::images::check(given, self.net.as_ref().map(|net| (net.input.1, self.input_span())), &mut odd);
        if let Some(net) = &self.net {
            front::sleep::check(given, net, &mut odd);
        }
        odd.retain(|odd| !front::allow::is_allowed(items, odd.code));
        diagnostics.extend(odd);
        Report::new(name, text, diagnostics)
    }

    /// What a file for another program says of the spec: its comments, and what these settings bring.
    pub fn about(&self, settings: &Settings) -> back::pytorch::About {
        let about = back::pytorch::About::of_text(&self.ast, &self.report.text);
        back::pytorch::About { settings: Some(settings.clone()), ..about }
    }

    /// The span of the input's shape, for problems that only a data set brings up.
    pub fn input_span(&self) -> Span {
        self.ast.input_span()
    }
}
