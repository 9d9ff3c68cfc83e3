//! The tree of modules: a module for each layer, bundle and named value, under the names of the spec.

use super::layer::Layer;
use super::layout::Expr;
use super::names::attribute;
use super::values::Values;
use crate::ir::flow::shapes;
use crate::ir::{Net, Node, Op, ParamId, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of a module in the tree of modules of an exported file.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A place in a dotted name, and no more.
    Place,
    /// A named value, which passes through.
    Value,
    /// A layer.
    Layer(Layer),
}

/// A module of the tree.
#[derive(Clone, Debug)]
pub struct Module {
    pub kind: Kind,
    /// The module as an expression: `self.V1.O`.
    pub access: String,
    /// The module's dotted name in PyTorch, which is that of the spec but for words that Python has taken.
    pub name: String,
    /// Whether modules below it have numbers for names.
    pub numbered: bool,
    /// Parameters that are no layer's.
    pub own: Vec<ParamId>,
}

/// All modules, by the dotted names of the spec.
pub struct Modules {
    pub all: BTreeMap<String, Module>,
    /// The dotted names in the order in which modules are made.
    pub order: Vec<String>,
    /// The equations whose layer is the module of the value as well.
    pub whole: BTreeSet<Value>,
}

impl Modules {
    pub fn of(net: &Net, values: &Values) -> Self {
        let mut modules = Self { all: BTreeMap::new(), order: Vec::new(), whole: BTreeSet::new() };
        for param in &net.params {
            modules.insert(param.owner());
        }
        for path in values.paths.values() {
            modules.insert(path);
        }
        modules.name();
        for path in values.paths.values() {
            modules.set(path, Kind::Value);
        }
        let layers = modules.layers(net, values);
        for (n, param) in net.params.iter().enumerate() {
            let owner = param.owner();
            match layers.get(owner) {
                Some(layer) => modules.set(owner, Kind::Layer(layer.clone())),
                None => {
                    if let Some(module) = modules.all.get_mut(owner) {
                        module.own.push(ParamId(n));
                    }
                }
            }
        }
        modules
    }

    /// Makes room for a path, and for everything above it.
    fn insert(&mut self, path: &str) {
        for end in path.match_indices('.').map(|(end, _)| end).chain([path.len()]) {
            let known = self.all.contains_key(&path[..end]);
            if !known {
                self.order.push(path[..end].to_owned());
                let [access, name] = [String::new(), String::new()];
                let module = Module { kind: Kind::Place, access, name, numbered: false, own: Vec::new() };
                self.all.insert(path[..end].to_owned(), module);
            }
        }
    }

    fn set(&mut self, path: &str, kind: Kind) {
        if let Some(module) = self.all.get_mut(path) {
            module.kind = kind;
        }
    }

    /// Says what each module is called in Python.
    fn name(&mut self) {
        let mut beside: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in self.all.keys() {
            let (above, word) = parts(path);
            beside.entry(above.to_owned()).or_default().insert(word.to_owned());
        }
        // What is above comes first in the order of insertion.
        for path in self.order.clone() {
            let (above, word) = parts(&path);
            let is_number = word.starts_with(|c: char| c.is_ascii_digit());
            let others = beside.entry(above.to_owned()).or_default();
            others.remove(word);
            let name = if is_number { word.to_owned() } else { attribute(word, others) };
            others.insert(name.clone());
            let (access, dotted) = match self.all.get_mut(above) {
                None => ("self".to_owned(), String::new()),
                Some(module) => {
                    module.numbered |= is_number;
                    (module.access.clone(), format!("{}.", module.name))
                }
            };
            if let Some(module) = self.all.get_mut(&path) {
                module.access = if is_number { format!("{access}[{name}]") } else { format!("{access}.{name}") };
                module.name = dotted + &name;
            }
        }
    }

    /// The layers that are modules, by their owners. Those that share a name with a state, with another equation or with numbered
    /// modules are functions of the weights.
    fn layers(&mut self, net: &Net, values: &Values) -> BTreeMap<String, Layer> {
        let shapes = shapes(net);
        let mut found: BTreeMap<String, (Layer, usize, &Node)> = BTreeMap::new();
        for node in net.nodes() {
            let Some(layer) = node.op.reads().first().and_then(|x| Layer::of(net, &node.op, &shapes[x.0])) else {
                continue;
            };
            for version in net.versions(layer.first) {
                let owner = net.param(version).owner().to_owned();
                found.entry(owner).and_modify(|(_, uses, _)| *uses += 1).or_insert((layer.clone(), 1, node));
            }
        }
        let mut layers = BTreeMap::new();
        for (owner, (layer, uses, node)) in found {
            let Some(module) = self.all.get(&owner) else { continue };
            let is_value = module.kind == Kind::Value;
            let whole =
                values.paths.get(&node.value) == Some(&owner) && uses == 1 && !net.per_step.contains_key(&layer.first);
            if module.numbered || (is_value && (!whole || values.states.contains(&owner))) {
                continue;
            }
            if is_value {
                self.whole.insert(node.value);
            }
            layers.insert(owner, layer);
        }
        layers
    }

    /// The module of that path as an expression.
    pub fn access(&self, path: &str) -> &str {
        self.all.get(path).map_or("self", |module| module.access.as_str())
    }

    /// A parameter as an expression; inside a loop, where a step has its own, by the number of the step.
    pub fn param(&self, net: &Net, id: ParamId, step: Option<&str>) -> Expr {
        let name = &net.param(id).name;
        let leaf = name.rsplit_once('.').map_or(name.as_str(), |(_, leaf)| leaf);
        Expr::Param(format!("{}.{leaf}", self.owner(net, id, step)))
    }

    /// The module that a parameter belongs to, as an expression.
    pub fn owner(&self, net: &Net, id: ParamId, step: Option<&str>) -> String {
        match step.filter(|_| net.per_step.contains_key(&id)) {
            Some(step) => format!("{}[{step}]", self.access(net.owner(id))),
            None => self.access(net.param(id).owner()).to_owned(),
        }
    }

    /// What a layer makes of `x`: a call of its module, or the function with the weights.
    pub fn applied(&self, net: &Net, op: &Op, layer: &Layer, x: Expr, step: Option<&str>) -> Expr {
        let owner = self.owner(net, layer.first, step);
        let own = self.all.get(net.param(layer.first).owner());
        match own.map(|module| &module.kind) {
            Some(Kind::Layer(known)) if known == layer => Expr::call(owner, vec![x]),
            _ => {
                let params = op.params();
                let has = |leaf: &&str| params.iter().any(|id| net.param(*id).name.rsplit('.').next() == Some(*leaf));
                layer.applied(x, &owner, |leaf| has(&leaf))
            }
        }
    }
}

/// A dotted path as what is above its last word, and that word.
fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}
