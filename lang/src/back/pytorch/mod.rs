//! A net as a file of Python for PyTorch: one module as a person would have written it.
//!
//! A file here is a concern: [`names`] what Python has taken, [`values`] what named values are called, [`modules`] and
//! [`init`] the tree of modules and its constructor, [`layer`] and [`ops`] primitives, [`plan`] and [`body`] the statements of
//! the forward pass, [`training`] what training needs beside it, [`images`] what is done to pictures, [`layout`] lines as Black
//! has them, [`places`] where other programs see named values.

mod about;
mod body;
mod helpers;
mod images;
mod init;
mod layer;
mod layout;
mod modules;
mod names;
mod notes;
mod ops;
mod places;
mod plan;
mod training;
mod values;

pub use about::About;
pub use places::{Place, class_of, places};

use crate::ir::{Net, Penalty, Value};
use body::Body;
use layout::Lines;
use modules::Modules;
use plan::Wanted;
use values::Values;

/// The net as a file of Python.
pub fn emit(net: &Net, about: &About) -> String {
    let mut values = Values::of(net);
    let modules = Modules::of(net, &values);
    let class = names::class(&net.name);
    let mut methods = vec![constructor(net, &modules, about)];
    methods.extend(parts(net, &modules, &mut values, about));
    let renamed = renamed(net, &modules);
    let text = format!("class {class}(nn.Module):\n{}", methods.join("\n"));
    let preprocess = about.settings.as_ref().and_then(images::preprocess);
    let rest = [renamed, preprocess].into_iter().flatten().map(|part| format!("{part}\n\n")).collect::<String>();
    let helpers = helpers::of(&text);
    let code = format!("{rest}{helpers}{text}");
    let head = about.docstring(net, &class);
    let imports = imports(&code);
    format!("{head}{imports}\n\n{code}")
}

/// The lines that take in what the code calls.
fn imports(code: &str) -> String {
    let calls = |word: &str| code.contains(&format!("{word}."));
    let math = if calls("math") { "import math\n\n" } else { "" };
    let functions = if calls("F") { "import torch.nn.functional as F\n" } else { "" };
    format!("{math}import torch\n{functions}from torch import nn\n")
}

fn constructor(net: &Net, modules: &Modules, about: &About) -> String {
    let mut lines = Lines::at(1);
    if !about.classes.is_empty() {
        let names: Vec<String> = about.classes.iter().map(|name| layout::quoted(name)).collect();
        lines.list("classes = ", &names, ["(", if names.len() == 1 { ",)" } else { ")" }]);
        lines.line("");
    }
    lines.line("def __init__(self):");
    lines.depth = 2;
    lines.line("super().__init__()");
    init::write(net, modules, &about.behind, &mut lines);
    if renamed(net, modules).is_some() {
        lines.line("self.register_load_state_dict_pre_hook(to_python)");
        lines.line("self.register_state_dict_post_hook(from_python)");
    }
    lines.text()
}

/// The methods behind the constructor.
fn parts(net: &Net, modules: &Modules, values: &mut Values, about: &About) -> Vec<String> {
    let of_weights = plan::of_weights(net);
    let (by_weights, by_activity): (Vec<&Penalty>, Vec<&Penalty>) =
        net.penalties.iter().partition(|penalty| of_weights.contains(&penalty.value));
    let activity = by_activity.iter().map(|penalty| penalty.value);
    let roots: Vec<Value> = net.output.logits.iter().copied().chain(activity).collect();
    let wanted = Wanted::of_pass(net, values, &roots);
    let input = values.input.clone();
    let mut pass = Body::new(net, modules, values, &wanted).with_notes(&about.above);
    pass.write();
    // What stands alone is the forward pass; several scores, or penalties of activity, need a method that gives all of them.
    let runs = net.output.logits.len() > 1 || !by_activity.is_empty();
    let tensor = "torch.Tensor";
    let forward = format!("    def forward(self, {input}: {tensor}) -> {tensor}:\n");
    let mut methods = Vec::new();
    if runs {
        let entries = pass.penalties(&by_activity, about);
        let scores: Vec<String> = net.output.logits.iter().map(|value| pass.read(*value).text()).collect();
        pass.scores(&scores);
        if entries.is_empty() {
            pass.lines.line("return scores, {}");
        } else {
            pass.lines.list("penalties = ", &entries, ["{", "}"]);
            pass.lines.line("return scores, penalties");
        }
        let doc = "        \"\"\"The scores that the loss judges, and penalties of activity.\"\"\"\n";
        let head = format!("    def run(self, {input}: {tensor}) -> tuple[list, dict]:\n{doc}");
        methods.push(head + &std::mem::take(&mut pass.lines).text());
        methods.push(format!("{forward}        scores, _ = self.run({input})\n        return scores[-1]\n"));
    } else {
        let scores = pass.read(net.output.answer());
        pass.statement("return ", scores, "");
        methods.push(forward + &std::mem::take(&mut pass.lines).text());
    }
    let smoothing = about.settings.as_ref().map_or(0.0, |settings| settings.train.real("label_smoothing"));
    methods.push(training::penalties(net, modules, values, &by_weights, about));
    methods.push(training::loss(net, &input, smoothing, [runs, !by_weights.is_empty(), !by_activity.is_empty()]));
    methods.extend(training::signs(net, modules));
    methods.extend(about.settings.as_ref().and_then(|settings| training::sleep(net, modules, settings)));
    methods.extend(training::groups(net, modules));
    methods
}

/// The names of weights that are others in Python, as a dictionary and the functions that map them; none where all are the same.
fn renamed(net: &Net, modules: &Modules) -> Option<String> {
    let pairs = net.params.iter().filter_map(|param| {
        let (owner, leaf) = param.name.rsplit_once('.')?;
        let python = &modules.all.get(owner)?.name;
        (python != owner).then(|| format!("\"{python}.{leaf}\": \"{}\"", param.name))
    });
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() {
        return None;
    }
    let mut lines = Lines::default();
    lines.comment("Names of weights that Python or PyTorch has taken, and those that they have in files.");
    lines.list("RENAMED = ", &pairs, ["{", "}"]);
    Some(format!("{RENAMING}\n\n{}", lines.text()))
}

const RENAMING: &str = r#"def to_python(module, weights, prefix, *_):
    for python, spec in RENAMED.items():
        if prefix + spec in weights:
            weights[prefix + python] = weights.pop(prefix + spec)


def from_python(module, weights, prefix, _):
    for python, spec in RENAMED.items():
        if prefix + python in weights:
            weights[prefix + spec] = weights.pop(prefix + python)
"#;
