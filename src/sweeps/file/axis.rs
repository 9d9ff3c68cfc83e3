//! The names that a grid goes over with their alternatives, and slips in how YAML has them.

use super::{At, Reader, at};
use crate::sweeps::draws::{ALONE, Distribution};
use crate::sweeps::sweep::{Alternatives, Axis, Sweep};
use crate::sweeps::values;
use crate::train::recipe::yaml::{moved, scalar};
use crate::train::recipe::yaml_spans;
use crate::train::{Target, files};
use lcnnc_lang::diag::{Span, config};
use lcnnc_lang::front::const_texts::const_texts;
use lcnnc_lang::front::settings::{Settings, read};
use lcnnc_lang::vocabulary::optimizers;
use serde_yaml::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Names whose values are paths, which may have commas in them.
const PATHS: [&str; 2] = ["spec", "dataset"];

impl Reader<'_> {
    /// A name and its alternatives; a single text may stand for several, as `1..10` does.
    pub(super) fn axis(&mut self, path: &[String], name: &str, value: &Value) -> Option<Axis> {
        let (mut all, mut known) = (Vec::new(), BTreeSet::new());
        let wrong = self.diagnostics.len();
        match value {
            Value::Sequence(none) if none.is_empty() => {
                self.wrong(
                    path,
                    &format!("`{name}` has no alternatives: give one or more, as in `{name}: [1e-2, 1e-3]`"),
                );
            }
            Value::Null => {
                self.wrong_key(
                    path,
                    &format!("`{name}` has no value: give one, or several, as in `{name}: [1e-2, 1e-3]`"),
                );
            }
            _ => {}
        }
        if self.diagnostics.len() > wrong {
            return None;
        }
        let texts = self.texts(path, value);
        if let Some(drawn) = texts.iter().find_map(|text| Distribution::read(text)) {
            let drawn = drawn.and_then(|drawn| if texts.len() == 1 { Ok(drawn) } else { Err(ALONE.to_owned()) });
            return drawn
                .map(|drawn| Axis { name: name.to_owned(), alternatives: Alternatives::Drawn(drawn) })
                .map_err(|problem| self.wrong(path, &problem))
                .ok();
        }
        for (n, text) in texts.into_iter().enumerate() {
            let place = if value.is_sequence() { at(path, &n.to_string()) } else { path.to_vec() };
            match listed(name, text.trim()).and_then(|()| values::one(text.trim())) {
                Ok(values) => {
                    for value in values {
                        if !known.insert(values::normal(&value)) {
                            self.wrong(&place, &format!("`{value}` comes twice"));
                        }
                        all.push(self.based(name, value));
                    }
                }
                Err(problem) => self.wrong(&place, &problem),
            }
        }
        // What is no text was said.
        (!all.is_empty()).then(|| Axis { name: name.to_owned(), alternatives: Alternatives::Each(all) })
    }

    /// The keys of a block whose values may be alternatives, but for those that YAML makes of commas: within braces, `lr: 1e-2, 1e-3`
    /// is a key `1e-3` without a value, and so is what stands behind the first comma of `lr: log_uniform(1e-4, 1e-1)`.
    pub(super) fn without_slips<'v>(
        &mut self,
        path: &[String],
        entries: Vec<(String, &'v Value)>,
    ) -> Vec<(String, &'v Value)> {
        let mut kept: Vec<(String, &'v Value)> = Vec::new();
        let mut rest = entries.into_iter().peekable();
        while let Some((name, value)) = rest.next() {
            let is_slip =
                |(key, value): &(String, &Value)| value.is_null() && Target::named(key).is_none() && key != super::SET;
            let written = scalar(value).filter(|text| !text.is_empty());
            let bracket = written.as_ref().is_some_and(|text| text.matches('(').count() > text.matches(')').count());
            let mut slips = 0;
            // A bracket that is open swallows keys up to its other end.
            if bracket {
                let closes = |(key, value): &(String, &Value)| {
                    key.ends_with(')') || scalar(value).is_some_and(|it| it.ends_with(')'))
                };
                for entry in rest.by_ref() {
                    slips += 1;
                    if closes(&entry) {
                        break;
                    }
                }
            } else if written.is_some() {
                while rest.next_if(is_slip).is_some() {
                    slips += 1;
                }
            }
            if slips == 0 {
                kept.push((name, value));
                continue;
            }
            let place = at(path, &name);
            let start = yaml_spans::of_value(self.text, &place).start;
            let raw = if bracket { bracketed(&self.text[start..]) } else { between_commas(&self.text[start..], slips) };
            let problem = match (bracket, takes_several(&place)) {
                (true, _) => format!("a value with a comma in it stands in quotes: write `{name}: \"{raw}\"`"),
                (false, true) => format!("alternatives stand in brackets: write `{name}: [{raw}]`"),
                (false, false) => {
                    format!("`{name}` has one value here, and commas separate keys: alternatives stand under `grids`")
                }
            };
            let span = Span::new(start, start + raw.len());
            self.diagnostics.push(config::wrong_value(&problem, span));
        }
        kept
    }

    /// Tries the values of settings out, so that what is wrong with them is found here, where their place is known. What the specs have
    /// as a const is none.
    pub(super) fn try_values(&mut self, sweep: &Sweep, grids: &Value) {
        let Value::Sequence(grids) = grids else { return };
        for (n, (grid, written)) in sweep.grids.iter().zip(grids).enumerate() {
            let consts = consts(grid.axes.iter().find(|axis| axis.name == "spec"), sweep.base.spec.as_deref());
            for axis in &grid.axes {
                let Some(target) = Target::named(&axis.name) else { continue };
                let Some(value) = written.get(&axis.name).filter(|_| !consts.contains(&axis.name)) else { continue };
                let path = ["grids".to_owned(), n.to_string(), axis.name.clone()];
                let texts: Vec<(At, String)> = match value {
                    Value::Sequence(all) => all
                        .iter()
                        .enumerate()
                        .filter_map(|(m, it)| Some((at(&path, &m.to_string()), scalar(it)?)))
                        .collect(),
                    one => scalar(one).map(|text| (path.to_vec(), text)).into_iter().collect(),
                };
                for (place, text) in texts {
                    // Ranges and distributions stand for values that are tried before the first job.
                    let is_itself = values::one(text.trim()).is_ok_and(|all| all == [text.trim()])
                        && Distribution::read(&text).is_none();
                    if is_itself {
                        self.try_setting(target, &place, &text);
                    }
                }
            }
        }
    }

    /// Tries a value of a setting out; an argument of optimizers by what any of them takes.
    pub(super) fn try_setting(&mut self, target: Target, path: &[String], text: &str) {
        let found = match target {
            Target::Key { block, key } => Settings::default().set(block, key, text).err(),
            Target::Optimizer(argument) => {
                let declared = optimizers::CALLABLES.iter().flat_map(|it| it.args).filter(|arg| arg.name == argument);
                let mut tried = declared.map(|arg| read(&format!("`{argument}`"), &arg.ty, text).err());
                let first = tried.next().flatten();
                first.filter(|_| tried.all(|problem| problem.is_some()))
            }
        };
        let span = yaml_spans::of_value(self.text, path);
        let found = found.into_iter().flatten().map(|diagnostic| moved(diagnostic, self.text, span, text));
        self.diagnostics.extend(found);
    }
}

/// Whether what stands behind a path may be alternatives.
fn takes_several(path: &At) -> bool {
    path.first().is_some_and(|top| top == "grids")
}

/// The consts of the specs that a grid trains; none of a spec that cannot be read, which is told before the first job.
fn consts(specs: Option<&Axis>, base: Option<&Path>) -> Vec<String> {
    let named: Vec<&Path> = match specs.map(|axis| &axis.alternatives) {
        Some(Alternatives::Each(all)) => all.iter().map(Path::new).collect(),
        _ => base.into_iter().collect(),
    };
    let of = |path: &Path| files::source(&files::spec_path(path)).map(|it| const_texts(&it.text)).unwrap_or_default();
    named.into_iter().flat_map(of).map(|(name, _)| name).collect()
}

/// Refuses a text that is several values between commas: in a file these are a list.
fn listed(name: &str, text: &str) -> Result<(), String> {
    if PATHS.contains(&name) {
        return Ok(());
    }
    match values::parts(text)?.len() {
        1 => Ok(()),
        _ => Err(format!(
            "`{text}` is one text here, and no list: alternatives stand in brackets: write `{name}: [{text}]`"
        )),
    }
}

/// The text up to the other end of the first bracket, on its line.
fn bracketed(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let mut open = 0_i32;
    for (at, letter) in line.char_indices() {
        open += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if letter == ')' && open == 0 {
            return &line[..=at];
        }
    }
    line
}

/// The text up to the end of what stands behind so many commas, on its line.
fn between_commas(text: &str, commas: usize) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let end = line.find('}').unwrap_or(line.len());
    let all = &line[..end];
    let cut = all.match_indices(',').nth(commas).map_or(all.len(), |(at, _)| at);
    all[..cut].trim_end()
}
