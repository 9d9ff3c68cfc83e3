//! A sweep as a file: YAML whose lists are alternatives and whose values are in the language of the spec.

mod axis;

use super::clusters::Cluster;
use super::clusters::needs::{MORE, Needs, keys};
use super::place::Place;
use super::sweep::{Grid, Sweep, origin};
use crate::train::recipe::yaml::{kind, scalar, syntax};
use crate::train::recipe::yaml_spans;
use crate::train::{Overrides, TrainError, files};
use lcnnc_lang::diag::{Diagnostic, Report, config, did_you_mean};
use lcnnc_lang::syntax::with_line_feeds;
use serde::{Deserialize, Serialize};
use serde_yaml::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The keys at the top, each with a line as an example.
const KEYS: [(&str, &str); 13] = [
    ("about", "about: Table 2 of Park, Zhang & Choe (2025)"),
    ("seeds", "seeds: 5"),
    ("seed", "seed: 0"),
    ("choose", "choose: [lr, alpha]"),
    ("draws", "draws: 20"),
    ("draw_seed", "draw_seed: 0"),
    ("always", "always: {epochs: 12, batch: 32}"),
    ("quick", "quick: {epochs: 1, limit: 2000}"),
    ("grids", "grids: [{spec: lc_cnn.lcnn, lr: [1e-2, 1e-3]}]"),
    ("table", "table: {rows: alpha, columns: dataset}"),
    ("slurm", "slurm: {partition: gpu, time: 2 h}"),
    ("hyperqueue", "hyperqueue: {cpus: 4, time: 2 h}"),
    ("kubernetes", "kubernetes: {cpus: 4, claim: shared}"),
];
/// The keys of a table.
const TABLE: [&str; 3] = ["rows", "columns", "published"];
/// The key of a grid that holds consts alone.
const SET: &str = "set";
/// The key of a grid that names its row in tables.
pub const ROW: &str = "row";
/// The name that is the columns of a table unless it says others; every job has one.
const DATASET: &str = "dataset";

/// How the results are laid out as a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The name whose values are the rows, or `row`, which grids say themselves.
    pub rows: String,
    /// The name whose values are the columns.
    pub columns: String,
    /// The file with published values: `row,column,mean,sd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PathBuf>,
}

/// Reads a sweep from its file. Paths in it are relative to its folder. What `flags` say comes before what all jobs have in common; with
/// `quick`, so does what the file says for a quick look.
///
/// # Errors
/// If the file cannot be read, or everything that is wrong with it.
pub fn load(file: &Path, flags: Overrides, quick: bool) -> Result<Sweep, TrainError> {
    read(file, &files::read(file)?, flags, quick).map_err(|report| TrainError::Reports(vec![report]))
}

/// Reads the text of a sweep's file, see [`load`].
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(file: &Path, text: &str, flags: Overrides, quick: bool) -> Result<Sweep, Report> {
    let text = &*with_line_feeds(text.trim_start_matches('\u{feff}'));
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut reader = Reader { text, file, folder, diagnostics: Vec::new() };
    let sweep = match serde_yaml::from_str(text) {
        Ok(top) => reader.top(&top, flags, quick),
        Err(error) => {
            reader.diagnostics.push(syntax(text, &error));
            Sweep::default()
        }
    };
    match reader.diagnostics.is_empty() {
        true => Ok(sweep),
        false => Err(Report::new(file.display().to_string(), text, reader.diagnostics)),
    }
}

struct Reader<'a> {
    text: &'a str,
    file: &'a Path,
    folder: &'a Path,
    diagnostics: Vec<Diagnostic>,
}

/// A path of keys and of places in lists.
type At = Vec<String>;

fn at(path: &[String], key: &str) -> At {
    [path, &[key.to_owned()]].concat()
}

impl Reader<'_> {
    fn top(&mut self, top: &Value, flags: Overrides, quick: bool) -> Sweep {
        let mut sweep = Sweep { seeds: 1, file: Some(self.file.to_owned()), ..Sweep::default() };
        let (mut always, mut hurried) = (Overrides::default(), Overrides::default());
        let mut quick_seeds = None;
        for (key, value) in self.entries("a sweep", "seeds: 5", &[], top) {
            let path = at(&[], &key);
            match key.as_str() {
                "about" => sweep.about = self.text(&path, value),
                "seeds" => sweep.seeds = self.seeds(&path, value).unwrap_or(1),
                "seed" => sweep.first_seed = self.count(&path, value).unwrap_or_default() as u64,
                "choose" => sweep.choose = self.chosen(&path, value),
                "draws" => sweep.draws = self.count(&path, value).unwrap_or_default(),
                "draw_seed" => sweep.draw_seed = self.count(&path, value).unwrap_or_default() as u64,
                "always" => always = self.always(&path, value, &mut None),
                "quick" => hurried = self.always(&path, value, &mut quick_seeds),
                "grids" => sweep.grids = self.grids(&path, value),
                "table" => sweep.table = self.table(&path, value),
                name => match Cluster::named(name) {
                    Some(cluster) => drop(sweep.needs.insert(cluster, self.needs(cluster, &path, value))),
                    None => self.unknown(&path, "sweep", &KEYS.map(|(key, _)| key)),
                },
            }
        }
        if sweep.grids.is_empty() {
            sweep.grids.push(Grid::default());
        }
        if quick {
            always = hurried.over(always);
            sweep.seeds = quick_seeds.unwrap_or(sweep.seeds);
        }
        sweep.base = flags.over(always);
        self.check_specs(&sweep, top);
        self.check_table(&sweep);
        self.try_values(&sweep, top.get("grids").unwrap_or(&Value::Null));
        sweep
    }

    /// Every grid names a spec, unless all jobs have one.
    fn check_specs(&mut self, sweep: &Sweep, top: &Value) {
        const EXAMPLE: &str = "write one, as in `spec: lc_cnn.lcnn`, or into `always` for all grids";
        let grids = at(&[], "grids");
        let written = match top.get("grids") {
            Some(Value::Sequence(all)) => all.len(),
            // What is no list was said before.
            Some(_) => return,
            None => 0,
        };
        if sweep.base.spec.is_some() {
            return;
        }
        if written == 0 {
            let problem = format!("there is no grid, and so nothing to train: {EXAMPLE}");
            match top.get("grids") {
                Some(_) => self.wrong(&grids, &problem),
                None => self.wrong(&[], &problem),
            }
        }
        for (n, grid) in sweep.grids.iter().enumerate().take(written) {
            if grid.axes.iter().all(|axis| axis.name != "spec") {
                self.wrong(&at(&grids, &n.to_string()), &format!("this grid names no spec: {EXAMPLE}"));
            }
        }
    }

    /// Rows and columns are what the sweep goes over, the data set, or what grids say themselves.
    fn check_table(&mut self, sweep: &Sweep) {
        let Some(Layout { rows, columns, .. }) = &sweep.table else { return };
        let axes = sweep.grids.iter().flat_map(|grid| &grid.axes).map(|axis| axis.name.as_str());
        let known: BTreeSet<&str> = axes.chain([ROW, DATASET]).collect();
        for (key, name) in
            [("rows", rows), ("columns", columns)].into_iter().filter(|(_, name)| !known.contains(name.as_str()))
        {
            let near = did_you_mean(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
            let near =
                near.unwrap_or_else(|| format!("; it goes over {}", Vec::from_iter(known.iter().copied()).join(", ")));
            let problem = format!("the sweep does not go over `{name}`{near}");
            self.wrong(&["table".to_owned(), key.to_owned()], &problem);
        }
    }

    fn unknown(&mut self, path: &[String], within: &str, known: &[&str]) {
        let key = path.last().map_or("", String::as_str);
        self.diagnostics.push(config::unknown_key(key, within, yaml_spans::of_key(self.text, path), known));
    }

    fn wrong(&mut self, path: &[String], problem: &str) {
        self.diagnostics.push(config::wrong_value(problem, yaml_spans::of_value(self.text, path)));
    }

    fn wrong_key(&mut self, path: &[String], problem: &str) {
        self.diagnostics.push(config::wrong_value(problem, yaml_spans::of_key(self.text, path)));
    }

    fn mistyped(&mut self, path: &[String], expected: &str, found: &Value, example: &str) {
        // The place in a list is no name.
        let named = path.iter().rev().find(|key| key.parse::<usize>().is_err());
        let key = named.map_or("a sweep", String::as_str);
        let span = yaml_spans::of_value(self.text, path);
        self.diagnostics.push(config::wrong_type(key, expected, &kind(found), example, span));
    }

    /// The keys and values of a mapping.
    fn entries<'v>(
        &mut self,
        what: &str,
        example: &str,
        path: &[String],
        value: &'v Value,
    ) -> Vec<(String, &'v Value)> {
        let Value::Mapping(mapping) = value else {
            if !value.is_null() {
                self.mistyped(path, &format!("{what}, a block of keys"), value, example);
            }
            return Vec::new();
        };
        mapping.iter().filter_map(|(key, value)| Some((scalar(key)?, value))).collect()
    }

    fn text(&mut self, path: &[String], value: &Value) -> Option<String> {
        let text = scalar(value);
        if text.is_none() {
            self.mistyped(path, "a text", value, example(path));
        }
        text
    }

    fn texts(&mut self, path: &[String], value: &Value) -> Vec<String> {
        match value {
            Value::Sequence(all) => {
                all.iter().enumerate().filter_map(|(n, one)| self.text(&at(path, &n.to_string()), one)).collect()
            }
            one => self.text(path, one).into_iter().collect(),
        }
    }

    /// The names that validation chooses the values of.
    fn chosen(&mut self, path: &[String], value: &Value) -> Vec<String> {
        let names = self.texts(path, value);
        if let Some(several) = names.iter().find(|name| name.contains(',')) {
            self.wrong(path, &format!("several names stand in brackets: write `choose: [{several}]`"));
        }
        names
    }

    fn count(&mut self, path: &[String], value: &Value) -> Option<usize> {
        let count = value.as_u64().and_then(|n| usize::try_from(n).ok());
        if count.is_none() {
            self.mistyped(path, "a whole number from 0 on", value, example(path));
        }
        count
    }

    fn seeds(&mut self, path: &[String], value: &Value) -> Option<usize> {
        let seeds = self.count(path, value);
        if seeds == Some(0) {
            self.wrong(path, "`seeds` is 0, and nothing would be trained: give 1 or more");
        }
        seeds.filter(|n| *n > 0)
    }

    /// What all jobs have in common; `seeds` is taken where it is asked for.
    fn always(&mut self, path: &[String], value: &Value, seeds: &mut Option<usize>) -> Overrides {
        let (mut over, takes_seeds) = (Overrides::default(), path.iter().any(|key| key == "quick"));
        let settings = self.entries("settings", "always: {epochs: 12}", path, value);
        for (name, value) in self.without_slips(path, settings) {
            let path = at(path, &name);
            if takes_seeds && name == "seeds" {
                *seeds = self.seeds(&path, value);
            } else if name == SET {
                for (name, value) in self.entries("consts", "set: {alpha: 0}", &path, value) {
                    if let Some(text) = self.text(&at(&path, &name), value) {
                        over.set.insert(name, text);
                    }
                }
            } else if let Some(text) = self.text(&path, value) {
                let text = self.based(&name, text);
                // Consts stand under `set` here, since no spec is at hand.
                match Place::of(&name, &[]) {
                    Err(problem) => self.wrong_key(
                        &path,
                        &format!("{problem}; a const stands under `{SET}` here, as in `{SET}: {{{name}: {text}}}`"),
                    ),
                    Ok(place) => {
                        if let Place::Setting(target) = place {
                            self.try_setting(target, &path, &text);
                        }
                        if let Err(problem) = place.put(&name, &text, &origin(Some(self.file), &name), &mut over) {
                            self.wrong(&path, &problem);
                        }
                    }
                }
            }
        }
        over
    }

    fn grids(&mut self, path: &[String], value: &Value) -> Vec<Grid> {
        let Value::Sequence(all) = value else {
            self.mistyped(path, "a list of grids", value, example(path));
            return Vec::new();
        };
        all.iter().enumerate().map(|(n, grid)| self.grid(&at(path, &n.to_string()), grid)).collect()
    }

    fn grid(&mut self, path: &[String], value: &Value) -> Grid {
        let mut grid = Grid::default();
        let names = self.entries("a grid", "- {spec: lc_cnn.lcnn, lr: [1e-2, 1e-3]}", path, value);
        for (name, value) in self.without_slips(path, names) {
            let path = at(path, &name);
            match name.as_str() {
                ROW => grid.row = self.text(&path, value),
                SET => {
                    let consts = self.entries("consts", "set: {alpha: [0.1, 1]}", &path, value);
                    for (name, value) in self.without_slips(&path, consts) {
                        let axis = self.axis(&at(&path, &name), &name, value);
                        grid.axes.extend(axis);
                    }
                }
                _ => grid.axes.extend(self.axis(&path, &name, value)),
            }
        }
        grid
    }

    /// A path of a spec or of a folder of images, from the file's folder on.
    fn based(&self, name: &str, value: String) -> String {
        let from = |path: &str| self.folder.join(path).to_string_lossy().into_owned();
        match (name, value.split_once(':')) {
            ("spec", _) => from(&value),
            ("dataset", Some((set, path))) => format!("{set}:{}", from(path)),
            _ => value,
        }
    }

    /// What each job needs of a cluster.
    fn needs(&mut self, cluster: Cluster, path: &[String], value: &Value) -> Needs {
        let (mut needs, known) = (Needs::default(), keys(cluster));
        for (key, value) in self.entries("what a job needs", example(path), path, value) {
            let path = at(path, &key);
            if !known.contains(&key.as_str()) {
                self.unknown(&path, cluster.name(), &known);
                continue;
            }
            let texts =
                if key == MORE { self.texts(&path, value) } else { self.text(&path, value).into_iter().collect() };
            for text in texts {
                if let Err(problem) = needs.put(cluster, &key, &text) {
                    self.wrong(&path, &problem);
                }
            }
        }
        needs
    }

    fn table(&mut self, path: &[String], value: &Value) -> Option<Layout> {
        let mut layout = Layout::default();
        for (key, value) in self.entries("a table", "table: {rows: row, columns: dataset}", path, value) {
            let path = at(path, &key);
            let text = self.text(&path, value).unwrap_or_default();
            match key.as_str() {
                "rows" => layout.rows = text,
                "columns" => layout.columns = text,
                "published" => layout.published = Some(self.folder.join(text)),
                _ => self.unknown(&path, "table", &TABLE),
            }
        }
        for (name, usual) in [(&mut layout.rows, ROW), (&mut layout.columns, DATASET)] {
            if name.is_empty() {
                usual.clone_into(name);
            }
        }
        Some(layout)
    }
}

/// A line that shows how the key at the top of a path is written.
fn example(path: &[String]) -> &'static str {
    let known = KEYS.into_iter().find(|(key, _)| path.first().is_some_and(|first| first == key));
    known.map_or("lr: [1e-2, 1e-3]", |(_, example)| example)
}
